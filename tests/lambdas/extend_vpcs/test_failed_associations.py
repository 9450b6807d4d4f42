"""Extensions that AWS takes the request for and does not carry out: how often they are tried, and what is told."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from lambdas.common import consent
from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from lambdas.common.guards import LEASE_TIME
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, items
from tests.lambdas.extend_vpcs.world import (
    entries,
    extended,
    fail,
    forget,
    held,
    schedule,
    wake,
)

if TYPE_CHECKING:
    from tests.lambdas.extend_vpcs.world import World
    from tests.lambdas.refill_pools.world import Calls


DONE = [("associate_cidr", "done", "nearly-full")]
CALL = "AssociateVpcCidrBlock"
FAILED = ("associate_cidr", "failed", "association-failed")


def test_a_cidr_that_aws_could_not_associate_is_told_and_another_one_is_tried(world: World, calls: Calls) -> None:
    world.configure(max_extensions_per_vpc_per_day=2)
    vpc = world.vpc()
    wake(schedule())
    fail(vpc)
    with pytest.raises(RunFailedError):
        wake(schedule())
    assert [(each["outcome"], each["reason"]) for each in calls.announced] == [("failed", "association-failed")]
    extended()
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.2.0/24"]
    assert entries() == [*DONE, FAILED]


@pytest.mark.parametrize(
    ("caps", "asked", "reason"),
    [
        ({}, 1, "daily-cap"),
        ({"max_extensions_per_day": 1, "max_extensions_per_vpc_per_day": 9}, 1, "daily-cap"),
        ({"max_extensions_per_vpc_per_day": 9}, 2, "association-failed"),
    ],
)
def test_extensions_that_aws_fails_again_and_again_count_and_are_given_up_for_the_day(
    world: World, calls: Calls, caps: dict[str, int], asked: int, reason: str
) -> None:
    world.configure(**caps)
    vpc = world.vpc()
    fail_for_ten_minutes(vpc)
    blocks = [call["CidrBlock"] for call in calls.sent[CALL]]
    assert blocks == ["10.64.1.0/24", "10.64.2.0/24"][:asked]
    told = [(each["outcome"], each["reason"]) for each in calls.announced]
    assert told == [*[FAILED[1:]] * asked, ("blocked", reason)]
    assert held() == []


def test_an_extension_that_was_given_up_is_tried_again_the_next_day_or_once_the_vpcs_cidrs_change(
    world: World, calls: Calls
) -> None:
    world.configure(max_extensions_per_vpc_per_day=9)
    vpc = world.vpc()
    for _ in range(2):
        fail_for_ten_minutes(vpc)
        forget(vpc)
        CLOCK.advance(86_400)
    assert len(calls.sent[CALL]) == 4
    assert [each["outcome"] for each in calls.announced] == ["failed", "failed", "blocked"]
    world.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.65.0.0/24")
    world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.65.0.0/24")
    CLOCK.advance(1200)
    extended()
    assert len(calls.sent[CALL]) == 5
    assert len(world.blocks(vpc)) == 3


@pytest.mark.parametrize("last_seen", ["failed", "associating"])
def test_an_extension_that_failed_counts_also_where_aws_does_not_list_it_any_more(
    world: World, calls: Calls, last_seen: str
) -> None:
    vpc = world.vpc()
    for _ in range(4):
        wake(schedule())
        if last_seen == "failed" and fail(vpc):
            with pytest.raises(RunFailedError):
                wake(schedule())
        forget(vpc)
        CLOCK.advance(LEASE_TIME.total_seconds())
    assert len(calls.sent[CALL]) == 1
    assert ("associate_cidr", "blocked", "daily-cap") in entries()


def test_a_try_that_a_person_rejected_stays_rejected_the_next_day(world: World, calls: Calls) -> None:
    world.configure(max_extensions_per_vpc_per_day=9)
    vpc = world.vpc()
    wake(schedule())
    fail(vpc)
    world.configure(mode="approve")
    with pytest.raises(RunFailedError):
        wake(schedule())
    (proposal,) = [item for item in items(LEDGER) if item["outcome"] == "proposed"]
    consent.decide(str(proposal["decision_id"]), Answer.REJECTED, by={"actor": "somebody"}, now=CLOCK.now())
    CLOCK.advance(86_400)
    world.configure()
    extended()
    assert len(calls.sent[CALL]) == 1
    assert ("associate_cidr", "rejected", "nearly-full") in entries()


def fail_for_ten_minutes(vpc: str) -> None:
    """Let runs follow each other while AWS fails whatever they ask for."""
    for _ in range(10):
        with suppress(RunFailedError):
            wake(schedule())
        fail(vpc)
        CLOCK.advance(60)
