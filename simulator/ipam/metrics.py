"""The metrics that IPAM publishes, computed from its state.

IPAM user guide, "IPAM pool and scope metrics". Which of the documented dimensions each series carries is written
nowhere; here a pool's series have all four, and a scope's the address family and the scope.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moto.ec2.models import ec2_backends

from simulator.ipam.models.monitoring import MANAGEABLE
from simulator.ipam.settings import settings
from simulator.ipam.usage_metrics import usages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.pools import IpamPool

NAMESPACE = "AWS/IPAM"

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Datapoint:
    """One value of one series, published in `account` and `region`."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions
    value: float
    unit: str


def datapoints() -> list[Datapoint]:
    """What every IPAM publishes now, in its home Region."""
    backends = [backend for _, _, backend in list(ec2_backends.iter_backends())]
    ipams = [ipam for backend in backends for ipam in getattr(backend, "ipams", {}).values()]
    return [datapoint for ipam in ipams for datapoint in _of_ipam(ipam)]


def _of_ipam(ipam: Ipam) -> Iterator[Datapoint]:
    by_pool, by_scope = _judgements(ipam)
    for scope in ipam.scopes.values():
        for address_family in ("ipv4", "ipv6"):
            dimensions: Dimensions = (("AddressFamily", address_family), ("ScopeID", scope.id))
            for name, status in _SCOPE_METRICS:
                yield _datapoint(ipam, name, dimensions, by_scope[scope.id, address_family, status], "Count")
        for pool in scope.pools.values():
            if pool.id in settings().unmeasured_pools:
                continue
            dimensions = _dimensions_of(pool)
            for name, status in _POOL_METRICS:
                yield _datapoint(ipam, name, dimensions, by_pool[pool.id, status], "Count")
            for name, share in _shares(pool):
                yield _datapoint(ipam, name, dimensions, share, "Percent")
    for name, dimensions, usage in usages(ipam):
        yield _datapoint(ipam, name, dimensions, usage, "None")


_POOL_METRICS = (("CompliantResourceCidrs", "compliant"), ("NoncompliantResourceCidrs", "noncompliant"))
_SCOPE_METRICS = (
    *_POOL_METRICS,
    ("OverlappingResourceCidrs", "overlapping"),
    ("ManagedResourceCidrs", "managed"),
    ("UnmanagedResourceCidrs", "unmanaged"),
)


def _judgements(ipam: Ipam) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str, str]]]:
    """How many CIDRs have each compliance in each pool, and each status in each scope and family."""
    by_pool: Counter[tuple[str, str]] = Counter()
    by_scope: Counter[tuple[str, str, str]] = Counter()
    monitor = ipam.monitor
    for cidr in monitor.found:
        allocation, compliance = monitor.allocation_of(cidr), monitor.compliance_status(cidr)
        if allocation is not None and compliance is not None:
            by_pool[allocation.pool.id, compliance] += 1
        if cidr.resource_type in MANAGEABLE:
            statuses = {compliance, monitor.management_state(cidr), monitor.overlap_status(cidr)}
            for status in statuses - {None}:
                by_scope[monitor.scope_of(cidr), cidr.address_family, str(status)] += 1
    return by_pool, by_scope


def _shares(pool: IpamPool) -> Iterator[tuple[str, float]]:
    """The percentages of a pool's space; none for a pool without a provisioned CIDR."""
    size = pool.space.size
    if size == 0:
        return
    available = pool.space.free_size
    allocated = sum(
        cidr.from_source.network.num_addresses
        for child in pool.children()
        for cidr in child.cidrs.values()
        if cidr.from_source is not None
    )
    yield "PercentAvailable", 100 * available / size
    yield "PercentAllocated", 100 * allocated / size
    yield "PercentAssigned", 100 * (size - available - allocated) / size


def _dimensions_of(pool: IpamPool) -> Dimensions:
    return (
        ("AddressFamily", pool.address_family),
        ("Locale", pool.locale),
        ("PoolID", pool.id),
        ("ScopeID", pool.scope.id),
    )


def _datapoint(ipam: Ipam, name: str, dimensions: Dimensions, value: float, unit: str) -> Datapoint:
    return Datapoint(ipam.owner_id, ipam.ipam_region, NAMESPACE, name, dimensions, value, unit)
