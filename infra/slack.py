"""The channel in Slack: a topic of its own, which Amazon Q Developer in chat applications writes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms


class SlackChannel(Construct):
    """Tells, and does nothing else: whoever writes into the channel can do nothing in AWS.

    The guardrail would be AdministratorAccess if none were given. The workspace is authorised once, by hand, in the
    console: https://docs.aws.amazon.com/chatbot/latest/adminguide/slack-setup.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workspace_id: str,
        channel_id: str,
        key: kms.IKey,
        further_topics: Sequence[sns.ITopic],
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            description="What people in the Slack channel may do: nothing",
        )
        role.add_to_policy(iam.PolicyStatement(sid="Nothing", effect=iam.Effect.DENY, actions=["*"], resources=["*"]))
        chatbot.CfnSlackChannelConfiguration(
            self,
            "Channel",
            configuration_name=f"{Stack.of(self).stack_name}-{channel_id}",
            slack_workspace_id=workspace_id,
            slack_channel_id=channel_id,
            iam_role_arn=role.role_arn,
            guardrail_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("AWSDenyAll").managed_policy_arn],
            logging_level="ERROR",
            sns_topic_arns=[topic.topic_arn for topic in (self.topic, *further_topics)],
        )
