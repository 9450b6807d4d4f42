"""An act is seen to its end whatever becomes of its pool meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.clock import CLOCK
from tests.lambdas.account import GUARDS, LEDGER, RULE, engineers_client, items
from tests.lambdas.refill_pools.world import contributor, entries, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:  # noqa: ARG001 - sets up
    url = engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", url)


def held() -> list[str]:
    """The pools whose leases are held."""
    return [item["guard"] for item in items(GUARDS) if item["guard"].startswith("lease#") and "decision_id" in item]


def test_a_refill_of_a_pool_that_is_governed_no_more_is_completed(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": []})
    wake(schedule())
    assert entries() == [("provision_cidr", "pending", "low-water")]
    CLOCK.advance(120)
    wake(schedule())
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert [item["outcome"] for item in calls.announced] == ["done"]
    assert held() == []


def test_a_refill_of_a_pool_that_is_governed_no_more_and_fails_is_completed_as_failed(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    pool = world.low_pool()
    taken = world.pool(source=world.source)
    calls.on("ProvisionIpamPoolCidr", lambda: world.provision(taken, "10.0.16.0/21"))
    wake(contributor(pool))
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": []})
    CLOCK.advance(120)
    wake(schedule())
    assert entries() == [("provision_cidr", "failed", "provision-failed")]
    assert held() == []


def test_a_refill_of_a_pool_that_was_deleted_is_closed(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    rechecks = calls.rechecks
    world.ec2.delete_ipam_pool(IpamPoolId=pool, Cascade=True)
    CLOCK.advance(7200)
    assert wake({"Records": rechecks}) == {"batchItemFailures": []}
    (item,) = [item for item in items(LEDGER) if item["action"] == "provision_cidr"]
    assert (item["outcome"], item["reason"]) == ("skipped", "state-changed")
    assert held() == []


def test_a_recheck_of_a_block_that_failed_tells_and_tries_another(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    taken = world.pool(source=world.source)
    calls.on("ProvisionIpamPoolCidr", lambda: world.provision(taken, "10.0.16.0/21"))
    wake(contributor(pool))
    CLOCK.advance(120)
    failing = wake({"Records": calls.rechecks})
    assert failing is not None
    assert failing["batchItemFailures"] != []
    assert [item["reason"] for item in calls.announced] == ["provision-failed"]
    wake({"Records": calls.rechecks})  # delivered again
    CLOCK.advance(120)
    wake(schedule())
    assert world.cidrs(pool)["10.0.24.0/21"] == "provisioned"


def test_a_recheck_goes_on_where_one_block_was_not_enough(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rule = {**RULE, "min_netmask_length": 22, "max_netmask_length": 24}
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": [rule]})
    pool = world.low_pool()
    wake(contributor(pool))
    CLOCK.advance(120)
    wake({"Records": calls.rechecks})
    assert list(world.cidrs(pool).values()) == ["provisioned", "provisioned", "pending-provision"]
