"""The hub's bus: where the events of other accounts and Regions arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.config.consistency import MOST_NAMED
from infra.members import API_CALL, BUS_NAME, FORWARDER

if TYPE_CHECKING:
    from infra.config.schema import Organization

SOURCES = ("aws.ec2", "aws.elasticloadbalancing")
"""Whose API calls the functions read."""


EVERY_ACCOUNT = "*"
"""Stands in ARNs for all accounts of the organisation."""


class Members(Construct):
    """Accepts API calls that CloudTrail reports, from our own forwarders in the organisation and in this account.

    `external_id` is what the roles in member accounts expect to hear: the random part of the hub's stack id, so that no
    one has to think one up, and another deployment has another. `are_discovered` says that no list names the accounts.
    """

    def __init__(self, scope: Construct, construct_id: str, *, organization: Organization | None) -> None:
        super().__init__(scope, construct_id)
        self.organization_id = organization.id if organization else None
        self.accounts = _accounts(organization)
        self.are_discovered = organization is not None and organization.accounts == "all"
        self.external_id = Fn.select(2, Fn.split("/", Aws.STACK_ID))
        self.bus = events.EventBus(self, "Bus", event_bus_name=BUS_NAME)
        forwarders = f"arn:{Aws.PARTITION}:iam::*:role/{FORWARDER}-*"
        whose = (
            {"aws:PrincipalOrgID": self.organization_id}
            if self.organization_id
            else {"aws:PrincipalAccount": [Stack.of(self).account, *self.accounts]}
        )
        self.bus.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Forwarders",
                principals=[iam.StarPrincipal()],
                actions=["events:PutEvents"],
                resources=[self.bus.event_bus_arn],
                # Keys of events have a value for each entry of a call, and none where a rule gets the bus as target:
                # https://docs.aws.amazon.com/eventbridge/latest/userguide/policy-keys-eventbridge.html
                conditions={
                    "StringEquals": whose,
                    "ForAllValues:StringEquals": {"events:detail-type": API_CALL, "events:source": list(SOURCES)},
                    "ArnLike": {"aws:PrincipalArn": forwarders},
                },
            )
        )


def _accounts(organization: Organization | None) -> tuple[str, ...]:
    """Give the accounts whose roles may be taken on: none without an organisation.

    More than a policy can name are all of the organisation. The functions keep to the list themselves.
    """
    if organization is None:
        return ()
    if organization.accounts == "all" or len(organization.accounts) > MOST_NAMED:
        return (EVERY_ACCOUNT,)
    return organization.accounts
