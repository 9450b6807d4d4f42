"""What a pool lacks, and which blocks would help: pure arithmetic over its space and its rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lambdas.common.space import block_size, netmask_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.common.decision import Lease
    from lambdas.common.settings import PoolRule
    from lambdas.refill_pools.model import PoolSpace

SMALLEST_WORTH_ADDING = {"ipv4": 28, "ipv6": 64}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """What a pool lacks: `addresses`, or 0, and a free block of the netmask length `block`, or None."""

    reason: str
    addresses: int
    block: int | None


def shortage(
    space: PoolSpace, rule: PoolRule, lease: Lease, demanded: int | None = None, demanded_size: int = 0
) -> Shortage | None:
    """Say what a pool lacks; None when it has enough, or no CIDR yet to judge its need by.

    A refill begins below the low-water mark and goes on, block after block, until the target is reached. `demanded`
    is the netmask length of a block that somebody needs from the pool; one that no block that may be added could
    hold counts as none. `demanded_size` is how many addresses somebody needs the pool to have in all.
    """
    if not space.provisioned:
        return None
    size, used = space.size, space.used
    mark = rule.target_percent if lease.unfinished else rule.low_water_percent
    low = (size - used) * 100 < size * Fraction(mark)
    ready = _ready_length(space, rule)
    missing = {
        reason: length
        for reason, length in (("fragmented", ready), ("demanded", _possible(demanded, space, rule)))
        if length is not None and not has_free(space, length)
    }
    addresses = max(lacking(size, used, rule.target_percent) if low else 0, demanded_size - size)
    if not low and not missing and addresses <= 0:
        return None
    return Shortage(
        reason="low-water" if low else next(iter(missing), "demanded"),
        addresses=max(addresses, 0),
        block=min(missing.values(), default=None),
    )


def worth_asking_for(lengths: Sequence[int], source: PoolSpace, rule: PoolRule) -> int | None:
    """Give the netmask length of the block that a source pool should get so that it can give one of these.

    `rule` governs the source pool; None where it lets no block be added that is large enough.
    """
    if not lengths or not source.provisioned:
        return None
    length = max(lengths[0], widest_length(source, rule))
    return length if length <= lengths[-1] else None


def useful_lengths(space: PoolSpace, rule: PoolRule, need: Shortage) -> list[int]:
    """Give the netmask lengths worth adding, the best first: the smallest block that is enough, then smaller ones.

    Empty where AWS gives the pool no block of a length that its rule allows.
    """
    widest, narrowest = _allowed_lengths(space, rule)
    bits = space.pool.bits
    first = netmask_length(max(need.addresses, 1), bits)
    if need.block is not None:
        first = min(first, need.block)
        if not need.addresses:
            narrowest = min(narrowest, need.block)
    first = min(max(first, widest), narrowest)
    given = [length for length in space.pool.netmask_lengths if widest <= length <= narrowest]
    best = max((length for length in given if length <= first), default=first)
    return [length for length in given if length >= best]


def widest_length(space: PoolSpace, rule: PoolRule) -> int:
    """Give the netmask length of the largest block that may be added in one step."""
    return _allowed_lengths(space, rule)[0]


def _allowed_lengths(space: PoolSpace, rule: PoolRule) -> tuple[int, int]:
    """Give the netmask lengths of the largest and of the smallest block that may be added."""
    pool = space.pool
    smallest = SMALLEST_WORTH_ADDING[pool.family]
    if smallest not in pool.netmask_lengths:
        smallest = pool.netmask_lengths[-1]
    narrowest = rule.max_netmask_length or min(pool.allocation_max_netmask_length or smallest, smallest)
    so_far = min(netmask_length(cidr.block.size, pool.bits) for cidr in space.provisioned)
    widest = rule.min_netmask_length or min(so_far, rule.ready_netmask_length or so_far)
    return min(widest, narrowest), narrowest


def _ready_length(space: PoolSpace, rule: PoolRule) -> int | None:
    """Give the netmask length of the block that must be free; None: no such demand.

    What the pool's allocation rules suggest counts only if a block that may be added could hold it.
    """
    pool = space.pool
    widest = widest_length(space, rule)
    if rule.ready_netmask_length is not None:
        return max(rule.ready_netmask_length, widest)
    suggested = pool.allocation_default_netmask_length or pool.allocation_min_netmask_length
    return suggested if suggested is not None and suggested >= widest else None


def _possible(length: int | None, space: PoolSpace, rule: PoolRule) -> int | None:
    return length if length is not None and length >= widest_length(space, rule) else None


def has_free(space: PoolSpace, length: int) -> bool:
    """Say whether the pool has a free block of this length within one of its CIDRs."""
    return space.largest_free >= block_size(length, space.pool.bits)


def lacking(size: int, used: int, target_percent: float) -> int:
    """Give the addresses that a pool lacks to its target: (size + n - used) / (size + n) = target."""
    return max(0, math.ceil(used * 100 / (100 - Fraction(target_percent))) - size)
