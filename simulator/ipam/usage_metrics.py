"""How full VPCs, subnets and public IPv4 pools are: IPAM's resource utilization metrics.

IPAM user guide, "Monitor IPAM with Amazon CloudWatch", "IPAM resource utilization metrics": of each kind and address
family the 50 fullest, the 50 emptiest, and the 50 largest that have a CIDR from a pool. The values are what the
guide says they are, quotients, without a unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.ipam.metrics import Dimensions
    from simulator.ipam.models.discovery import DiscoveredCidr
    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.monitoring import Monitor

_METRICS = {
    "vpc": ("VpcIPUsage", ("ipv4", "ipv6")),
    "subnet": ("SubnetIPUsage", ("ipv4",)),
    "public-ipv4-pool": ("PublicIPv4PoolIPUsage", ("ipv4",)),
}
"""Resource type → name of its metric, and the address families that it is published for."""


@dataclass(kw_only=True)
class _Usage:
    """All CIDRs of one family that one resource has in one scope."""

    resource: DiscoveredCidr
    scope_id: str
    used: float = 0
    total: int = 0
    is_from_pool: bool = False

    @property
    def share(self) -> float:
        return self.used / self.total


def usages(ipam: Ipam) -> Iterator[tuple[str, Dimensions, float]]:
    """The series that are published now: metric name, dimensions, value."""
    for resource_type, (name, families) in _METRICS.items():
        for family in families:
            for usage in _published(_collected(ipam.monitor, resource_type, family)):
                yield name, _dimensions(usage), usage.share


def _collected(monitor: Monitor, resource_type: str, address_family: str) -> list[_Usage]:
    from_pools = {cidr.vpc_id for cidr in monitor.found if cidr.resource_type == "vpc" and monitor.allocation_of(cidr)}
    usages: dict[tuple[str, str, str | None], _Usage] = {}
    for cidr in monitor.found:
        if (cidr.resource_type, cidr.address_family) != (resource_type, address_family) or cidr.ip_usage is None:
            continue
        scope_id = monitor.scope_of(cidr)
        usage = usages.setdefault(
            (scope_id, cidr.resource_region, cidr.resource_id), _Usage(resource=cidr, scope_id=scope_id)
        )
        usage.used += cidr.ip_usage * cidr.network.num_addresses
        usage.total += cidr.network.num_addresses
        usage.is_from_pool |= cidr.vpc_id in from_pools or monitor.allocation_of(cidr) is not None
    return list(usages.values())


def _published(all_of_them: Sequence[_Usage]) -> list[_Usage]:
    limit = settings().usage_metrics
    by_share = sorted(all_of_them, key=lambda usage: usage.share)
    largest = sorted((usage for usage in all_of_them if usage.is_from_pool), key=lambda usage: -usage.total)
    chosen = {id(usage) for usage in (*by_share[:limit], *by_share[-limit:], *largest[:limit])}
    return [usage for usage in all_of_them if id(usage) in chosen]


def _dimensions(usage: _Usage) -> Dimensions:
    resource = usage.resource
    whose = (
        ("OwnerID", resource.resource_owner_id),
        ("Region", resource.resource_region),
        ("ScopeID", usage.scope_id),
    )
    family = ("AddressFamily", resource.address_family)
    if resource.resource_type == "vpc":
        return family, *whose, ("VpcID", str(resource.resource_id))
    if resource.resource_type == "subnet":
        return family, *whose, ("SubnetID", str(resource.resource_id)), ("VpcID", str(resource.vpc_id))
    return *whose, ("PublicIPv4PoolID", str(resource.resource_id))
