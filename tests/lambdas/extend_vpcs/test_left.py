"""VPCs that are left as they are: they take no block from the others, and no pool is asked to grow for them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from lambdas.common import consent, ledger, needs, reversal
from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from lambdas.extend_vpcs import operations
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, items
from tests.lambdas.extend_vpcs.world import contributor, entries, extended, fail, forget, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.extend_vpcs.world import World
    from tests.lambdas.refill_pools.world import Calls

BLOCKS = 8
"""How many blocks of a VPC's size the pool has."""


@pytest.fixture
def pool(world: World) -> str:
    return world.a_pool("10.80.0.0/21")


def use_up(world: World, pool: str, *, leave: int) -> None:
    """Make VPCs that are not full until so many blocks are left."""
    while len(world.allocated(pool)) < BLOCKS - leave:
        world.vpc(pool=pool, full=False)


def reject(world: World, vpc: str) -> None:
    """Have a person reject what is proposed for a VPC."""
    world.configure(mode="approve")
    wake(contributor(vpc))
    (proposed,) = [item for item in items(LEDGER) if item["outcome"] == "proposed"]
    assert consent.decide(proposed["decision_id"], Answer.REJECTED, by={"actor": "somebody"}, now=CLOCK.now())
    world.configure()


def undo(world: World, vpc: str) -> None:
    """Have a person take away again what a VPC got."""
    del world
    for _ in range(2):
        wake(contributor(vpc))
    (item,) = [item for item in items(LEDGER) if item["outcome"] == "done"]
    done = ledger.read(item["decision_id"])
    assert done is not None
    for _ in range(2):
        operations.undo(done, lease=reversal.lease_of(done), now=CLOCK.now())
    CLOCK.advance(90_000)


def give_up(world: World, vpc: str) -> None:
    """Have AWS fail to give a VPC anything as often as it is asked in a day."""
    world.configure(max_extensions_per_vpc_per_day=9)
    for _ in range(4):
        with suppress(RunFailedError):
            wake(contributor(vpc))
        fail(vpc)
        CLOCK.advance(60)
    forget(vpc)


def reach_its_cap(world: World, vpc: str) -> None:
    """Have a VPC fill up what it has got today."""
    for _ in range(2):
        wake(contributor(vpc))
    (*_, got) = world.blocks(vpc)
    world.ec2.create_subnet(VpcId=vpc, CidrBlock=got)
    CLOCK.advance(1000)


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        (reject, ("associate_cidr", "rejected", "nearly-full")),
        (undo, ("none", "rejected", "nearly-full")),
        (give_up, ("none", "blocked", "association-failed")),
        (reach_its_cap, ("associate_cidr", "blocked", "daily-cap")),
    ],
)
def test_one_that_is_left_takes_the_last_block_from_nobody_and_no_pool_is_asked_to_grow_for_it(
    world: World, pool: str, leave: Callable[[World, str], None], said: tuple[str, str, str]
) -> None:
    left, other = sorted([world.vpc(pool=pool), world.vpc(pool=pool)])
    leave(world, left)
    use_up(world, pool, leave=1)
    held = world.blocks(left)
    extended()
    assert len(world.blocks(other)) == 2
    assert world.blocks(left) == held
    assert said in entries(left)
    assert not {"pool-short", "cidr-restricted"} & {reason for _, _, reason in entries()}
    assert needs.open_needs([pool], now=CLOCK.now()) == {}


def test_one_that_may_be_extended_again_gets_its_block_and_asks_for_one_where_there_is_none(
    world: World, pool: str
) -> None:
    vpc = world.vpc(pool=pool)
    reach_its_cap(world, vpc)
    use_up(world, pool, leave=0)
    extended()
    assert needs.open_needs([pool], now=CLOCK.now()) == {}
    CLOCK.advance(86_400)
    extended()
    assert needs.open_needs([pool], now=CLOCK.now()) == {pool: 24}


def test_once_a_days_extensions_are_used_up_no_pool_is_asked_to_grow_for_the_others(world: World, pool: str) -> None:
    world.configure(max_extensions_per_day=1)
    world.vpc()
    extended()
    late = world.vpc(pool=pool)
    use_up(world, pool, leave=0)
    extended()
    assert entries(late) == [("associate_cidr", "blocked", "daily-cap")]
    (item,) = [item for item in items(LEDGER) if item["reason"] == "daily-cap"]
    assert item["detail"]["after"] == {"pool": pool}
    assert item["detail"]["why"].endswith(f"A block of /24 of {pool} is to be added.")
    assert needs.open_needs([pool], now=CLOCK.now()) == {}


def test_an_extension_that_counts_already_is_taken_up_again_at_the_cap(world: World, calls: Calls) -> None:
    world.configure(max_extensions_per_day=1)
    vpc = world.vpc()
    calls.refuse("AssociateVpcCidrBlock", "InvalidParameterValue", status=400)
    with pytest.raises(RunFailedError):
        wake(schedule())
    extended()
    assert len(world.blocks(vpc)) == 2


def test_what_a_person_is_asked_about_is_proposed_also_at_the_cap(world: World) -> None:
    vpc = world.vpc()
    reach_its_cap(world, vpc)
    world.configure(mode="approve")
    wake(schedule())
    assert ("associate_cidr", "proposed", "nearly-full") in entries(vpc)


def test_observing_it_is_said_what_would_be_done_whatever_was_rejected_or_counts(world: World) -> None:
    rejected, capped = world.vpc(), world.vpc()
    reject(world, rejected)
    reach_its_cap(world, capped)
    world.configure(mode="observe")
    wake(schedule())
    for vpc in (rejected, capped):
        assert ("associate_cidr", "observed", "nearly-full") in entries(vpc)


def test_the_tables_are_asked_about_those_alone_that_could_be_extended(world: World, calls: Calls) -> None:
    world.vpc(full=False)
    world.vpc(poolwarden_protect="true")
    wake(schedule())
    assert calls.counted["GetItem"] == 0
    assert calls.counted["BatchGetItem"] == 3  # the clock, the leases, and the turns at the pool
    world.vpc()
    calls.counted.clear()
    world.configure(mode="observe")
    wake(schedule())
    assert calls.counted["GetItem"] == 4  # whether the first try, and the second, was made or proposed
