"""Where people hear of things: encrypted topics, subscriptions for each recipient, and a channel in Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.slack import SlackChannel
from lambdas.notify.message import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.config.schema import Slack


class Notifications(Construct):
    """The topic of what is decided, and the topic of our own alarms.

    The second one exists because CloudWatch's messages carry no attributes: every filter policy drops them, and nobody
    would hear that Poolwarden itself is in trouble.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        emails: Sequence[str],
        contacts: Mapping[str, str],
        minimum_severity: str,
        slack: Slack | None,
    ) -> None:
        super().__init__(scope, construct_id)
        # A topic under AWS's own key (alias/aws/sns) loses alarm actions without a word: CloudWatch may not use it.
        self.key = kms.Key(self, "Key", description="Poolwarden's messages to people", enable_key_rotation=True)
        self.key.add_to_resource_policy(self._cloudwatch_may("kms:Decrypt", "kms:GenerateDataKey*", resource="*"))
        self.topic = sns.Topic(self, "Topic", master_key=self.key, enforce_ssl=True)
        self.alarm_topic = sns.Topic(self, "AlarmTopic", master_key=self.key, enforce_ssl=True)
        self.alarm_topic.add_to_resource_policy(
            self._cloudwatch_may("sns:Publish", resource=self.alarm_topic.topic_arn)
        )
        for email in emails:
            _subscribe(self, f"Email{email}", self.topic, email, operator_filter(minimum_severity))
            _subscribe(self, f"Alarms{email}", self.alarm_topic, email, None)
        # An address has one subscription to a topic: an operator's has what a contact's would have, and more.
        for email in dict.fromkeys(email for email in contacts.values() if email not in emails):
            _subscribe(self, f"Contact{email}", self.topic, email, contact_filter(email, minimum_severity))
        self.slack = self._slack_channel(slack) if slack else None

    def _slack_channel(self, slack: Slack) -> SlackChannel:
        assert slack.workspace_id, "consistency.py sees to it"  # noqa: S101
        assert slack.channel_id, "consistency.py sees to it"  # noqa: S101
        return SlackChannel(
            self,
            "Slack",
            workspace_id=slack.workspace_id,
            channel_id=slack.channel_id,
            key=self.key,
            further_topics=[self.alarm_topic],
        )

    def _cloudwatch_may(self, *actions: str, resource: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=list(actions),
            resources=[resource],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
        )


def _subscribe(
    scope: Construct, construct_id: str, topic: sns.Topic, email: str, policy: Mapping[str, object] | None
) -> None:
    sns.CfnSubscription(
        scope, construct_id, topic_arn=topic.topic_arn, protocol="email", endpoint=email, filter_policy=policy
    )


def operator_filter(minimum: str) -> dict[str, object]:
    """The subscription filter for everything of at least this severity but the digests that are a contact's own."""
    return {
        "severity": _at_least(minimum),
        "$or": [{"kind": [{"anything-but": ["digest"]}]}, {"contact": [{"exists": False}]}],
    }


def contact_filter(email: str, minimum: str) -> dict[str, object]:
    """The subscription filter for what concerns the accounts of one contact."""
    return {"contact": [email], "severity": _at_least(minimum)}


def _at_least(minimum: str) -> list[str]:
    return list(SEVERITIES[SEVERITIES.index(minimum) :])
