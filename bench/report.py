"""Results as tables for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table

from bench.result import OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.result import Measure, Result, Spread

WHOLE_FROM = 100


def table(result: Result) -> Table:
    """Show a row for each contender in each setting: the median, and the quartiles around it."""
    caption = "\n".join([result.about, *(f"LOST: {loss}" for loss in result.losses)])
    shown = Table(title=result.title, caption=caption, caption_justify="left", title_justify="left")
    shown.add_column("setting")
    shown.add_column("contender")
    for measure in result.measures:
        shown.add_column(heading(measure), justify="right")
    setting = ""
    for row in result.rows:
        if setting and row.setting != setting:
            shown.add_section()
        figures = [figure(row.figures[measure.name]) for measure in result.measures]
        style = "bold" if row.contender == OURS else None
        shown.add_row(row.setting if row.setting != setting else "", row.contender, *figures, style=style)
        setting = row.setting
    return shown


def measured_on() -> dict[str, object]:
    """Say when and on what, and how busy that is: the load average of the last minute."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def as_json(results: Iterable[Result], machine: Mapping[str, object]) -> str:
    """Write everything, and what it was measured on."""
    benchmarks = [{**asdict(result), "losses": result.losses} for result in results]
    return json.dumps({"measured_on": machine, "benchmarks": benchmarks}, indent=1)


def heading(measure: Measure) -> str:
    """Say what is measured, in which unit, and what is better."""
    unit = f" ({measure.unit})" if measure.unit else ""
    return f"{measure.name}{unit}, {measure.better} is better"


def figure(spread: Spread) -> str:
    """Write a median, and the quartiles where there are any."""
    if spread.low == spread.high:
        return _number(spread.median)
    return f"{_number(spread.median)} ({_number(spread.low)} to {_number(spread.high)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= WHOLE_FROM or value == int(value) else f"{value:.3g}"
