"""The record of calls, and faults, in every protocol that AWS's services speak."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from botocore.exceptions import ClientError

from simulator.client import ROOT
from tests.scenarios.simulated_account import unique

if TYPE_CHECKING:
    from simulator.client import Simulation
    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario

PROTOCOLS: dict[str, tuple[str, str, dict[str, Any], str, str, bool]] = {
    # protocol: boto3's service and method, parameters, signing name, operation, mutating
    "EC2": ("ec2", "describe_vpcs", {}, "ec2", "DescribeVpcs", False),
    "EC2, changing": ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, "ec2", "CreateVpc", True),
    "query": ("sns", "create_topic", {"Name": "recorded"}, "sns", "CreateTopic", True),
    "query of moto": (
        "elbv2",
        "describe_load_balancers",
        {},
        "elasticloadbalancing",
        "DescribeLoadBalancers",
        False,
    ),
    "JSON": ("dynamodb", "list_tables", {}, "dynamodb", "ListTables", False),
    "JSON with query codes": ("sqs", "list_queues", {}, "sqs", "ListQueues", False),
    "JSON, once CBOR": ("cloudwatch", "describe_alarms", {}, "monitoring", "DescribeAlarms", False),
    "REST with JSON": ("lambda", "list_functions", {}, "lambda", "ListFunctions", False),
    "REST with XML": ("s3", "list_buckets", {}, "s3", "ListBuckets", False),
    "REST with XML and a path": ("route53", "list_hosted_zones", {}, "route53", "ListHostedZones", False),
    "a name of its own": ("stepfunctions", "list_state_machines", {}, "states", "ListStateMachines", False),
}
BY_PROTOCOL = pytest.mark.parametrize("protocol", PROTOCOLS)


def attempt(simulation: Simulation, protocol: str) -> dict[str, Any] | None:
    """Make the call; the error as botocore parsed it, with its HTTP status, or None."""
    service, method, parameters, *_ = PROTOCOLS[protocol]
    try:
        getattr(simulation.client(service), method)(**parameters)
    except ClientError as error:
        return {**error.response["Error"], "Status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
    return None


@BY_PROTOCOL
def test_a_call_is_recorded_with_who_made_it_and_how_it_went(account: Account, protocol: str) -> None:
    _, _, _, service, operation, mutating = PROTOCOLS[protocol]
    account.simulation.clear_calls()
    assert attempt(account.simulation, protocol) is None
    (call,) = account.simulation.calls()
    assert call.pop("time").endswith("Z")
    assert call == {
        "service": service,
        "operation": operation,
        "account": account.id,
        "region": account.region,
        "principal": f"arn:aws:iam::{account.id}:root",
        "mutating": mutating,
        "status": 200,
        "error": None,
    }


@BY_PROTOCOL
def test_a_fault_reaches_the_caller_with_its_code_and_is_recorded(account: Account, protocol: str) -> None:
    _, _, _, service, operation, _ = PROTOCOLS[protocol]
    account.simulation.fault(service, operation, "RequestLimitExceeded", status=503)
    account.simulation.clear_calls()
    error = attempt(account.simulation, protocol)
    assert error is not None
    assert (error["Code"], error["Status"]) == ("RequestLimitExceeded", 503)
    (call,) = account.simulation.calls()
    assert (call["status"], call["error"]) == (503, "RequestLimitExceeded")
    assert attempt(account.simulation, protocol) is None, "one time is the default"


def test_a_fault_in_cbor_is_parsed_by_who_speaks_it(account: Account) -> None:
    account.simulation.fault("monitoring", "DescribeAlarms", "InternalServiceFault", status=500)
    account.simulation.clear_calls()
    request = urllib.request.Request(  # noqa: S310 - the loopback
        f"{account.simulation.endpoint}/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
        data=cbor2.dumps({}),
        headers={
            "Content-Type": "application/cbor",
            "Smithy-Protocol": "rpc-v2-cbor",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={account.id}/20260101/us-east-1/monitoring/aws4_request",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    assert cbor2.loads(failed.value.read())["__type"] == "InternalServiceFault"
    (call,) = account.simulation.calls()
    assert (call["service"], call["operation"], call["error"]) == (
        "monitoring",
        "DescribeAlarms",
        "InternalServiceFault",
    )


@pytest.mark.parametrize(
    ("service", "method", "parameters", "code"),
    [
        ("ec2", "describe_vpcs", {"VpcIds": ["vpc-0123"]}, "InvalidVpcID.NotFound"),
        ("dynamodb", "describe_table", {"TableName": "nowhere"}, "ResourceNotFoundException"),
        ("sns", "get_topic_attributes", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:nowhere"}, "NotFound"),
        ("lambda", "get_function", {"FunctionName": "nowhere"}, "ResourceNotFoundException"),
        ("s3", "list_objects_v2", {"Bucket": "nowhere"}, "NoSuchBucket"),
        ("s3", "head_bucket", {"Bucket": "nowhere"}, "404"),
        ("ssm", "get_parameter", {"Name": "/nowhere"}, "ParameterNotFound"),
        ("iam", "get_role", {"RoleName": "nowhere"}, "NoSuchEntity"),
        ("cloudformation", "describe_stacks", {"StackName": "nowhere"}, "ValidationError"),
    ],
)
def test_a_failure_is_recorded_with_the_code_that_the_caller_saw(
    account: Account, service: str, method: str, parameters: dict[str, Any], code: str
) -> None:
    client = account.client(service)
    account.simulation.clear_calls()
    with pytest.raises(ClientError) as failed:
        getattr(client, method)(**parameters)
    assert failed.value.response["Error"]["Code"] == code
    assert account.simulation.calls()[-1]["error"] == code


@pytest.mark.parametrize(
    ("method", "parameters", "operation", "mutating"),
    [
        ("create_bucket", {}, "CreateBucket", True),
        ("put_object", {"Key": "a/b", "Body": b"Action=Nothing&Action=DeleteTopic"}, "PutObject", True),
        ("get_object", {"Key": "a/b"}, "GetObject", False),
        ("list_objects_v2", {}, "ListObjectsV2", False),
        ("delete_object", {"Key": "a/b"}, "DeleteObject", True),
        ("delete_bucket", {}, "DeleteBucket", True),
    ],
)
def test_operations_without_a_name_in_the_request_are_told_apart(
    account: Account,
    method: str,
    parameters: dict[str, Any],
    operation: str,
    mutating: bool,  # noqa: FBT001
) -> None:
    account.simulation.clear_calls()
    getattr(account.client("s3"), method)(Bucket="recorded", **parameters)
    (call,) = account.simulation.calls()
    assert (call["operation"], call["mutating"]) == (operation, mutating)


def test_an_invocation_reads_and_what_it_carries_is_not_taken_for_a_call(account: Account) -> None:
    function = account.function()
    account.simulation.clear_calls()
    payload = json.dumps({"link": "https://example.com/?x=1&Action=DeleteTopic"}).encode()
    account.client("lambda").invoke(FunctionName=function, Payload=payload)
    (call,) = account.simulation.calls()
    assert (call["service"], call["operation"], call["mutating"]) == ("lambda", "Invoke", False)


def test_the_account_and_the_region_are_those_of_the_caller(empty_account: Simulation) -> None:
    client = empty_account.client("ec2", account="210987654321", region="eu-west-1")
    empty_account.clear_calls()
    client.describe_addresses()
    (call,) = empty_account.calls()
    assert (call["account"], call["region"]) == ("210987654321", "eu-west-1")
    assert call["principal"] == "arn:aws:iam::210987654321:root"


def test_the_record_grows_until_it_is_emptied_and_control_calls_are_none(empty_account: Simulation) -> None:
    empty_account.clear_calls()
    for _ in range(3):
        empty_account.client("sts").get_caller_identity()
    empty_account.settle()
    assert [call["operation"] for call in empty_account.calls()] == ["GetCallerIdentity"] * 3
    assert len(empty_account.calls()) == 3
    empty_account.clear_calls()
    assert empty_account.calls() == []


# Faults


def outcomes(simulation: Simulation, count: int) -> list[str | None]:
    """The code of each of `count` calls, None for a success."""
    return [(attempt(simulation, "EC2") or {}).get("Code") for _ in range(count)]


def test_a_fault_lasts_as_many_times_as_it_says(account: Account) -> None:
    account.simulation.fault("ec2", "DescribeVpcs", "RequestLimitExceeded", times=2)
    assert outcomes(account.simulation, 3) == ["RequestLimitExceeded"] * 2 + [None]


def test_a_fault_begins_after_as_many_calls_as_it_says(account: Account) -> None:
    account.simulation.fault("ec2", "DescribeVpcs", "InternalError", after=2)
    assert outcomes(account.simulation, 4) == [None, None, "InternalError", None]


def test_faults_of_one_operation_come_one_after_the_other(account: Account) -> None:
    account.simulation.fault("ec2", "DescribeVpcs", "First", times=1)
    account.simulation.fault("ec2", "DescribeVpcs", "Second", times=1)
    assert outcomes(account.simulation, 3) == ["First", "Second", None]


def test_a_fault_concerns_its_operation_of_its_service_alone(account: Account) -> None:
    account.simulation.fault("ec2", "DescribeSubnets", "InternalError")
    account.simulation.fault("cloudformation", "DescribeAccountLimits", "InternalError")
    assert outcomes(account.simulation, 1) == [None]
    assert account.client("elbv2").describe_account_limits()["Limits"]


def test_a_fault_changes_nothing_in_the_account(account: Account) -> None:
    account.simulation.fault("sns", "CreateTopic", "InternalError", status=500)
    name = unique("unmade")
    with pytest.raises(ClientError):
        account.client("sns").create_topic(Name=name)
    topics = account.client("sns").list_topics()["Topics"]
    assert not [topic for topic in topics if topic["TopicArn"].endswith(name)]


def test_a_fault_can_be_nothing_but_slow(account: Account) -> None:
    account.simulation.fault("ec2", "DescribeVpcs", None, delay_ms=400)
    started = time.monotonic()
    assert outcomes(account.simulation, 1) == [None]
    assert time.monotonic() - started >= 0.4


def test_faults_are_lifted_all_at_once(account: Account) -> None:
    account.simulation.fault("ec2", "DescribeVpcs", "InternalError", times=100)
    assert outcomes(account.simulation, 1) == ["InternalError"]
    account.simulation.clear_faults()
    assert outcomes(account.simulation, 1) == [None]


# The AWS CLI


def aws(simulation: Simulation, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The AWS CLI as an operator uses it, pointed at the account by its environment alone."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL": simulation.endpoint,
        "AWS_ACCESS_KEY_ID": simulation.account,
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_DEFAULT_REGION": simulation.region,
        "AWS_MAX_ATTEMPTS": "1",
    }
    return subprocess.run(
        [ROOT / ".venv" / "bin" / "aws", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_aws_cli_reads_and_writes(account: Account) -> None:
    made = aws(account.simulation, "ssm", "put-parameter", "--name", "/cli", "--value", "x", "--type", "String")
    assert made.returncode == 0, made.stderr
    read = aws(account.simulation, "ssm", "get-parameter", "--name", "/cli", "--query", "Parameter.Value")
    assert json.loads(read.stdout) == "x"


def test_the_aws_cli_shows_a_fault(account: Account) -> None:
    account.simulation.fault("ec2", "DescribeVpcs", "RequestLimitExceeded", status=503)
    failed = aws(account.simulation, "ec2", "describe-vpcs")
    assert failed.returncode != 0
    assert "(RequestLimitExceeded)" in failed.stderr
