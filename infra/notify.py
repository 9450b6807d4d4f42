"""What is deployed of `notify`: the function that turns decisions into messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.function import WatchedFunction

if TYPE_CHECKING:
    from infra.notifications import Notifications
    from infra.platform import Platform


class Notify(Construct):
    """Woken by every decision on the default bus; publishes to the topic once for each condition."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        watched = WatchedFunction(
            self,
            "Notify",
            handler="lambdas.notify.handler.handler",
            description="Tells people what Poolwarden decided and did",
            platform=platform,
            environment={
                "GUARDS_TABLE": platform.records.guards.table_name,
                "TOPIC_ARN": notifications.topic.topic_arn,
            },
        )
        watched.allow(
            iam.PolicyStatement(
                sid="TellOnce",
                actions=["dynamodb:GetItem", "dynamodb:PutItem"],
                resources=[platform.records.guards.table_arn],
            ),
            iam.PolicyStatement(sid="TellPeople", actions=["sns:Publish"], resources=[notifications.topic.topic_arn]),
            iam.PolicyStatement(
                sid="EncryptMessages",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[notifications.key.key_arn],
            ),
        )
        rule = events.Rule(
            self,
            "Decisions",
            event_pattern=events.EventPattern(source=["poolwarden"], detail_type=["Poolwarden Decision"]),
        )
        rule.add_target(targets.LambdaFunction(watched.function, dead_letter_queue=watched.dead_letters))
