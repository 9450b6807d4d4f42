"""Refused calls and ended processes: recorded, raised, and put right by the next run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from lambdas.common.errors import RunFailedError
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, RULE, items
from tests.lambdas.refill_pools.world import ProcessEndedError, contributor, entries, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


def test_a_refused_call_is_recorded_and_raised_and_its_retry_completes_the_same_item(
    world: World, calls: Calls
) -> None:
    pool = world.low_pool()
    event = contributor(pool)
    calls.refuse("ProvisionIpamPoolCidr", "RequestLimitExceeded", times=2)
    for _ in range(2):
        with pytest.raises(RunFailedError):
            wake(event)
        assert entries() == [("provision_cidr", "failed", "api-error")]
    assert [item["outcome"] for item in calls.announced] == ["failed"]
    wake(event)
    CLOCK.advance(120)
    wake(schedule())
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert [item["outcome"] for item in calls.announced] == ["failed", "done"]
    assert list(world.cidrs(pool).values()) == ["provisioned", "provisioned"]
    (item,) = items(LEDGER)
    assert item["count"] == 3


def test_a_call_that_the_role_does_not_allow_is_recorded_as_such(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    calls.refuse("ProvisionIpamPoolCidr", "UnauthorizedOperation")
    with pytest.raises(RunFailedError):
        wake(contributor(pool))
    assert entries() == [("provision_cidr", "failed", "access-denied")]


@pytest.mark.parametrize("operation", ["TransactWriteItems", "ProvisionIpamPoolCidr", "UpdateItem", "PutEvents"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_anywhere_is_reconciled_by_the_next_run(
    world: World, calls: Calls, operation: str, moment: str
) -> None:
    pool = world.low_pool()
    if moment == "before":
        calls.end_process_before(operation)
    else:
        calls.end_process_after(operation)
    for _ in range(4):
        with suppress(ProcessEndedError):
            wake(contributor(pool))
        CLOCK.advance(120)
    assert list(world.cidrs(pool).values()) == ["provisioned", "provisioned"]
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert {item["outcome"] for item in calls.announced} == {"done"}


def test_after_a_crash_behind_any_call_there_is_one_cidr_in_the_end(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 100, "rules": [RULE]})
    first = world.low_pool()
    refilled(world, first)
    operations = sorted(set(calls.counted))
    for number, operation in enumerate(operations, start=2):
        pool = world.low_pool(f"10.0.{16 * number}.0/23")
        calls.end_process_after(operation)
        for _ in range(5):
            with suppress(ProcessEndedError):
                wake(contributor(pool))
            CLOCK.advance(120)
        calls.after.clear()
        assert list(world.cidrs(pool).values()) == ["provisioned", "provisioned"], operation
    assert set(entries()) == {("provision_cidr", "done", "low-water")}
    assert len(entries()) == len(operations) + 1


def test_an_intent_that_is_not_right_any_more_is_closed_after_a_while(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    calls.end_process_before("ProvisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        wake(contributor(pool))
    world.tag(pool, **{"poolwarden:protect": "true"})
    wake(schedule())
    assert entries() == [("provision_cidr", "intended", "low-water")]
    CLOCK.advance(901)
    wake(schedule())
    wake(schedule())
    assert ("provision_cidr", "skipped", "state-changed") in entries()
    assert ("none", "blocked", "protected") in entries()
    assert calls.provisions == 1  # the one before which the process ended
    assert len(world.cidrs(pool)) == 1


@pytest.mark.parametrize("mode", ["approve", "observe"])
def test_an_intent_that_is_not_allowed_any_more_is_closed_after_a_while(
    world: World, calls: Calls, configure: Callable[..., None], mode: str
) -> None:
    pool = world.low_pool()
    calls.end_process_before("ProvisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        wake(contributor(pool))
    configure(refill_pools={"mode": mode, "max_provisions_per_day": 10, "rules": [RULE]})
    wake(contributor(pool))
    assert ("provision_cidr", "intended", "low-water") in entries()
    CLOCK.advance(3600)
    wake(contributor(pool))
    assert ("provision_cidr", "skipped", "state-changed") in entries()
    assert len(world.cidrs(pool)) == 1


def test_a_cidr_that_was_taken_away_before_anybody_saw_it_is_given_up_and_replaced(world: World) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    CLOCK.advance(120)
    world.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.16.0/21")
    CLOCK.advance(300)
    wake(schedule())
    assert entries() == [("provision_cidr", "pending", "low-water")]
    CLOCK.advance(900)
    wake(schedule())
    assert entries() == [("provision_cidr", "skipped", "state-changed")]
    refilled(world, pool)
    assert entries() == [("provision_cidr", "done", "low-water"), ("provision_cidr", "skipped", "state-changed")]


def test_a_cidr_that_ipam_fails_to_provision_is_recorded_and_another_block_is_tried(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    # Taken behind our back, between the look and the call: IPAM accepts the request and fails it later.
    taken = world.pool(source=world.source)
    calls.on("ProvisionIpamPoolCidr", lambda: world.provision(taken, "10.0.16.0/21"))
    wake(contributor(pool))
    CLOCK.advance(120)
    with pytest.raises(RunFailedError):
        wake(schedule())
    (item,) = items(LEDGER)
    assert (item["outcome"], item["reason"]) == ("failed", "provision-failed")
    assert item["detail"]["result"]["failure"] == "cidr-not-available"
    wake(schedule())
    CLOCK.advance(120)
    wake(schedule())
    assert world.cidrs(pool) == {
        "10.0.0.0/20": "provisioned",
        "10.0.16.0/21": "failed-provision",
        "10.0.24.0/21": "provisioned",
    }
