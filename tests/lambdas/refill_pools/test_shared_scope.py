"""What is in a scope is read once for all pools of a run, and anew when it may have changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lambdas.refill_pools import reading
from tests.lambdas.account import RULE, SETTINGS
from tests.lambdas.refill_pools.world import contributor, entries, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.lambdas.refill_pools.world import Calls, World

LOW = 8
RESOURCES = "GetIpamResourceCidrs"


def low_top_pool(world: World, cidr: str) -> str:
    """A governed pool without a source pool, a /20, seven eighths of it in use."""
    pool = world.pool(cidr, tags={"refill": "yes"})
    for length in (21, 22, 23):
        world.allocate(pool, length)
    return pool


def test_eight_low_pools_of_an_exhausted_source_read_the_scope_once(world: World, calls: Calls) -> None:
    world.source = world.pool("10.0.0.0/20", source=world.source)
    for number in range(LOW):
        world.low_pool(f"10.0.{2 * number}.0/23")
    calls.counted.clear()
    wake(schedule())
    assert entries() == [("none", "blocked", "source-exhausted")] * LOW
    assert calls.counted[RESOURCES] == 1
    # The source is read for each: what is free in it may change with each pool.
    assert calls.counted["GetIpamPoolAllocations"] == 2 * LOW


def test_pools_that_are_refilled_from_one_source_in_one_run_read_the_scope_once_and_get_different_blocks(
    world: World, calls: Calls
) -> None:
    pools = [world.low_pool(f"10.0.{16 * number}.0/20") for number in range(4)]
    calls.counted.clear()
    wake(schedule())
    got = [cidr for pool in pools for cidr, state in world.cidrs(pool).items() if state == "pending-provision"]
    assert len(set(got)) == len(pools) == calls.provisions
    assert calls.counted[RESOURCES] == 1


def test_pools_that_are_refilled_from_one_supply_read_the_others_again_only_where_they_were_changed(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rule = {**RULE, "supply": ["172.18.0.0/16"]}
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": [rule]})
    pools = [low_top_pool(world, cidr) for cidr in ("172.16.0.0/20", "172.17.0.0/20", "172.19.0.0/20")]
    calls.counted.clear()
    wake(schedule())
    got = {cidr for pool in pools for cidr, state in world.cidrs(pool).items() if state == "pending-provision"}
    assert got == {"172.18.0.0/21", "172.18.8.0/21", "172.18.16.0/21"}
    assert calls.counted[RESOURCES] == 1
    # Each pool itself; then the three others beside the first one, the first again, and the second again.
    assert calls.counted["GetIpamPoolCidrs"] == len(pools) + 3 + 1 + 1


def test_the_scope_is_read_anew_when_others_were_first(world: World, calls: Calls) -> None:
    pool, other = world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")
    calls.counted.clear()
    calls.on("TransactWriteItems", lambda: wake(contributor(other)))
    wake(contributor(pool))
    assert calls.provisions == 2
    assert calls.counted[RESOURCES] == len(("the first look", "the other run's", "the second look"))


def test_resources_that_were_read_a_while_ago_are_read_anew(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cidr in ("10.0.0.0/20", "10.0.32.0/20", "10.0.64.0/20"):
        world.low_pool(cidr)
    calls.counted.clear()
    later = time.monotonic() + reading.Reading.good_for_seconds + 1
    calls.on("ProvisionIpamPoolCidr", lambda: monkeypatch.setattr(time, "monotonic", lambda: later))
    wake(schedule())
    assert calls.provisions == 3
    assert calls.counted[RESOURCES] == 2
