"""Which benchmarks there are. A new one is a module with a function that gives a `Result`, and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import asset_size, fan_out, fleet, growth, idle_eips, many_addresses, plan_time, start_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.result import Result

BENCHMARKS: dict[str, Callable[[], Result]] = {
    module.__name__.rpartition(".")[2]: module.measure
    for module in (start_up, asset_size, growth, plan_time, fleet, fan_out, many_addresses, idle_eips)
}
"""By the names of their modules, in the order in which they run: the long ones last."""
