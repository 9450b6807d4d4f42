"""The hub's template: who may do what, what watches what, what is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Environment
from aws_cdk.assertions import Match, Template

from infra.config import load, validate
from infra.hub import Hub
from infra.remediations import REMEDIATIONS
from tests.infra.configurations import EVERY_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
mode: {mode}
refill_pools:
  schedule: rate(20 minutes)
  pools:
    - match: {{tags: {{env: prod}}}}
      low_water_percent: 20
      target_percent: 40
    - match: {{tags: {{env: dev}}}}
      low_water_percent: 20
      target_percent: 30
    - match: {{scope: private}}
      low_water_percent: 7.5
      target_percent: 30
contacts: {{"111122223333": team-a@example.com, "444455556666": team-a@example.com}}
notifications:
  email: [net-oncall@example.com]
  minimum_severity: warning
"""


ORGANIZATION = """
organization:
  id: o-a1b2c3d4e5
  accounts: ["111122223333"]
"""


HUB = "123456789012"
OWN_MODE = """
organization:
  id: o-a1b2c3d4e5
  accounts: ["{hub}", "111122223333"]
  modes: {{"{hub}": {mode}}}
release_eips: {{}}
align_albs: {{pools: {{us-east-1: ipam-pool-0def}}}}
extend_vpcs: {{}}
"""
CHANGES = {
    "RefillPools": "ec2:ProvisionIpamPoolCidr",
    "ReleaseEips": "ec2:ReleaseAddress",
    "AlignAlbs": "elasticloadbalancing:ModifyIpPools",
    "ExtendVpcs": "ec2:AssociateVpcCidrBlock",
}
TAKES_BACK = {
    "ec2:AllocateAddress",
    "ec2:DeprovisionIpamPoolCidr",
    "ec2:DisassociateVpcCidrBlock",
    "elasticloadbalancing:ModifyIpPools",
}


def synthesised(folder: Path, mode: str, more: str = "", *, account: str | None = None) -> Template:
    config = folder / "poolwarden.yaml"
    config.write_text(CONFIG.format(mode=mode) + more, encoding="utf-8")
    hub = Hub(App(), "PoolwardenHub", config=load(config), env=Environment(account=account))
    return Template.from_stack(hub)


@pytest.fixture(scope="module")
def enforce(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("enforce"), "enforce")


@pytest.fixture(scope="module")
def approve(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("approve"), "approve")


@pytest.fixture(scope="module")
def organization(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("organization"), "enforce", ORGANIZATION)


@pytest.fixture(scope="module")
def observe(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesised(tmp_path_factory.mktemp("observe"), "observe")


def statements(template: Template, function: str = "") -> Iterator[dict[str, Any]]:
    """The statements of all roles, or of those of one function."""
    # The CDK puts what a role's own policy has no room for into managed ones.
    policies = {**template.find_resources("AWS::IAM::Policy"), **template.find_resources("AWS::IAM::ManagedPolicy")}
    for name, policy in policies.items():
        if name.startswith(function):
            yield from policy["Properties"]["PolicyDocument"]["Statement"]


def actions(template: Template, function: str = "") -> set[str]:
    found = [each["Action"] for each in statements(template, function) if each["Effect"] == "Allow"]
    return {action for each in found for action in ([each] if isinstance(each, str) else each)}


def test_observing_the_remediation_may_change_nothing_in_ec2(observe: Template, enforce: Template) -> None:
    assert {action for action in actions(observe, "RefillPools") if action.startswith("ec2:")} == {
        "ec2:DescribeIpamPools",
        "ec2:DescribeIpamScopes",
        "ec2:GetIpamPoolAllocations",
        "ec2:GetIpamPoolCidrs",
        "ec2:GetIpamResourceCidrs",
    }
    assert actions(enforce, "RefillPools") - actions(observe, "RefillPools") == {"ec2:ProvisionIpamPoolCidr"}


def test_what_waits_for_approval_is_not_for_the_remediation_to_do(approve: Template) -> None:
    assert "ec2:ProvisionIpamPoolCidr" not in actions(approve, "RefillPools")
    assert "ec2:ProvisionIpamPoolCidr" in actions(approve, "Operate")


def test_people_can_take_changes_back_in_every_mode_and_make_none_while_observing(
    observe: Template, approve: Template, enforce: Template
) -> None:
    for template in (observe, approve, enforce):
        assert "ec2:DeprovisionIpamPoolCidr" in actions(template, "Operate")
        assert "ec2:DeprovisionIpamPoolCidr" not in actions(template, "RefillPools")
    assert "ec2:ProvisionIpamPoolCidr" not in actions(observe)


@pytest.mark.parametrize(
    ("mode", "by_people"),
    [("observe", {CHANGES["AlignAlbs"]}), ("approve", set(CHANGES.values()))],
)
def test_a_lower_mode_of_the_hubs_own_account_takes_its_roles_the_right_to_change_it(
    tmp_path: Path, mode: str, by_people: set[str]
) -> None:
    template = synthesised(tmp_path, "enforce", OWN_MODE.format(hub=HUB, mode=mode), account=HUB)
    for function, change in CHANGES.items():
        assert change not in actions(template, function)
        assert "sts:AssumeRole" in actions(template, function) or function == "RefillPools"
    operating = actions(template, "Operate")
    assert operating & set(CHANGES.values()) == by_people
    assert operating >= TAKES_BACK


def test_another_accounts_mode_takes_the_hubs_roles_nothing(tmp_path: Path) -> None:
    template = synthesised(tmp_path, "enforce", OWN_MODE.format(hub=HUB, mode="observe"), account="444455556666")
    for function, change in CHANGES.items():
        assert change in actions(template, function)


@pytest.mark.parametrize(("accounts", "named"), [(60, True), (61, False)])
def test_more_accounts_than_a_policy_can_name_are_all_of_the_organisation(
    tmp_path: Path, accounts: int, *, named: bool
) -> None:
    ids = [f"{each:012d}" for each in range(1, accounts + 1)]
    listed = (
        f"organization: {{id: o-a1b2c3d4e5, accounts: {ids}}}\nalign_albs: {{pools: {{us-east-1: ipam-pool-0def}}}}\n"
    )
    template = synthesised(tmp_path, "enforce", listed)

    (taking_on,) = [each for each in statements(template, "AlignAlbs") if each["Action"] == "sts:AssumeRole"]
    assert ("*" not in str(taking_on["Resource"])) is named
    assert taking_on["Condition"] == {"StringEquals": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}}
    assert "ec2:GetIpamDiscoveredAccounts" not in actions(template, "AlignAlbs")


def test_no_action_is_a_wildcard(enforce: Template) -> None:
    assert not [action for action in actions(enforce) if "*" in action]


def test_a_protected_pool_is_denied_by_iam_too(enforce: Template) -> None:
    both = {"ec2:DeprovisionIpamPoolCidr", "ec2:ProvisionIpamPoolCidr"}
    for function, denied in (("RefillPools", {"ec2:ProvisionIpamPoolCidr"}), ("Operate", both)):
        found = [each for each in statements(enforce, function) if each["Effect"] == "Deny"]
        assert {each["Action"] for each in found} == denied
        assert all(
            each["Condition"] == {"StringEquals": {"aws:ResourceTag/poolwarden:protect": "true"}} for each in found
        )


def test_each_distinct_low_water_mark_has_one_alarm_over_all_pools(enforce: Template) -> None:
    named = {"AlarmName": Match.string_like_regexp("Poolwarden-PoolsBelow.*")}
    alarms = enforce.find_resources("AWS::CloudWatch::Alarm", {"Properties": named})
    found = {each["Properties"]["Threshold"]: each["Properties"] for each in alarms.values()}
    assert sorted(found) == [7.5, 20]
    for alarm in found.values():
        assert "GROUP BY PoolID ORDER BY MIN() ASC" in alarm["Metrics"][0]["Expression"]
        assert "AlarmActions" not in alarm


def test_events_of_just_these_alarms_wake_the_remediation(enforce: Template) -> None:
    enforce.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.cloudwatch"],
                "detail": {"alarmName": ["Poolwarden-PoolsBelow7.5Percent", "Poolwarden-PoolsBelow20Percent"]},
            }
        },
    )


def test_a_failed_call_for_addresses_wakes_the_remediation_whatever_its_error(enforce: Template) -> None:
    enforce.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.ec2"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventName": [
                        "AllocateAddress",
                        "AllocateIpamPoolCidr",
                        "AssociateVpcCidrBlock",
                        "CreateSubnet",
                        "CreateVpc",
                    ],
                    "errorCode": [{"exists": True}],
                },
            }
        },
    )


def test_the_schedule_is_the_configurations(enforce: Template) -> None:
    enforce.has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": "rate(20 minutes)"})


def test_every_function_has_a_dead_letter_queue_whose_alarm_goes_to_the_topic(enforce: Template) -> None:
    functions = enforce.find_resources("AWS::Lambda::Function")
    queues = {each["Properties"]["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0] for each in functions.values()}
    assert len(queues) == len(functions) > 0
    for queue in queues:
        enforce.has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
                "AlarmActions": [{"Ref": Match.string_like_regexp("NotificationsAlarmTopic")}],
            },
        )


def test_a_function_that_looks_again_each_minute_is_not_taken_for_a_loop(enforce: Template) -> None:
    functions = enforce.find_resources("AWS::Lambda::Function").values()
    assert {each["Properties"].get("RecursiveLoop") for each in functions} == {"Allow"}


def test_lambda_takes_no_more_messages_than_it_lets_run(enforce: Template) -> None:
    mappings = enforce.find_resources("AWS::Lambda::EventSourceMapping")
    assert mappings
    for mapping in mappings.values():
        assert mapping["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 10}


def test_every_rules_target_has_a_dead_letter_queue(enforce: Template) -> None:
    for rule in enforce.find_resources("AWS::Events::Rule").values():
        assert all("DeadLetterConfig" in target for target in rule["Properties"]["Targets"])


def test_the_topics_are_encrypted_with_a_key_that_cloudwatch_may_use(enforce: Template) -> None:
    topics = enforce.find_resources("AWS::SNS::Topic").values()
    assert len(topics) == 2
    assert all("Fn::GetAtt" in topic["Properties"]["KmsMasterKeyId"] for topic in topics)
    (key,) = enforce.find_resources("AWS::KMS::Key").values()
    services = [
        each["Principal"]["Service"]
        for each in key["Properties"]["KeyPolicy"]["Statement"]
        if "Service" in each["Principal"]
    ]
    assert "cloudwatch.amazonaws.com" in services


def test_the_ledger_outlives_the_stack(enforce: Template) -> None:
    enforce.has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "KeySchema": [
                    {"AttributeName": "decision_id", "KeyType": "HASH"},
                    {"AttributeName": "record", "KeyType": "RANGE"},
                ],
                "DeletionProtectionEnabled": True,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            },
        },
    )


def test_the_kill_switch_is_deployed_open(enforce: Template) -> None:
    enforce.has_resource_properties("AWS::SSM::Parameter", {"Name": "/poolwarden/mode", "Value": "deployed"})


def test_the_outputs_that_docs_and_commands_name_are_there(enforce: Template) -> None:
    outputs = json.dumps(enforce.find_outputs("*"))
    assert all(name in outputs for name in ("LedgerTableName", "TopicArn", "RefillPoolsFunction"))


def test_the_hub_hears_of_members_only_through_their_forwarders(organization: Template) -> None:
    organization.has_resource_properties("AWS::Events::EventBus", {"Name": "poolwarden"})
    (policy,) = organization.find_resources("AWS::Events::EventBusPolicy").values()
    condition = policy["Properties"]["Statement"]["Condition"]
    assert condition["StringEquals"] == {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}
    assert condition["ForAllValues:StringEquals"] == {
        "events:detail-type": "AWS API Call via CloudTrail",
        "events:source": ["aws.ec2", "aws.elasticloadbalancing"],
    }
    assert "role/PoolwardenEvents-*" in str(condition["ArnLike"]["aws:PrincipalArn"])


def test_the_hub_hears_of_listed_accounts_where_no_organisation_is_named(tmp_path: Path) -> None:
    template = synthesised(tmp_path, "enforce", ORGANIZATION.replace("  id: o-a1b2c3d4e5\n", ""))

    (policy,) = template.find_resources("AWS::Events::EventBusPolicy").values()
    condition = policy["Properties"]["Statement"]["Condition"]
    assert condition["StringEquals"] == {"aws:PrincipalAccount": [{"Ref": "AWS::AccountId"}, "111122223333"]}


def test_an_api_call_wakes_the_function_wherever_in_the_organisation_it_was_made(organization: Template) -> None:
    rules = [each["Properties"] for each in organization.find_resources("AWS::Events::Rule").values()]
    calls = [rule for rule in rules if "FailedCalls" in str(rule) or "errorCode" in str(rule)]
    assert sorted("EventBusName" in rule for rule in calls) == [False, True]


def test_members_get_their_stacks_when_the_bus_lets_them_in(tmp_path: Path) -> None:
    stack_set = "  stack_set: {targets: [ou-ab12-11111111]}\n"
    template = synthesised(tmp_path, "enforce", f"{ORGANIZATION}{stack_set}")
    (policy,) = template.find_resources("AWS::Events::EventBusPolicy")
    stack_sets = template.find_resources("AWS::CloudFormation::StackSet").values()
    assert [policy in each.get("DependsOn", ()) for each in stack_sets] == [True]


@pytest.mark.parametrize(
    ("accounts", "automatic"),
    [("all", {"Enabled": True, "RetainStacksOnAccountRemoval": False}), ('["111122223333"]', {"Enabled": False})],
)
def test_accounts_to_come_get_their_stacks_where_all_are_looked_after(
    tmp_path: Path, accounts: str, automatic: dict[str, bool]
) -> None:
    members = f"organization: {{id: o-a1b2c3d4e5, accounts: {accounts}, stack_set: {{targets: [ou-ab12-11111111]}}}}\n"
    template = synthesised(tmp_path, "enforce", f"{members}release_eips: {{}}\n")

    stack_sets = template.find_resources("AWS::CloudFormation::StackSet").values()
    assert [each["Properties"]["AutoDeployment"] for each in stack_sets] == [automatic] * 2


def test_there_is_no_stack_set_of_rules_where_no_function_reads_events(tmp_path: Path) -> None:
    config = tmp_path / "poolwarden.yaml"
    members = "organization: {id: o-a1b2c3d4e5, accounts: all, stack_set: {targets: [ou-ab12-11111111]}}\n"
    config.write_text(f"{members}extend_vpcs: {{}}\n", encoding="utf-8")
    template = Template.from_stack(Hub(App(), "PoolwardenHub", config=load(config), env=Environment()))

    stack_sets = template.find_resources("AWS::CloudFormation::StackSet").values()
    assert [each["Properties"]["StackSetName"] for each in stack_sets] == ["PoolwardenSpoke"]


def test_an_account_alone_has_no_bus_for_others(enforce: Template) -> None:
    enforce.resource_count_is("AWS::Events::EventBus", 0)


def test_whatever_the_configuration_can_turn_on_is_there_to_be_deployed() -> None:
    assert set(validate(EVERY_KEY).remediations) == set(REMEDIATIONS)
