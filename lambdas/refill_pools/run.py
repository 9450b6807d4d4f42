"""What one run goes by, from the look at all pools to the end of the last one's turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.common import guards, limits
from lambdas.refill_pools.case import REMEDIATION
from lambdas.refill_pools.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lambdas.common.decision import Lease
    from lambdas.common.limits import Turn
    from lambdas.common.settings import PoolRule, RefillSettings
    from lambdas.refill_pools.model import Pool


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run goes by.

    `rules` are those of all governed pools, `leases` theirs and those of others that the run meets, `turns` those at
    what governed pools draw from; leases and turns are kept up to date as the run takes them and gives them back.
    `needs` gives the netmask length of the block that somebody was refused from a pool, `sizes` how many addresses
    somebody needs it to have in all, `demanded` the netmask length of the block that another pool needs from it;
    `waiting` are the pools that wait for their source pool. `approved` is the id of the proposal that a person
    approved, or empty. `reading` is what the run reads of AWS, the same for all pools.
    """

    now: datetime
    rechecking: bool
    tag_prefix: str
    settings: RefillSettings
    pools: Mapping[str, Pool]
    turns: dict[str, Turn]
    leases: dict[str, Lease]
    rules: Mapping[str, PoolRule]
    needs: dict[str, int]
    sizes: dict[str, int]
    approved: str = ""
    demanded: dict[str, int] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    reading: Reading = field(default_factory=Reading)

    def look_again(self) -> None:
        """Read turns and leases anew, in this order: see the handler. All else is read anew when it is needed."""
        self.reading.forget()
        self.turns.update(limits.turns(REMEDIATION, self.turns))
        self.leases.update(guards.leases(REMEDIATION, self.leases))


def governed(settings: RefillSettings, pools: Mapping[str, Pool]) -> dict[str, PoolRule]:
    """Give the rule of each pool that one governs."""
    return {
        pool.id: rule
        for pool in pools.values()
        if (rule := settings.rule_for(pool_id=pool.id, tags=pool.tags, scope_type=pool.scope_type, family=pool.family))
    }
