"""A preview says just what the runs that follow do with VPCs, decision by decision, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.common import consent, ledger, reversal, settings
from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from lambdas.extend_vpcs import operations
from lambdas.extend_vpcs.preview import preview
from simulator.clock import CLOCK
from tests.lambdas.account import ACCOUNT, HOME, LEDGER, items
from tests.lambdas.extend_vpcs.world import contributor, extended, fail, schedule, wake
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from tests.lambdas.extend_vpcs.world import World
    from tests.lambdas.refill_pools.world import Calls

Told = set[tuple[str, ...]]


def foreseen(*, remembered: bool = True) -> Told:
    """What a preview says will be in the ledger."""
    return {
        (each.id, each.resource_id, str(each.action), each.outcome or "done", each.reason)
        for each in preview(settings.load(), now=CLOCK.now(), remembered=remembered)
    }


def happened() -> Told:
    """What the ledger holds once runs have done all that they do."""
    extended()
    names = ("decision_id", "resource_id", "action", "outcome", "reason")
    return {tuple(str(item[name]) for name in names) for item in items(LEDGER)}


def test_what_is_foreseen_is_what_happens(world: World, calls: Calls) -> None:
    full = world.vpc()
    protected = world.vpc(poolwarden_protect="true")
    short = world.vpc(pool=world.a_pool("10.80.0.0/24"))

    planned, unremembered = foreseen(), foreseen(remembered=False)

    assert not calls.counted["AssociateVpcCidrBlock"]
    assert not items(LEDGER)
    assert {(vpc, outcome, reason) for _, vpc, _, outcome, reason in planned} == {
        (full, "done", "nearly-full"),
        (protected, "blocked", "protected"),
        (short, "blocked", "pool-short"),
    }
    assert unremembered == planned
    assert happened() == planned


@pytest.mark.parametrize("remembered", [True, False])
def test_what_comes_after_a_days_last_extension_is_foreseen_to_wait(world: World, *, remembered: bool) -> None:
    world.configure(max_extensions_per_day=1)
    full = sorted([world.vpc(), world.vpc()])
    planned = foreseen(remembered=remembered)
    assert {(vpc, outcome, reason) for _, vpc, _, outcome, reason in planned} == {
        (full[0], "done", "nearly-full"),
        (full[1], "blocked", "daily-cap"),
    }
    assert happened() == planned


def test_what_counts_against_the_caps_already_is_foreseen(world: World) -> None:
    vpc = world.vpc()
    extended()
    world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.64.1.0/24")
    CLOCK.advance(1000)
    (planned,) = foreseen()
    assert planned[1:] == (vpc, "associate_cidr", "blocked", "daily-cap")
    assert planned in happened()


def test_an_extension_that_counts_already_is_foreseen_to_be_taken_up_again(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.refuse("AssociateVpcCidrBlock", "InvalidParameterValue", status=400)
    with pytest.raises(RunFailedError):
        wake(schedule())
    (planned,) = foreseen()
    assert planned[1:] == (vpc, "associate_cidr", "done", "nearly-full")
    assert planned in happened()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_extension_that_is_under_way_is_foreseen_to_go_on(world: World, calls: Calls, moment: str) -> None:
    vpc = world.vpc()
    end = calls.end_process_before if moment == "before" else calls.end_process_after
    end("AssociateVpcCidrBlock")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    CLOCK.advance(1000)
    planned = foreseen()
    assert {each[1:] for each in planned} == (
        {(vpc, "associate_cidr", "done", "nearly-full")} if moment == "before" else set()
    )


def test_what_a_person_rejected_is_foreseen_as_that_and_its_block_as_anothers(world: World) -> None:
    pool = world.a_pool("10.80.0.0/23", "10.80.2.0/24")
    left, other = sorted([world.vpc(pool=pool), world.vpc(pool=pool)])
    world.configure(mode="approve")
    wake(contributor(left))
    (proposed,) = items(LEDGER)
    consent.decide(proposed["decision_id"], Answer.REJECTED, by={"actor": "somebody"}, now=CLOCK.now())
    world.configure()
    planned = foreseen()
    assert {each[1:] for each in planned} == {
        (left, "associate_cidr", "rejected", "nearly-full"),
        (other, "associate_cidr", "done", "nearly-full"),
    }
    assert planned <= happened()


def test_what_somebody_took_away_is_foreseen_as_left_alone(world: World) -> None:
    vpc = world.vpc()
    extended()
    (item,) = items(LEDGER)
    done = ledger.read(str(item["decision_id"]))
    assert done is not None
    for _ in range(2):
        operations.undo(done, lease=reversal.lease_of(done), now=CLOCK.now())
    CLOCK.advance(1000)
    (planned,) = foreseen()
    assert planned[1:] == (vpc, "none", "rejected", "nearly-full")
    assert planned in happened()


def test_what_aws_failed_to_add_is_foreseen_as_tried_once_more_and_then_left_alone(world: World) -> None:
    vpc = world.vpc()
    told = [*foreseen()]
    for _ in range(2):
        world.configure(max_extensions_per_vpc_per_day=9)
        wake(schedule())
        fail(vpc)
        world.configure(mode="observe", max_extensions_per_vpc_per_day=9)  # so that this run makes no further try
        with pytest.raises(RunFailedError):
            wake(schedule())
        told += foreseen()
    tried, left = ("associate_cidr", "done", "nearly-full"), ("none", "blocked", "association-failed")
    assert [each[1:] for each in told] == [(vpc, *tried), (vpc, *tried), (vpc, *left)]
    assert len(set(told)) == 3
    assert told[-1] in happened()


def test_a_region_that_cannot_be_read_hides_nothing(world: World, calls: Calls) -> None:  # noqa: ARG001 - sets up
    calls.refuse("DescribeVpcs", "AccessDenied")
    assert {told[1:] for told in foreseen()} == {(f"{ACCOUNT}/{HOME}", "none", "failed", "access-denied")}
