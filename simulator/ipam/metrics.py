"""The metrics that IPAM publishes, computed from its state.

IPAM user guide, "IPAM pool and scope metrics". Which of the documented dimensions each series carries is
written nowhere; here a pool's series have all four, and a scope's the address family and the scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moto.ec2.models import ec2_backends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.ipam.models.pools import IpamPool

NAMESPACE = "AWS/IPAM"


@dataclass(frozen=True, slots=True)
class Datapoint:
    """One value of one series, published in `account` and `region`."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    value: float
    unit: str


def datapoints() -> list[Datapoint]:
    """What every IPAM publishes now, in its home Region."""
    return [
        datapoint
        for _, _, backend in list(ec2_backends.iter_backends())
        for pool in getattr(backend, "ipam_pools", {}).values()
        for datapoint in _of_pool(pool)
    ]


def _of_pool(pool: IpamPool) -> Iterator[Datapoint]:
    size = pool.space.size
    if size == 0:
        return
    allocated = sum(
        allocation.network.num_addresses
        for allocation in pool.allocations.values()
        if allocation.resource_type == "ipam-pool"
    )
    available = pool.space.free_size
    for name, addresses in (
        ("PercentAvailable", available),
        ("PercentAllocated", allocated),
        ("PercentAssigned", size - available - allocated),
    ):
        yield _datapoint(pool, name, 100 * addresses / size, "Percent")


def _datapoint(pool: IpamPool, name: str, value: float, unit: str) -> Datapoint:
    dimensions = (
        ("AddressFamily", pool.address_family),
        ("Locale", pool.locale),
        ("PoolID", pool.id),
        ("ScopeID", pool.ipam_scope_id),
    )
    return Datapoint(pool.owner_id, pool.ipam_region, NAMESPACE, name, dimensions, value, unit)
