"""The deployed function in one process with a simulated account: what becomes of pools, ledger and bus."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from lambdas.common.dynamo import timestamp
from lambdas.common.errors import RunFailedError
from lambdas.refill_pools.handler import handler
from simulator.clock import CLOCK
from simulator.ipam.settings import changed_settings
from tests.lambdas.account import GUARDS, LEDGER, MODE, RULE, items
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


def contributor(pool: str) -> dict[str, Any]:
    """What CloudWatch sends when a pool's series of a Metrics Insights alarm goes into ALARM."""
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm Contributor State Change",
        "time": timestamp(CLOCK.now()),
        "detail": {"alarmContributor": {"id": "1", "attributes": {"PoolID": pool}}, "state": {"value": "ALARM"}},
    }


def schedule() -> dict[str, Any]:
    return {
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "time": timestamp(CLOCK.now()),
        "detail": {},
    }


def wake(event: dict[str, Any]) -> dict[str, object] | None:
    return handler(event, None)


def entries() -> list[tuple[str, str, str]]:
    """The ledger's items: action, outcome and reason."""
    return sorted((item["action"], item["outcome"], item["reason"]) for item in items(LEDGER))


def refilled(world: World, pool: str) -> None:
    """Let a refill happen, and its CIDR arrive."""
    wake(contributor(pool))
    CLOCK.advance(120)
    wake(schedule())
    assert set(world.cidrs(pool).values()) == {"provisioned"}


# --- One refill


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


def test_pools_that_no_rule_governs_end_in_nothing(world: World, calls: Calls) -> None:
    pool = world.pool("10.0.0.0/20", source=world.source)
    world.allocate(pool, 21)
    world.allocate(pool, 22)
    world.allocate(pool, 23)
    wake(contributor(pool))
    wake(contributor("ipam-pool-0123456789abcdef0"))
    wake(contributor("Other"))
    wake(schedule())
    assert calls.provisions == 0
    assert entries() == []


def test_one_bad_pool_does_not_stop_the_others(world: World, calls: Calls) -> None:
    bad, good = sorted([world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")])
    calls.refuse("GetIpamPoolCidrs", "InternalError")
    with pytest.raises(RunFailedError, match=bad):
        wake(schedule())
    assert list(world.cidrs(good).values()) == ["provisioned", "pending-provision"]
    assert list(world.cidrs(bad).values()) == ["provisioned"]


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


# --- Once and only once


def test_repeated_and_late_events_provision_nothing_more(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    event = contributor(pool)
    for _ in range(5):
        wake(event)
    CLOCK.advance(120)
    for _ in range(5):
        wake(event)
    CLOCK.advance(3600)
    wake(event)
    assert len(world.cidrs(pool)) == 2
    assert calls.provisions == 1
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert len(calls.announced) == 1


def test_concurrent_events_provision_one_cidr(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    event = contributor(pool)
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(wake, [event] * 10))
    assert len(world.cidrs(pool)) == 2
    CLOCK.advance(120)
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(wake, [event] * 10))
    CLOCK.advance(120)
    wake(event)
    assert len(world.cidrs(pool)) == 2
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert {item["outcome"] for item in calls.announced} == {"done"}


def test_the_token_is_the_decisions_own(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    (item,) = items(LEDGER)
    (call,) = calls.sent["ProvisionIpamPoolCidr"]
    assert call["ClientToken"] == f"poolwarden-{item['decision_id']}"


def test_a_refill_that_was_undone_is_another_decision_with_another_token(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    world.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.16.0/21")
    CLOCK.advance(7200)
    refilled(world, pool)
    tokens = [call["ClientToken"] for call in calls.sent["ProvisionIpamPoolCidr"]]
    assert len(set(tokens)) == 2
    assert world.cidrs(pool) == {"10.0.0.0/20": "provisioned", "10.0.16.0/21": "provisioned"}
    assert entries() == [("provision_cidr", "done", "low-water")] * 2


def test_a_cidr_that_somebody_else_is_provisioning_counts_as_in_flight(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    world.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.64.0/20")
    wake(contributor(pool))
    wake(contributor(pool))
    assert calls.provisions == 0
    (item,) = items(LEDGER)
    assert (item["outcome"], item["reason"], item["count"]) == ("skipped", "in-flight", 2)


def test_a_refill_that_another_run_begins_meanwhile_is_not_recorded_as_somebody_elses(
    world: World, calls: Calls
) -> None:
    pool = world.low_pool()
    calls.on("GetIpamPoolCidrs", lambda: wake(contributor(pool)))
    wake(contributor(pool))
    assert calls.provisions == 1
    assert entries() == [("provision_cidr", "pending", "low-water")]


def test_a_list_that_lags_behind_does_not_make_a_second_refill(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    # The list shows what it showed before the refill: as if the CIDR were gone.
    world.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.16.0/21")
    CLOCK.advance(90)
    wake(schedule())
    assert calls.provisions == 1


# --- Failures


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


# --- What keeps it from acting


def test_observe_records_what_it_would_do_and_changes_nothing(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={"mode": "observe", "max_provisions_per_day": 10, "rules": [RULE]})
    pool = world.low_pool()
    wake(contributor(pool))
    wake(schedule())
    assert calls.provisions == 0
    assert len(world.cidrs(pool)) == 1
    (item,) = items(LEDGER)
    assert (item["action"], item["outcome"], item["count"]) == ("provision_cidr", "observed", 2)
    assert item["detail"]["cidr"] == "10.0.16.0/21"
    assert [each["outcome"] for each in calls.announced] == ["observed"]
    assert items(GUARDS) == []


def test_what_was_observed_does_not_stop_the_same_from_being_done(world: World, configure: Callable[..., None]) -> None:
    configure(refill_pools={"mode": "observe", "max_provisions_per_day": 10, "rules": [RULE]})
    pool = world.low_pool()
    wake(contributor(pool))
    configure()
    refilled(world, pool)
    assert entries() == [
        ("provision_cidr", "done", "low-water"),
        ("provision_cidr", "observed", "low-water"),
    ]
    assert len({item["decision_id"] for item in items(LEDGER)}) == 1


@pytest.mark.parametrize("value", ["observe", "enforce", "Deployed", "off"])
def test_the_switch_stops_everything_unless_it_says_deployed(world: World, calls: Calls, value: str) -> None:
    pool = world.low_pool()
    boto3.client("ssm").put_parameter(Name=MODE, Value=value, Overwrite=True)
    wake(contributor(pool))
    assert calls.provisions == 0
    assert entries() == [("provision_cidr", "blocked", "switched-off")]


def test_without_the_switch_nothing_is_changed(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    boto3.client("ssm").delete_parameter(Name=MODE)
    wake(contributor(pool))
    assert calls.provisions == 0


def test_the_switch_stops_a_run_between_two_pools(world: World, calls: Calls) -> None:
    first, second = sorted([world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")])
    calls.on(
        "ProvisionIpamPoolCidr",
        lambda: boto3.client("ssm").put_parameter(Name=MODE, Value="observe", Overwrite=True),
    )
    wake(schedule())
    assert len(world.cidrs(first)) == 2
    assert len(world.cidrs(second)) == 1


def test_a_refill_under_way_is_completed_although_the_switch_is_off(world: World) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    boto3.client("ssm").put_parameter(Name=MODE, Value="observe", Overwrite=True)
    CLOCK.advance(120)
    wake(schedule())
    assert entries() == [("provision_cidr", "done", "low-water")]


def test_a_protected_pool_is_never_changed(world: World, calls: Calls) -> None:
    pool = world.low_pool(**{"poolwarden:protect": "true"})
    wake(contributor(pool))
    assert calls.provisions == 0
    assert entries() == [("none", "blocked", "protected")]


def test_protection_that_comes_between_the_two_looks_counts(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    calls.on("TransactWriteItems", lambda: world.tag(pool, **{"poolwarden:protect": "true"}))
    wake(contributor(pool))
    assert calls.provisions == 0


def test_a_cidr_that_comes_between_the_two_looks_counts(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    calls.on("TransactWriteItems", lambda: world.provision(pool, "10.0.64.0/18"))
    wake(contributor(pool))
    assert calls.provisions == 0


def test_the_days_cap_of_a_pool_holds(world: World, calls: Calls, configure: Callable[..., None]) -> None:
    configure(
        refill_pools={
            "mode": "enforce",
            "max_provisions_per_day": 10,
            "rules": [{**RULE, "max_provisions_per_day": 1}],
        }
    )
    pool = world.low_pool()
    refilled(world, pool)
    world.allocate(pool, 21)
    CLOCK.advance(1)
    wake(contributor(pool))
    assert calls.provisions == 1
    assert ("provision_cidr", "blocked", "daily-cap") in entries()
    CLOCK.advance(86400)
    wake(contributor(pool))
    assert calls.provisions == 2


def test_the_days_cap_over_all_pools_holds_across_concurrent_runs(world: World, configure: Callable[..., None]) -> None:
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 3, "rules": [RULE]})
    pools = [world.low_pool(f"10.0.{32 * number}.0/20") for number in range(6)]
    events = [contributor(pool) for pool in pools * 4]
    random.Random(7).shuffle(events)  # noqa: S311 - the same order each time
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(wake, events))
    assert sorted(len(world.cidrs(pool)) for pool in pools) == [1, 1, 1, 2, 2, 2]


def test_a_failing_call_counts_once_against_the_cap_however_often_it_is_retried(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 1, "rules": [RULE]})
    pool = world.low_pool()
    calls.refuse("ProvisionIpamPoolCidr", "RequestLimitExceeded", times=3)
    for _ in range(3):
        with pytest.raises(RunFailedError):
            wake(contributor(pool))
    wake(contributor(pool))
    assert len(world.cidrs(pool)) == 2


def test_an_exhausted_source_is_told_with_what_is_missing(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    filler = world.pool("10.0.128.0/17", "10.0.64.0/18", "10.0.32.0/19", "10.0.16.0/20", source=world.source)
    assert filler
    wake(contributor(pool))
    wake(contributor(pool))
    (item,) = calls.announced
    assert (item["outcome"], item["reason"]) == ("blocked", "source-exhausted")
    assert f"It needs a /21 (a /28 at the very least) from its source pool {world.source}" in item["detail"]["why"]


# --- Waiting for the CIDR


@pytest.fixture
def rechecks(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - sets up
    """The queue with which the function wakes itself."""
    queue = boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
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


def test_only_the_messages_that_failed_are_delivered_again(world: World, calls: Calls) -> None:
    bad, good = sorted([world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")])

    def message(identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"messageId": identifier, "eventSource": "aws:sqs", "body": json.dumps(body)}

    calls.refuse("GetIpamPoolCidrs", "InternalError")
    answer = wake({"Records": [message("a", contributor(bad)), message("b", contributor(good))]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "a"}]}
    assert len(world.cidrs(good)) == 2


def test_the_handler_is_imported_without_any_environment() -> None:
    code = "import lambdas.refill_pools.handler, lambdas.notify.handler"
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
