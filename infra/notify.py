"""What is deployed of `notify`: the function that turns decisions, alarms and the day into messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.alarms import CONTRIBUTOR_STATE_CHANGE, EVENTS_SOURCE
from infra.function import WatchedFunction
from infra.missed_sweeps import alarm_on_missed_sweeps
from infra.records import MODE_PARAMETER
from infra.telling_alarms import TellingAlarms
from lambdas.common.announce import DECISION, SOURCE

if TYPE_CHECKING:
    from infra.notifications import Notifications
    from infra.platform import Platform

DAILY = "cron(0 8 * * ? *)"
"""When the digest is written, in UTC."""

TIMEOUT = Duration.minutes(5)
"""The digest reads all that the IPAM sees, a thousand CIDRs at a time, before it tells anybody."""

MEMORY_MB = 1024
"""Not for what is kept, which is little, but for its share of a CPU: reading a page of CIDRs is work."""


class Notify(Construct):
    """Woken by every decision on the default bus, by the alarms that only tell, and once a day for the digest."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        records = platform.records
        topics = {"TOPIC_ARN": notifications.topic.topic_arn}
        if notifications.slack:
            topics["SLACK_TOPIC_ARN"] = notifications.slack.topic.topic_arn
        self.watched = WatchedFunction(
            self,
            "Notify",
            handler="lambdas.notify.handler.handler",
            description="Tells people what Poolwarden decided and did",
            platform=platform,
            timeout=TIMEOUT,
            memory_mb=MEMORY_MB,
            environment={
                "GUARDS_TABLE": records.guards.table_name,
                "LEDGER_TABLE": records.ledger.table_name,
                "MODE_PARAMETER": MODE_PARAMETER,
                **topics,
            },
        )
        self.function = self.watched.function
        self.watched.allow(
            iam.PolicyStatement(sid="TellOnce", actions=["dynamodb:PutItem"], resources=[records.guards.table_arn]),
            iam.PolicyStatement(sid="TellPeople", actions=["sns:Publish"], resources=list(topics.values())),
            iam.PolicyStatement(
                sid="EncryptMessages",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[notifications.key.key_arn],
            ),
        )
        self._look_for_the_digest(platform)
        self._wake_by(
            "Decisions",
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=[DECISION]),
        )
        self._wake_by(
            "Alarms",
            event_pattern=events.EventPattern(
                source=[EVENTS_SOURCE],
                detail_type=[CONTRIBUTOR_STATE_CHANGE],
                detail={"alarmName": list(TellingAlarms(self, "Conditions").names), "state": {"value": ["ALARM"]}},
            ),
        )
        self._wake_by("Daily", schedule=events.Schedule.expression(DAILY))
        alarm_on_missed_sweeps(self.watched, schedule=DAILY, platform=platform)

    def _wake_by(
        self,
        construct_id: str,
        *,
        event_pattern: events.EventPattern | None = None,
        schedule: events.Schedule | None = None,
    ) -> None:
        rule = events.Rule(self, construct_id, event_pattern=event_pattern, schedule=schedule)
        rule.add_target(targets.LambdaFunction(self.function, dead_letter_queue=self.watched.dead_letters))

    def _look_for_the_digest(self, platform: Platform) -> None:
        """What was decided, what holds changes up, and what IPAM finds wrong with address space."""
        scopes = f"arn:{Stack.of(self).partition}:ec2::{Stack.of(self).account}:ipam-scope/*"
        self.watched.may_read_what_restrains(platform)
        self.watched.allow(platform.records.may_read_by_remediation())
        self.watched.allow(
            iam.PolicyStatement(sid="LookForScopes", actions=["ec2:DescribeIpamScopes"], resources=["*"]),
            iam.PolicyStatement(sid="LookIntoScopes", actions=["ec2:GetIpamResourceCidrs"], resources=[scopes]),
            wildcards="EC2's Describe calls support no resources, and scopes to come must be seen too",
        )
