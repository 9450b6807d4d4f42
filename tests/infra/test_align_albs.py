"""What is deployed of `align_albs`: who may move load balancers, and what wakes the function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.test_hub import statements, synthesised

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

ALIGN = """
align_albs:
  pools: {us-east-1: ipam-pool-0def}
"""
MOVE = "elasticloadbalancing:ModifyIpPools"


@pytest.fixture(scope="module")
def enforce(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("enforce"), "enforce", ALIGN)


@pytest.fixture(scope="module")
def approve(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("approve"), "approve", ALIGN)


def about_moves(template: Template, function: str) -> list[dict[str, Any]]:
    return [each for each in statements(template, function) if each["Action"] == MOVE]


def test_only_enforcing_may_the_function_itself_move_load_balancers(enforce: Template, approve: Template) -> None:
    assert [each["Effect"] for each in about_moves(enforce, "AlignAlbs")] == ["Allow", "Deny"]
    assert about_moves(approve, "AlignAlbs") == []


def test_what_people_decide_may_move_them_in_every_mode(enforce: Template, approve: Template) -> None:
    for template in (enforce, approve):
        assert [each["Effect"] for each in about_moves(template, "Operate")] == ["Allow", "Deny"]


@pytest.mark.parametrize("function", ["AlignAlbs", "Operate"])
def test_a_protected_load_balancer_is_denied_by_iam_too(enforce: Template, function: str) -> None:
    allowed, denied = about_moves(enforce, function)
    assert denied["Resource"] == allowed["Resource"]
    assert ":loadbalancer/app/*/*" in str(allowed["Resource"])
    assert denied["Condition"] == {"StringEquals": {"aws:ResourceTag/poolwarden:protect": "true"}}


def rules_of(template: Template, function: str) -> list[dict[str, Any]]:
    """The event patterns that wake a function."""
    rules = [each["Properties"] for each in template.find_resources("AWS::Events::Rule").values()]
    woken = [rule for rule in rules if function in str(rule["Targets"])]
    return [rule["EventPattern"] for rule in woken if "EventPattern" in rule]


def test_it_is_woken_by_calls_that_worked_of_the_newer_api_alone(enforce: Template) -> None:
    (pattern,) = [each for each in rules_of(enforce, "AlignAlbs") if each["source"] == ["aws.elasticloadbalancing"]]
    assert pattern["detail"]["eventName"] == [
        "AddTags",
        "CreateLoadBalancer",
        "ModifyIpPools",
        "RemoveTags",
        "SetIpAddressType",
        "SetSubnets",
    ]
    assert pattern["detail"]["apiVersion"] == ["2015-12-01"]
    assert pattern["detail"]["errorCode"] == [{"exists": False}]


def test_it_is_woken_when_a_pool_has_grown_and_wakes_the_refill_when_one_is_short(enforce: Template) -> None:
    (grown,) = [each for each in rules_of(enforce, "AlignAlbs") if each["source"] == ["poolwarden"]]
    assert grown["detail"] == {
        "remediation": ["refill_pools"],
        "action": ["provision_cidr"],
        "outcome": ["done"],
    }
    (short,) = [each for each in rules_of(enforce, "RefillPools") if each["source"] == ["poolwarden"]]
    assert short["detail"] == {"reason": ["pool-short"]}


def test_its_name_is_an_output(enforce: Template) -> None:
    assert "AlignAlbsFunction" in str(enforce.find_outputs("*"))
