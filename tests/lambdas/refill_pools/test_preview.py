"""A preview says just what the runs that follow do, decision by decision, and changes nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.common import settings
from lambdas.refill_pools.preview import preview
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, RULE, SETTINGS, engineers_client, items
from tests.lambdas.refill_pools.test_cascade import full_tree
from tests.lambdas.refill_pools.world import contributor, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World

RUNS = 12


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:  # noqa: ARG001 - sets up the account
    """A queue for rechecks, which the schedule makes up for."""
    monkeypatch.setenv("RECHECK_QUEUE_URL", engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])


def foreseen(*, remembered: bool = True) -> set[tuple[str, ...]]:
    """What a preview says will be in the ledger."""
    return {
        (each.id, each.resource_id, each.action, each.outcome or "done", each.reason, str(each.detail.get("cidr")))
        for each in preview(settings.load(), now=CLOCK.now(), remembered=remembered)
    }


def happened() -> set[tuple[str, ...]]:
    """What the ledger holds once runs have done all that they do."""
    names = ("decision_id", "resource_id", "action", "outcome", "reason")
    before: set[tuple[str, ...]] = set()
    for _ in range(RUNS):
        wake(schedule())
        CLOCK.advance(120)
        after = {(*(str(item[name]) for name in names), str(item["detail"].get("cidr"))) for item in items(LEDGER)}
        if after == before:
            return after
        before = after
    raise AssertionError(f"it went on and on: {before}")


def test_what_is_foreseen_is_what_happens_to_every_kind_of_pool(world: World, calls: Calls) -> None:
    low, another = world.low_pool("10.0.64.0/20"), world.low_pool("10.0.128.0/20")
    protected = world.low_pool("10.0.192.0/20", **{"poolwarden:protect": "true"})
    world.pool("10.0.224.0/20", source=world.source, tags={"refill": "yes"})
    calls.sent.clear()

    planned = foreseen()

    assert not calls.provisions
    assert not items(LEDGER)
    assert {(resource, outcome, reason) for _, resource, _, outcome, reason, _ in planned} == {
        (low, "done", "low-water"),
        (another, "done", "low-water"),
        (protected, "blocked", "protected"),
    }
    assert happened() == planned


def test_a_cascade_is_foreseen_from_the_top_to_the_pool_that_needs_it(
    world: World, configure: Callable[..., None]
) -> None:
    rules = [{**RULE, "max_provisions_per_day": 50}]
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 50, "rules": rules})
    pools = full_tree(world, levels=3)

    planned = foreseen()

    assert {resource for _, resource, *_ in planned} == set(pools)
    assert happened() == planned


def test_several_blocks_for_one_pool_and_the_cap_that_stops_them_are_foreseen(
    world: World, configure: Callable[..., None]
) -> None:
    small = {**RULE, "min_netmask_length": 24, "max_netmask_length": 24, "max_provisions_per_day": 3}
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": [small]})
    world.low_pool("10.0.64.0/20")

    planned = foreseen()

    assert sorted((outcome, reason) for *_, outcome, reason, _ in planned) == [
        ("blocked", "daily-cap"),
        *[("done", "low-water")] * 3,
    ]
    assert happened() == planned


def test_a_source_without_room_is_foreseen_as_what_blocks(world: World) -> None:
    world.allocate(world.source, 17)
    world.allocate(world.source, 18)
    pool = world.pool("10.0.192.0/19", source=world.source, tags={"refill": "yes"})
    for length in (20, 21, 22):
        world.allocate(pool, length)
    world.ec2.allocate_ipam_pool_cidr(IpamPoolId=world.source, Cidr="10.0.224.0/19")

    planned = foreseen()

    assert [(outcome, reason) for *_, outcome, reason, _ in planned] == [("blocked", "source-exhausted")]
    assert happened() == planned


def test_what_runs_have_under_way_and_counted_is_known_where_it_can_be_read(
    world: World, configure: Callable[..., None]
) -> None:
    configure(refill_pools={**SETTINGS["refill_pools"], "max_provisions_per_day": 1})
    first, second = world.low_pool("10.0.64.0/20"), world.low_pool("10.0.128.0/20")
    wake(contributor(first))

    known, unknown = foreseen(remembered=True), foreseen(remembered=False)

    assert {(pool, reason) for _, pool, _, _, reason, _ in known} == {(first, "in-flight"), (second, "daily-cap")}
    assert {(pool, reason) for _, pool, _, _, reason, _ in unknown} == {(first, "in-flight"), (second, "low-water")}


def test_a_pool_that_cannot_be_read_hides_no_other(world: World, calls: Calls) -> None:
    pools = sorted([world.low_pool("10.0.64.0/20"), world.low_pool("10.0.128.0/20")])
    calls.refuse("GetIpamPoolCidrs", "UnauthorizedOperation")

    planned = {(pool, outcome, reason) for _, pool, _, outcome, reason, _ in foreseen()}

    assert planned == {(pools[0], "failed", "access-denied"), (pools[1], "done", "low-water")}
