"""The metrics about public IPv4 addresses that IPAM publishes, computed from the addresses.

IPAM user guide, "Monitor IPAM with Amazon CloudWatch": the "public IP insights metrics" have the dimensions IpamId and
Region. The "IPAM public IP metrics", which are about Amazon's contiguous blocks, are IPAM metrics like those of pools,
with the dimensions AddressFamily, Locale, PoolID and ScopeID. As GetIpamDiscoveredPublicAddresses tells
`amazon-owned-contig` from `amazon-owned-eip`, an address of a contiguous block is counted in the latter metrics only.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from simulator.elastic_ips.models.address_pools import Origin
from simulator.ipam.metrics import NAMESPACE, Datapoint
from simulator.ipam.models.core import account_backends, all_backends
from simulator.ipam.models.coverage import covered_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from simulator.elastic_ips.models.addresses import ElasticIp
    from simulator.ipam.metrics import Dimensions
    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.pools import IpamPool

INSIGHTS = (
    "AmazonOwnedElasticIPs",
    "AssociatedAmazonOwnedElasticIPs",
    "UnassociatedAmazonOwnedElasticIPs",
    "BringYourOwnIPs",
    "AssociatedBringYourOwnIPs",
    "UnassociatedBringYourOwnIPs",
    "ServiceManagedIPs",
    "ServiceManagedBringYourOwnIPs",
    "EC2PublicIPs",
)


def datapoints() -> list[Datapoint]:
    """What every IPAM publishes now, in its home Region."""
    backends = list(all_backends())
    by_id = {address.id: address for backend in backends for address in backend.addresses}
    ipams = [ipam for backend in backends for ipam in backend.ipams.values()]
    return [datapoint for ipam in ipams for datapoint in (*_insights(ipam), *_contiguous(ipam, by_id))]


def _insights(ipam: Ipam) -> Iterator[Datapoint]:
    """The counts of each operating Region, over all accounts that the IPAM's resource discoveries look into."""
    accounts = {
        account.account_id
        for discovery in ipam.ec2_backend.discoveries_of_ipam(ipam)
        for account in covered_accounts(discovery.owner_id, discovery.exclusions)
    }
    backends = [backend for account in sorted(accounts) for backend in account_backends(account)]
    for region in ipam.regions:
        counts = Counter[str]()
        for backend in backends:
            if backend.region_name == region:
                counts.update(_counts(backend))
        for name in INSIGHTS:
            yield _datapoint(ipam, name, (("IpamId", ipam.id), ("Region", region)), counts[name])


def _counts(backend: Any) -> Counter[str]:  # noqa: ANN401 - moto is untyped
    counts = Counter(name for address in backend.addresses for name in _counted_as(address))
    elastic = {address.public_ip for address in backend.addresses}
    counts["EC2PublicIPs"] = sum(
        interface.public_ip is not None and interface.public_ip not in elastic for interface in backend.enis.values()
    )
    return counts


def _counted_as(address: ElasticIp) -> tuple[str, ...]:
    own = address.pool.origin is Origin.BRING_YOUR_OWN
    if address.service_managed is not None:
        return ("ServiceManagedBringYourOwnIPs",) if own else ("ServiceManagedIPs",)
    if address.pool.origin is Origin.CONTIGUOUS:
        return ()
    name = "BringYourOwnIPs" if own else "AmazonOwnedElasticIPs"
    return name, f"{'Associated' if address.is_associated() else 'Unassociated'}{name}"


def _contiguous(ipam: Ipam, by_id: dict[str, ElasticIp]) -> Iterator[Datapoint]:
    """The counts of each pool that Amazon provides with contiguous IPv4 blocks."""
    for scope in ipam.scopes.values():
        for pool in scope.pools.values():
            if (pool.public_ip_source, pool.address_family) == ("amazon", "ipv4"):
                yield from _of_pool(ipam, pool, by_id)


def _of_pool(ipam: Ipam, pool: IpamPool, by_id: dict[str, ElasticIp]) -> Iterator[Datapoint]:
    """A released address that IPAM has not noticed yet is allocated, but neither associated nor unassociated."""
    dimensions: Dimensions = (
        ("AddressFamily", pool.address_family),
        ("Locale", pool.locale),
        ("PoolID", pool.id),
        ("ScopeID", pool.scope.id),
    )
    holders = (by_id.get(allocation.resource_id or "") for allocation in pool.allocations.values())
    associated = Counter(address.is_associated() for address in holders if address is not None)
    yield _datapoint(ipam, "AmazonOwnedContigIPs", dimensions, pool.space.size)
    yield _datapoint(ipam, "AllocatedAmazonOwnedContigIPs", dimensions, pool.space.size - pool.space.free_size)
    yield _datapoint(ipam, "UnallocatedAmazonOwnedContigIPs", dimensions, pool.space.free_size)
    yield _datapoint(ipam, "AssociatedAmazonOwnedContigIPs", dimensions, associated[True])
    yield _datapoint(ipam, "UnassociatedAmazonOwnedContigIPs", dimensions, associated[False])


def _datapoint(ipam: Ipam, name: str, dimensions: Dimensions, value: float) -> Datapoint:
    return Datapoint(ipam.owner_id, ipam.ipam_region, NAMESPACE, name, dimensions, value, "Count")
