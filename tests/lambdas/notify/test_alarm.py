"""Conditions that nothing remedies: for which resources they hold, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.notify.alarm import MOST_NAMED, message, sameness
from lambdas.notify.conditions import BY_ALARM

VPC: dict[str, Any] = {
    "ResourceId": "vpc-0a",
    "ResourceName": "shop",
    "ResourceCidr": "10.0.0.0/16",
    "ResourceType": "vpc",
    "ResourceOwnerId": "111122223333",
    "ResourceRegion": "eu-west-1",
    "IpUsage": 0.5,
    "OverlapStatus": "nonoverlapping",
    "ComplianceStatus": "compliant",
}


@pytest.mark.parametrize(
    ("alarm", "bad"),
    [
        ("Poolwarden-OverlappingCidrs", {"OverlapStatus": "overlapping"}),
        ("Poolwarden-NoncompliantCidrs", {"ComplianceStatus": "noncompliant"}),
        ("Poolwarden-NearlyFullVpcs", {"IpUsage": 0.9}),
        ("Poolwarden-NearlyFullSubnets", {"ResourceType": "subnet", "IpUsage": 0.95}),
        ("Poolwarden-NearlyFullPublicIpv4Pools", {"ResourceType": "public-ipv4-pool", "IpUsage": 1.0}),
    ],
)
def test_a_condition_holds_for_what_is_wrong_and_for_nothing_else(alarm: str, bad: dict[str, Any]) -> None:
    assert [name for name, each in BY_ALARM.items() if each.holds({**VPC, **bad})] == [alarm]


def test_what_ipam_does_not_say_is_not_wrong() -> None:
    assert not any(each.holds({"ResourceId": "vpc-0a", "ResourceType": "vpc"}) for each in BY_ALARM.values())


def told(*resources: dict[str, Any]) -> Any:
    condition, found = BY_ALARM["Poolwarden-OverlappingCidrs"], {"ScopeID": "ipam-scope-0a"}
    return message(condition, resources, found=found, account="123456789012", region="us-east-1")


def test_a_message_names_each_resource_with_its_owner() -> None:
    text = told(VPC, {**VPC, "ResourceId": "vpc-0b", "ResourceName": ""})
    assert text.subject == "Poolwarden: 2 overlapping CIDRs (ipam-scope-0a)"
    assert "  - 10.0.0.0/16 of vpc vpc-0a (shop), account 111122223333, eu-west-1, 50% in use\n" in text.body
    assert "  - 10.0.0.0/16 of vpc vpc-0b, account 111122223333" in text.body
    assert "What now: Resources that overlap cannot be connected" in text.body
    assert text.attributes["kind"] == "alarm"


def test_a_long_list_is_cut_and_an_empty_one_left_out() -> None:
    assert "  - and 3 more" in told(*[VPC] * (MOST_NAMED + 3)).body
    assert "Which" not in told().body


def test_the_same_resources_are_the_same_in_any_order() -> None:
    other = {**VPC, "ResourceId": "vpc-0b"}
    assert sameness([VPC, other]) == sameness([other, VPC])
    assert sameness([VPC, other]) != sameness([VPC])
