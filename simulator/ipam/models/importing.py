"""Auto-import: VPCs that lie inside a pool become allocations of it.

CreateIpamPool, AutoImport: what is allocated to others already is not imported; of CIDRs that overlap each other the
largest is; compliance with the pool's rules does not matter; the pool must have a locale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.models.allocations import IpamPoolAllocation
from simulator.ipam.models.core import SETTLED

if TYPE_CHECKING:
    from simulator.ipam.models.monitoring import Monitor


def import_resources(monitor: Monitor) -> None:
    """Import what was found into every pool that imports."""
    pools = [
        pool
        for scope in monitor.ipam.scopes.values()
        for pool in scope.pools.values()
        if pool.auto_import and pool.has_locale() and pool.state in SETTLED
    ]
    if not pools:
        return
    unmanaged = [
        cidr for cidr in monitor.found if cidr.resource_type == "vpc" and monitor.management_state(cidr) == "unmanaged"
    ]
    unmanaged.sort(key=lambda cidr: cidr.network.prefixlen)
    for cidr in unmanaged:
        for pool in pools:
            if monitor.scope_of(cidr) == pool.scope.id and pool.space.is_free(cidr.network):
                IpamPoolAllocation.make(
                    pool,
                    cidr.network,
                    resource_type="vpc",
                    resource_owner=cidr.resource_owner_id,
                    resource_id=cidr.resource_id,
                    resource_region=cidr.resource_region,
                )
                break
