"""What is deployed of `refill_pools`: its function, the alarms on low pools, and what its role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.alarms import LowPoolAlarms
from infra.members import API_CALL
from infra.remediation import Remediation
from lambdas.refill_pools.demand import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.config import RefillPools
    from infra.members import Pattern
    from infra.platform import Platform

READ_ACTIONS = (
    "cloudwatch:ListMetrics",
    "ec2:DescribeIpamPools",
    "ec2:DescribeIpamScopes",
    "ec2:GetIpamPoolAllocations",
    "ec2:GetIpamPoolCidrs",
    "ec2:GetIpamResourceCidrs",
)

API_CALLS: Mapping[str, Pattern] = {
    "FailedCalls": {
        "source": ["aws.ec2"],
        "detail-type": [API_CALL],
        "detail": {"eventName": sorted(CALLS), "errorCode": [{"exists": True}]},
    }
}
"""Calls that were refused addresses, in whatever account shares a pool."""


class RefillPoolsRemediation(Construct):
    """Pools near exhaustion get another CIDR."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: RefillPools,
        mode: str,
        platform: Platform,
    ) -> None:
        super().__init__(scope, construct_id)
        remediation = Remediation(
            self,
            "RefillPools",
            name="refill_pools",
            description="Provisions CIDRs to IPAM pools that near exhaustion",
            platform=platform,
            schedule=settings.schedule,
        )
        self.function = remediation.function
        alarms = LowPoolAlarms(self, "LowPools", low_water_percents=[rule.low_water_percent for rule in settings.pools])
        remediation.wake_on_alarms("PoolAlarms", alarms.names)
        remediation.wake_on_api_calls(API_CALLS)
        remediation.wake_on_decisions("ShortPools", {"reason": ["pool-short"]})
        remediation.watched.allow(
            self._looking(),
            wildcards="EC2's Describe calls and ListMetrics support no resources, and pools to come must be seen too",
        )
        if mode == "enforce":
            remediation.watched.allow(
                *self._provisioning(platform.tag_prefix),
                wildcards="Rules match pools by tags and scope, so that pools to come are governed too",
            )
        self._approved = self._provisioning(platform.tag_prefix) if mode != "observe" else ()

    def for_people(self) -> tuple[iam.PolicyStatement, ...]:
        """What `operate` needs: to take a refill back in every mode, and to make one where the mode lets it."""
        taking_back = iam.PolicyStatement(
            sid="DeprovisionCidrs", actions=["ec2:DeprovisionIpamPoolCidr"], resources=[self._pools()]
        )
        return (self._looking(), taking_back, *self._approved)

    def _looking(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(sid="LookAtPools", actions=list(READ_ACTIONS), resources=["*"])

    def _pools(self) -> str:
        return f"arn:{Stack.of(self).partition}:ec2::{Stack.of(self).account}:ipam-pool/*"

    def _provisioning(self, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
        """Provision to any pool of this account; a protected one is refused by IAM too, should our code fail."""
        pools = self._pools()
        protected = {"StringEquals": {f"aws:ResourceTag/{tag_prefix}:protect": "true"}}
        return (
            iam.PolicyStatement(sid="ProvisionCidrs", actions=["ec2:ProvisionIpamPoolCidr"], resources=[pools]),
            iam.PolicyStatement(
                sid="NeverToProtectedPools",
                effect=iam.Effect.DENY,
                actions=["ec2:ProvisionIpamPoolCidr"],
                resources=[pools],
                conditions=protected,
            ),
        )
