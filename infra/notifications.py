"""Where people hear of things: one encrypted topic, and a subscription for each recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEVERITIES = ("info", "warning", "critical")


class Notifications(Construct):
    """The topic of all messages. CloudWatch publishes to it too: its alarms must not depend on our functions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        emails: Sequence[str],
        contacts: Mapping[str, str],
        minimum_severity: str,
    ) -> None:
        super().__init__(scope, construct_id)
        # A topic under AWS's own key (alias/aws/sns) loses alarm actions without a word: CloudWatch may not use it.
        self.key = kms.Key(self, "Key", description="Poolwarden's messages to people", enable_key_rotation=True)
        for service in ("cloudwatch.amazonaws.com", "events.amazonaws.com"):
            self.key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(service)],
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
                )
            )
        self.topic = sns.Topic(self, "Topic", master_key=self.key, enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        everything = severity_filter(minimum_severity)
        for email in emails:
            self._subscribe(f"Email{email}", email, everything)
        for email in dict.fromkeys(contacts.values()):
            self._subscribe(f"Contact{email}", email, contact_filter(email, minimum_severity))

    def _subscribe(self, construct_id: str, email: str, policy: Mapping[str, object] | None) -> None:
        sns.CfnSubscription(
            self,
            construct_id,
            topic_arn=self.topic.topic_arn,
            protocol="email",
            endpoint=email,
            filter_policy=policy,
        )


def severity_filter(minimum: str) -> dict[str, object] | None:
    """The subscription filter for messages of at least this severity; None when all shall pass.

    CloudWatch's own alarm messages carry no attributes and always pass: they tell that Poolwarden itself is in
    trouble.
    """
    if minimum == SEVERITIES[0]:
        return None
    wanted = list(SEVERITIES[SEVERITIES.index(minimum) :])
    return {"$or": [{"severity": wanted}, {"severity": [{"exists": False}]}]}


def contact_filter(email: str, minimum: str) -> dict[str, object]:
    """The subscription filter for what concerns the accounts of one contact."""
    wanted = list(SEVERITIES[SEVERITIES.index(minimum) :])
    return {"contact": [email], "severity": wanted}
