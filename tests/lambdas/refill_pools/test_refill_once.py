"""However often and however many at once: one CIDR."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from simulator.clock import CLOCK
from simulator.ipam.settings import changed_settings
from tests.lambdas.account import LEDGER, RULE, items
from tests.lambdas.refill_pools.world import contributor, entries, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


def test_repeated_and_late_events_provision_nothing_more(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    event = contributor(pool)
    for _ in range(5):
        wake(event)
    CLOCK.advance(120)
    for _ in range(5):
        wake(event)
    CLOCK.advance(3600)
    wake(event)
    assert len(world.cidrs(pool)) == 2
    assert calls.provisions == 1
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert len(calls.announced) == 1


def test_concurrent_events_provision_one_cidr(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    event = contributor(pool)
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(wake, [event] * 10))
    assert len(world.cidrs(pool)) == 2
    CLOCK.advance(120)
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(wake, [event] * 10))
    CLOCK.advance(120)
    wake(event)
    assert len(world.cidrs(pool)) == 2
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert {item["outcome"] for item in calls.announced} == {"done"}


def test_the_token_is_the_decisions_own(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    (item,) = items(LEDGER)
    (call,) = calls.sent["ProvisionIpamPoolCidr"]
    assert call["ClientToken"] == f"poolwarden-{item['decision_id']}"


def test_a_refill_that_was_undone_is_another_decision_with_another_token(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    world.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.16.0/21")
    CLOCK.advance(7200)
    refilled(world, pool)
    tokens = [call["ClientToken"] for call in calls.sent["ProvisionIpamPoolCidr"]]
    assert len(set(tokens)) == 2
    assert world.cidrs(pool) == {"10.0.0.0/20": "provisioned", "10.0.16.0/21": "provisioned"}
    assert entries() == [("provision_cidr", "done", "low-water")] * 2


def test_a_cidr_that_somebody_else_is_provisioning_counts_as_in_flight(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    world.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.64.0/20")
    wake(contributor(pool))
    wake(contributor(pool))
    assert calls.provisions == 0
    (item,) = items(LEDGER)
    assert (item["outcome"], item["reason"], item["count"]) == ("skipped", "in-flight", 2)


def test_a_refill_that_another_run_begins_meanwhile_is_not_recorded_as_somebody_elses(
    world: World, calls: Calls
) -> None:
    pool = world.low_pool()
    calls.on("GetIpamPoolCidrs", lambda: wake(contributor(pool)))
    wake(contributor(pool))
    assert calls.provisions == 1
    assert entries() == [("provision_cidr", "pending", "low-water")]


def test_a_list_that_lags_behind_does_not_make_a_second_refill(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    # The list shows what it showed before the refill: as if the CIDR were gone.
    world.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.16.0/21")
    CLOCK.advance(90)
    wake(schedule())
    assert calls.provisions == 1


def test_a_block_of_the_step_before_is_not_given_to_another_pool_while_lists_lag(
    world: World, configure: Callable[..., None]
) -> None:
    """The source pool's list shows neither of two blocks that one pool got within minutes of each other."""
    rule = {**RULE, "min_netmask_length": 22, "max_netmask_length": 24}
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": [rule]})
    first, second = world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")
    CLOCK.advance(600)
    wake(contributor(first))
    CLOCK.advance(120)
    wake(contributor(first))
    CLOCK.advance(30)
    got = set(world.cidrs(first)) - {"10.0.0.0/20"}
    assert len(got) == 2
    with changed_settings(read_lag=200):
        wake(contributor(second))
    CLOCK.advance(120)
    (other,) = set(world.cidrs(second)) - {"10.0.32.0/20"}
    assert other not in got
    assert world.cidrs(second)[other] == "provisioned"
