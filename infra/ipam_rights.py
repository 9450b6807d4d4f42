"""Looking into the IPAM of this account: its pools, what its scopes know of resources, and what it discovers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from constructs import IConstruct

DESCRIBE = ("ec2:DescribeIpamPools", "ec2:DescribeIpamScopes")
POOL_ACTIONS = ("ec2:GetIpamPoolAllocations", "ec2:GetIpamPoolCidrs")


def looking_into_ipam(where: IConstruct) -> tuple[iam.PolicyStatement, ...]:
    """Let a role see the pools and scopes of the account of a construct's stack."""
    return (
        iam.PolicyStatement(sid="LookForPools", actions=list(DESCRIBE), resources=["*"]),
        iam.PolicyStatement(sid="LookIntoPools", actions=list(POOL_ACTIONS), resources=[every("ipam-pool", where)]),
        iam.PolicyStatement(
            sid="LookIntoScopes", actions=["ec2:GetIpamResourceCidrs"], resources=[every("ipam-scope", where)]
        ),
    )


def looking_for_work(*actions: str) -> tuple[iam.PolicyStatement, ...]:
    """Let a role ask the resource discoveries of an IPAM; those that others associate with it stay theirs."""
    discoveries = f"arn:{Aws.PARTITION}:ec2::*:ipam-resource-discovery/*"
    return (
        iam.PolicyStatement(
            sid="LookForDiscoveries", actions=["ec2:DescribeIpamResourceDiscoveryAssociations"], resources=["*"]
        ),
        iam.PolicyStatement(sid="AskDiscoveries", actions=list(actions), resources=[discoveries]),
    )


def every(kind: str, where: IConstruct) -> str:
    """Name all of IPAM's resources of a kind, such as `ipam-pool`, in the account of a construct's stack."""
    stack = Stack.of(where)
    return f"arn:{stack.partition}:ec2::{stack.account}:{kind}/*"
