"""Stack sets over an organisation's units, by API and as a resource of a stack."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.estate import EAST, HUB, MEMBER, STRANGER, WEST, Estate, refused
from tests.scenarios.simulated_account import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario

SECOND = "100000000004"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def unit(estate: Estate) -> Iterator[str]:
    """A unit with one account, in an organisation that trusts StackSets; another account is in the root."""
    organizations = estate.account(HUB).client("organizations")
    organizations.create_organization()
    (root,) = organizations.list_roots()["Roots"]
    unit: str = organizations.create_organizational_unit(ParentId=root["Id"], Name="workloads")["OrganizationalUnit"][
        "Id"
    ]
    for account in (MEMBER, SECOND):
        estate.join(HUB, account)
    organizations.move_account(AccountId=MEMBER, SourceParentId=root["Id"], DestinationParentId=unit)
    estate.account(HUB).client("cloudformation").activate_organizations_access()
    yield unit
    for account in (MEMBER, SECOND):
        organizations.remove_account_from_organization(AccountId=account)
    organizations.delete_organization()


def template(topic: str) -> dict[str, Any]:
    """A topic of that name for every account and Region, unless a parameter says otherwise."""
    return {
        "Parameters": {"Label": {"Type": "String", "Default": "none"}},
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": topic, "DisplayName": {"Ref": "Label"}}}
        },
    }


def finished(cloudformation: Any, name: str, operation: str) -> str:
    """The status of an operation once it is not under way any more."""
    for _ in range(500):
        answer = cloudformation.describe_stack_set_operation(StackSetName=name, OperationId=operation)
        status: str = answer["StackSetOperation"]["Status"]
        if status != "RUNNING":
            return status
        time.sleep(0.02)
    return "RUNNING"


def label(account: Account, topic: str) -> str | None:
    """What a topic is labelled with; None when it is not there."""
    sns = account.client("sns")
    arns = [each["TopicArn"] for each in sns.list_topics()["Topics"] if each["TopicArn"].endswith(f":{topic}")]
    return sns.get_topic_attributes(TopicArn=arns[0])["Attributes"].get("DisplayName") if arns else None


def labels(estate: Estate, topic: str) -> dict[str, str]:
    """Where the topic is, and its label."""
    places = {f"{account}/{region}": (account, region) for account in (HUB, MEMBER, SECOND) for region in (EAST, WEST)}
    found = {name: label(estate.account(*place), topic) for name, place in places.items()}
    return {name: each for name, each in found.items() if each is not None}


def test_a_stack_set_deploys_to_a_units_accounts_and_follows_who_comes_and_goes(estate: Estate, unit: str) -> None:
    cloudformation, name = estate.account(HUB).client("cloudformation"), unique("set")
    cloudformation.create_stack_set(
        StackSetName=name,
        TemplateBody=json.dumps(template(name)),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
    )
    targets = {"OrganizationalUnitIds": [unit]}
    order = cloudformation.create_stack_instances(StackSetName=name, DeploymentTargets=targets, Regions=[EAST, WEST])
    assert finished(cloudformation, name, order["OperationId"]) == "SUCCEEDED"
    assert labels(estate, name) == {f"{MEMBER}/{EAST}": "none", f"{MEMBER}/{WEST}": "none"}
    listed = cloudformation.list_stack_instances(StackSetName=name)["Summaries"]
    assert {(each["Account"], each["Region"], each["Status"]) for each in listed} == {
        (MEMBER, EAST, "CURRENT"),
        (MEMBER, WEST, "CURRENT"),
    }

    organizations = estate.account(HUB).client("organizations")
    (root,) = organizations.list_roots()["Roots"]
    organizations.move_account(AccountId=SECOND, SourceParentId=root["Id"], DestinationParentId=unit)
    latest = cloudformation.list_stack_set_operations(StackSetName=name)["Summaries"][0]["OperationId"]
    assert finished(cloudformation, name, latest) == "SUCCEEDED"
    assert len(labels(estate, name)) == 4
    organizations.move_account(AccountId=MEMBER, SourceParentId=unit, DestinationParentId=root["Id"])
    latest = cloudformation.list_stack_set_operations(StackSetName=name)["Summaries"][0]["OperationId"]
    assert finished(cloudformation, name, latest) == "SUCCEEDED"
    assert set(labels(estate, name)) == {f"{SECOND}/{EAST}", f"{SECOND}/{WEST}"}

    changed = cloudformation.update_stack_set(
        StackSetName=name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Label", "ParameterValue": "changed"}],
    )
    assert finished(cloudformation, name, changed["OperationId"]) == "SUCCEEDED"
    assert set(labels(estate, name).values()) == {"changed"}
    assert refused(cloudformation.delete_stack_set, StackSetName=name) == "StackSetNotEmptyException"
    gone = cloudformation.delete_stack_instances(
        StackSetName=name, DeploymentTargets=targets, Regions=[EAST, WEST], RetainStacks=False
    )
    assert finished(cloudformation, name, gone["OperationId"]) == "SUCCEEDED"
    assert labels(estate, name) == {}
    cloudformation.delete_stack_set(StackSetName=name)
    assert refused(cloudformation.describe_stack_set, StackSetName=name) == "StackSetNotFoundException"


def test_only_the_manager_and_its_delegate_use_stack_sets(estate: Estate, unit: str) -> None:
    hub, member = (estate.account(each).client("cloudformation") for each in (HUB, MEMBER))
    name = unique("set")
    request = {"StackSetName": name, "TemplateBody": json.dumps(template(name)), "PermissionModel": "SERVICE_MANAGED"}
    assert refused(member.create_stack_set, **request) == "ValidationError"
    assert refused(member.create_stack_set, **request, CallAs="DELEGATED_ADMIN") == "ValidationError"
    delegation = {"AccountId": MEMBER, "ServicePrincipal": "member.org.stacksets.cloudformation.amazonaws.com"}
    organizations = estate.account(HUB).client("organizations")
    organizations.register_delegated_administrator(**delegation)
    assert refused(member.create_stack_set, **request, CallAs="DELEGATED_ADMIN") is None
    assert hub.describe_stack_set(StackSetName=name)["StackSet"]["PermissionModel"] == "SERVICE_MANAGED"
    hub.delete_stack_set(StackSetName=name)
    organizations.deregister_delegated_administrator(**delegation)
    assert unit


def test_a_stack_set_that_fails_in_a_region_does_not_begin_the_next(estate: Estate, unit: str) -> None:
    cloudformation, name = estate.account(HUB).client("cloudformation"), unique("set")
    estate.simulation.change_settings(regions_off=[f"{MEMBER}/{WEST}"])
    cloudformation.create_stack_set(
        StackSetName=name, TemplateBody=json.dumps(template(name)), PermissionModel="SERVICE_MANAGED"
    )
    order = cloudformation.create_stack_instances(
        StackSetName=name, DeploymentTargets={"OrganizationalUnitIds": [unit]}, Regions=[WEST, EAST]
    )
    assert finished(cloudformation, name, order["OperationId"]) == "FAILED"
    estate.simulation.reset_settings()
    states = {
        each["Region"]: each["StackInstanceStatus"]["DetailedStatus"]
        for each in cloudformation.list_stack_instances(StackSetName=name)["Summaries"]
    }
    assert states == {WEST: "FAILED", EAST: "CANCELLED"}
    assert labels(estate, name) == {}


def test_a_stack_brings_a_stack_set_a_bus_with_its_policy_and_a_slack_channel(estate: Estate, unit: str) -> None:
    hub, name = estate.account(HUB), unique("hub")
    cloudformation = hub.client("cloudformation")
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": f"{name}-spoke", "AssumeRolePolicyDocument": TRUST},
    }
    stack_set = {
        "StackSetName": name,
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "TemplateBody": json.dumps({"Resources": {"Role": role}}),
        "StackInstancesGroup": [{"DeploymentTargets": {"OrganizationalUnitIds": [unit]}, "Regions": [EAST]}],
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": MEMBER},
        "Action": "events:PutEvents",
        "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
    }
    slack = {
        "ConfigurationName": name,
        "IamRoleArn": f"arn:aws:iam::{HUB}:role/slack",
        "SlackWorkspaceId": "T0",
        "SlackChannelId": "C0",
        "SnsTopicArns": [{"Ref": "Topic"}],
    }
    resources: dict[str, Any] = {
        "Spokes": {"Type": "AWS::CloudFormation::StackSet", "Properties": stack_set},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": name}},
        "Policy": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {"EventBusName": {"Ref": "Bus"}, "StatementId": "members", "Statement": statement},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
        "Slack": {"Type": "AWS::Chatbot::SlackChannelConfiguration", "Properties": slack},
        "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": '{"widgets": []}'}},
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    spoke = estate.account(MEMBER).client("iam").get_role(RoleName=f"{name}-spoke")["Role"]["Arn"]
    assert estate.session(spoke, of=hub).client("sts").get_caller_identity()["Account"] == MEMBER
    shown = json.loads(hub.client("events").describe_event_bus(Name=name)["Policy"])
    assert shown["Statement"][0]["Sid"] == "members"
    hub.publish(f"arn:aws:sns:{EAST}:{HUB}:{name}", "hello channel")
    hub.settle()
    (told,) = [each for each in estate.simulation.outbox() if each["topic"].endswith(f":{name}")]
    assert (told["protocol"], told["message"]) == ("https", "hello channel")
    assert "chatbot" in told["endpoint"]

    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    assert refused(estate.account(MEMBER).client("iam").get_role, RoleName=f"{name}-spoke") == "NoSuchEntity"


def test_an_account_outside_an_organisation_has_no_stack_sets(estate: Estate) -> None:
    cloudformation = estate.account(STRANGER).client("cloudformation")
    request = {"StackSetName": "set", "TemplateBody": "{}", "PermissionModel": "SERVICE_MANAGED"}
    assert refused(cloudformation.create_stack_set, **request) == "ValidationError"
