"""What is deployed of `refill_pools`: its function, the alarms on low pools, and what its role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.alarms import LowPoolAlarms
from infra.function import ONE_CPU_MB
from infra.ipam_rights import every, looking_into_ipam
from infra.members import API_CALL
from infra.protection import never_protected
from infra.remediation import Remediation
from lambdas.refill_pools.demand import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.config import RefillPools
    from infra.members import Pattern
    from infra.platform import Platform

TIMEOUT = Duration.minutes(10)
"""The resources of an organisation's scope fill hundreds of pages, which take minutes to read."""

MEMORY_MB = ONE_CPU_MB
"""With the seventh of it that is usual, a page of resources takes half a second to parse, as long as to get."""

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
            works_in_members=False,
            timeout=TIMEOUT,
            memory_mb=MEMORY_MB,
        )
        self.function = remediation.function
        alarms = LowPoolAlarms(self, "LowPools", low_water_percents=[rule.low_water_percent for rule in settings.pools])
        remediation.wake_on_alarms("PoolAlarms", alarms.names)
        remediation.wake_on_api_calls(API_CALLS)
        remediation.wake_on_decisions("ShortPools", {"reason": ["pool-short"]})
        remediation.watched.allow(
            *looking_into_ipam(self),
            iam.PolicyStatement(sid="LookForMetrics", actions=["cloudwatch:ListMetrics"], resources=["*"]),
            wildcards="EC2's Describe calls and ListMetrics support no resources, and pools to come must be seen too",
        )
        provisioning = self._changing("Provision", "ec2:ProvisionIpamPoolCidr", platform.tag_prefix)
        if mode == "enforce":
            remediation.watched.allow(
                *provisioning,
                wildcards="Rules match pools by tags and scope, so that pools to come are governed too",
            )
        self._deprovisioning = self._changing("Deprovision", "ec2:DeprovisionIpamPoolCidr", platform.tag_prefix)
        self._approved = provisioning if mode != "observe" else ()

    def for_people(self) -> tuple[iam.PolicyStatement, ...]:
        """What `operate` needs: to take a refill back in every mode, and to make one where the mode lets it."""
        return (*looking_into_ipam(self), *self._deprovisioning, *self._approved)

    def _changing(self, sid: str, action: str, tag_prefix: str) -> tuple[iam.PolicyStatement, ...]:
        """Change any pool of this account; a protected one is refused by IAM too, should our code fail."""
        pools = [every("ipam-pool", self)]
        return (
            iam.PolicyStatement(sid=sid, actions=[action], resources=pools),
            never_protected(f"Pools{sid}", actions=[action], resources=pools, tag_prefix=tag_prefix),
        )
