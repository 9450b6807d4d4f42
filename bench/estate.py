"""An organisation of some size, and what work in it takes: what the model of scale counts with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True)
class Estate:
    """An organisation: what each account has in each Region, and how much of it needs looking at.

    `idle_share` is the part of these places that have idle addresses, `albs_share` the part that have load balancers,
    `off_share` the part that have one off its pool, which is not moved within the hour. `resources` are its VPCs and
    subnets, which are in one scope with all others.
    A month has `releases` for each idle place, `refills` for each pool, and `calls` that CloudTrail tells of, for each
    place.
    """

    accounts: int
    regions: int
    addresses: int = 20
    idle_share: float = 0.2
    idle: int = 3
    albs_share: float = 0.25
    albs: int = 3
    off_share: float = 0.01
    pools: int = 10
    resources: int = 6
    releases: float = 1
    refills: float = 1
    calls: float = 60

    @property
    def places(self) -> int:
        """Accounts in Regions."""
        return self.accounts * self.regions

    @property
    def idle_places(self) -> int:
        """Those with idle addresses, which a sweep sends a message to."""
        return math.ceil(self.places * self.idle_share)

    @property
    def alb_places(self) -> int:
        """Those with load balancers."""
        return math.ceil(self.places * self.albs_share)

    @property
    def off_places(self) -> int:
        """Those with load balancers off their pool, each of which has a metric."""
        return math.ceil(self.places * self.off_share)

    @property
    def governed_pools(self) -> int:
        """Pools that a rule of `refill_pools` governs: some for the organisation in each Region."""
        return self.pools * self.regions

    @property
    def is_organisation(self) -> bool:
        """Whether work is sent to workers at all."""
        return self.accounts > 1

    @property
    def name(self) -> str:
        """Its size in words."""
        return f"{self.accounts:,} in {self.regions}"


@dataclass(frozen=True, kw_only=True)
class Work:
    """What something takes: API calls that others answer, table reads and writes, messages, Lambda's time."""

    calls: float = 0
    reads: float = 0
    writes: float = 0
    messages: float = 0
    seconds: float = 0

    def times(self, number: float) -> Work:
        """The same, so many times."""
        return Work(
            calls=self.calls * number,
            reads=self.reads * number,
            writes=self.writes * number,
            messages=self.messages * number,
            seconds=self.seconds * number,
        )


def total(works: Iterable[Work]) -> Work:
    """All of it together."""
    listed = list(works)
    return Work(
        calls=sum(each.calls for each in listed),
        reads=sum(each.reads for each in listed),
        writes=sum(each.writes for each in listed),
        messages=sum(each.messages for each in listed),
        seconds=sum(each.seconds for each in listed),
    )
