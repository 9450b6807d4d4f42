"""What member accounts, and the hub's other Regions, tell the hub: `PoolwardenEvents`, once an account and Region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Aws, BootstraplessSynthesizer, CfnParameter, Duration, Stack, Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from infra.alarms import PERIOD_SECONDS, alarm_on_any
from infra.members import BUS_NAME, FORWARDER, hub_account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Environment
    from constructs import Construct

    from infra.members import Pattern


class Events(Stack):
    """Forwards to the hub's bus what its functions read, and nothing else.

    The role has the Region in its name, because roles exist once an account and this stack in each of its Regions.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, patterns: Mapping[str, Pattern], env: Environment | None = None
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description="Poolwarden: tells the hub what happens here",
            synthesizer=BootstraplessSynthesizer(),
        )
        region = CfnParameter(
            self,
            "HubRegion",
            description="The Region that PoolwardenHub is deployed in",
            allowed_pattern="[a-z]{2}(-[a-z]+)+-[0-9]",
            constraint_description="a Region, such as us-east-1",
        )
        bus = f"arn:{Aws.PARTITION}:events:{region.value_as_string}:{hub_account(self)}:event-bus/{BUS_NAME}"
        role = iam.Role(
            self,
            "Role",
            role_name=f"{FORWARDER}-{Aws.REGION}",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            description="Puts events on the bus of Poolwarden's hub",
        )
        role.add_to_policy(iam.PolicyStatement(sid="TellTheHub", actions=["events:PutEvents"], resources=[bus]))
        undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        Validations.of(undelivered).acknowledge(
            Acknowledgment(id="AwsSolutions::AwsSolutions-SQS3", reason="It is the dead-letter queue of the rules")
        )
        _watch(undelivered)
        for name, pattern in patterns.items():
            rule = events.CfnRule(
                self,
                name,
                name=f"{FORWARDER}-{name}",
                description="Forwards to the hub of Poolwarden",
                event_pattern=pattern,
                targets=[
                    events.CfnRule.TargetProperty(
                        id="Hub",
                        arn=bus,
                        role_arn=role.role_arn,
                        dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=undelivered.queue_arn),
                    )
                ],
            )
            rule.node.add_dependency(role)  # and its policy: what EventBridge may not send it does not send again
            undelivered.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[undelivered.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
                )
            )


def _watch(undelivered: sqs.Queue) -> None:
    """Have an alarm on what never reached the hub.

    It has no action: no topic of ours is in a member account, and the way to the hub is just what failed. It is there
    for whoever watches the account's alarms, and for whoever asks why the hub hears nothing.
    """
    alarm_on_any(
        undelivered,
        "Alarm",
        metric=undelivered.metric_approximate_number_of_messages_visible(
            period=Duration.seconds(PERIOD_SECONDS), statistic="Maximum"
        ),
        description=(
            f"Events did not reach the hub of Poolwarden: they are in the queue {undelivered.queue_name}, with why. "
            "Its sweeps find what they tell of"
        ),
    )
