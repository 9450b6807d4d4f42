"""`refill_pools` deployed by the CDK, seen from outside: the state of AWS, the ledger, what people were told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.kill_switch import switch
from tests.scenarios.pools import (
    ENFORCE,
    PoolTree,
    alarm_event,
    alarm_states,
    decisions_told,
    invoke,
    provisions_by_functions,
    records,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

HOUR = 3600.0
QUARTER = 900.0
LATE = 22
"""From this hour (UTC) on, a test about a day's cap waits for the next day."""


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(ENFORCE)


@pytest.fixture(scope="module")
def tree(account: Simulation) -> PoolTree:
    return PoolTree(account)


@pytest.fixture(autouse=True)
def clean_slate(account: Simulation) -> Iterator[None]:
    account.clear_calls()
    yield
    account.clear_faults()
    switch(account, "deployed")


def dead_letters(account: Simulation, function: str) -> list[dict[str, Any]]:
    configuration = account.client("lambda").get_function_configuration(FunctionName=function)
    queue = configuration["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in received]


def test_a_pool_that_vpcs_fill_to_87_percent_gets_exactly_one_cidr_of_the_right_size(
    account: Simulation, tree: PoolTree
) -> None:
    pool = tree.environment()
    (first,) = tree.cidrs(pool)
    before = tree.children_of_region()
    tree.fill(pool)

    account.settle()

    (_, added) = tree.cidrs(pool)
    assert added.prefixlen == 21  # 512 of 4,096 are free; a /21 is the smallest block that makes 40 %
    assert added.subnet_of(IPv4Network("10.0.0.0/12"))
    assert not any(added.overlaps(other) for other in before)
    assert first.supernet(new_prefix=19).supernet_of(added)  # it aggregates with what the pool had
    assert records(account, pool) == [("done", "low-water")]
    assert decisions_told(account, pool) == [("done", "low-water")]


def test_settling_again_an_hour_and_the_same_event_again_add_nothing(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment()
    tree.fill(pool)
    now = account.settle()["now"]
    cidrs, told = tree.cidrs(pool), decisions_told(account, pool)
    assert len(cidrs) == 2

    account.settle()
    account.advance(HOUR, step=QUARTER)
    for _ in range(3):
        assert "FunctionError" not in invoke(account, alarm_event(account, pool, now=now))
    account.settle()

    assert tree.cidrs(pool) == cidrs
    assert records(account, pool) == [("done", "low-water")]
    assert decisions_told(account, pool) == told


def test_ten_alarms_at_once_provision_one_cidr(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment()
    now = account.settle()["now"]
    tree.fill(pool)
    event = alarm_event(account, pool, now=now)

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda _: invoke(account, event), range(10)))
    account.settle()

    assert len(tree.cidrs(pool)) == 2
    assert records(account, pool) == [("done", "low-water")]
    assert decisions_told(account, pool) == [("done", "low-water")]


def test_a_pool_that_no_rule_matches_is_left_alone(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment(env="test")
    tree.fill(pool)

    account.settle()

    assert len(tree.cidrs(pool)) == 1
    assert records(account, pool) == []


def test_a_protected_pool_is_left_alone_and_people_hear_why(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment(poolwarden_protect="true")
    tree.fill(pool)

    account.settle()
    account.settle()

    assert len(tree.cidrs(pool)) == 1
    assert records(account, pool) == [("blocked", "protected")]
    assert decisions_told(account, pool) == [("blocked", "protected")]


def test_throttled_three_times_and_then_served_is_one_cidr(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment()
    tree.fill(pool)
    account.fault("ec2", "ProvisionIpamPoolCidr", "RequestLimitExceeded", status=503, times=3)

    account.settle()

    assert len(tree.cidrs(pool)) == 2
    assert records(account, pool) == [("done", "low-water")]


def test_failing_for_good_is_recorded_dead_lettered_alarmed_and_told_and_mended_later(
    account: Simulation, tree: PoolTree
) -> None:
    pool = tree.environment()
    tree.fill(pool)
    account.fault("ec2", "ProvisionIpamPoolCidr", "InternalError", status=500, times=1000)

    account.settle()

    assert len(tree.cidrs(pool)) == 1
    assert records(account, pool) == [("failed", "api-error")]
    function = account.outputs()["RefillPoolsFunction"]
    assert any(pool in json.dumps(event) for event in dead_letters(account, function))
    in_alarm = [name for name, state in alarm_states(account).items() if state == "ALARM"]
    (dead_letter_alarm,) = [name for name in in_alarm if "RefillPoolsDeadLetters" in name]
    assert any(dead_letter_alarm in (entry["subject"] or entry["message"]) for entry in account.outbox())
    assert decisions_told(account, pool) == [("failed", "api-error")]

    account.clear_faults()
    account.advance(QUARTER)

    assert len(tree.cidrs(pool)) == 2
    assert records(account, pool) == [("done", "low-water")]
    assert decisions_told(account, pool) == [("failed", "api-error"), ("done", "low-water")]


def test_an_answer_that_was_lost_is_not_asked_for_twice(account: Simulation, tree: PoolTree) -> None:
    """The provision works, and then the ledger cannot be written: the next run finds what was done."""
    pool = tree.environment()
    tree.fill(pool)
    account.fault("dynamodb", "UpdateItem", "InternalServerError", status=500, times=8)

    account.settle()

    assert len(tree.cidrs(pool)) == 2
    assert records(account, pool) == [("done", "low-water")]


def test_the_kill_switch_stops_changes_says_so_and_gives_way_again(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment()
    tree.fill(pool)
    switch(account, "observe")

    account.settle()

    assert len(tree.cidrs(pool)) == 1
    assert records(account, pool) == [("blocked", "switched-off")]
    assert decisions_told(account, pool) == [("blocked", "switched-off")]

    switch(account, "deployed")
    account.advance(QUARTER)

    assert len(tree.cidrs(pool)) == 2
    assert sorted(records(account, pool)) == [("blocked", "switched-off"), ("done", "low-water")]


def test_a_kill_switch_that_nobody_can_read_stops_changes(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment()
    tree.fill(pool)
    account.fault("ssm", "GetParameter", "InternalServerError", status=500, times=1000)

    account.settle()

    assert len(tree.cidrs(pool)) == 1
    assert provisions_by_functions(account) == []


def test_a_pools_daily_cap_holds_until_the_next_day(account: Simulation, tree: PoolTree) -> None:
    pool = tree.environment(env="capped")
    now = datetime.fromisoformat(account.settle()["now"])
    if now.hour >= LATE:
        account.advance((24 - LATE) * HOUR)
    tree.fill(pool)
    account.settle()
    assert len(tree.cidrs(pool)) == 2
    tree.fill(pool, 4)

    account.settle()

    assert len(tree.cidrs(pool)) == 2
    assert ("blocked", "daily-cap") in records(account, pool)

    account.advance(24 * HOUR, step=6 * HOUR)

    assert len(tree.cidrs(pool)) == 3
