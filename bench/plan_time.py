"""How long a plan takes, and how much memory, beside the same judgement written with `ipaddress`."""

from __future__ import annotations

import math

from bench.plan_process import REPEATED, measured
from bench.result import OURS, Measure, Result, Row, Spread

ALLOCATIONS = (1_000, 10_000, 100_000)
CONTENDERS = {OURS: "plan", "straightforward, with ipaddress": "ipaddress"}
TIME = Measure(name="time", unit="ms", better="less", limit=1_000)
MEMORY = Measure(name="memory", unit="MB", better="less", limit=200)
GROWTH = Measure(name="growth from a tenth, n log n being 1", better="less", limit=1, compared=False)


class DifferentAnswersError(Exception):
    """The two do not judge alike, so that their times mean nothing."""


def measure() -> Result:
    """Judge pools of rising size with both."""
    rows: list[Row] = []
    for allocations in ALLOCATIONS:
        found = {name: measured(contender, allocations) for name, contender in CONTENDERS.items()}
        if len({each.answer for each in found.values()}) > 1:
            raise DifferentAnswersError(f"with {allocations} allocations: {found}")
        for name, each in found.items():
            time = Spread.of(each.milliseconds)
            tenth = next((row.figures[TIME.name] for row in reversed(rows) if row.contender == name), None)
            figures = {
                TIME.name: time,
                MEMORY.name: Spread.of([each.megabytes]),
                GROWTH.name: Spread.of([_growth(allocations, time, tenth)]),
            }
            rows.append(Row(setting=f"{allocations:,} allocations", contender=name, figures=figures))
    return Result(
        title="Plan for one large pool",
        about=(
            "A pool that lists 50 CIDRs and so many allocations, in a scope with as many discovered resources, takes "
            f"its next block from a supply. Processor time of up to {REPEATED} runs, median and quartiles; memory of "
            "the whole process at its peak. The answers are the same."
        ),
        measures=(TIME, MEMORY, GROWTH),
        rows=tuple(rows),
    )


def _growth(allocations: int, time: Spread, tenth: Spread | None) -> float:
    """Compare how the time grew with how n log n did, since a tenth of the allocations."""
    if tenth is None:
        return 1
    before = allocations / 10
    expected = allocations * math.log(allocations) / (before * math.log(before))
    return time.median / tenth.median / expected
