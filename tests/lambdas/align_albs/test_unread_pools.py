"""What a pool that cannot be read stops, and what not, in a simulated account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from lambdas.align_albs.handler import align_there
from lambdas.common.errors import RunFailedError
from lambdas.common.targets import Target
from simulator.clock import CLOCK
from tests.lambdas.account import ACCOUNT, HOME
from tests.lambdas.align_albs.world import entries, schedule, wake
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.align_albs.world import World
    from tests.lambdas.refill_pools.world import Calls

MOVED = [("modify_ip_pools", "done", "off-pool")]
BEGUN = [("modify_ip_pools", "intended", "off-pool")]
UNREADABLE = [
    ("GetIpamPoolCidrs", "InternalError"),
    ("GetIpamPoolCidrs", "InvalidIpamPoolId.NotFound"),
    ("GetIpamPoolAllocations", "InternalError"),
]


@pytest.fixture
def bad(world: World) -> str:
    """A pool that a tag may name."""
    pool = world.public_pool()
    world.configure(allowed_pools=[pool])
    return pool


def wake_and_fail() -> None:
    with pytest.raises(RunFailedError):
        wake(schedule())


@pytest.mark.parametrize(("operation", "code"), UNREADABLE)
def test_a_pool_that_cannot_be_read_does_not_stop_the_load_balancers_of_another(
    world: World, bad: str, unreadable: Callable[..., None], operation: str, code: str
) -> None:
    left, good = world.alb(tags={"poolwarden:ipam-pool": bad}), world.alb()
    unreadable(bad, code, operation)
    wake_and_fail()
    assert [world.pool_of(left), world.pool_of(good)] == ["", world.pool]
    assert entries() == MOVED
    unreadable(bad, "", operation)
    wake(schedule())
    assert world.pool_of(left) == bad


@pytest.mark.parametrize("operation", ["GetIpamPoolCidrs", "GetIpamPoolAllocations"])
def test_a_pool_that_we_may_not_read_is_one_finding_and_no_failure(
    world: World, calls: Calls, bad: str, unreadable: Callable[..., None], operation: str
) -> None:
    left, good = world.alb(tags={"poolwarden:ipam-pool": bad}), world.alb()
    unreadable(bad, "UnauthorizedOperation", operation)
    for _ in range(3):
        wake(schedule())
    assert [world.pool_of(left), world.pool_of(good)] == ["", world.pool]
    assert entries(bad) == [("none", "blocked", "access-denied")]
    assert [each["reason"] for each in calls.announced if each["resource_id"] == bad] == ["access-denied"]


def test_a_run_that_failed_for_a_pool_says_for_whom_and_what_aws_said(
    world: World, bad: str, unreadable: Callable[..., None]
) -> None:
    world.alb()
    left = world.alb(tags={"poolwarden:ipam-pool": bad})
    unreadable(bad, "InternalError")
    with pytest.raises(RunFailedError) as failed:
        align_there(Target(account=ACCOUNT, region=HOME), None, now=CLOCK.now(), deadline=math.inf)
    assert str(failed.value).startswith(f"failed for {left}; {bad}: It cannot be read")
    assert "InternalError, says the test" in str(failed.value)


def test_one_that_is_on_a_pool_that_cannot_be_read_fails_too_because_nobody_sees_what_it_got_from_elsewhere(
    world: World, unreadable: Callable[..., None]
) -> None:
    world.alb(pool=world.pool)
    unreadable(world.pool, "InternalError")
    wake_and_fail()
    assert entries() == []


def test_a_tag_that_names_a_pool_that_is_not_there_is_told_and_no_failure(world: World) -> None:
    world.configure(allowed_pools="any")
    arn = world.alb(tags={"poolwarden:ipam-pool": "ipam-pool-0123456789abcdef0"})
    wake(schedule())
    assert entries(arn) == [("none", "blocked", "pool-not-usable")]


def test_a_move_that_crashed_stays_open_until_its_pool_can_be_read(
    world: World, calls: Calls, unreadable: Callable[..., None]
) -> None:
    arn = world.alb()
    calls.end_process_before("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    CLOCK.advance(1000)
    unreadable(world.pool, "InternalError")
    wake_and_fail()
    assert entries() == BEGUN
    unreadable(world.pool, "")
    wake(schedule())
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert entries() == [*MOVED, ("modify_ip_pools", "skipped", "state-changed")]


def test_a_move_that_happened_is_done_whether_or_not_its_pool_can_be_read(
    world: World, calls: Calls, unreadable: Callable[..., None]
) -> None:
    world.alb()
    calls.end_process_after("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    unreadable(world.pool, "InternalError")
    wake_and_fail()
    assert entries() == MOVED
