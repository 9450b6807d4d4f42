"""Which benchmarks there are. A new one is a module with a function that gives a `Result`, and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import asset_size, fan_out, growth, idle_eips, many_addresses, plan_time, start_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.result import Result

BENCHMARKS: tuple[Callable[[], Result], ...] = (
    start_up.measure,
    asset_size.measure,
    growth.measure,
    plan_time.measure,
    fan_out.measure,
    many_addresses.measure,
    idle_eips.measure,
)
