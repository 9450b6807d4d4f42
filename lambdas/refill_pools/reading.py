"""What a run reads of AWS: the pools that it judges each time anew, and what is in their scope once for all of them.

An organisation's scope has tens of thousands of resources, in pages of a thousand: to read them for each pool that
needs something would take most of a run. Turns and leases are read before all of this, so that what another run of
ours takes from where a pool draws voids the decision that rests on it; the run then reads everything anew.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from lambdas.refill_pools import authority, aws

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from lambdas.common.space import Range
    from lambdas.refill_pools.model import Pool, PoolCidr, PoolSpace


class Reading:
    """What one run reads, and what it has read for all of its pools."""

    good_for_seconds: ClassVar[float] = 120.0
    """For how long resources count as read: AWS refuses a CIDR that another pool has, but not one that a resource has.
    IPAM finds a new resource within minutes itself."""

    def __init__(self) -> None:
        self._cidrs: dict[str, tuple[PoolCidr, ...]] = {}
        self._resources: dict[str, tuple[float, Mapping[str, tuple[Range, ...]]]] = {}

    def space(self, pool: Pool) -> PoolSpace:
        """Read a pool's CIDRs and its allocations, as they are at this moment."""
        return aws.space(pool)

    def cidrs_of(self, pool: Pool) -> tuple[PoolCidr, ...]:
        """Read the CIDRs of a pool beside the one that is judged, in whatever state."""
        if pool.id not in self._cidrs:
            self._cidrs[pool.id] = aws.cidrs_of(pool)
        return self._cidrs[pool.id]

    def taken_in_scope(self, pool: Pool, pools: Iterable[Pool]) -> tuple[Range, ...]:
        """Read what anything else in a pool's scope has: other pools, `pools` being all of them, and resources.

        Of a pool with a source pool, what that pool has free tells of other pools already. The CIDRs of pools without
        one hold all that lower pools and allocations have. Resources count whether IPAM manages them, does not, or was
        told to ignore them: they use their addresses all the same, also inside a source pool whose space nobody
        allocated to them.
        """
        others = (
            other
            for other in pools
            if other.id != pool.id
            and not pool.source_pool_id
            and (other.scope_id, other.family, other.source_pool_id) == (pool.scope_id, pool.family, None)
            and other.state != "delete-complete"
        )
        cidrs = (cidr.block for other in others for cidr in self.cidrs_of(other) if cidr.state != "deprovisioned")
        resources = self._resources_beside(pool)
        return (*cidrs, *resources)

    def is_decided_elsewhere(self, pool: Pool, *, now: datetime) -> bool:
        """Say whether another product decides the CIDRs of the pool's scope."""
        return authority.is_elsewhere(pool, now=now)

    def forget(self) -> None:
        """Read everything anew from now on: others were first."""
        self._cidrs.clear()
        self._resources.clear()

    def forget_pool(self, pool_id: str) -> None:
        """Read a pool's CIDRs anew from now on: this run is changing them. No resource changes by that."""
        self._cidrs.pop(pool_id, None)

    def _resources_beside(self, pool: Pool) -> tuple[Range, ...]:
        read_at, found = self._resources.get(pool.scope_id, (0.0, None))
        if found is None or time.monotonic() - read_at > self.good_for_seconds:
            found = aws.resources_in(pool.scope_id, region=pool.region)
            self._resources[pool.scope_id] = time.monotonic(), found
        return found[pool.family]
