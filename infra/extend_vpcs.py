"""What is deployed of `extend_vpcs`: its function, the alarm on full VPCs, and what its role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.alarms import full_vpcs_alarm
from infra.ipam_rights import looking_into_ipam
from infra.members import MemberWork
from infra.protection import never_protected
from infra.remediation import Remediation

if TYPE_CHECKING:
    from infra.config.schema import ExtendVpcs
    from infra.platform import Platform

READ_ACTIONS = (
    "ec2:DescribeRouteTables",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
)


class ExtendVpcsRemediation(Construct):
    """VPCs that are nearly full get another CIDR from their pool."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: ExtendVpcs,
        mode: str,
        platform: Platform,
    ) -> None:
        super().__init__(scope, construct_id)
        remediation = Remediation(
            self,
            "ExtendVpcs",
            name="extend_vpcs",
            description="Gives VPCs that are nearly full another CIDR from their IPAM pool",
            platform=platform,
            schedule=settings.schedule,
        )
        self.function = remediation.function
        alarm = full_vpcs_alarm(self, "FullVpcs", high_water_percent=settings.high_water_percent)
        remediation.wake_on_alarms("VpcAlarm", [alarm])
        remediation.wake_on_refills()
        remediation.watched.allow(
            looking(),
            *looking_into_ipam(self),
            wildcards="EC2's Describe calls support no resources, and pools to come must be seen too",
        )
        stack = Stack.of(self)
        here, tag_prefix = f"arn:{stack.partition}:ec2:*:{stack.account}", platform.tag_prefix
        extending_here = extending(here, tag_prefix)
        if mode == "enforce":
            remediation.watched.allow(*extending_here, wildcards="VPCs to come, and their pools, are looked after too")
        self._taking_back = taking_back(here, tag_prefix)
        self._approved = extending_here if mode != "observe" else ()

    def for_people(self) -> tuple[iam.PolicyStatement, ...]:
        """What `operate` needs: to take a CIDR back in every mode, and to add one where the mode lets it."""
        return (looking(), *looking_into_ipam(self), *self._taking_back, *self._approved)


def looking() -> iam.PolicyStatement:
    """Let a role see VPCs, their subnets, and what they are connected with."""
    return iam.PolicyStatement(sid="LookAtVpcs", actions=list(READ_ACTIONS), resources=["*"])


def extending(place: str, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
    """Let a role extend the VPCs in a place (an ARN as far as the account) out of any pool, but for protected ones."""
    extend, these = ["ec2:AssociateVpcCidrBlock"], [f"{place}:vpc/*", f"arn:{Aws.PARTITION}:ec2::*:ipam-pool/*"]
    return (
        iam.PolicyStatement(sid="ExtendVpcs", actions=extend, resources=these),
        never_protected("VpcsExtend", actions=extend, resources=these, tag_prefix=tag_prefix),
    )


def taking_back(place: str, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
    """Let a role take CIDRs from the VPCs in a place again, but from protected ones."""
    take, vpcs = ["ec2:DisassociateVpcCidrBlock"], [f"{place}:vpc/*"]
    return (
        iam.PolicyStatement(sid="TakeCidrsBack", actions=take, resources=vpcs),
        never_protected("VpcsTakeBack", actions=take, resources=vpcs, tag_prefix=tag_prefix),
    )


def in_members(tag_prefix: str) -> MemberWork:
    """Say what looking after a member account's VPCs takes; pools are asked about in the hub."""
    place = f"arn:{Aws.PARTITION}:ec2:*:{Aws.ACCOUNT_ID}"
    return MemberWork(
        observing=[looking()], acting=extending(place, tag_prefix), reversing=taking_back(place, tag_prefix)
    )
