"""What is deployed of `release_eips`: its function, the alarms on idle addresses, and what its role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.alarms import IdleAddressAlarms
from infra.function import ONE_CPU_MB
from infra.ipam_rights import every, looking_for_work
from infra.members import API_CALL, MemberWork, spoke_role_name
from infra.protection import never_of_stacks, never_protected
from infra.remediation import Remediation
from lambdas.release_eips.signs import STARTS, USES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.config import ReleaseEips
    from infra.members import Pattern
    from infra.platform import Platform

READ_ACTIONS = (
    "cloudformation:DescribeStackResources",
    "ec2:DescribeAddressTransfers",
    "ec2:DescribeAddresses",
    "ec2:DescribeAddressesAttribute",
    "route53:ListHostedZones",
)
"""What supports no resources, or is asked without one: which stack owns an address is asked by the address."""

DISCOVERY_ACTIONS = ("ec2:GetIpamDiscoveredAccounts", "ec2:GetIpamDiscoveredPublicAddresses")
"""What tells which accounts there are, and where all of them have addresses that nobody uses."""

TIMEOUT = Duration.minutes(10)
"""EC2 lets an account release five addresses a second; a run over a thousand of them takes more than three minutes."""

MEMORY_MB = ONE_CPU_MB
"""With less, a release takes longer than EC2's limit asks for."""

LOAD_BALANCER_CALLS = frozenset({"CreateLoadBalancer", "SetSubnets"})
API_VERSION_2 = "2015-12-01"
"""Which tells Network Load Balancers' calls from the classic ones', which have the same source and names."""

API_CALLS: Mapping[str, Pattern] = {
    "AddressCalls": {
        "source": ["aws.ec2"],
        "detail-type": [API_CALL],
        "detail": {"eventName": sorted((USES | STARTS) - LOAD_BALANCER_CALLS)},
    },
    "LoadBalancerCalls": {
        "source": ["aws.elasticloadbalancing"],
        "detail-type": [API_CALL],
        "detail": {"eventName": sorted(USES & LOAD_BALANCER_CALLS), "apiVersion": [API_VERSION_2]},
    },
}
"""Calls that use an address, failed ones too, and calls after which one may be idle."""


class ReleaseEipsRemediation(Construct):
    """Elastic IPs that nobody uses are released."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: ReleaseEips,
        mode: str,
        platform: Platform,
    ) -> None:
        super().__init__(scope, construct_id)
        remediation = Remediation(
            self,
            "ReleaseEips",
            name="release_eips",
            description="Releases Elastic IPs that nobody uses",
            platform=platform,
            schedule=settings.schedule,
            timeout=TIMEOUT,
            memory_mb=MEMORY_MB,
        )
        self.function = remediation.function
        alarms = IdleAddressAlarms(self, "IdleAddresses", kinds=settings.include)
        remediation.wake_on_alarms("AddressAlarms", alarms.names)
        remediation.wake_on_api_calls(API_CALLS)
        self._dns_accounts = settings.dns_accounts
        remediation.watched.allow(
            *self._looking("ReleaseEips"),
            *looking_for_work(*DISCOVERY_ACTIONS),
            wildcards="What is described and listed here supports no resources, and what is to come must be seen too",
        )
        if mode == "enforce":
            remediation.watched.allow(
                *releasing(self._here(), platform.tag_prefix),
                wildcards="Addresses to come are looked after too, and have no names beforehand",
            )
        self._reversing = having_back(self._here(), platform.tag_prefix)
        self._approved = releasing(self._here(), platform.tag_prefix) if mode != "observe" else ()

    def for_people(self) -> tuple[iam.PolicyStatement, ...]:
        """What `operate` needs: to have an address back in every mode, and to release one where the mode lets it."""
        return (*self._looking("Operate"), *self._reversing, *self._approved)

    def _looking(self, function: str) -> tuple[iam.PolicyStatement, ...]:
        """See addresses, their history in the IPAM, and the DNS of the accounts that may name them."""
        roles = [
            f"arn:{Stack.of(self).partition}:iam::{account}:role/{spoke_role_name(function)}"
            for account in self._dns_accounts
        ]
        others = [iam.PolicyStatement(sid="ReadTheirDns", actions=["sts:AssumeRole"], resources=roles)] if roles else []
        scopes = every("ipam-scope", self)
        return (
            *looking(),
            iam.PolicyStatement(sid="LookForIpams", actions=["ec2:DescribeIpams"], resources=["*"]),
            iam.PolicyStatement(sid="ReadHistory", actions=["ec2:GetIpamAddressHistory"], resources=[scopes]),
            *others,
        )

    def _here(self) -> str:
        return f"arn:{Stack.of(self).partition}:ec2:*:{Stack.of(self).account}"


def looking() -> tuple[iam.PolicyStatement, ...]:
    """Let a role see addresses, and what may speak for them."""
    zones = f"arn:{Aws.PARTITION}:route53:::hostedzone/*"
    return (
        iam.PolicyStatement(sid="LookAtAddresses", actions=list(READ_ACTIONS), resources=["*"]),
        iam.PolicyStatement(sid="ReadDns", actions=["route53:ListResourceRecordSets"], resources=[zones]),
    )


def releasing(place: str, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
    """Let a role release the addresses in a place (an ARN as far as the account), but for those of somebody else."""
    release, addresses = ["ec2:ReleaseAddress"], [f"{place}:elastic-ip/*"]
    return (
        iam.PolicyStatement(sid="ReleaseAddresses", actions=release, resources=addresses),
        never_protected("Addresses", actions=release, resources=addresses, tag_prefix=tag_prefix),
        never_of_stacks("Addresses", actions=release, resources=addresses),
    )


def having_back(place: str, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
    """Let a role have addresses back in a place, with their tags; a shared pool belongs to another account."""
    tag, addresses = ["ec2:CreateTags"], [f"{place}:elastic-ip/*"]
    ipam_pools, own_pools = f"arn:{Aws.PARTITION}:ec2::*:ipam-pool/*", f"arn:{Aws.PARTITION}:ec2:*:*:ipv4pool-ec2/*"
    return (
        iam.PolicyStatement(
            sid="AllocateAddresses", actions=["ec2:AllocateAddress"], resources=[*addresses, ipam_pools, own_pools]
        ),
        iam.PolicyStatement(sid="GiveTagsBack", actions=tag, resources=addresses),
        never_protected("AddressesTagged", actions=tag, resources=addresses, tag_prefix=tag_prefix),
        never_of_stacks("AddressesTagged", actions=tag, resources=addresses),
        iam.PolicyStatement(sid="AskPools", actions=["ec2:GetIpamPoolAllocations"], resources=[ipam_pools]),
    )


def in_members(tag_prefix: str) -> MemberWork:
    """Say what looking after a member account's addresses takes."""
    place = f"arn:{Aws.PARTITION}:ec2:*:{Aws.ACCOUNT_ID}"
    return MemberWork(
        observing=looking(), acting=releasing(place, tag_prefix), reversing=having_back(place, tag_prefix)
    )
