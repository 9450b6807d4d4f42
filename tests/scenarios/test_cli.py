"""The command line over a deployed app, as an operator at a terminal uses it: what it says is what happens."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.kill_switch import switch
from tests.scenarios.load_balancers import PROOF
from tests.scenarios.operator_cli import Operator
from tests.scenarios.pools import ENFORCE, PoolTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

CONFIG = ENFORCE.replace("notifications:", "align_albs:\n  mode: approve\n  allowed_pools: any\nnotifications:")
WIDTH = 100


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(CONFIG)


@pytest.fixture(scope="module")
def operator(account: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    config = tmp_path_factory.mktemp("operator") / "poolwarden.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    keys = {"AWS_ACCESS_KEY_ID": account.account, "AWS_SECRET_ACCESS_KEY": "simulated"}
    return Operator(simulation=account, config=config, credentials=keys)


def session(account: Simulation, statement: dict[str, Any], *, name: str = "limited") -> dict[str, str]:
    """The credentials of a role that may do just this."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam = account.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(statement))
    keys = account.client("sts").assume_role(RoleArn=role, RoleSessionName="operator")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def tree(account: Simulation) -> PoolTree:
    return PoolTree(account)


@pytest.fixture(scope="module")
def public_pool(account: Simulation, tree: PoolTree) -> str:
    """A pool for load balancers in the one IPAM that there is."""
    pool = ""
    scope = tree.ec2.describe_ipams()["Ipams"][0]["PublicDefaultScopeId"]
    for request, cidr, proof in (
        ({}, "130.137.0.0/16", PROOF),
        ({"Locale": account.region, "AwsService": "ec2"}, "130.137.0.0/24", {}),
    ):
        source = {"SourceIpamPoolId": pool} if pool else {}
        made = tree.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", **request, **source)
        pool = str(made["IpamPool"]["IpamPoolId"])
        account.settle()
        tree.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr, **proof)
        account.settle()
    return pool


def load_balancer(account: Simulation, *, name: str, pool: str) -> str:
    """The ARN of a load balancer in service, whose tag says from now on that it belongs on the pool."""
    subnets = account.client("ec2").describe_subnets()["Subnets"]
    elb = account.client("elbv2")
    made = elb.create_load_balancer(Name=name, Subnets=sorted(each["SubnetId"] for each in subnets)[:2])
    arn = str(made["LoadBalancers"][0]["LoadBalancerArn"])
    account.settle()
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "poolwarden:ipam-pool", "Value": pool}])
    return arn


def test_a_plan_says_what_is_then_done_decision_by_decision(
    account: Simulation, operator: Operator, tree: PoolTree, public_pool: str
) -> None:
    arn = load_balancer(account, name="web", pool=public_pool)
    pools = [tree.environment(), tree.environment(), tree.environment(env="capped", poolwarden_protect="true")]
    for pool in pools:
        tree.fill(pool)
    account.clear_calls()

    planned = operator.asks("plan")
    table = operator.types("plan")

    assert not [call for call in account.calls() if call["mutating"]]
    assert (planned["errors"], planned["missing_permissions"], planned["no_trail"]) == ([], [], [])
    assert planned["deployed"]
    assert planned["modes"] == {"refill_pools": "enforce", "align_albs": "approve"}
    assert max(map(len, table.splitlines())) <= WIDTH
    account.settle()
    (proposal,) = operator.asks("status")["proposals"]
    assert operator.asks("approve", proposal["decision_id"])["outcome"] == "done"
    names = ("decision_id", "resource_id", "action", "outcome", "reason")
    happened = [[item[name] for name in names] for item in account.ledger() if item["outcome"] != "proposed"]
    foreseen = [[each[name] for name in names] for each in planned["decisions"]]
    assert sorted(foreseen) == sorted(happened)
    assert {resource for _, resource, *_ in foreseen} == {arn, *pools}
    for each in planned["decisions"]:
        assert each["decision_id"] in table
        assert each["detail"].get("cidr", "") in table


def test_what_is_rejected_waits_for_nobody_any_more(account: Simulation, operator: Operator, public_pool: str) -> None:
    arn = load_balancer(account, name="shop", pool=public_pool)
    account.settle()
    (proposal,) = operator.asks("status")["proposals"]
    assert (proposal["resource_id"], proposal["reason"]) == (arn, "off-pool")

    assert operator.asks("reject", proposal["decision_id"])["outcome"] == "rejected"

    assert operator.asks("status")["proposals"] == []
    planned = [each for each in operator.asks("plan")["decisions"] if each["resource_id"] == arn]
    assert [(each["decision_id"], each["outcome"]) for each in planned] == [(proposal["decision_id"], "rejected")]
    refused = operator.asks("approve", proposal["decision_id"], status=1)
    assert (refused["outcome"], "it was rejected" in refused["message"]) == ("refused", True)


def test_one_id_tells_the_whole_story_from_the_decision_to_its_undo(
    account: Simulation, operator: Operator, tree: PoolTree
) -> None:
    pool = tree.environment()
    tree.fill(pool)
    account.settle()
    (done,) = operator.asks("history", pool)
    decision_id = done["decision_id"]
    assert decision_id in {item["decision_id"] for item in operator.asks("history")}

    assert operator.asks("undo", decision_id)["outcome"] == "pending"
    account.settle()
    story, table = operator.asks("history", decision_id, "--logs"), operator.types("history", decision_id)

    (record,) = story["records"]
    assert (record["outcome"], record["resource_id"]) == ("undone", pool)
    assert record["detail"]["undo_asked"]["actor"] == f"arn:aws:iam::{account.account}:root"
    told = [(each["outcome"], each["reason"]) for each in story["notified"]]
    assert told == [("done", "low-water"), ("undone", "low-water")]
    assert {"refill_pools", "notify", "operate"} <= {each["function"] for each in story["log"]}
    for text in (pool, "low-water", "told: done", record["detail"]["cidr"], story["undone_by"]):
        assert text in table
    assert operator.asks("undo", story["undone_by"], status=1)["outcome"] == "refused"


def test_status_says_how_everything_is_and_what_waits_for_a_person(account: Simulation, operator: Operator) -> None:
    switch(account, "observe")
    topic = account.outputs()["TopicArn"]
    account.client("sns").subscribe(TopicArn=topic, Protocol="https", Endpoint="https://hook.example.com/nobody")

    found, table = operator.asks("status"), operator.types("status")

    assert (found["stack"]["status"], found["configuration"]) == ("CREATE_COMPLETE", "deployed")
    assert found["switch"] == "observe"
    assert "kill switch: ON (observe)" in table
    assert [each["endpoint"] for each in found["unconfirmed"]] == ["https://hook.example.com/nobody"]
    (refills,) = [each for each in found["functions"] if each["name"] == "refill_pools"]
    assert (refills["mode"], refills["runs"] > 0, refills["errors"]) == ("enforce", True, 0)
    assert refills["last_run"] in table.replace(" ", "T") or refills["last_run"][:16].replace("T", " ") in table
    assert [each for each in found["dead_letters"] if each["messages"]] == []
    assert max(map(len, table.splitlines())) <= WIDTH
    page = operator.config.with_name("report.html")
    assert operator.asks("report", "-o", str(page)) == {
        "file": str(page),
        "decisions": len(account.ledger()),
        "missing": [],
    }
    assert account.account in page.read_text(encoding="utf-8")
    switch(account, "deployed")


def test_a_plan_names_what_stands_in_its_way(account: Simulation, operator: Operator, tree: PoolTree) -> None:
    pool = tree.environment()
    tree.fill(pool)
    switch(account, "observe")
    account.change_settings(trails_off=[account.account])
    allowed = {
        "Effect": "Allow",
        "Action": ["ec2:DescribeIpamPools", "cloudformation:*", "dynamodb:*"],
        "Resource": "*",
    }

    found = operator.asks("plan")
    limited = replace(operator, credentials=session(account, allowed))
    refused = limited.asks("plan", status=1)
    blind = {**allowed, "Action": ["ec2:*", "dynamodb:*"]}
    unknown = replace(operator, credentials=session(account, blind, name="blind"))

    assert (found["forbidden_by"], found["no_trail"]) == ("switched-off", [account.region])
    assert (found["deployed"], unknown.asks("plan", status=1)["deployed"]) == (True, None)
    assert "could not be read" in unknown.types("plan", status=1)
    lacking = {each["permission"] for each in refused["missing_permissions"]}
    assert {"ec2:GetIpamPoolAllocations", "ssm:GetParameter", "cloudtrail:DescribeTrails"} <= lacking
    assert {(each["outcome"], each["reason"]) for each in refused["decisions"]} == {("failed", "access-denied")}
    switch(account, "deployed")
    account.reset_settings()
    account.settle()
