"""What is deployed of `extend_vpcs`: who may change VPCs, and what wakes the function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.test_align_albs import rules_of
from tests.infra.test_hub import statements, synthesised

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

EXTEND = """
extend_vpcs: {high_water_percent: 75.5}
"""
ASSOCIATE, DISASSOCIATE = "ec2:AssociateVpcCidrBlock", "ec2:DisassociateVpcCidrBlock"


@pytest.fixture(scope="module")
def enforce(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("enforce"), "enforce", EXTEND)


@pytest.fixture(scope="module")
def observe(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("observe"), "observe", EXTEND)


def effects(template: Template, function: str, action: str) -> list[str]:
    return [each["Effect"] for each in statements(template, function) if each["Action"] == action]


def test_only_enforcing_may_the_function_itself_extend_vpcs(enforce: Template, observe: Template) -> None:
    assert effects(enforce, "ExtendVpcs", ASSOCIATE) == ["Allow", "Deny"]
    assert effects(observe, "ExtendVpcs", ASSOCIATE) == effects(observe, "Operate", ASSOCIATE) == []


def test_people_may_take_cidrs_back_in_every_mode_and_the_function_in_none(
    enforce: Template, observe: Template
) -> None:
    for template in (enforce, observe):
        assert effects(template, "Operate", DISASSOCIATE) == ["Allow", "Deny"]
        assert effects(template, "ExtendVpcs", DISASSOCIATE) == []


@pytest.mark.parametrize("function", ["ExtendVpcs", "Operate"])
def test_a_protected_vpc_is_denied_by_iam_too(enforce: Template, function: str) -> None:
    allowed, denied = (each for each in statements(enforce, function) if each["Action"] == ASSOCIATE)
    assert denied["Resource"] == allowed["Resource"]
    assert ":vpc/*" in str(denied["Resource"])
    assert denied["Condition"] == {"StringEquals": {"aws:ResourceTag/poolwarden:protect": "true"}}


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = [each["Properties"] for each in template.find_resources("AWS::CloudWatch::Alarm").values()]
    return {each["AlarmName"]: each for each in found if "AlarmName" in each}


def test_an_alarm_on_the_usage_of_vpcs_wakes_it_and_nobody_else(enforce: Template) -> None:
    alarm = alarms(enforce)["Poolwarden-VpcsAbove75.5Percent"]
    assert alarm["Threshold"] == pytest.approx(0.755)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert "VpcIPUsage" in alarm["Metrics"][0]["Expression"]
    assert "AlarmActions" not in alarm
    (pattern,) = [each for each in rules_of(enforce, "ExtendVpcs") if each["source"] == ["aws.cloudwatch"]]
    assert pattern["detail"]["alarmName"] == ["Poolwarden-VpcsAbove75.5Percent"]


def test_it_is_woken_when_a_pool_has_grown(enforce: Template) -> None:
    (grown,) = [each for each in rules_of(enforce, "ExtendVpcs") if each["source"] == ["poolwarden"]]
    assert grown["detail"] == {"remediation": ["refill_pools"], "action": ["provision_cidr"], "outcome": ["done"]}


def test_its_name_is_an_output(enforce: Template) -> None:
    assert "ExtendVpcsFunction" in str(enforce.find_outputs("*"))
