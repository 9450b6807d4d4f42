"""Roles are enforced in the simulated account: who may do what, and how a refusal looks to an SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.scenarios.simulated_account import CALL_AWS, statement, unique

if TYPE_CHECKING:
    from simulator.client import Simulation
    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario

CALLS = (
    CALL_AWS
    + """
FORM = "application/x-www-form-urlencoded"

def handler(event, context):
    return {
        "vpcs": call("ec2", "Action=DescribeVpcs&Version=2016-11-15", kind=FORM),
        "put": call("dynamodb", json.dumps({"TableName": event["table"], "Item": {"id": {"S": "1"}}}),
                    target="DynamoDB_20120810.PutItem"),
        "publish": call("sns", "Action=Publish&Version=2010-03-31&Message=m&TopicArn=" + event["topic"], kind=FORM),
    }
"""
)


class Session:
    """boto3 clients with the credentials of an assumed role."""

    def __init__(self, account: Account, role: str) -> None:
        self._simulation = account.simulation
        sts = account.client("sts")
        self._credentials = sts.assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._simulation.endpoint,
            region_name=self._simulation.region,
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )


def refusal(account: Account, role: str, service: str, operation: str, **parameters: Any) -> dict[str, Any] | None:
    """How a call is refused to a session of the role: Code, Message and Status; None when it is allowed."""
    try:
        getattr(Session(account, role).client(service), operation)(**parameters)
    except ClientError as error:
        return {**error.response["Error"], "Status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
    return None


def table(account: Account) -> str:
    name = unique("table")
    account.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_a_function_may_do_what_its_role_allows_and_nothing_else(account: Account) -> None:
    role = account.role()
    function = account.function(CALLS, Role=role)
    event = {"table": table(account), "topic": account.topic()}

    def outcomes() -> dict[str, tuple[int, str]]:
        answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        return {name: tuple(outcome) for name, outcome in json.load(answer["Payload"]).items()}

    refused = outcomes()
    assert refused["vpcs"][0] == 403
    assert "<Code>UnauthorizedOperation</Code>" in refused["vpcs"][1]
    assert f"assumed-role/{role.rpartition('/')[2]}/{function} is not authorized to perform" in refused["vpcs"][1]
    assert "AccessDeniedException" in refused["put"][1]
    assert "<Code>AuthorizationError</Code>" in refused["publish"][1]

    account.allow(role, statement("Allow", ["ec2:DescribeVpcs", "dynamodb:PutItem", "sns:Publish"]))
    assert {name: status for name, (status, _) in outcomes().items()} == {"vpcs": 200, "put": 200, "publish": 200}

    account.allow(role, statement("Allow", "ec2:DescribeVpcs"))
    assert {name: status == 200 for name, (status, _) in outcomes().items()} == {
        "vpcs": True,
        "put": False,
        "publish": False,
    }


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("ec2", "describe_vpcs", {}, "UnauthorizedOperation"),
        ("elbv2", "describe_load_balancers", {}, "AccessDenied"),
        ("dynamodb", "list_tables", {}, "AccessDeniedException"),
        ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"}, "AuthorizationError"),
        ("ssm", "get_parameter", {"Name": "/poolwarden/mode"}, "AccessDeniedException"),
        ("lambda", "list_functions", {}, "AccessDeniedException"),
        ("events", "put_events", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]}, None),
        ("cloudformation", "list_stacks", {}, "AccessDenied"),
        ("s3", "list_buckets", {}, "AccessDenied"),
        ("cloudwatch", "list_metrics", {}, "AccessDeniedException"),
    ],
)
def test_a_refusal_carries_the_services_own_code(
    account: Account, service: str, operation: str, parameters: dict[str, Any], code: str | None
) -> None:
    refused = refusal(account, account.role(), service, operation, **parameters)
    assert refused is not None
    assert refused["Code"] == (code or "AccessDeniedException")
    assert "is not authorized to perform" in refused["Message"]


def test_a_denial_in_the_policy_beats_every_permission(account: Account) -> None:
    role = account.role(statement("Allow", "*"), statement("Deny", "ec2:DescribeVpcs"))
    assert refusal(account, role, "ec2", "describe_subnets") is None
    refused = refusal(account, role, "ec2", "describe_vpcs")
    assert refused is not None
    assert "explicit deny" in refused["Message"]


def test_a_permission_holds_for_the_resources_that_it_names(account: Account) -> None:
    ours, theirs = table(account), table(account)
    arn = f"arn:aws:dynamodb:{account.region}:{account.id}:table/{ours}"
    role = account.role(statement("Allow", "dynamodb:PutItem", arn))
    item = {"id": {"S": "1"}}
    assert refusal(account, role, "dynamodb", "put_item", TableName=ours, Item=item) is None
    assert refusal(account, role, "dynamodb", "put_item", TableName=theirs, Item=item) is not None


def test_a_protected_pool_is_refused_to_who_may_change_all_others(account: Account) -> None:
    ec2 = account.client("ec2")
    scope = ec2.create_ipam(OperatingRegions=[{"RegionName": account.region}])["Ipam"]["PrivateDefaultScopeId"]
    tags = [{"Key": "poolwarden:protect", "Value": "true"}]
    pools = {}
    for name, specification in {"open": [], "protected": [{"ResourceType": "ipam-pool", "Tags": tags}]}.items():
        pool = ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", TagSpecifications=specification)
        pools[name] = pool["IpamPool"]["IpamPoolId"]
    account.settle()
    role = account.role(
        statement("Allow", "ec2:ProvisionIpamPoolCidr"),
        statement("Deny", "ec2:*", StringEquals={"aws:ResourceTag/poolwarden:protect": "true"}),
    )
    for number, (name, code) in enumerate({"open": None, "protected": "UnauthorizedOperation"}.items()):
        cidr = f"10.{number}.0.0/16"
        refused = refusal(account, role, "ec2", "provision_ipam_pool_cidr", IpamPoolId=pools[name], Cidr=cidr)
        assert (refused or {}).get("Code") == code
    ec2.delete_tags(Resources=[pools["protected"]], Tags=tags)
    again = refusal(account, role, "ec2", "provision_ipam_pool_cidr", IpamPoolId=pools["protected"], Cidr="10.1.0.0/16")
    assert again is None


def test_tagging_is_judged_by_the_resource_that_is_tagged(account: Account) -> None:
    ec2 = account.client("ec2")
    addresses = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2)]
    ec2.create_tags(Resources=addresses[:1], Tags=[{"Key": "poolwarden:protect", "Value": "true"}])
    arn = f"arn:aws:ec2:{account.region}:{account.id}:elastic-ip/*"
    role = account.role(
        statement("Allow", "ec2:CreateTags", arn),
        statement("Deny", "ec2:*", StringEquals={"aws:ResourceTag/poolwarden:protect": "true"}),
    )
    tags = [{"Key": "seen", "Value": "now"}]
    assert refusal(account, role, "ec2", "create_tags", Resources=addresses[1:], Tags=tags) is None
    assert refusal(account, role, "ec2", "create_tags", Resources=addresses, Tags=tags) is not None
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert refusal(account, role, "ec2", "create_tags", Resources=[vpc], Tags=tags) is not None
    for address in addresses:
        ec2.release_address(AllocationId=address)


def test_the_administrator_of_an_account_may_do_everything_and_only_there(empty_account: Simulation) -> None:
    for account in (empty_account.account, "210987654321"):
        ec2 = empty_account.client("ec2", account=account)
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]
        assert vpc["OwnerId"] == account
        assert empty_account.client("sts", account=account).get_caller_identity()["Account"] == account
    theirs = empty_account.client("ec2", account="210987654321").describe_vpcs()["Vpcs"]
    assert {vpc["OwnerId"] for vpc in theirs} == {"210987654321"}


def test_a_role_that_does_not_trust_the_caller_cannot_be_assumed(account: Account) -> None:
    iam, name = account.client("iam"), unique("closed")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    closed = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    role = account.role(statement("Allow", "sts:AssumeRole"))
    refused = refusal(account, role, "sts", "assume_role", RoleArn=closed, RoleSessionName="tester")
    assert refused is not None
    assert refused["Code"] == "AccessDenied"


def test_a_session_is_told_apart_in_the_record_of_calls(account: Account) -> None:
    role = account.role(statement("Allow", "ec2:DescribeVpcs"))
    ec2 = Session(account, role).client("ec2")
    account.simulation.clear_calls()
    ec2.describe_vpcs()
    (call,) = account.simulation.calls()
    name = role.rpartition("/")[2]
    assert call["principal"] == f"arn:aws:sts::{account.id}:assumed-role/{name}/tester"
    assert call["account"] == account.id


def test_what_is_asked_of_a_role_is_kept_with_the_answer(account: Account) -> None:
    address = account.client("ec2").allocate_address(Domain="vpc")["AllocationId"]
    role = account.role(statement("Allow", "ec2:DescribeVpcs"))
    assert refusal(account, role, "ec2", "describe_vpcs") is None
    assert refusal(account, role, "ec2", "release_address", AllocationId=address) is not None

    account.simulation.clear_calls()
    session = f"arn:aws:sts::{account.id}:assumed-role/{role.rpartition('/')[2]}/tester"
    asked = [each for each in account.simulation.permissions() if each["principal"] == session]
    arn = f"arn:aws:ec2:{account.region}:{account.id}:elastic-ip/{address}"
    assert asked == [
        {"principal": session, "action": "ec2:DescribeVpcs", "resource": "*", "allowed": True},
        {"principal": session, "action": "ec2:ReleaseAddress", "resource": arn, "allowed": False},
    ]


def test_who_makes_something_with_tags_needs_the_right_to_tag_it(account: Account) -> None:
    arn = f"arn:aws:ec2:{account.region}:{account.id}:elastic-ip/*"
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "env", "Value": "prod"}]}]
    role = account.role(statement("Allow", "ec2:AllocateAddress", arn))
    assert refusal(account, role, "ec2", "allocate_address") is None
    refused = refusal(account, role, "ec2", "allocate_address", TagSpecifications=tags)
    assert "ec2:CreateTags" in (refused or {})["Message"]
    on_creation = statement("Allow", "ec2:CreateTags", arn, StringEquals={"ec2:CreateAction": "AllocateAddress"})
    account.allow(role, statement("Allow", "ec2:AllocateAddress", arn), on_creation)
    assert refusal(account, role, "ec2", "allocate_address", TagSpecifications=tags) is None
    addresses = account.client("ec2").describe_addresses()["Addresses"]
    for address in addresses:
        account.client("ec2").release_address(AllocationId=address["AllocationId"])


def test_a_right_to_read_holds_for_the_scopes_and_discoveries_that_it_names(account: Account) -> None:
    ec2 = account.client("ec2")
    there = ec2.describe_ipams()["Ipams"]  # the quota is one for each Region
    ipam = there[0] if there else ec2.create_ipam(OperatingRegions=[{"RegionName": account.region}])["Ipam"]
    ours, other = ipam["PrivateDefaultScopeId"], ipam["PublicDefaultScopeId"]
    discovery = ipam["DefaultResourceDiscoveryId"]
    role = account.role(
        statement("Allow", "ec2:GetIpamResourceCidrs", f"arn:aws:ec2::{account.id}:ipam-scope/{ours}"),
        statement("Allow", "ec2:GetIpamDiscoveredAccounts", f"arn:aws:ec2::{account.id}:ipam-resource-discovery/*"),
    )
    assert refusal(account, role, "ec2", "get_ipam_resource_cidrs", IpamScopeId=ours) is None
    assert refusal(account, role, "ec2", "get_ipam_resource_cidrs", IpamScopeId=other) is not None
    asked = {"IpamResourceDiscoveryId": discovery, "DiscoveryRegion": account.region}
    assert refusal(account, role, "ec2", "get_ipam_discovered_accounts", **asked) is None
