"""`extend_vpcs` deployed by the CDK, seen from outside: the state of AWS, the ledger, what people were told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.function_roles import FunctionRole
from tests.scenarios.pools import PoolTree, decisions_told, records
from tests.scenarios.vpcs import cidrs_of, full_vpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

HOUR, DAY = 3600.0, 86400.0
TEAM, ASKED, MANAGER = "111111111111", "222222222222", "999999999999"
ALARM = "Poolwarden-VpcsAbove80Percent"
CONFIG = f"""
mode: enforce
organization:
  id: o-a1b2c3d4e5
  accounts: ["{TEAM}", "{ASKED}"]
  modes: {{"{ASKED}": approve}}
change_calendar: Freeze
refill_pools:
  pools:
    - match: {{tags: {{refill: "yes"}}}}
      low_water_percent: 1
      target_percent: 2
extend_vpcs: {{}}
notifications:
  email: [net-oncall@example.com]
"""
ALWAYS_OPEN = "BEGIN:VCALENDAR\nVERSION:2.0\nX-CALENDAR-TYPE:DEFAULT_OPEN\nEND:VCALENDAR\n"


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    simulation = deploy_account(CONFIG)
    simulation.client("ssm").create_document(
        Name="Freeze", Content=ALWAYS_OPEN, DocumentType="ChangeCalendar", DocumentFormat="TEXT"
    )
    simulation.client("ram", account=MANAGER).enable_sharing_with_aws_organization()
    return simulation


@pytest.fixture(scope="module")
def tree(account: Simulation) -> PoolTree:
    return PoolTree(account)


def test_a_vpc_that_fills_up_is_extended_told_and_undone_by_a_person(account: Simulation, tree: PoolTree) -> None:
    pool = tree.pool("10.4.0.0/20", source=tree.region)
    vpc = full_vpc(account, pool)

    answer = account.settle()

    assert [each["to"] for each in answer["alarms"] if each["name"] == ALARM and each["contributor"]] == ["ALARM", "OK"]
    assert cidrs_of(account, vpc) == ["10.4.0.0/24", "10.4.1.0/24"]
    assert records(account, vpc) == [("done", "nearly-full")]
    assert decisions_told(account, vpc) == [("done", "nearly-full")]
    (message,) = [entry["message"] for entry in account.outbox() if vpc in entry["message"]]
    assert "10.4.1.0/24 added" in message
    assert "poolwarden undo" in message
    assert [each["error"] for each in answer["invocations"] if each["error"]] == []

    undone = ask(account, "undo", vpc)
    account.settle()
    account.advance(DAY + HOUR, step=DAY / 4)

    assert undone["outcome"] == "pending"
    assert cidrs_of(account, vpc) == ["10.4.0.0/24"]
    assert ("undone", "nearly-full") in decisions_told(account, vpc)
    assert records(account, vpc).count(("rejected", "nearly-full")) == 1


def test_a_short_pool_is_refilled_and_the_vpc_is_extended_without_a_human(account: Simulation, tree: PoolTree) -> None:
    pool = tree.pool("10.5.0.0/24", source=tree.region, refill="yes")
    vpc = full_vpc(account, pool)

    account.settle()

    assert len(cidrs_of(account, vpc)) == 2
    assert [cidr.prefixlen for cidr in tree.cidrs(pool)].count(24) == 2
    assert sorted(records(account, vpc)) == [("blocked", "pool-short"), ("done", "nearly-full")]
    assert ("done", "demanded") in records(account, pool)


def test_a_protected_vpc_is_told_and_left_alone(account: Simulation, tree: PoolTree) -> None:
    pool = tree.pool("10.6.0.0/20", source=tree.region)
    vpc = full_vpc(account, pool, poolwarden_protect="true")

    account.settle()

    assert len(cidrs_of(account, vpc)) == 1
    assert decisions_told(account, vpc) == [("blocked", "protected")]


def test_members_vpcs_are_extended_as_each_accounts_mode_lets(account: Simulation, tree: PoolTree) -> None:
    pool = tree.pool("10.7.0.0/20", source=tree.region)
    (described,) = tree.ec2.describe_ipam_pools(IpamPoolIds=[pool])["IpamPools"]
    account.client("ram").create_resource_share(
        name="vpcs", resourceArns=[described["IpamPoolArn"]], principals=[TEAM, ASKED]
    )
    teams, asked = (full_vpc(account, pool, account=each) for each in (TEAM, ASKED))
    account.settle()
    account.advance(HOUR)

    assert len(cidrs_of(account, teams, account=TEAM)) == 2
    assert len(cidrs_of(account, asked, account=ASKED)) == 1
    assert records(account, asked) == [("proposed", "nearly-full")]

    assert ask(account, "approve", asked)["outcome"] == "pending"
    account.settle()
    account.advance(HOUR)
    assert len(cidrs_of(account, asked, account=ASKED)) == 2
    ask(account, "undo", asked)
    account.settle()
    assert len(cidrs_of(account, asked, account=ASKED)) == 1


@pytest.mark.parametrize("function", ["ExtendVpcsFunction", "OperateFunction"])
def test_a_protected_vpc_is_changed_by_no_role(account: Simulation, function: str) -> None:
    role, ec2 = FunctionRole.of(account, function), account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.200.0.0/24")["Vpc"]["VpcId"]
    more = {"VpcId": vpc, "CidrBlock": "10.201.0.0/24"}
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "poolwarden:protect", "Value": "true"}])
    assert role.refusal("ec2", "associate_vpc_cidr_block", **more) == "explicit deny"
    ec2.delete_vpc(VpcId=vpc)


def test_what_it_cannot_read_is_in_its_dead_letter_queue(account: Simulation) -> None:
    function = account.outputs()["ExtendVpcsFunction"]
    account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"source": 7}')
    account.settle()
    configuration = account.client("lambda").get_function_configuration(FunctionName=function)
    sqs, queue = account.client("sqs"), configuration["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
    assert len(sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"])["Messages"]) == 1


def ask(account: Simulation, action: str, vpc: str) -> dict[str, Any]:
    """Ask an operator's question about the last thing that was done or proposed about a VPC."""
    decided = ("done", "proposed")
    (*_, last) = [item for item in account.ledger() if item["resource_id"] == vpc and item["outcome"] in decided]
    event = {"action": action, "decision_id": last["decision_id"], "actor": "somebody"}
    answer = account.client("lambda").invoke(
        FunctionName=account.outputs()["OperateFunction"], Payload=json.dumps(event).encode()
    )
    return dict(json.loads(answer["Payload"].read()))
