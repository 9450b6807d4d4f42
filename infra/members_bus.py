"""The hub's bus: where the events of other accounts and Regions arrive."""

from __future__ import annotations

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_events as events
from constructs import Construct

from infra.members import API_CALL, BUS_NAME, FORWARDER

SOURCES = ("aws.ec2", "aws.elasticloadbalancing")
"""Whose API calls the functions read."""


class Members(Construct):
    """Accepts API calls that CloudTrail reports, from our own forwarders in the organisation and in this account.

    `external_id` is what the roles in member accounts expect to hear: the random part of the hub's stack id, so that no
    one has to think one up, and another deployment has another.
    """

    def __init__(self, scope: Construct, construct_id: str, *, organization_id: str | None) -> None:
        super().__init__(scope, construct_id)
        self.external_id = Fn.select(2, Fn.split("/", Aws.STACK_ID))
        self.bus = events.EventBus(self, "Bus", event_bus_name=BUS_NAME)
        forwarders = f"arn:{Aws.PARTITION}:iam::*:role/{FORWARDER}-*"
        whose = (
            {"aws:PrincipalOrgID": organization_id}
            if organization_id
            else {"aws:PrincipalAccount": Stack.of(self).account}
        )
        events.CfnEventBusPolicy(
            self,
            "Forwarders",
            statement_id="Forwarders",
            event_bus_name=self.bus.event_bus_name,
            statement={
                "Sid": "Forwarders",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": self.bus.event_bus_arn,
                "Condition": {
                    "StringEquals": {**whose, "events:detail-type": API_CALL, "events:source": list(SOURCES)},
                    "ArnLike": {"aws:PrincipalArn": forwarders},
                },
            },
        )
