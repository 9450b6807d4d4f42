"""What is deployed for idle addresses: what wakes the function, and what it may do in each mode."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from aws_cdk import App, Environment
from aws_cdk.assertions import Match, Template

from infra.config import load
from infra.hub import Hub
from tests.infra.test_hub import statements

if TYPE_CHECKING:
    from pathlib import Path

MUTATING = ("Release", "Allocate", "Create", "Modify", "Delete", "Disassociate", "Associate", "Change")
CONFIG = """
mode: {mode}
release_eips:
  schedule: rate(30 minutes)
  include: [amazon, byoip]
  dns_accounts: ["111122223333"]
notifications:
  email: [net-oncall@example.com]
"""


def synthesised(folder: Path, mode: str) -> Template:
    config = folder / f"{mode}.yaml"
    config.write_text(CONFIG.format(mode=mode), encoding="utf-8")
    return Template.from_stack(Hub(App(), "PoolwardenHub", config=load(config), env=Environment()))


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Template]:
    folder = tmp_path_factory.mktemp("release-eips")
    return {mode: synthesised(folder, mode) for mode in ("observe", "approve", "enforce")}


def mutating(template: Template, function: str) -> set[str]:
    """What the function's role may change of the user's."""
    allowed = [each["Action"] for each in statements(template, function) if each["Effect"] == "Allow"]
    names = {name for each in allowed for name in ([each] if isinstance(each, str) else each)}
    return {
        name
        for name in names
        if name.partition(":")[0] in ("ec2", "route53", "cloudformation")
        and name.partition(":")[2].startswith(MUTATING)
    }


def test_the_function_itself_may_release_only_where_it_enforces(templates: dict[str, Template]) -> None:
    assert mutating(templates["observe"], "ReleaseEips") == set()
    assert mutating(templates["approve"], "ReleaseEips") == set()
    assert mutating(templates["enforce"], "ReleaseEips") == {"ec2:ReleaseAddress"}


def test_people_can_have_addresses_back_in_every_mode(templates: dict[str, Template]) -> None:
    back = {"ec2:AllocateAddress", "ec2:CreateTags"}
    assert mutating(templates["observe"], "Operate") == back
    assert mutating(templates["approve"], "Operate") == {*back, "ec2:ReleaseAddress"}
    assert mutating(templates["enforce"], "Operate") == {*back, "ec2:ReleaseAddress"}


def test_addresses_that_are_protected_or_of_a_stack_are_denied_by_iam_too(templates: dict[str, Template]) -> None:
    conditions = [
        {"StringEquals": {"aws:ResourceTag/poolwarden:protect": "true"}},
        {"Null": {"aws:ResourceTag/aws:cloudformation:stack-name": "false"}},
    ]
    for mode, function in (("enforce", "ReleaseEips"), ("enforce", "Operate"), ("approve", "Operate")):
        denied = [each for each in statements(templates[mode], function) if each["Effect"] == "Deny"]
        for action in sorted(mutating(templates[mode], function) - {"ec2:AllocateAddress"}):
            assert [each["Condition"] for each in denied if each["Action"] == action] == conditions


def test_only_the_named_accounts_are_asked_for_their_dns(templates: dict[str, Template]) -> None:
    taking_on = [each for each in statements(templates["enforce"], "ReleaseEips") if each["Action"] == "sts:AssumeRole"]
    assert ":iam::111122223333:role/PoolwardenSpoke-ReleaseEips" in json.dumps(taking_on)
    assert len(taking_on) == 1


def test_every_kind_that_is_looked_after_has_an_alarm_whose_events_wake_the_function(
    templates: dict[str, Template],
) -> None:
    names = ["Poolwarden-UnassociatedAmazonOwnedElasticIPs", "Poolwarden-UnassociatedBringYourOwnIPs"]
    template = templates["observe"]
    for name in names:
        template.has_resource_properties("AWS::CloudWatch::Alarm", {"AlarmName": name, "Threshold": 0})
    template.has_resource_properties(
        "AWS::Events::Rule",
        {"EventPattern": {"source": ["aws.cloudwatch"], "detail": {"alarmName": names}}},
    )


def test_calls_that_use_an_address_wake_the_function_whether_they_failed_or_not(
    templates: dict[str, Template],
) -> None:
    rules = templates["observe"].find_resources(
        "AWS::Events::Rule",
        {"Properties": {"EventPattern": {"detail-type": ["AWS API Call via CloudTrail"], "detail": Match.any_value()}}},
    )
    details = [rule["Properties"]["EventPattern"]["detail"] for rule in rules.values()]
    assert {name for detail in details for name in detail["eventName"]} == {
        "AllocateAddress",
        "AssociateAddress",
        "AssociateNatGatewayAddress",
        "CreateLoadBalancer",
        "CreateNatGateway",
        "DisassociateAddress",
        "SetSubnets",
    }
    assert not any("errorCode" in detail for detail in details)


def test_the_schedule_is_the_configurations_and_the_function_has_its_output(templates: dict[str, Template]) -> None:
    template = templates["enforce"]
    template.has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": "rate(30 minutes)"})
    assert any("ReleaseEipsFunction" in name for name in template.find_outputs("*"))
