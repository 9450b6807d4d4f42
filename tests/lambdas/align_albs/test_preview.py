"""A preview says just what the runs that follow do with load balancers, decision by decision, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.align_albs.preview import preview
from lambdas.common import consent, settings
from lambdas.common.consent import Answer
from simulator.clock import CLOCK
from tests.lambdas.account import ACCOUNT, HOME, LEDGER, items
from tests.lambdas.align_albs.world import schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.align_albs.world import World
    from tests.lambdas.refill_pools.world import Calls

Told = set[tuple[str, ...]]
RUNS = 4


def foreseen(*, remembered: bool = True) -> Told:
    """What a preview says will be in the ledger."""
    return {
        (each.id, each.resource_id, str(each.action), each.outcome or "done", each.reason)
        for each in preview(settings.load(), now=CLOCK.now(), remembered=remembered)
    }


def happened() -> Told:
    """What the ledger holds once runs have done all that they do."""
    for _ in range(RUNS):
        wake(schedule())
        CLOCK.advance(60)
    names = ("decision_id", "resource_id", "action", "outcome", "reason")
    return {tuple(str(item[name]) for name in names) for item in items(LEDGER)}


def test_what_is_foreseen_is_what_happens_to_those_that_move_those_that_wait_and_those_that_stay(
    world: World, calls: Calls
) -> None:
    world.configure(headroom_addresses=4)
    moving, waiting = world.alb(), world.alb()
    protected = world.alb(tags={"poolwarden:protect": "true"})
    short = world.alb(zones=3)

    planned, unremembered = foreseen(), foreseen(remembered=False)

    assert not calls.counted["ModifyIpPools"]
    assert not items(LEDGER)
    assert {(arn, outcome, reason) for _, arn, _, outcome, reason in planned} == {
        (moving, "done", "off-pool"),
        (waiting, "done", "off-pool"),
        (protected, "blocked", "protected"),
        (short, "blocked", "pool-short"),
    }
    assert unremembered == planned
    assert happened() == planned


def test_a_load_balancer_that_left_its_pool_again_is_foreseen_as_another_decision(world: World) -> None:
    arn = world.alb()
    happened()
    world.modify(arn, "")
    (planned,) = foreseen()
    assert planned[1:] == (arn, "modify_ip_pools", "done", "off-pool")
    assert planned in happened()


def test_a_region_that_cannot_be_read_hides_nothing(world: World, calls: Calls) -> None:  # noqa: ARG001 - sets up
    calls.refuse("DescribeLoadBalancers", "AccessDenied")
    assert {told[1:] for told in foreseen()} == {(f"{ACCOUNT}/{HOME}", "none", "failed", "access-denied")}


def test_a_pool_that_cannot_be_read_is_foreseen_as_that_and_hides_no_other(
    world: World, unreadable: Callable[..., None]
) -> None:
    bad = world.public_pool()
    world.configure(allowed_pools=[bad])
    good = world.alb()
    world.alb(tags={"poolwarden:ipam-pool": bad})
    unreadable(bad, "UnauthorizedOperation")
    planned = foreseen()
    assert {told[1:] for told in planned} == {
        (good, "modify_ip_pools", "done", "off-pool"),
        (bad, "none", "blocked", "access-denied"),
    }
    wake(schedule())
    assert {item["decision_id"] for item in items(LEDGER)} == {told[0] for told in planned}


@pytest.mark.parametrize("free", [6, 10])
def test_what_a_person_rejected_is_foreseen_as_that_and_its_room_as_the_others(world: World, free: int) -> None:
    world.configure(mode="approve")
    left = world.alb()
    wake(schedule())
    (proposed,) = items(LEDGER)
    consent.decide(proposed["decision_id"], Answer.REJECTED, by={"actor": "somebody"}, now=CLOCK.now())
    world.configure()
    others = [world.alb(), world.alb()]
    world.use_up(world.pool, leave=free)
    planned = foreseen()
    assert {(arn, outcome, reason) for _, arn, _, outcome, reason in planned} == {
        (left, "rejected", "off-pool"),
        (others[0], "done", "off-pool"),
        (others[1], "blocked", "pool-short") if free == 6 else (others[1], "done", "off-pool"),
    }
    assert planned <= happened()
