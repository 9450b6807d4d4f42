"""How many addresses a pool has for load balancers that are to move there: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.align_albs.model import Fleet


@dataclass(kw_only=True, slots=True)
class Room:
    """A pool's addresses, shared out while a plan is made.

    `size` is what it has in all, `free` what is not allocated and no load balancer has, `owed` what those that are on
    it already have not got from it yet: each address of theirs from elsewhere may be replaced by one of the pool's at
    any time.
    `claimed` is what must be free for those that move in this run, `taken` what they will have; `asked` is what is
    needed for those that find no room.
    """

    size: int
    free: int
    owed: int
    claimed: int = 0
    taken: int = 0
    asked: int = 0

    @classmethod
    def of(cls, fleet: Fleet, pool_id: str) -> Room:
        """Count the room of a pool that is usable; one whose addresses are not known has none."""
        space = fleet.pools[pool_id].space
        if space is None:
            return cls(size=0, free=0, owed=0)
        inside = {alb.arn: alb.addresses - space.outside(alb.addresses) for alb in fleet.albs.values()}
        there = (alb for alb in fleet.albs.values() if alb.pool == pool_id and alb.takes_pools)
        owed = sum(max(0, alb.zones - len(inside[alb.arn])) for alb in there)
        # The list of allocations lags behind what load balancers have got already.
        unlisted = sum(len(space.unlisted(addresses)) for addresses in inside.values())
        return cls(size=space.size, free=space.free - unlisted, owed=owed)

    @property
    def available(self) -> int:
        """What is free and owed to nobody; negative where more is owed than is free."""
        return self.free - self.owed

    def take(self, zones: int, needed: int) -> bool:
        """Claim what a load balancer needs to move, besides what others claim in this run; False where it is short."""
        if self.claimed + needed > self.available:
            return False
        self.claimed += needed
        self.taken += zones
        return True

    def wait(self, zones: int, needed: int) -> bool:
        """Say whether there will be room in the next run, once those of this one have moved; else ask for more."""
        if self.taken + needed <= self.available:
            self.taken += zones
            return True
        self.asked += needed
        return False

    @property
    def lacking(self) -> int:
        """Count the addresses that the pool lacks for all that found no room."""
        return self.taken + self.asked - self.available
