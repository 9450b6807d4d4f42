from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from simulator.throttle import MUTATING, NON_MUTATING, UNFILTERED, Limit, Throttle, limit_of
from tests.simulator.ec2_calls import call

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall

RELEASE = call("ReleaseAddress", body=b"Action=ReleaseAddress")


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def served(throttle: Throttle, call: AwsCall, calls: int) -> int:
    return sum(throttle.allows(call) for _ in range(calls))


def test_a_burst_gets_the_buckets_size_and_then_the_refill_rate() -> None:
    time = Time()
    throttle = Throttle(time)

    assert served(throttle, RELEASE, 80) == 50

    time.now = 2.0
    assert served(throttle, RELEASE, 80) == 10


def test_a_bucket_never_holds_more_than_its_size() -> None:
    time = Time()
    throttle = Throttle(time)
    served(throttle, RELEASE, 50)

    time.now = 10_000.0
    assert served(throttle, RELEASE, 80) == 50


@pytest.mark.parametrize(
    "change", [{"operation": "AllocateAddress"}, {"account": "210987654321"}, {"region": "eu-west-1"}]
)
def test_each_action_account_and_region_has_a_bucket_of_its_own(change: dict[str, Any]) -> None:
    throttle = Throttle(Time())
    served(throttle, RELEASE, 50)

    assert throttle.allows(replace(RELEASE, **change))
    assert not throttle.allows(RELEASE)


def test_other_services_are_not_limited() -> None:
    throttle = Throttle(Time())

    assert served(throttle, replace(RELEASE, service="dynamodb", operation="PutItem"), 1000) == 1000


@pytest.mark.parametrize(
    ("operation", "body", "limit"),
    [
        ("ReleaseAddress", b"", MUTATING),
        ("ProvisionIpamPoolCidr", b"", MUTATING),
        ("DescribeAddresses", b"", NON_MUTATING),
        ("GetIpamPoolAllocations", b"", NON_MUTATING),
        ("DescribeInstances", b"", UNFILTERED),
        ("DescribeInstances", b"MaxResults=5", NON_MUTATING),
        ("DescribeInstances", b"Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1", NON_MUTATING),
        ("CreateTags", b"", Limit(100, 10)),
    ],
)
def test_the_documented_limit_of_each_kind_of_action(operation: str, body: bytes, limit: Limit) -> None:
    assert limit_of(replace(RELEASE, operation=operation, body=body)) == limit
