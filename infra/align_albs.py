"""What is deployed of `align_albs`: its function, the events that wake it, and what its role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.ipam_rights import looking_for_work
from infra.members import API_CALL, MemberWork
from infra.protection import never_protected
from infra.remediation import Remediation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.config import AlignAlbs
    from infra.members import Pattern
    from infra.platform import Platform

READ_ACTIONS = (
    "ec2:DescribeIpamPools",
    "ec2:DescribeNetworkInterfaces",
    "ec2:GetEnabledIpamPolicy",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTags",
)
POOL_ACTIONS = ("ec2:GetIpamPoolAllocations", "ec2:GetIpamPoolCidrs")

CALLS = ("AddTags", "CreateLoadBalancer", "ModifyIpPools", "RemoveTags", "SetIpAddressType", "SetSubnets")
"""The calls that can take a load balancer off its pool, or change which one that is."""

API_VERSION = "2015-12-01"
"""Which tells Application Load Balancers' calls from the classic ones', which have the same source and names.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudtrail-logs.html
"""

API_CALLS: Mapping[str, Pattern] = {
    "LoadBalancerCalls": {
        "source": ["aws.elasticloadbalancing"],
        "detail-type": [API_CALL],
        "detail": {"eventName": list(CALLS), "apiVersion": [API_VERSION], "errorCode": [{"exists": False}]},
    }
}


class AlignAlbsRemediation(Construct):
    """Load balancers are put on the IPAM pools that they belong on."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: AlignAlbs,
        mode: str,
        platform: Platform,
    ) -> None:
        super().__init__(scope, construct_id)
        remediation = Remediation(
            self,
            "AlignAlbs",
            name="align_albs",
            description="Keeps Application Load Balancers on their IPAM pools",
            platform=platform,
            schedule=settings.schedule,
        )
        self.function = remediation.function
        remediation.wake_on_api_calls(API_CALLS)
        remediation.wake_on_refills()
        everybody = platform.members is not None and platform.members.are_discovered
        remediation.watched.allow(
            *looking(),
            *(looking_for_work("ec2:GetIpamDiscoveredAccounts") if everybody else ()),
            wildcards="Describe calls of EC2 and Elastic Load Balancing support no resources",
        )
        self._moving = self._moves(platform.tag_prefix)
        if mode == "enforce":
            remediation.watched.allow(
                *self._moving, wildcards="Load balancers to come are to be put on their pools too"
            )

    def for_people(self) -> tuple[iam.PolicyStatement, ...]:
        """What `operate` needs: the call that moves a load balancer is the one that moves it back, in every mode."""
        return (*looking(), *self._moving)

    def _moves(self, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
        """Move any load balancer of this account; a protected one is refused by IAM too, should our code fail."""
        stack = Stack.of(self)
        return moving(f"arn:{stack.partition}:elasticloadbalancing:*:{stack.account}", tag_prefix)


def looking() -> tuple[iam.PolicyStatement, ...]:
    """Let a role see load balancers, their addresses, and pools and policies, which may be another account's."""
    ipam = f"arn:{Aws.PARTITION}:ec2::*"
    return (
        iam.PolicyStatement(sid="LookAtLoadBalancers", actions=list(READ_ACTIONS), resources=["*"]),
        iam.PolicyStatement(sid="LookIntoTheirPools", actions=list(POOL_ACTIONS), resources=[f"{ipam}:ipam-pool/*"]),
        iam.PolicyStatement(
            sid="LookAtPolicies", actions=["ec2:GetIpamPolicyAllocationRules"], resources=[f"{ipam}:ipam-policy/*"]
        ),
    )


def moving(place: str, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
    """Let a role move the load balancers in a place (an ARN as far as the account), but for protected ones."""
    move, load_balancers = ["elasticloadbalancing:ModifyIpPools"], [f"{place}:loadbalancer/app/*/*"]
    return (
        iam.PolicyStatement(sid="MoveLoadBalancers", actions=move, resources=load_balancers),
        never_protected("LoadBalancers", actions=move, resources=load_balancers, tag_prefix=tag_prefix),
    )


def in_members(tag_prefix: str) -> MemberWork:
    """Say what looking after a member account's load balancers takes: the call that moves one moves it back."""
    moves = moving(f"arn:{Aws.PARTITION}:elasticloadbalancing:*:{Aws.ACCOUNT_ID}", tag_prefix)
    return MemberWork(observing=looking(), acting=moves, reversing=moves)
