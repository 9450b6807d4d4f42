"""Which benchmarks there are. A new one is a module with a function that gives a `Result`, and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import fan_out, growth, idle_eips, plan_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.result import Result

BENCHMARKS: tuple[Callable[[], Result], ...] = (
    growth.measure,
    plan_time.measure,
    fan_out.measure,
    idle_eips.measure,
)
