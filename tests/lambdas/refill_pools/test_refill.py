"""One refill in a simulated account, to the arrival of its CIDR: what becomes of pool, ledger and bus."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from lambdas.common.dynamo import timestamp
from lambdas.refill_pools import aws
from simulator.clock import CLOCK
from simulator.ipam.settings import changed_settings
from tests.lambdas.account import LEDGER, RULE, engineers_client, items
from tests.lambdas.refill_pools.world import ProcessEndedError, contributor, entries, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


def test_a_low_pool_gets_one_block_of_the_right_size_from_its_source_that_overlaps_nothing(
    world: World, calls: Calls
) -> None:
    pool = world.low_pool()
    world.pool("10.0.16.0/20", source=world.source)
    wake(contributor(pool))
    CLOCK.advance(120)
    wake(schedule())
    added = [cidr for cidr in world.cidrs(pool) if cidr != "10.0.0.0/20"]
    # 3584 of 4096 are in use: 40 % are free again at 5974, so a /21 (6144) is enough and a /22 is not.
    assert [ip_network(cidr).prefixlen for cidr in added] == [21]
    assert ip_network(added[0]).subnet_of(ip_network("10.0.0.0/16"))  # type: ignore[arg-type]
    assert not ip_network(added[0]).overlaps(ip_network("10.0.16.0/20"))
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert calls.provisions == 1


def test_the_ledger_says_what_was_done_and_why(world: World) -> None:
    pool = world.low_pool(Name="prod", **{"poolwarden:owner": "team-a"})
    wake(contributor(pool))
    begun = timestamp(CLOCK.now())
    CLOCK.advance(120)
    wake(schedule())
    (item,) = items(LEDGER)
    assert item["resource_id"] == pool
    assert item["remediation"] == "refill_pools"
    assert item["account"] == "123456789012"
    assert item["region"] == "us-east-1"
    assert item["time"] == begun
    assert item["last_seen"] == timestamp(CLOCK.now())
    assert item["count"] == 1
    assert item["expires"] == int(CLOCK.time()) - 120 + 400 * 86400
    detail = item["detail"]
    assert detail["before"]["cidrs"] == ["10.0.0.0/20"]
    assert detail["after"]["cidrs"] == ["10.0.0.0/20", "10.0.16.0/21"]
    assert float(detail["before"]["available_percent"]) == 12.5
    assert detail["resource"]["name"] == "prod"
    assert detail["resource"]["owner"] == "team-a"
    assert detail["result"] == {"cidr": "10.0.16.0/21", "state": "provisioned"}
    assert detail["why"] == (
        "12.5 % of the pool's 4096 addresses are available, less than its low-water mark of 20 %. "
        "10.0.16.0/21 brings it to 41.7 % of 6144 addresses."
    )


def test_the_intent_is_in_the_ledger_before_the_call(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    calls.end_process_before("ProvisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        wake(contributor(pool))
    assert entries() == [("provision_cidr", "intended", "low-water")]
    assert world.cidrs(pool) == {"10.0.0.0/20": "provisioned"}


def test_nobody_is_told_before_the_cidr_has_arrived_and_then_once(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    wake(schedule())
    assert calls.announced == []
    CLOCK.advance(120)
    wake(schedule())
    wake(schedule())
    (item,) = calls.announced
    assert (item["outcome"], item["reason"], item["resource_id"]) == ("done", "low-water", pool)
    (stored,) = items(LEDGER)
    assert item["decision_id"] == stored["decision_id"]
    assert set(item) == {
        "decision_id", "resource_id", "remediation", "action", "outcome", "reason",
        "account", "region", "time", "last_seen", "count", "detail",
    }  # fmt: skip


def test_a_pool_with_enough_space_is_neither_changed_nor_recorded(world: World, calls: Calls) -> None:
    pool = world.pool("10.0.0.0/20", source=world.source, tags={"refill": "yes"})
    world.allocate(pool, 21)
    wake(contributor(pool))
    wake(schedule())
    assert calls.provisions == 0
    assert entries() == []


def test_two_pools_low_at_once_get_different_blocks(world: World) -> None:
    first, second = world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")
    wake(schedule())
    CLOCK.advance(120)
    wake(schedule())
    blocks = [ip_network(cidr) for pool in (first, second) for cidr in world.cidrs(pool)]
    assert len(blocks) == 4
    assert not any(one.overlaps(other) for one in blocks for other in blocks if one is not other)


def test_a_pool_refilled_in_several_steps_stops_at_its_target(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rule = {**RULE, "min_netmask_length": 22, "max_netmask_length": 24}
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": [rule]})
    pool = world.low_pool()
    for _ in range(6):
        wake(schedule())
        CLOCK.advance(120)
    # 1878 addresses are lacking: a /22 and then the /22 that holds the remaining 854.
    assert [ip_network(cidr).prefixlen for cidr in world.cidrs(pool)] == [20, 22, 22]
    assert calls.provisions == 2
    assert entries() == [("provision_cidr", "done", "low-water")] * 2
    assert len(calls.announced) == 2


def test_a_pool_that_got_back_what_it_still_lacked_is_low_below_its_mark_again(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rule = {**RULE, "min_netmask_length": 24, "max_netmask_length": 24, "max_provisions_per_day": 1}
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": [rule]})
    pool = world.low_pool()
    wake(contributor(pool))
    CLOCK.advance(120)
    wake(schedule())  # it lacks more, but has had what it may get in a day
    world.release_half(pool)
    CLOCK.advance(86400)
    wake(schedule())
    assert calls.provisions == 1
    while world.available_percent(pool) >= 40:
        world.allocate(pool, 24)
    wake(schedule())
    assert 20 < world.available_percent(pool) < 40
    assert calls.provisions == 1
    while world.available_percent(pool) >= 20:
        world.allocate(pool, 24)
    wake(schedule())
    assert calls.provisions == 2


def test_a_pool_that_somebody_edits_still_lacks_what_it_lacked(
    world: World, calls: Calls, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = {**RULE, "min_netmask_length": 22, "max_netmask_length": 24, "max_provisions_per_day": 1}
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": [rule]})
    pool = world.low_pool()
    wake(contributor(pool))
    CLOCK.advance(120)
    wake(schedule())  # it is above its mark, and goes on tomorrow
    assert world.available_percent(pool) > 20
    edited = {each.id: replace(each, state="modify-in-progress") for each in aws.pools().values()}
    with monkeypatch.context() as somebody_edits:
        somebody_edits.setattr(aws, "pools", lambda *_: edited)
        wake(schedule())
    CLOCK.advance(86400)
    wake(schedule())
    assert calls.provisions == 2


@pytest.fixture
def rechecks(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - sets up
    """The queue with which the function wakes itself."""
    queue = engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)


@pytest.mark.usefixtures("rechecks")
def test_a_pending_refill_is_looked_at_again_until_it_is_done(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    with changed_settings(cidr_provisioning=150):
        wake(contributor(pool))
    wake(schedule())  # another event while it is pending begins no second chain of messages
    assert follow_rechecks(calls) == 3
    assert calls.sent["SendMessage"][0]["DelaySeconds"] == 60
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert len(calls.announced) == 1


def follow_rechecks(calls: Calls) -> int:
    """Deliver the function's messages to itself until there are no more; how many there were."""
    delivered = 0
    for _ in range(40):
        messages = calls.rechecks[delivered:]
        if not messages:
            break
        delivered += len(messages)
        CLOCK.advance(60)
        assert wake({"Records": messages}) == {"batchItemFailures": []}
    return delivered


@pytest.mark.usefixtures("rechecks")
def test_the_second_step_of_a_refill_waits_for_no_other_event(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rule = {**RULE, "min_netmask_length": 22, "max_netmask_length": 24}
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 10, "rules": [rule]})
    pool = world.low_pool()
    wake(contributor(pool))
    follow_rechecks(calls)
    assert list(world.cidrs(pool).values()) == ["provisioned"] * 3
    assert entries() == [("provision_cidr", "done", "low-water")] * 2


@pytest.mark.usefixtures("rechecks")
def test_rechecks_end_although_the_cidr_never_arrives(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    with changed_settings(cidr_provisioning=10 * 86400):
        wake(contributor(pool))
    assert 10 < follow_rechecks(calls) < 20


def test_a_vpc_that_somebody_made_by_hand_inside_the_source_pool_is_not_overlapped(world: World) -> None:
    pool = world.low_pool("10.0.0.0/20")
    world.ec2.create_vpc(CidrBlock="10.0.16.0/21")  # what would aggregate best
    CLOCK.advance(3600)

    wake(contributor(pool))
    CLOCK.advance(120)
    wake(schedule())

    (added,) = set(world.cidrs(pool)) - {"10.0.0.0/20"}
    assert not ip_network(added).overlaps(ip_network("10.0.16.0/21"))
    assert set(world.cidrs(pool).values()) == {"provisioned"}
