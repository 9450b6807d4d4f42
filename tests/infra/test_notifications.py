"""Who is told what: subscriptions and their filters, the channel in Slack, the alarms that only tell, the digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk.assertions import Match

from lambdas.notify.conditions import CONDITIONS
from lambdas.notify.handler import DEFAULT_SECONDS, RESERVE_SECONDS
from lambdas.notify.told import ABANDONED_AFTER
from tests.infra.test_hub import statements

if TYPE_CHECKING:
    from aws_cdk.assertions import Template


def subscriptions(template: Template) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template.find_resources("AWS::SNS::Subscription").values()]


def test_recipients_hear_of_their_severity_and_contacts_of_what_is_theirs(telling_hub: Template) -> None:
    filters = {
        each["Endpoint"]: each["FilterPolicy"] for each in subscriptions(telling_hub) if each.get("FilterPolicy")
    }
    assert filters == {
        "net-oncall@example.com": {
            "severity": ["warning", "critical"],
            "$or": [{"kind": [{"anything-but": ["digest"]}]}, {"contact": [{"exists": False}]}],
        },
        "team-a@example.com": {"contact": ["team-a@example.com"], "severity": ["warning", "critical"]},
    }


def test_our_own_alarms_reach_recipients_without_any_filter(telling_hub: Template) -> None:
    """A filter drops every message without attributes, and CloudWatch's have none."""
    (alarms,) = [each for each in subscriptions(telling_hub) if "AlarmTopic" in each["TopicArn"]["Ref"]]
    assert alarms["Endpoint"] == "net-oncall@example.com"
    assert "FilterPolicy" not in alarms


def test_slack_has_a_topic_of_its_own_and_hears_of_our_own_alarms(telling_hub: Template) -> None:
    (channel,) = telling_hub.find_resources("AWS::Chatbot::SlackChannelConfiguration").values()
    own, alarms = (topic["Ref"] for topic in channel["Properties"]["SnsTopicArns"])
    assert "Slack" in own
    assert "AlarmTopic" in alarms
    assert not [each for each in subscriptions(telling_hub) if each["TopicArn"]["Ref"] == own]


def test_whoever_writes_into_the_channel_can_do_nothing(telling_hub: Template) -> None:
    (channel,) = telling_hub.find_resources("AWS::Chatbot::SlackChannelConfiguration").values()
    (guardrail,) = channel["Properties"]["GuardrailPolicies"]
    assert guardrail["Fn::Join"][1][-1] == ":iam::aws:policy/AWSDenyAll"
    role = channel["Properties"]["IamRoleArn"]["Fn::GetAtt"][0]
    policies = telling_hub.find_resources("AWS::IAM::Policy", {"Properties": {"Roles": [{"Ref": role}]}})
    (statement,) = [
        each for policy in policies.values() for each in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")


def test_every_condition_has_an_alarm_whose_events_wake_notify(telling_hub: Template) -> None:
    for condition in CONDITIONS:
        telling_hub.has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "AlarmName": condition.alarm,
                "AlarmActions": Match.absent(),
                "Threshold": condition.threshold,
                "Metrics": [Match.object_like({"Expression": condition.query})],
            },
        )
    telling_hub.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm Contributor State Change"],
                "detail": {"alarmName": [each.alarm for each in CONDITIONS], "state": {"value": ["ALARM"]}},
            }
        },
    )


def test_the_digest_is_written_every_morning(telling_hub: Template) -> None:
    telling_hub.has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": "cron(0 8 * * ? *)"})


def test_the_digest_has_the_time_to_read_a_large_ipam_and_ends_before_what_it_tells_counts_as_abandoned(
    telling_hub: Template,
) -> None:
    """Lambda tries what failed again after one and two minutes: the last attempt must still have its own marks."""
    (function,) = telling_hub.find_resources(
        "AWS::Lambda::Function", {"Properties": {"Handler": "lambdas.notify.handler.handler"}}
    ).values()
    timeout = function["Properties"]["Timeout"]
    assert (timeout, function["Properties"]["MemorySize"]) == (DEFAULT_SECONDS, 1024)
    assert timeout / 5 >= RESERVE_SECONDS
    assert 3 * timeout + 60 + 120 < ABANDONED_AFTER.total_seconds()


def test_notify_may_tell_and_look_and_nothing_else(telling_hub: Template) -> None:
    allowed = {
        action
        for each in statements(telling_hub, "Notify")
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }
    assert allowed == {
        "dynamodb:PutItem",
        "dynamodb:Query",
        "ec2:DescribeIpamScopes",
        "ec2:GetIpamResourceCidrs",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sns:Publish",
        "sqs:SendMessage",
        "ssm:GetCalendarState",
        "ssm:GetParameter",
    }
