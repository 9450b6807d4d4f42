"""Where a pool's next block comes from: the free space of its source pool, or what is left of its rule's supply."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lambdas.common.space import (
    BITS,
    aligned_blocks,
    best_block,
    block_size,
    largest,
    netmask_length,
    parse,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lambdas.common.settings import PoolRule
    from lambdas.common.space import Range
    from lambdas.refill_pools.model import Pool, PoolSpace

UNIQUE_LOCAL = parse("fd00::/8")
"""RFC 4193. Private addresses that IPAM gives out by netmask length, from fd80::/9."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What can be taken: `parts` are free aligned blocks, the first part that has a block of a size gives it.

    `name` completes "no block is free in ...", `evidence` is kept with a decision, and `exhausted` is the reason
    code when no part has what is needed.
    """

    name: str
    evidence: Mapping[str, object]
    exhausted: str
    parts: tuple[Sequence[Range], ...]

    def choose(self, lengths: Iterable[int], *, beside: Sequence[Range], bits: int) -> Range | None:
        """Choose a block of the first of these netmask lengths that there is; see `best_block` for where."""
        possible = [length for length in lengths if block_size(length, bits) <= self._largest]
        blocks = (best_block(part, length, beside=beside, bits=bits) for length in possible for part in self.parts)
        return next((block for block in blocks if block is not None), None)

    def has(self, block: Range) -> bool:
        """Say whether this very block is free."""
        return any(not without([block], part) for part in self.parts)

    def largest(self, bits: int) -> str:
        """Say in words how much there is."""
        size = self._largest
        return f"the largest free block is a /{netmask_length(size, bits)}" if size else "no block is free"

    @cached_property
    def _largest(self) -> int:
        """The addresses in the largest block that can be taken, or 0."""
        return max(map(largest, self.parts), default=0)


def source_pool(source: PoolSpace, taken: Iterable[Range]) -> Origin:
    """Take from what a source pool has free, without what is known to be taken before it shows there."""
    return Origin(
        name=f"its source pool {source.pool.id}",
        evidence={"source_pool": source.pool.id},
        exhausted="source-exhausted",
        parts=(aligned_blocks(without(source.free, taken)),),
    )


def supply(rule: PoolRule, pool: Pool, taken: Iterable[Range]) -> Origin:
    """Take from the CIDRs that a rule gives for pools of this family, in their order, without what is taken."""
    cidrs = supply_cidrs(rule, pool)
    taken = list(taken)
    return Origin(
        name=f"its rule's supply ({', '.join(cidrs)})",
        evidence={"supply": cidrs},
        exhausted="supply-exhausted",
        parts=tuple(aligned_blocks(without([parse(cidr)], taken)) for cidr in cidrs),
    )


def supply_cidrs(rule: PoolRule, pool: Pool) -> list[str]:
    """Give the CIDRs that a pool may take blocks from: none unless it is private and has no source pool."""
    if pool.scope_type != "private" or pool.source_pool_id:
        return []
    return [str(network) for network in rule.supply if network.max_prefixlen == BITS[pool.family]]


def given_by_aws(space: PoolSpace, rule: PoolRule) -> bool:
    """Say whether AWS chooses the pool's blocks: its own addresses, or private ones that are nobody's."""
    pool = space.pool
    if pool.amazon_owned:
        return True
    top_level_ipv6 = (pool.scope_type, pool.family, pool.source_pool_id) == ("private", "ipv6", None)
    unique_local = not without((cidr.block for cidr in space.provisioned), [UNIQUE_LOCAL])
    return top_level_ipv6 and unique_local and not supply_cidrs(rule, pool)


def may_buy(rule: PoolRule) -> bool:
    """Say whether a rule means to spend money: it names the pool's id, or public pools."""
    return rule.match.pool_id is not None or rule.match.scope_type == "public"
