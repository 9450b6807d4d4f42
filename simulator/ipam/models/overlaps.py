"""Which VPC CIDRs of a scope overlap another one, or an allocation made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.ipam.models.discovery import DiscoveredCidr
    from simulator.ipam.models.scopes import IpamScope
    from simulator.ipam.space import Network


@dataclass(frozen=True, slots=True)
class _Range:
    version: int
    start: int
    end: int
    key: tuple[str, str, str, str] | None


def overlapping(scope: IpamScope, cidrs: Iterable[DiscoveredCidr]) -> Iterator[tuple[str, str, str, str]]:
    """The keys of those CIDRs that overlap another of them, or a custom allocation of a pool in the scope.

    One pass in order of address, so it takes n log n.
    """
    ranges = [_range(cidr.network, cidr.key) for cidr in cidrs]
    ranges += [
        _range(allocation.network, None)
        for pool in scope.pools.values()
        for allocation in pool.allocations.values()
        if allocation.resource_type == "custom"
    ]
    ranges.sort(key=lambda item: (item.version, item.start, -item.end))
    furthest: _Range | None = None
    for item in ranges:
        if furthest is not None and furthest.version == item.version and item.start < furthest.end:
            yield from (key for key in (furthest.key, item.key) if key is not None)
        if furthest is None or furthest.version != item.version or item.end > furthest.end:
            furthest = item


def _range(network: Network, key: tuple[str, str, str, str] | None) -> _Range:
    start = int(network.network_address)
    return _Range(network.version, start, start + network.num_addresses, key)
