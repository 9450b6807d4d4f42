"""Gathers what judging a pool takes: of one that lacks nothing, no more than its own space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.refill_pools import request
from lambdas.refill_pools.case import Case
from lambdas.refill_pools.model import present
from lambdas.refill_pools.need import shortage
from lambdas.refill_pools.origin import supply_cidrs

if TYPE_CHECKING:
    from lambdas.common.settings import PoolRule
    from lambdas.common.space import Range
    from lambdas.refill_pools.model import Pool, PoolSpace
    from lambdas.refill_pools.run import Run


def case_of(run: Run, pool: Pool, rule: PoolRule, *, seen: PoolSpace | None = None) -> Case:
    """Read the pool, if it was not `seen` just now, and what could help it where it needs help."""
    lease, reading = run.leases[pool.id], run.reading
    space = seen or reading.space(pool)
    lengths = [each[pool.id] for each in (run.needs, run.demanded) if pool.id in each]
    demanded = min(lengths, default=None)
    demanded_size = run.sizes.get(pool.id, 0)
    needy = shortage(space, rule, lease, demanded, demanded_size) is not None
    chooses = needy and bool(pool.source_pool_id or supply_cidrs(rule, pool))
    return Case(
        space=space,
        rule=rule,
        lease=lease,
        tag_prefix=run.tag_prefix,
        source=reading.space(run.pools[pool.source_pool_id]) if needy and pool.source_pool_id else None,
        scope_taken=reading.taken_in_scope(pool, run.pools.values()) if chooses else (),
        reserved=_reserved_by_others(run, pool),
        demanded=demanded,
        demanded_size=demanded_size,
        contiguous_blocks=_contiguous_blocks(run, space) if needy and pool.contiguous else 0,
        external_authority=needy and reading.is_decided_elsewhere(pool, now=run.now),
    )


def _contiguous_blocks(run: Run, space: PoolSpace) -> int:
    """Count the contiguous blocks of all pools, which have one quota between them."""
    others = (
        pool
        for pool in run.pools.values()
        if pool.contiguous and pool.state != "delete-complete" and pool.id != space.pool.id
    )
    return len(space.present) + sum(len(present(run.reading.cidrs_of(pool))) for pool in others)


def _reserved_by_others(run: Run, pool: Pool) -> tuple[Range, ...]:
    """Give the blocks that other pools asked for, from where this one draws too, and may not show yet."""
    return tuple(
        block
        for other, lease in run.leases.items()
        if other != pool.id and other in run.pools and run.pools[other].draws_from == pool.draws_from
        for subject in sorted(lease.unshown(run.now))
        if (block := request.block_of(subject)) is not None
    )
