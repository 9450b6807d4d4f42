"""The datapoints of one account and Region, and the statistics that CloudWatch computes from them."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

RETENTION = 15 * 86_400.0
"""Seconds for which CloudWatch keeps one-minute datapoints (user guide, "Metrics retention")."""

_TIMESTAMP = attrgetter("timestamp")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """Observations reported together: one value, one value `count` times, or a statistic set."""

    timestamp: float
    count: float
    total: float
    minimum: float
    maximum: float
    unit: str | None


class MetricStore:
    """The metrics of one account and Region.

    A metric is a namespace, a name and an exact set of dimensions. Datapoints more than `retention` seconds
    older than the newest one are forgotten. Not safe for several threads at once: the lock is the caller's.
    """

    def __init__(self, *, retention: float = RETENTION) -> None:
        self._retention = retention
        self._newest = float("-inf")
        self._next_sweep = float("-inf")
        self._metrics: dict[tuple[str, str], dict[frozenset[tuple[str, str]], list[Datapoint]]] = {}

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        timestamp: float,
        value: float,
        unit: str | None = None,
        count: float = 1,
    ) -> None:
        """Record `value`, observed `count` times at `timestamp`."""
        self.put_statistic_set(
            namespace,
            name,
            dimensions,
            timestamp,
            sample_count=count,
            total=value * count,
            minimum=value,
            maximum=value,
            unit=unit,
        )

    def put_statistic_set(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        timestamp: float,
        *,
        sample_count: float,
        total: float,
        minimum: float,
        maximum: float,
        unit: str | None = None,
    ) -> None:
        """Record the SampleCount (above 0, or ValueError), Sum, Minimum and Maximum of observations."""
        if sample_count <= 0:
            raise ValueError(f"a sample count must be above 0, not {sample_count}")
        self._newest = max(self._newest, timestamp)
        if timestamp < self._newest - self._retention:
            return
        series = self._metrics.setdefault((namespace, name), {})
        datapoint = Datapoint(
            timestamp=timestamp,
            count=float(sample_count),
            total=float(total),
            minimum=float(minimum),
            maximum=float(maximum),
            unit=unit,
        )
        insort(series.setdefault(frozenset(dimensions.items()), []), datapoint, key=_TIMESTAMP)
        self._sweep()

    def series(self, namespace: str, metric_name: str) -> Iterator[tuple[Mapping[str, str], Sequence[Datapoint]]]:
        """Yield every metric of that name, whatever its dimensions, with its datapoints from old to new."""
        for dimensions, datapoints in self._metrics.get((namespace, metric_name), {}).items():
            yield MappingProxyType(dict(dimensions)), datapoints

    def statistic(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        stat: str,
        period: float,
        start: float,
        end: float,
        *,
        unit: str | None = None,
    ) -> list[tuple[float, float]]:
        """List each period in [start, end) that has data as (its start, its statistic), from old to new.

        The first period begins at `start`. Dimensions match exactly, as in AWS. With `unit`, only datapoints
        reported in it count. `stat` is SampleCount, Sum, Average, Minimum, Maximum or a percentile (p99.9).
        """
        datapoints = self._metrics.get((namespace, name), {}).get(frozenset(dimensions.items()), [])
        wanted = [point for point in datapoints if unit is None or point.unit == unit]
        values = (
            (period_start, statistic_of(points, stat))
            for period_start, points in by_period(wanted, period=period, start=start, end=end).items()
        )
        return [(period_start, value) for period_start, value in values if value is not None]

    def _sweep(self) -> None:
        if self._newest < self._next_sweep:
            return
        self._next_sweep = self._newest + self._retention / 100  # often enough, and cheap for each datapoint
        for metric, series in list(self._metrics.items()):
            for dimensions, datapoints in list(series.items()):
                del datapoints[: bisect_left(datapoints, self._newest - self._retention, key=_TIMESTAMP)]
                if not datapoints:
                    del series[dimensions]
            if not series:
                del self._metrics[metric]


def within(datapoints: Sequence[Datapoint], *, start: float, end: float) -> list[Datapoint]:
    """Cut the datapoints (sorted by time) down to [start, end)."""
    first = bisect_left(datapoints, start, key=_TIMESTAMP)
    return list(datapoints[first : bisect_left(datapoints, end, key=_TIMESTAMP)])


def by_period(
    datapoints: Sequence[Datapoint], *, period: float, start: float, end: float
) -> dict[float, list[Datapoint]]:
    """Group the datapoints (sorted by time) in [start, end) by the start of their period."""
    periods: defaultdict[float, list[Datapoint]] = defaultdict(list)
    for datapoint in within(datapoints, start=start, end=end):
        periods[start + (datapoint.timestamp - start) // period * period].append(datapoint)
    return dict(periods)


def is_statistic(stat: str) -> bool:
    """Whether `statistic_of` knows this statistic."""
    return stat in _STATISTICS or _PERCENTILE.fullmatch(stat) is not None


def statistic_of(datapoints: Sequence[Datapoint], stat: str) -> float | None:
    """Compute a statistic over all observations; None without any, or where a percentile is unknowable.

    Raises ValueError for a statistic that is not simulated.
    """
    if percentile := _PERCENTILE.fullmatch(stat):
        return _percentile_of(datapoints, float(percentile[1]))
    if stat not in _STATISTICS:
        raise ValueError(f"unknown statistic {stat!r}")
    return _STATISTICS[stat](datapoints) if datapoints else None


def _count(datapoints: Iterable[Datapoint]) -> float:
    return sum(point.count for point in datapoints)


def _total(datapoints: Iterable[Datapoint]) -> float:
    return sum(point.total for point in datapoints)


_STATISTICS: dict[str, Callable[[Sequence[Datapoint]], float]] = {
    "SampleCount": _count,
    "Sum": _total,
    "Average": lambda points: _total(points) / _count(points),
    "Minimum": lambda points: min(point.minimum for point in points),
    "Maximum": lambda points: max(point.maximum for point in points),
}


def _percentile_of(datapoints: Sequence[Datapoint], percent: float) -> float | None:
    """Find the smallest observation that at least `percent` of the observations do not exceed.

    A statistic set hides its observations unless they are all the same; then CloudWatch has no percentile
    (user guide, "Percentiles").
    """
    if not datapoints or any(point.minimum != point.maximum for point in datapoints):
        return None
    ranked = sorted(datapoints, key=attrgetter("minimum"))
    needed = _count(ranked) * percent / 100
    seen = 0.0
    for point in ranked:
        seen += point.count
        if seen >= needed:
            break
    return point.minimum
