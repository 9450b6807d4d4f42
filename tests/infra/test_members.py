"""What is deployed in member accounts, and how the hub lets them in."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from aws_cdk import App
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template

from infra.config import validate
from infra.config.consistency import MOST_MODES, MOST_MODES_OF_A_STACK_SET
from infra.config.schema import Organization
from infra.events import Events
from infra.members import MemberRights
from infra.organization import member_rights
from infra.permissions_page import EVERYTHING
from infra.refill_pools import API_CALLS
from infra.spoke import Spoke

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.common.settings import Mode


def spoke(mode: Mode = "enforce", acts_from: Mode = "enforce", **modes: Mode) -> Template:
    rights = MemberRights(
        function="ReleaseEips",
        observing=[iam.PolicyStatement(actions=["ec2:DescribeAddresses"], resources=["*"])],
        acting=[iam.PolicyStatement(actions=["ec2:ReleaseAddress"], resources=["*"])],
        mode=mode,
        acts_from=acts_from,
    )
    organization = Organization(
        id="o-a1b2c3d4e5", accounts="all", modes={name.removeprefix("a"): each for name, each in modes.items()}
    )
    return Template.from_stack(Spoke(App(), "PoolwardenSpoke", organization=organization, rights=[rights]))


def acting(template: Template) -> list[Mapping[str, Any]]:
    return [
        policy
        for policy in template.find_resources("AWS::IAM::Policy").values()
        if "ec2:ReleaseAddress" in str(policy["Properties"])
    ]


def test_a_role_trusts_its_function_alone_from_the_organisation_and_with_the_external_id() -> None:
    spoke().has_resource_properties(
        "AWS::IAM::Role",
        {
            "RoleName": "PoolwardenSpoke-ReleaseEips",
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Action": "sts:AssumeRole",
                        "Condition": {
                            "StringEquals": {
                                "sts:ExternalId": {"Ref": "ExternalId"},
                                "aws:PrincipalOrgID": "o-a1b2c3d4e5",
                            },
                            "ArnEquals": {
                                "aws:PrincipalArn": {
                                    "Fn::Join": [
                                        "",
                                        [
                                            "arn:",
                                            {"Ref": "AWS::Partition"},
                                            ":iam::",
                                            {"Ref": "HubAccount"},
                                            ":role/PoolwardenHub-ReleaseEips",
                                        ],
                                    ]
                                }
                            },
                        },
                        "Effect": "Allow",
                        "Principal": Match.any_value(),
                    }
                ]
            },
        },
    )


def test_nothing_in_the_spoke_needs_a_bootstrapped_account() -> None:
    template = spoke().to_json()

    assert set(template["Parameters"]) == {"HubAccount", "ExternalId"}
    assert {each["Type"] for each in template["Resources"].values()} == {"AWS::IAM::Role", "AWS::IAM::Policy"}


@pytest.mark.parametrize(
    ("mode", "acts_from", "acts"),
    [
        ("observe", "enforce", False),
        ("approve", "enforce", False),
        ("enforce", "enforce", True),
        ("observe", "approve", False),
        ("approve", "approve", True),
        ("enforce", "approve", True),
    ],
)
def test_a_role_may_change_something_from_the_mode_on_in_which_its_function_acts(
    mode: Mode,
    acts_from: Mode,
    acts: bool,  # noqa: FBT001
) -> None:
    assert bool(acting(spoke(mode, acts_from))) is acts


def test_an_account_with_a_lower_mode_of_its_own_gets_no_right_to_change() -> None:
    modes: dict[str, Mode] = {f"a{account:012}": "observe" for account in range(25)}
    template = spoke(**modes, a999999999999="enforce")

    (policy,) = acting(template)
    condition = str(template.to_json()["Conditions"][policy["Condition"]])
    assert all(name.removeprefix("a") in condition for name in modes)
    assert "999999999999" not in condition


def test_a_mode_holds_back_whoever_acts_above_it() -> None:
    modes: dict[str, Mode] = {"a111111111111": "observe", "a222222222222": "approve", "a333333333333": "enforce"}

    def lowered(acts_from: Mode) -> set[str]:
        template = spoke("enforce", acts_from, **modes)
        (policy,) = acting(template)
        conditions = template.to_json()["Conditions"]
        named = str(conditions[policy["Condition"]])
        # A condition that builds on another names it.
        named += "".join(str(each) for name, each in conditions.items() if f"'Condition': '{name}'" in named)
        return {name for name in modes if name.removeprefix("a") in named}

    assert lowered("approve") == {"a111111111111"}
    assert lowered("enforce") == {"a111111111111", "a222222222222"}


@pytest.mark.parametrize(
    ("most", "written"),
    [(MOST_MODES, yaml.safe_dump), (MOST_MODES_OF_A_STACK_SET, partial(json.dumps, separators=(",", ":")))],
)
def test_the_roles_and_all_accounts_that_may_have_a_mode_fit_in_a_template(
    most: int, written: Callable[[Mapping[str, Any]], str]
) -> None:
    everything = yaml.safe_load(EVERYTHING.read_text(encoding="utf-8"))
    lower: tuple[Mode, ...] = ("observe", "approve")
    modes = {f"{account:012}": lower[account % len(lower)] for account in range(most)}
    organization = Organization(id="o-a1b2c3d4e5", accounts="all", modes=modes)
    rights = member_rights(validate({**everything, "mode": "enforce"}))
    template = Template.from_stack(Spoke(App(), "PoolwardenSpoke", organization=organization, rights=rights))

    assert len(written(template.to_json())) < 0.9 * 51_200


def test_a_rule_is_made_when_its_role_may_tell_the_hub() -> None:
    template = Template.from_stack(Events(App(), "PoolwardenEvents", patterns=API_CALLS))

    (policy,) = template.find_resources("AWS::IAM::Policy")
    (rule,) = template.find_resources("AWS::Events::Rule").values()
    assert policy in rule["DependsOn"]


def test_a_member_forwards_what_the_functions_read_and_nothing_else() -> None:
    template = Template.from_stack(Events(App(), "PoolwardenEvents", patterns=API_CALLS))

    (rule,) = template.find_resources("AWS::Events::Rule").values()
    assert rule["Properties"]["Name"] == "PoolwardenEvents-FailedCalls"
    assert rule["Properties"]["EventPattern"] == API_CALLS["FailedCalls"]
    assert set(template.to_json()["Parameters"]) == {"HubAccount", "HubRegion"}
    (target,) = rule["Properties"]["Targets"]
    assert {"Arn", "RoleArn", "DeadLetterConfig"} <= set(target)


def test_what_did_not_reach_the_hub_is_in_a_queue_with_an_alarm_on_it() -> None:
    template = Template.from_stack(Events(App(), "PoolwardenEvents", patterns=API_CALLS))

    ((queue, _),) = template.find_resources("AWS::SQS::Queue").items()
    (rule,) = template.find_resources("AWS::Events::Rule").values()
    (alarm,) = [each["Properties"] for each in template.find_resources("AWS::CloudWatch::Alarm").values()]
    (target,) = rule["Properties"]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Maximum", 300, 1)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
    assert alarm["TreatMissingData"] == "notBreaching"
    assert "did not reach the hub" in str(alarm["AlarmDescription"])
    assert "AlarmActions" not in alarm


def test_people_may_approve_in_a_member_what_its_function_only_proposes_there() -> None:
    config = validate(
        {
            "mode": "approve",
            "organization": {"id": "o-a1b2c3d4e5", "accounts": ["111122223333"]},
            "release_eips": {},
            "notifications": {"email": ["a@example.com"]},
        }
    )
    releasing, operate = member_rights(config)
    assert not releasing.acts_in("enforce")
    assert operate.acts_in("approve")
    assert "ec2:ReleaseAddress" in [action for statement in operate.acting for action in statement.actions]
