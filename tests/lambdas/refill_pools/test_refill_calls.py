"""The API calls of one refill, gather to done, are counted: no list is read twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from simulator.clock import CLOCK
from tests.lambdas.account import RULE, engineers_client
from tests.lambdas.refill_pools.world import contributor, entries, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World

READS_OF_POOLS = {
    "DescribeIpamPools": 1,
    "GetIpamPoolCidrs": 2,
    "GetIpamPoolAllocations": 2,
    "GetIpamResourceCidrs": 1,
}
LEDGERS = ("TransactWriteItems", "UpdateItem", "PutItem")


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch, world: World, calls: Calls) -> None:
    """A queue for rechecks, in an account that has been looked at before: it is known who decides about its scopes."""
    url = engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", url)
    pool = world.low_pool("10.0.64.0/20", **{"poolwarden:protect": "true"})
    wake(contributor(pool))
    assert calls.counted["DescribeIpamScopes"] == 1
    calls.counted.clear()
    calls.sent.clear()


def made(calls: Calls) -> dict[str, int]:
    """The calls to EC2 since the last time that this was asked."""
    found = Counter({name: n for name, n in calls.counted.items() if "Ipam" in name})
    calls.counted.clear()
    return dict(found)


def test_a_refill_reads_each_list_of_each_level_once_and_its_end_takes_one_call(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    assert made(calls) == {**READS_OF_POOLS, "ProvisionIpamPoolCidr": 1}
    CLOCK.advance(60)
    wake({"Records": calls.rechecks})
    assert made(calls) == {"GetIpamPoolCidrs": 1}
    assert ("provision_cidr", "done", "low-water") in entries()


def test_what_it_writes_is_the_intent_the_call_the_end_and_that_people_were_told(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    # Besides the transaction the time and, once it is asked for, the record.
    assert {name: calls.counted[name] for name in LEDGERS} == {"TransactWriteItems": 1, "UpdateItem": 2, "PutItem": 0}
    calls.counted.clear()
    CLOCK.advance(60)
    wake({"Records": calls.rechecks})
    # The time, the end of the record, the mark that it was announced, and the lease.
    assert {name: calls.counted[name] for name in LEDGERS} == {"TransactWriteItems": 0, "UpdateItem": 4, "PutItem": 0}


def test_a_look_at_what_is_still_pending_takes_one_call(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    made(calls)
    wake({"Records": calls.rechecks})
    assert made(calls) == {"GetIpamPoolCidrs": 1}


def test_a_pool_that_lacks_nothing_is_read_and_nothing_else(world: World, calls: Calls) -> None:
    pool = world.pool("10.0.0.0/20", source=world.source, tags={"refill": "yes"})
    calls.counted.clear()
    wake(contributor(pool))
    assert made(calls) == {"DescribeIpamPools": 1, "GetIpamPoolCidrs": 1, "GetIpamPoolAllocations": 1}


def test_each_further_page_is_one_more_call(world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = world.low_pool()
    for _ in range(5):
        world.allocate(pool, 28)
    monkeypatch.setattr("lambdas.refill_pools.aws.LIST_PAGE", 5)
    monkeypatch.setattr("lambdas.refill_pools.aws.ALLOCATIONS_PAGE", 1_000)
    for _ in range(5):
        world.ec2.create_ipam_pool(IpamScopeId=world.scope, AddressFamily="ipv4")
    calls.counted.clear()
    wake(contributor(pool))
    assert made(calls) == {
        **READS_OF_POOLS,
        "DescribeIpamPools": 2,
        "GetIpamResourceCidrs": 2,
        "ProvisionIpamPoolCidr": 1,
    }


def test_a_supply_adds_the_other_pools_of_the_scope_and_the_pages_of_discovery(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rule = {**RULE, "supply": ["172.18.0.0/16"]}
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": [rule]})
    pool = world.pool("172.16.0.0/20", tags={"refill": "yes"})
    for length in (21, 22, 23):
        world.allocate(pool, length)
    calls.counted.clear()
    wake(contributor(pool))
    # The pool's own CIDRs and those of the scope's other pool without a source pool.
    once = {"GetIpamPoolAllocations": 1, "ProvisionIpamPoolCidr": 1}
    assert made(calls) == {**READS_OF_POOLS, **once}


def test_a_cascade_reads_each_level_that_it_climbs_and_asks_for_one_block(world: World, calls: Calls) -> None:
    source = world.pool("10.0.0.0/20", source=world.source, tags={"refill": "yes"})
    pool = world.pool("10.0.0.0/20", source=source, tags={"refill": "yes"})
    for length in (21, 22, 23):
        world.allocate(pool, length)
    calls.counted.clear()
    wake(contributor(pool))
    climbed = made(calls)
    assert climbed["DescribeIpamPools"] == climbed["ProvisionIpamPoolCidr"] == 1
    assert climbed["GetIpamPoolCidrs"] == climbed["GetIpamPoolAllocations"] == 3


def test_two_pools_of_one_run_share_the_description_of_all(world: World, calls: Calls) -> None:
    world.low_pool("10.0.0.0/20")
    world.low_pool("10.0.32.0/20")
    calls.counted.clear()
    wake(schedule())
    found = made(calls)
    assert found["DescribeIpamPools"] == 1
    assert found["ProvisionIpamPoolCidr"] == 2
