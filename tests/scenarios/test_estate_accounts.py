"""Many accounts and Regions in one simulation: each for itself, and roles between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import SimulationError
from tests.scenarios.estate import EAST, HUB, MEMBER, STRANGER, WEST, Estate, refused
from tests.scenarios.simulated_account import statement, unique

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario


def make_everything(account: Account, name: str) -> None:
    """One resource of each service, all of the same name."""
    account.client("ec2").create_security_group(GroupName=name, Description=name)
    account.client("elbv2").create_target_group(Name=name, TargetType="lambda")
    account.client("ssm").put_parameter(Name=f"/{name}", Value="v", Type="String")
    account.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.client("sqs").create_queue(QueueName=name)
    account.client("sns").create_topic(Name=name)
    account.client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)", State="DISABLED")
    account.client("cloudwatch").put_metric_data(Namespace=name, MetricData=[{"MetricName": "m", "Value": 1}])
    account.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))


TEMPLATE = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}


def what_is_there(account: Account, name: str) -> dict[str, bool]:
    """For each Regional service, whether something of that name is in the account and Region."""
    client = account.client
    stacks = client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    filters = [{"Name": "group-name", "Values": [name]}]
    parameters = client("ssm").get_parameters(Names=[f"/{name}"])
    return {
        "ec2": bool(client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]),
        "elbv2": name in [each["TargetGroupName"] for each in client("elbv2").describe_target_groups()["TargetGroups"]],
        "ssm": bool(parameters["Parameters"]),
        "dynamodb": name in client("dynamodb").list_tables()["TableNames"],
        "sqs": bool(client("sqs").list_queues(QueueNamePrefix=name).get("QueueUrls")),
        "sns": any(topic["TopicArn"].endswith(f":{name}") for topic in client("sns").list_topics()["Topics"]),
        "events": bool(client("events").list_rules(NamePrefix=name)["Rules"]),
        "cloudwatch": bool(client("cloudwatch").list_metrics(Namespace=name)["Metrics"]),
        "cloudformation": name in [stack["StackName"] for stack in stacks],
    }


def test_every_account_and_region_is_for_itself(estate: Estate) -> None:
    name = unique("isolated")
    make_everything(estate.account(MEMBER), name)
    assert set(what_is_there(estate.account(MEMBER), name).values()) == {True}
    for account, region in ((MEMBER, WEST), (STRANGER, EAST)):
        assert set(what_is_there(estate.account(account, region), name).values()) == {False}


def test_functions_and_zones_are_an_accounts_own(estate: Estate) -> None:
    function = estate.account(MEMBER).function()
    name = f"{unique('zone')}.example.com."
    estate.account(MEMBER).client("route53").create_hosted_zone(Name=name, CallerReference=name)

    def seen(account: str, region: str) -> tuple[bool, bool]:
        there = estate.account(account, region)
        functions = there.client("lambda").list_functions()["Functions"]
        zones = there.client("route53").list_hosted_zones()["HostedZones"]
        return function in [each["FunctionName"] for each in functions], name in [zone["Name"] for zone in zones]

    assert seen(MEMBER, EAST) == (True, True)
    assert seen(MEMBER, WEST) == (False, True), "hosted zones belong to no Region"
    assert seen(STRANGER, EAST) == (False, False)


def test_a_role_is_assumed_from_another_account_under_its_trust_policy(estate: Estate) -> None:
    account = {"AWS": f"arn:aws:iam::{HUB}:root"}
    role = estate.role(MEMBER, statement("Allow", "ec2:DescribeVpcs"), trust={"Principal": account})
    session = estate.session(role, of=estate.account(HUB))
    assert session.client("sts").get_caller_identity()["Account"] == MEMBER
    assert {vpc["OwnerId"] for vpc in session.client("ec2", region=WEST).describe_vpcs()["Vpcs"]} == {MEMBER}
    stranger = estate.account(STRANGER).client("sts")
    assert refused(stranger.assume_role, RoleArn=role, RoleSessionName="tester") == "AccessDenied"
    unknown = role.replace("role/", "role/no-")
    hub = estate.account(HUB).client("sts")
    assert refused(hub.assume_role, RoleArn=unknown, RoleSessionName="tester") == "AccessDenied"


def test_a_trust_policy_asks_for_an_external_id(estate: Estate) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "poolwarden"}}
    role = estate.role(MEMBER, trust={"Principal": {"AWS": HUB}, "Condition": condition})
    sts = estate.account(HUB).client("sts")
    request = {"RoleArn": role, "RoleSessionName": "tester"}
    assert refused(sts.assume_role, **request) == "AccessDenied"
    assert refused(sts.assume_role, **request, ExternalId="other") == "AccessDenied"
    assert refused(sts.assume_role, **request, ExternalId="poolwarden") is None


def test_a_trust_policy_asks_which_role_calls(estate: Estate) -> None:
    may_assume = statement("Allow", "sts:AssumeRole")
    anybody_of_hub = {"Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}}
    callers = [estate.role(HUB, may_assume, trust=anybody_of_hub) for _ in range(2)]
    for condition in (
        {"Principal": {"AWS": callers[0]}},
        {"Principal": {"AWS": "*"}, "Condition": {"ArnEquals": {"aws:PrincipalArn": callers[0]}}},
    ):
        role = estate.role(MEMBER, trust=condition)
        outcomes = [
            refused(
                estate.session(caller, of=estate.account(HUB)).client("sts").assume_role,
                RoleArn=role,
                RoleSessionName="tester",
            )
            for caller in callers
        ]
        assert outcomes == [None, "AccessDenied"], condition


def test_a_caller_needs_its_own_permission_to_assume_too(estate: Estate) -> None:
    account = {"Principal": {"AWS": HUB}}
    caller = estate.role(HUB, trust=account)
    role = estate.role(MEMBER, trust=account)
    sts = estate.session(caller, of=estate.account(HUB)).client("sts")
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="tester") == "AccessDenied"
    estate.account(HUB).allow(caller, statement("Allow", "sts:AssumeRole", role))
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="tester") is None


def test_a_role_for_a_service_is_for_no_person(estate: Estate) -> None:
    role = estate.role(MEMBER, trust={"Principal": {"Service": "lambda.amazonaws.com"}})
    for account in (HUB, MEMBER):
        sts = estate.account(account).client("sts")
        assert refused(sts.assume_role, RoleArn=role, RoleSessionName="tester") == "AccessDenied"


def test_a_session_in_another_account_is_held_to_its_role(estate: Estate) -> None:
    there = estate.account(MEMBER)
    address = there.client("ec2").allocate_address(Domain="vpc")["AllocationId"]
    groups = {
        name: there.client("elbv2").create_target_group(
            Name=unique(name), TargetType="lambda", Tags=[{"Key": "poolwarden:protect", "Value": value}]
        )["TargetGroups"][0]["TargetGroupArn"]
        for name, value in (("open", "false"), ("protected", "true"))
    }
    any_group = f"arn:aws:elasticloadbalancing:*:{MEMBER}:targetgroup/*"
    role = estate.role(
        MEMBER,
        statement("Allow", "ec2:ReleaseAddress", f"arn:aws:ec2:*:{MEMBER}:elastic-ip/*"),
        statement("Allow", "elasticloadbalancing:ModifyTargetGroupAttributes", any_group),
        statement("Deny", "*", StringEquals={"aws:ResourceTag/poolwarden:protect": "true"}),
        trust={"Principal": {"AWS": HUB}},
    )
    session = estate.session(role, of=estate.account(HUB))
    elb, attributes = session.client("elbv2"), [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]
    change = elb.modify_target_group_attributes
    assert refused(change, TargetGroupArn=groups["open"], Attributes=attributes) is None
    assert refused(change, TargetGroupArn=groups["protected"], Attributes=attributes) == "AccessDenied"
    assert refused(elb.describe_target_groups) == "AccessDenied"
    ec2 = session.client("ec2")
    assert refused(ec2.describe_addresses) == "UnauthorizedOperation"
    assert refused(ec2.release_address, AllocationId=address) is None
    assert refused(session.client("route53").list_hosted_zones) == "AccessDenied"
    assert refused(session.client("cloudformation").list_stacks) == "AccessDenied"


def test_a_region_that_is_not_enabled_knows_no_credentials(estate: Estate) -> None:
    role = estate.role(MEMBER, statement("Allow", "*"), trust={"Principal": {"AWS": HUB}})
    session = estate.session(role, of=estate.account(HUB))
    estate.simulation.change_settings(regions_off=[f"{MEMBER}/{WEST}"])

    def codes(region: str) -> dict[str, str | None]:
        calls: dict[str, Any] = {
            "ec2": session.client("ec2", region=region).describe_addresses,
            "elbv2": session.client("elbv2", region=region).describe_load_balancers,
            "events": session.client("events", region=region).list_rules,
            "ssm": estate.account(MEMBER, region).client("ssm").describe_parameters,
            "route53": session.client("route53", region=region).list_hosted_zones,
        }
        return {service: refused(call) for service, call in calls.items()}

    assert codes(EAST) == dict.fromkeys(("ec2", "elbv2", "events", "ssm", "route53"))
    assert codes(WEST) == {
        "ec2": "AuthFailure",
        "elbv2": "InvalidClientTokenId",
        "events": "UnrecognizedClientException",
        "ssm": "UnrecognizedClientException",
        "route53": None,
    }
    assert refused(estate.account(STRANGER, WEST).client("ec2").describe_addresses) is None
    estate.simulation.reset_settings()
    assert codes(WEST)["ec2"] is None


def test_a_setting_that_nobody_knows_is_refused(estate: Estate) -> None:
    with pytest.raises(SimulationError, match="unknown setting 'trail'; there are trails_off, regions_off"):
        estate.simulation.change_settings(trail=False)
