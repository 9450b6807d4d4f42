"""What a benchmark says: figures of each contender in each setting, and where ours is not the best."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OURS = "Poolwarden"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something that is measured; `limit` is what ours must not pass, in the measure's unit.

    Where it is not `compared`, it says something of each contender alone.
    """

    name: str
    better: Literal["less", "more"]
    unit: str = ""
    limit: float | None = None
    compared: bool = True


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The median of what was measured, and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Sum up at least one value."""
        measured = sorted(values)
        if len(measured) == 1:
            return cls(median=measured[0], low=measured[0], high=measured[0])
        low, median, high = statistics.quantiles(measured, n=4, method="inclusive")
        return cls(median=median, low=low, high=high)


@dataclass(frozen=True, kw_only=True)
class Row:
    """The figures of one contender in one setting, by the name of the measure."""

    setting: str
    contender: str
    figures: Mapping[str, Spread]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came out of one benchmark; `about` says what was compared with what, and how."""

    title: str
    about: str
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]

    @property
    def losses(self) -> list[str]:
        """Say where ours passes a limit, or somebody else's median is better than ours."""
        found: list[str] = []
        for ours in (row for row in self.rows if row.contender == OURS):
            others = [row for row in self.rows if row.setting == ours.setting and row is not ours]
            for measure in self.measures:
                found += _losses(measure, ours, others)
        return found


def _losses(measure: Measure, ours: Row, others: list[Row]) -> list[str]:
    sign = 1 if measure.better == "less" else -1
    mine = ours.figures[measure.name].median
    where = f"{ours.setting}, {measure.name}: {mine:,.4g} {measure.unit}".rstrip()
    found = [
        f"{where} against {theirs.figures[measure.name].median:,.4g} of {theirs.contender}"
        for theirs in others
        if measure.compared and sign * mine > sign * theirs.figures[measure.name].median
    ]
    if measure.limit is not None and sign * mine > sign * measure.limit:
        found.append(f"{where} where {measure.limit:,g} is the limit")
    return found
