"""docs/benchmarks.md: everything that `make bench` found, and how to find it again. Written by it, never by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.markdown import table
from bench.report import figure, heading
from bench.result import OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.result import Result, Row

INTRODUCTION = """\
# Benchmarks

Written by `make bench`, which runs all of this in one go, prints it, and keeps the figures in `build/bench.json`. It
takes about a quarter of an hour, most of it the release of addresses in real time, and wants a machine that does
nothing else. `.venv/bin/python -m bench growth start_up` runs single ones, by the names of their modules in `bench/`,
and leaves this page as it is.

A figure is a median, with the quartiles around it where it was measured more than once. Where ours is not the best, or
passes a limit that we set ourselves, the page says **lost**. The simulated account stands for AWS
([what it covers](simulator.md)); nothing here was measured on AWS.
"""


def page(results: Iterable[Result], measured_on: Mapping[str, object]) -> str:
    """Write the whole page."""
    machine = (
        f"Measured on {measured_on['date']}: {measured_on['cores']} cores, {measured_on['machine']}, Python "
        f"{measured_on['python']}, with a load average of {measured_on['load']} when it began.\n"
    )
    parts = [INTRODUCTION, machine, *(_section(each) for each in results)]
    return "\n".join(parts)


def _section(result: Result) -> str:
    heads = ["setting", "contender", *(heading(measure) for measure in result.measures)]
    rows = [_cells(result, row) for row in result.rows]
    lines = [f"## {result.title}", "", result.about, "", table(heads, rows, texts=2), ""]
    if result.losses:
        lines += [*(f"- **lost** {loss}" for loss in result.losses), ""]
    return "\n".join(lines)


def _cells(result: Result, row: Row) -> Sequence[str]:
    contender = f"**{row.contender}**" if row.contender == OURS else row.contender
    return [row.setting, contender, *(figure(row.figures[measure.name]) for measure in result.measures)]
