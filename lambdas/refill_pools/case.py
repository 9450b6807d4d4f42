"""All that the judgement of one pool rests on, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.common.decision import Lease
    from lambdas.common.settings import PoolRule
    from lambdas.common.space import Range
    from lambdas.refill_pools.model import PoolSpace

REMEDIATION = "refill_pools"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """All that the judgement of one pool rests on.

    `source` is None for a pool without a source pool. `scope_taken` is what resources in its scope have, and, without a
    source pool, what other pools have.
    `reserved` are blocks that other pools are getting at this moment, `contiguous_blocks` the number of blocks of
    Amazon's contiguous IPv4 addresses that all pools have, `demanded` the netmask length of a block that was
    asked for and not given, `demanded_size` how many addresses somebody needs the pool to have in all. `lease` is the
    pool's own; the block that it is held for, if any, is preferred over any other, so that an act that was interrupted
    is taken up again as it was.
    """

    space: PoolSpace
    rule: PoolRule
    lease: Lease
    tag_prefix: str
    source: PoolSpace | None = None
    scope_taken: tuple[Range, ...] = ()
    reserved: tuple[Range, ...] = ()
    demanded: int | None = None
    demanded_size: int = 0
    contiguous_blocks: int = 0
    external_authority: bool = False
