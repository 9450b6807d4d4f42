"""Management events on the default bus, as CloudTrail would report them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account, Queue

pytestmark = pytest.mark.scenario


@pytest.fixture
def heard(account: Account) -> Queue:
    """A queue that receives every management event of EC2."""
    account.settle()  # what earlier tests did is reported before anybody listens
    queue = account.queue(allow="events.amazonaws.com")
    pattern = {"source": ["aws.ec2"], "detail-type": ["AWS API Call via CloudTrail"]}
    account.rule({"Arn": queue.arn}, EventPattern=json.dumps(pattern))
    return queue


def events(account: Account, queue: Queue) -> list[dict[str, Any]]:
    answer = account.client("sqs").receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_a_mutating_call_is_reported_with_what_was_asked_and_answered(account: Account, heard: Queue) -> None:
    vpc = account.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    account.settle()

    (event,) = events(account, heard)
    assert event["source"] == "aws.ec2"
    assert event["account"] == account.id
    assert event["region"] == account.region
    detail = event["detail"]
    assert detail["eventSource"] == "ec2.amazonaws.com"
    assert detail["eventName"] == "CreateVpc"
    assert detail["requestParameters"]["cidrBlock"] == "10.9.0.0/16"
    assert detail["responseElements"]["vpc"]["vpcId"] == vpc
    assert detail["userIdentity"]["arn"] == f"arn:aws:iam::{account.id}:root"
    assert "errorCode" not in detail
    account.client("ec2").delete_vpc(VpcId=vpc)
    account.settle()  # so that its event reaches no other test


def test_a_call_that_failed_is_reported_with_its_error(account: Account, heard: Queue) -> None:
    with pytest.raises(ClientError):
        account.client("ec2").delete_vpc(VpcId="vpc-0123456789abcdef0")
    account.settle()

    (event,) = events(account, heard)
    assert event["detail"]["errorCode"] == "Client.InvalidVpcID.NotFound"
    assert "vpc-0123456789abcdef0" in event["detail"]["errorMessage"]
    assert event["detail"]["requestParameters"]["vpcId"] == "vpc-0123456789abcdef0"
    assert event["detail"]["responseElements"] is None


def test_a_call_that_only_reads_is_not_reported(account: Account, heard: Queue) -> None:
    account.client("ec2").describe_vpcs()
    account.settle()

    assert events(account, heard) == []


def test_a_call_in_another_region_is_reported_there_alone(account: Account, heard: Queue) -> None:
    elsewhere = account.simulation.client("ec2", region="eu-west-1")
    vpc = elsewhere.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    account.settle()

    assert events(account, heard) == []
    elsewhere.delete_vpc(VpcId=vpc)


def test_where_every_trail_is_off_nothing_is_reported(account: Account, heard: Queue) -> None:
    trail = account.client("cloudtrail")
    account.client("s3").create_bucket(Bucket="trail-logs")
    trail.create_trail(Name="management", S3BucketName="trail-logs")
    try:
        with pytest.raises(ClientError):
            account.client("ec2").delete_vpc(VpcId="vpc-0123456789abcdef0")
        account.settle()
        assert events(account, heard) == []

        trail.start_logging(Name="management")
        with pytest.raises(ClientError):
            account.client("ec2").delete_vpc(VpcId="vpc-0123456789abcdef0")
        account.settle()
        assert len(events(account, heard)) == 1
    finally:
        trail.delete_trail(Name="management")
