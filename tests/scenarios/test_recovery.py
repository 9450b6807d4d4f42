"""What happens if a part of Poolwarden is killed or lost, as docs/runbook.md says ("When something is lost")."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.load_balancers import Fleet
from tests.scenarios.pools import ENFORCE, alarm_event, alarm_states, decisions_told, invoke, now, records
from tests.scenarios.simulated_account import cdk_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

QUARTER, HOUR = 900.0, 3600.0
CONFIG = ENFORCE + "align_albs: {allowed_pools: any}\n"
BEFORE = CONFIG.replace("target_percent: 40", "target_percent: 60")
"""What was deployed before: other settings in the asset, and so another version of every function."""


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(CONFIG)


@pytest.fixture(scope="module")
def fleet(account: Simulation) -> Fleet:
    """Public pools and load balancers; pools under its `regional` are refilled out of a range that is ours."""
    return Fleet(account)


@pytest.fixture(autouse=True)
def clean_slate(account: Simulation) -> Iterator[None]:
    yield
    account.clear_faults()


def low_pool(fleet: Fleet) -> str:
    """A pool of eight addresses of which one is left."""
    pool = fleet.pool(29, env="prod")
    for length in (30, 31, 32):
        fleet.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=length)
    return pool


def blocks(fleet: Fleet, pool: str) -> int:
    return len(fleet.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"])


def refills(account: Simulation, pool: str) -> int:
    """How many refills of a pool are recorded as done."""
    return Counter(records(account, pool))["done", "low-water"]


def open_intents(account: Simulation) -> list[str]:
    return [item["resource_id"] for item in account.ledger() if item["outcome"] in ("intended", "pending")]


@contextmanager
def killed_in_its_call(account: Simulation, output: str, service: str, operation: str) -> Iterator[None]:
    """Let the next call of an operation outlast its function, whose process Lambda then ends."""
    lambda_, function = account.client("lambda"), account.outputs()[output]
    timeout = lambda_.get_function_configuration(FunctionName=function)["Timeout"]
    lambda_.update_function_configuration(FunctionName=function, Timeout=3)
    account.fault(service, operation, None, delay_ms=4000, times=1)
    yield
    lambda_.update_function_configuration(FunctionName=function, Timeout=timeout)


def test_a_run_killed_in_the_middle_of_its_call_is_completed_by_the_next(account: Simulation, fleet: Fleet) -> None:
    pool = low_pool(fleet)
    with killed_in_its_call(account, "RefillPoolsFunction", "ec2", "ProvisionIpamPoolCidr"):
        answer = invoke(account, alarm_event(account, pool, now=now(account)))
    assert "Task timed out" in json.loads(answer["Payload"].read())["errorMessage"]
    assert pool in open_intents(account)

    account.advance(HOUR)

    assert open_intents(account) == []
    assert blocks(fleet, pool) == 2
    assert refills(account, pool) == 1


def test_what_a_run_did_and_could_not_say_is_told_once(account: Simulation, fleet: Fleet) -> None:
    """One is killed before it could, the other is refused by EventBridge."""
    belongs = fleet.pool(24)
    pool = low_pool(fleet)
    invoke(account, alarm_event(account, pool, now=now(account)))
    with killed_in_its_call(account, "RefillPoolsFunction", "events", "PutEvents"):
        account.settle()
    balancer = fleet.alb(tags={"ipam-pool": belongs})
    account.fault("events", "PutEvents", "AccessDeniedException", status=400, times=1000)
    account.settle()
    assert fleet.pool_of(balancer) == belongs
    assert decisions_told(account, balancer) == []

    account.clear_faults()
    account.advance(HOUR)

    assert open_intents(account) == []
    assert decisions_told(account, pool).count(("done", "low-water")) == 1
    assert decisions_told(account, balancer).count(("done", "off-pool")) == 1


@pytest.mark.deep
def test_a_ledger_that_cannot_be_written_stops_changes_until_it_can(account: Simulation, fleet: Fleet) -> None:
    pool = low_pool(fleet)
    for operation in ("TransactWriteItems", "UpdateItem"):
        account.fault("dynamodb", operation, "ProvisionedThroughputExceededException", status=400, times=1000)
    account.clear_calls()
    account.settle()
    account.advance(QUARTER)
    assert blocks(fleet, pool) == 1
    assert not [call for call in account.calls() if call["operation"] == "ProvisionIpamPoolCidr" and hubs(call)]

    account.clear_faults()
    account.advance(QUARTER)

    assert blocks(fleet, pool) == 2
    assert refills(account, pool) == 1


def test_a_purged_queue_costs_time_alone(account: Simulation, fleet: Fleet) -> None:
    pool = low_pool(fleet)
    invoke(account, alarm_event(account, pool, now=now(account)))
    assert open_intents(account) == [pool]
    for url in account.client("sqs").list_queues(QueueNamePrefix="PoolwardenHub-RefillPoolsRechecks")["QueueUrls"]:
        account.client("sqs").purge_queue(QueueUrl=url)
    account.advance(QUARTER)

    assert open_intents(account) == []
    assert refills(account, pool) == 1


def test_a_deleted_topic_leaves_what_was_to_be_told_in_a_queue_and_the_alarm_on_it_is_heard(
    account: Simulation, fleet: Fleet
) -> None:
    sns, topic = account.client("sns"), account.outputs()["TopicArn"]
    sns.delete_topic(TopicArn=topic)
    pool = low_pool(fleet)
    account.settle()

    assert blocks(fleet, pool) == 2
    (alarm,) = [name for name, state in alarm_states(account).items() if state == "ALARM" and "NotifyDead" in name]
    assert any(alarm in (entry["subject"] or entry["message"]) for entry in account.outbox())
    sns.create_topic(Name=topic.rpartition(":")[2])
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="net-oncall@example.com")
    tell_again(account)
    assert any(pool in entry["message"] for entry in account.outbox())


@pytest.mark.deep
def test_an_upgrade_and_its_rollback_keep_the_ledger_and_lose_no_event(
    account: Simulation, fleet: Fleet, tmp_path: Path
) -> None:
    """The functions are busy failing meanwhile: an event waits to be tried again, a look at a pending block is due."""
    pool, other = low_pool(fleet), low_pool(fleet)
    kept = {(item["decision_id"], item["record"]) for item in account.ledger()}
    invoke(account, alarm_event(account, pool, now=now(account)))
    account.fault("ec2", "DescribeIpamPools", "InternalError", status=500, times=1000)
    event = json.dumps(alarm_event(account, other, now=now(account))).encode()
    function = account.outputs()["RefillPoolsFunction"]
    account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=event)
    code = code_of(account)

    deploy(account, BEFORE, tmp_path / "upgraded")
    assert code_of(account) != code
    account.clear_faults()
    account.settle()

    assert (blocks(fleet, pool), blocks(fleet, other)) == (2, 2)
    assert open_intents(account) == []
    assert kept < {(item["decision_id"], item["record"]) for item in account.ledger()}
    deploy(account, CONFIG, tmp_path / "back")
    assert code_of(account) == code
    account.advance(QUARTER)
    assert (blocks(fleet, pool), blocks(fleet, other)) == (2, 2)
    assert refills(account, other) == 1


def test_a_deleted_ledger_stops_changes_until_it_is_back_with_what_it_knew(account: Simulation, fleet: Fleet) -> None:
    dynamodb, table = account.client("dynamodb"), account.outputs()["LedgerTableName"]
    with pytest.raises(dynamodb.exceptions.ClientError, match="protected against deletion"):
        dynamodb.delete_table(TableName=table)
    described = dynamodb.describe_table(TableName=table)["Table"]
    items = [item for page in dynamodb.get_paginator("scan").paginate(TableName=table) for item in page["Items"]]
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table)
    pool = low_pool(fleet)
    account.settle()
    assert blocks(fleet, pool) == 1
    failing = [name for name, state in alarm_states(account).items() if state == "ALARM"]
    assert any("RefillPoolsDeadLetters" in name for name in failing)

    restore(dynamodb, described, items)
    account.advance(QUARTER)

    assert blocks(fleet, pool) == 2
    assert refills(account, pool) == 1
    assert len(account.ledger()) > len(items)


@pytest.mark.deep
def test_deleted_guards_stop_changes_until_there_is_a_table_even_an_empty_one(
    account: Simulation, fleet: Fleet
) -> None:
    lambda_, dynamodb = account.client("lambda"), account.client("dynamodb")
    function = lambda_.get_function_configuration(FunctionName=account.outputs()["RefillPoolsFunction"])
    guards = function["Environment"]["Variables"]["GUARDS_TABLE"]
    dynamodb.delete_table(TableName=guards)
    pool = low_pool(fleet)
    account.settle()
    assert blocks(fleet, pool) == 1

    dynamodb.create_table(
        TableName=guards,
        KeySchema=[{"AttributeName": "guard", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "guard", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.advance(QUARTER)

    assert blocks(fleet, pool) == 2
    assert refills(account, pool) == 1


def restore(dynamodb: Any, described: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Do what RestoreTableToPointInTime does: the same table, with the items that it had."""
    (index,) = described["GlobalSecondaryIndexes"]
    dynamodb.create_table(
        TableName=described["TableName"],
        KeySchema=described["KeySchema"],
        AttributeDefinitions=described["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[{key: index[key] for key in ("IndexName", "KeySchema", "Projection")}],
    )
    for item in items:
        dynamodb.put_item(TableName=described["TableName"], Item=item)


def tell_again(account: Simulation) -> None:
    """Send what `notify` gave up on to it again, as the runbook says."""
    lambda_, sqs = account.client("lambda"), account.client("sqs")
    (name,) = [
        each["FunctionName"] for each in lambda_.list_functions()["Functions"] if "Notify" in each["FunctionName"]
    ]
    queue = lambda_.get_function_configuration(FunctionName=name)["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]:
        lambda_.invoke(FunctionName=name, InvocationType="Event", Payload=message["Body"].encode())
    account.settle()


def code_of(account: Simulation) -> str:
    function = account.outputs()["RefillPoolsFunction"]
    return str(account.client("lambda").get_function_configuration(FunctionName=function)["CodeSha256"])


def deploy(account: Simulation, config: str, folder: Path) -> None:
    folder.mkdir()
    (folder / "poolwarden.yaml").write_text(config, encoding="utf-8")
    cli = cdk_cli(account)
    cli.deploy("PoolwardenHub", config=folder / "poolwarden.yaml", output=folder / "assembly")


def hubs(call: dict[str, Any]) -> bool:
    return "assumed-role/PoolwardenHub" in call["principal"]
