"""What CloudTrail's records of calls say about addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.common.events import Kind, Wakeup
from lambdas.common.targets import Target
from lambdas.release_eips import signs

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def call(name: str, asked: Any, answered: Any = None, **more: Any) -> Wakeup:
    detail = {
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": "123456789012",
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": asked,
        "responseElements": answered,
        **more,
    }
    return Wakeup(time=NOW, kind=Kind.API_CALL, detail=detail, account="123456789012")


@pytest.mark.parametrize(
    "wakeup",
    [
        call("AssociateAddress", {"allocationId": "eipalloc-1", "instanceId": "i-1"}),
        call("AssociateAddress", {"allocationId": "eipalloc-1"}, errorCode="Client.InvalidInstanceID"),
        call("CreateNatGateway", {"CreateNatGatewayRequest": {"AllocationId": "eipalloc-1", "SubnetId": "subnet-1"}}),
        call("AssociateNatGatewayAddress", {"AllocationIds": ["eipalloc-1"]}),
        call("CreateLoadBalancer", {"subnetMappings": [{"allocationId": "eipalloc-1", "subnetId": "subnet-1"}]}),
        call("SetSubnets", {"subnetMappings": [{"allocationId": "eipalloc-1"}]}),
    ],
)
def test_a_call_that_names_an_address_uses_it_even_if_it_failed(wakeup: Wakeup) -> None:
    sign = signs.read(wakeup)
    assert sign is not None
    assert sign.is_use
    assert sign.allocation_ids == {"eipalloc-1"}
    assert sign.target == Target(account="123456789012", region="us-east-1")


def test_an_address_may_be_named_by_itself_but_the_callers_is_another() -> None:
    sign = signs.read(call("AssociateAddress", {"publicIp": "203.0.113.1"}))
    assert sign is not None
    assert sign.public_ips == {"203.0.113.1"}


def test_a_new_address_is_in_the_answer() -> None:
    sign = signs.read(call("AllocateAddress", {"domain": "vpc"}, {"allocationId": "eipalloc-1"}))
    assert sign is not None
    assert not sign.is_use
    assert sign.allocation_ids == {"eipalloc-1"}


def test_other_calls_say_nothing() -> None:
    assert signs.read(call("ReleaseAddress", {"allocationId": "eipalloc-1"})) is None
    assert signs.read(Wakeup(time=NOW, kind=Kind.API_CALL, detail={})) is None
    assert signs.read(Wakeup(time=NOW, kind=Kind.API_CALL, detail={"eventName": []})) is None


@pytest.mark.parametrize(
    ("sent_from", "changes", "place"),
    [
        ("111122223333", {}, ("111122223333", "us-east-1")),  # EventBridge's word before the sender's
        ("", {}, ("123456789012", "us-east-1")),
        ("", {"recipientAccountId": None, "awsRegion": None}, ("None", "None")),
    ],
)
def test_a_call_happened_where_eventbridge_says_else_where_the_record_says(
    sent_from: str, changes: dict[str, Any], place: tuple[str, str]
) -> None:
    sign = signs.read(replace(call("AllocateAddress", {}, **changes), account=sent_from))
    assert sign is not None
    assert (sign.target.account, sign.target.region) == place


def test_a_record_that_does_not_say_where_it_happened_is_of_nowhere() -> None:
    sign = signs.read(Wakeup(time=NOW, kind=Kind.API_CALL, detail={"eventName": "AllocateAddress"}))
    assert sign is not None
    assert sign.target == Target(account="", region="")
