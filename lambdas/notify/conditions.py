"""Conditions of address space that nothing remedies: an alarm sees them, people hear of them.

Metrics: IPAM user guide, "Monitor IPAM with Amazon CloudWatch". The alarms are made from this list, and what they found
is looked up in IPAM itself, which names the resources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NEARLY_FULL = 0.9
"""The share of a VPC's, subnet's or public IPv4 pool's addresses in use from which on people hear of it."""

Resource = Mapping[str, Any]
"""A resource's CIDR, as GetIpamResourceCidrs shows it."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What an alarm watches, one contributor for each value of `group_by`; `holds` tells the same of a resource.

    `resource_type` is the one type of resources that it is about, as GetIpamResourceCidrs takes it, or None for all;
    `is_wrong` tells of those. `what` follows a number, as in "3 overlapping CIDRs"; so does `short`, in the subject of
    a digest.
    """

    alarm: str
    metric: str
    group_by: tuple[str, ...]
    threshold: float
    is_wrong: Callable[[Resource], bool]
    what: str
    short: str
    advice: str
    resource_type: str | None = None

    def holds(self, resource: Resource) -> bool:
        """Say whether it is so of this resource."""
        return self.resource_type in {None, resource.get("ResourceType")} and self.is_wrong(resource)

    @property
    def query(self) -> str:
        """Give the Metrics Insights query: any set of dimensions that has those that it groups by."""
        groups = ", ".join(self.group_by)
        return f'SELECT MAX({self.metric}) FROM "AWS/IPAM" GROUP BY {groups} ORDER BY MAX() DESC'  # noqa: S608 - no SQL


def _is_nearly_full(cidr: Resource) -> bool:
    return bool(cidr.get("IpUsage", 0) >= NEARLY_FULL)


CONDITIONS = (
    Condition(
        alarm="Poolwarden-OverlappingCidrs",
        metric="OverlappingResourceCidrs",
        group_by=("ScopeID",),
        threshold=1,
        is_wrong=lambda cidr: cidr.get("OverlapStatus") == "overlapping",
        what="overlapping CIDRs",
        short="overlapping",
        advice=(
            "Resources that overlap cannot be connected with each other. Give one of them another CIDR, move it to "
            "another scope, or have IPAM ignore it."
        ),
    ),
    Condition(
        alarm="Poolwarden-NoncompliantCidrs",
        metric="NoncompliantResourceCidrs",
        group_by=("ScopeID",),
        threshold=1,
        is_wrong=lambda cidr: cidr.get("ComplianceStatus") == "noncompliant",
        what="noncompliant CIDRs",
        short="noncompliant",
        advice="Their netmask lengths, locales or tags are not what their pool's allocation rules demand.",
    ),
    Condition(
        alarm="Poolwarden-NearlyFullVpcs",
        metric="VpcIPUsage",
        group_by=("ScopeID", "VpcID"),
        threshold=NEARLY_FULL,
        resource_type="vpc",
        is_wrong=_is_nearly_full,
        what="CIDRs of VPCs nearly without room for another subnet",
        short="full VPCs",
        advice="Add a CIDR to the VPC before somebody needs another subnet; nothing is wrong if nobody will.",
    ),
    Condition(
        alarm="Poolwarden-NearlyFullSubnets",
        metric="SubnetIPUsage",
        group_by=("ScopeID", "SubnetID"),
        threshold=NEARLY_FULL,
        resource_type="subnet",
        is_wrong=_is_nearly_full,
        what="subnets nearly without free addresses",
        short="full subnets",
        advice="Add a subnet, and a CIDR to the VPC if it has no room: nothing can be launched in a full one.",
    ),
    Condition(
        alarm="Poolwarden-NearlyFullPublicIpv4Pools",
        metric="PublicIPv4PoolIPUsage",
        group_by=("ScopeID", "PublicIPv4PoolID"),
        threshold=NEARLY_FULL,
        resource_type="public-ipv4-pool",
        is_wrong=_is_nearly_full,
        what="CIDRs of public IPv4 pools nearly without free addresses",
        short="full public pools",
        advice="Provision another CIDR to the public IPv4 pool, or release Elastic IPs of it.",
    ),
)
BY_ALARM = {condition.alarm: condition for condition in CONDITIONS}
