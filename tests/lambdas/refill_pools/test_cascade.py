"""A source pool that runs short itself is refilled first, up the tree as far as needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.refill_pools.plan import wanted_of_source
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, RULE, SETTINGS, engineers_client, items
from tests.lambdas.refill_pools.test_plan import FULL, LOW, all_but, case, decided, rule, space
from tests.lambdas.refill_pools.world import contributor, entries, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


def full_tree(world: World, *, levels: int, tag: str = "yes") -> list[str]:
    """Governed pools, each within the one before and filling it, under the open 10.0.0.0/16; the last one is low."""
    pools = [world.pool("10.0.0.0/20", source=world.source, tags={"refill": tag})]
    for _ in range(levels - 1):
        pools.append(world.pool("10.0.0.0/20", source=pools[-1], tags={"refill": "yes"}))
    for length in (21, 22, 23):
        world.allocate(pools[-1], length)
    return pools


def arrive(calls: Calls) -> None:
    """Let what was asked for arrive, and the function look again where it said that it would, some minutes long."""
    for _ in range(12):
        CLOCK.advance(60)
        rechecks = calls.rechecks
        calls.sent["SendMessage"].clear()
        if rechecks:
            wake({"Records": rechecks})


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    """A queue for rechecks; what is sent to it is only looked at."""
    url = engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", url)
    calls.sent.clear()


def outcomes(pool: str) -> list[tuple[str, str]]:
    return sorted((item["outcome"], item["reason"]) for item in items(LEDGER) if item["resource_id"] == pool)


def test_a_short_source_pool_is_refilled_first_and_then_the_pool(world: World, calls: Calls) -> None:
    source, pool = full_tree(world, levels=2)
    wake(contributor(pool))
    assert calls.provisions == 1  # the source's: the pool waits
    arrive(calls)
    assert set(world.cidrs(source)) == {"10.0.0.0/20", "10.0.16.0/20"}
    assert set(world.cidrs(pool)) == {"10.0.0.0/20", "10.0.16.0/21"}
    assert outcomes(pool) == [("done", "low-water")]
    assert outcomes(source) == [("done", "low-water")]
    assert calls.provisions == 2


def test_a_source_that_is_not_low_by_its_own_rule_is_refilled_because_it_is_needed(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    """Half of the source is free, but in blocks that are too small for the pool's rule."""
    by_tag = {**RULE, "match": {"id": None, "tags": {"refill": "twenty"}, "scope": None, "family": None}}
    rules = [{**by_tag, "max_netmask_length": 20}, RULE]
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": rules})
    source = world.pool("10.0.0.0/19", source=world.source, tags={"refill": "yes"})
    pool = world.pool("10.0.0.0/20", source=source, tags={"refill": "twenty"})
    world.ec2.allocate_ipam_pool_cidr(IpamPoolId=source, Cidr="10.0.24.0/24")
    for length in (21, 22, 23):
        world.allocate(pool, length)
    wake(contributor(pool))
    arrive(calls)
    assert outcomes(source) == [("done", "demanded")]
    assert outcomes(pool) == [("done", "low-water")]
    assert set(world.cidrs(source)) == {"10.0.0.0/19", "10.0.32.0/20"}
    assert set(world.cidrs(pool)) == {"10.0.0.0/20", "10.0.32.0/20"}


def test_a_source_is_not_refilled_for_a_pool_that_another_run_has_just_refilled_from_it(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    """The source's last block that is large enough is what the other run took, after this one had read the pool."""
    low, of_source = ({"id": None, "tags": {"refill": tag}, "scope": None, "family": None} for tag in ("low", "yes"))
    rules = [
        {**RULE, "match": low, "max_netmask_length": 21},
        {**RULE, "match": of_source, "low_water_percent": 10, "target_percent": 10},
    ]
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": rules})
    source = world.pool("10.0.0.0/19", source=world.source, tags={"refill": "yes"})
    pool = world.pool("10.0.0.0/20", source=source, tags={"refill": "low"})
    world.ec2.allocate_ipam_pool_cidr(IpamPoolId=source, Cidr="10.0.24.0/22")
    for length in (21, 22, 23):
        world.allocate(pool, length)
    alarm = contributor(pool)
    reading = "GetIpamPoolAllocations"

    calls.on(
        reading, lambda: calls.on(reading, lambda: wake(alarm))
    )  # the first is the pool's, the second its source's
    wake(alarm)

    assert set(world.cidrs(pool)) == {"10.0.0.0/20", "10.0.16.0/21"}
    assert set(world.cidrs(source)) == {"10.0.0.0/19"}
    assert calls.provisions == 1


def test_it_goes_up_the_tree_as_far_as_needed_each_step_its_own_decision(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rules = [{**RULE, "max_provisions_per_day": 50}]
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 50, "rules": rules})
    pools = full_tree(world, levels=4)
    wake(contributor(pools[-1]))
    assert calls.provisions == 1
    arrive(calls)
    # A pool that has handed its new block on may be low again by its own rule; the last one is not.
    assert len(world.cidrs(pools[-1])) == 2
    assert outcomes(pools[-1]) == [("done", "low-water")]
    assert {outcome for pool in pools for outcome in outcomes(pool)} == {("done", "low-water")}
    added = [cidr for pool in pools for cidr in world.cidrs(pool) if cidr != "10.0.0.0/20"]
    assert calls.provisions == len(added) == len({item["decision_id"] for item in items(LEDGER)})
    assert len(added) >= 4


def test_many_copies_of_one_event_refill_each_level_once(world: World, calls: Calls) -> None:
    pools = full_tree(world, levels=3)
    for _ in range(5):
        wake(contributor(pools[-1]))
    assert calls.provisions == 1
    CLOCK.advance(120)
    for _ in range(5):
        wake(contributor(pools[-1]))
    assert calls.provisions == 2
    CLOCK.advance(120)
    for _ in range(5):
        wake(contributor(pools[-1]))
    CLOCK.advance(120)
    wake(contributor(pools[-1]))
    assert [len(world.cidrs(pool)) for pool in pools] == [2, 2, 2]
    assert calls.provisions == 3
    assert outcomes(pools[-1]) == [("done", "low-water")]


def test_a_short_source_that_no_rule_governs_is_not_touched_but_told(world: World, calls: Calls) -> None:
    source, pool = full_tree(world, levels=2, tag="no")
    wake(contributor(pool))
    arrive(calls)
    assert calls.provisions == 0
    assert len(world.cidrs(source)) == 1
    assert entries() == [("none", "blocked", "source-exhausted")]


def test_what_hinders_the_source_is_told_and_so_is_the_pool(world: World, calls: Calls) -> None:
    source, pool = full_tree(world, levels=2)
    world.tag(source, **{"poolwarden:protect": "true"})
    wake(contributor(pool))
    arrive(calls)
    assert outcomes(source) == [("blocked", "protected")]
    assert outcomes(pool) == [("blocked", "source-exhausted")]
    assert calls.provisions == 0


def test_observing_the_source_is_not_refilled_and_both_are_told(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={**SETTINGS["refill_pools"], "mode": "observe"})
    source, pool = full_tree(world, levels=2)
    wake(contributor(pool))
    arrive(calls)
    assert outcomes(source) == [("observed", "low-water")]
    assert outcomes(pool) == [("blocked", "source-exhausted")]
    assert calls.provisions == 0


def test_the_daily_cap_of_all_pools_holds_on_the_way_up(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={**SETTINGS["refill_pools"], "max_provisions_per_day": 2})
    pools = full_tree(world, levels=3)
    wake(contributor(pools[-1]))
    arrive(calls)
    assert calls.provisions == 2
    assert len(world.cidrs(pools[-1])) == 1
    assert ("blocked", "daily-cap") in {outcome for pool in pools for outcome in outcomes(pool)}


@pytest.mark.parametrize(
    ("of_pool", "of_source", "wanted"),
    [
        ({}, {}, 21),
        ({"max_netmask_length": 20}, {}, 20),
        ({}, {"min_netmask_length": 24}, 24),  # smaller than would be best, but the pool may have it
        ({"max_netmask_length": 22}, {"min_netmask_length": 24}, None),  # nothing that the pool may have
    ],
)
def test_the_source_is_asked_for_the_best_block_that_both_rules_allow(
    of_pool: dict[str, Any], of_source: dict[str, Any], wanted: int | None
) -> None:
    assert wanted_of_source(case(source=FULL, rule=rule(**of_pool)), rule(**of_source)) == wanted


def test_a_demanded_block_is_added_to_a_pool_that_is_not_low_and_only_while_it_is_missing() -> None:
    half = space("10.0.0.0/20", used=("10.0.0.0/21", "10.0.12.0/32"))
    demanded = decided(case(half, demanded=21))
    assert (demanded.reason, demanded.subject) == ("demanded", "10.0.16.0/21")
    assert "no block of the /21" in str(demanded.detail["why"])
    content = space("10.0.0.0/20", used=("10.0.0.0/21",))
    with pytest.raises(AssertionError):
        decided(case(content, demanded=21))


def test_a_demand_adds_nothing_to_a_low_pool_but_a_block_large_enough() -> None:
    assert decided(case(LOW, demanded=20)).subject == "10.0.16.0/20"
    assert decided(case(LOW, demanded=20, source=all_but("10.0.64.0/20"))).subject == "10.0.64.0/20"
