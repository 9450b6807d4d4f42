"""Sharing pools and resource discoveries with other accounts, for whoever plays AWS RAM.

Whoever calls these beside other threads holds `moto_services.exclusively`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.exceptions import InvalidIpamResourceIdNotFoundError
from simulator.ipam.models.core import everywhere

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.models.resource_discoveries import IpamResourceDiscovery


def share_pool(pool_id: str, principals: Iterable[str]) -> None:
    """Let these accounts, or all in these units or organisations (ids or ARNs), allocate from a pool."""
    _pool(pool_id).sharing.add(principals)


def unshare_pool(pool_id: str, principals: Iterable[str]) -> None:
    """Take one share of a pool back; what was allocated stays allocated."""
    _pool(pool_id).sharing.remove(principals)


def share_resource_discovery(discovery_id: str, principals: Iterable[str]) -> None:
    """Let IPAMs of these accounts be associated with a resource discovery."""
    _discovery(discovery_id).sharing.add(principals)


def unshare_resource_discovery(discovery_id: str, principals: Iterable[str]) -> None:
    """Take one share of a resource discovery back; associations with it find nothing any more."""
    discovery = _discovery(discovery_id)
    discovery.sharing.remove(principals)
    discovery.observation.tell_observers()


def _pool(pool_id: str) -> IpamPool:
    for pool in everywhere("ipam_pools"):
        if pool.id == pool_id:
            return pool
    raise InvalidIpamResourceIdNotFoundError("ipam-pool", pool_id)


def _discovery(discovery_id: str) -> IpamResourceDiscovery:
    for discovery in everywhere("ipam_resource_discoveries"):
        if discovery.id == discovery_id:
            return discovery
    raise InvalidIpamResourceIdNotFoundError("ipam-resource-discovery", discovery_id)
