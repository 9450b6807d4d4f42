"""How a source pool looks after its pools grew for years: the places that `refill_pools` chooses, and others' choices.

A history is a list of steps that is the same for every contender: pools of one source pool get blocks, of lengths as
refills have them, give one back now and then, and somebody takes a block from the source by hand. Contenders differ
only in where a block goes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from bench.large_pool import POOL
from bench.result import OURS, Measure, Result, Row, Spread
from lambdas.common.decision import Lease
from lambdas.common.settings import PoolMatch, PoolRule
from lambdas.common.space import (
    BITS,
    NO_ADDRESSES,
    Range,
    aligned_blocks,
    best_block,
    block_size,
    largest,
    parse,
    route_prefixes,
    total,
    without,
    written,
)
from lambdas.refill_pools.model import PoolCidr, PoolSpace
from lambdas.refill_pools.need import shortage, useful_lengths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HISTORIES = 1_000
STEPS = 40
POOLS = 8
FIRST_LENGTHS = (19, 20, 21, 22)
SOURCE = "10.0.0.0/14"
REMADE = 0.04
TAKEN_BY_HAND = 0.04
IPV4 = BITS["ipv4"]
RULE = PoolRule(
    match=PoolMatch(tags={}),
    low_water_percent=20,
    target_percent=40,
    min_netmask_length=None,
    max_netmask_length=None,
    ready_netmask_length=None,
    max_provisions_per_day=4,
    max_cidrs_per_pool=50,
    max_contiguous_blocks=2,
    supply=(),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What happens next: a pool's use grows by a share of its size, or it is made anew, or somebody takes a block.

    `remade` is the netmask length of the first CIDR of a pool that takes the place of `pool`; `by_hand` the one of a
    block that somebody takes from the end of the source, where nobody else does.
    """

    pool: int
    growth: float = 0
    remade: int | None = None
    by_hand: int | None = None


class Contender(Protocol):
    """Somebody who chooses where blocks go, in one history."""

    def choose(self, length: int, *, taken: Sequence[Range], beside: Sequence[Range]) -> Range | None:
        """Choose a free block, for a pool that has `beside`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a history ended."""

    prefixes: int
    largest_free: int
    refused: int


class Poolwarden:
    """What `refill_pools` does."""

    def choose(self, length: int, *, taken: Sequence[Range], beside: Sequence[Range]) -> Range | None:
        """Choose as the plan does."""
        return best_block(free_blocks(taken), length, beside=beside, bits=IPV4)


class FirstFit:
    """The lowest address at which the block fits: what the simulated IPAM gives for a netmask length."""

    def choose(self, length: int, *, taken: Sequence[Range], beside: Sequence[Range]) -> Range | None:  # noqa: ARG002
        """Choose the lowest address."""
        size = block_size(length, IPV4)
        starts = [hole.start for hole in free_blocks(taken) if hole.size >= size]
        return Range(starts[0], starts[0] + size) if starts else None


class AnyBlock:
    """A place that ProvisionIpamPoolCidr with a NetmaskLength could answer: AWS promises no order."""

    def __init__(self) -> None:
        self._random = random.Random(SOURCE)

    def choose(self, length: int, *, taken: Sequence[Range], beside: Sequence[Range]) -> Range | None:  # noqa: ARG002
        """Choose any of the places, each as likely as the other."""
        size = block_size(length, IPV4)
        holes = [hole for hole in free_blocks(taken) if hole.size >= size]
        if not holes:
            return None
        (hole,) = self._random.choices(holes, weights=[hole.size // size for hole in holes])
        start = hole.start + self._random.randrange(hole.size // size) * size
        return Range(start, start + size)


CONTENDERS: tuple[tuple[str, Callable[[], Contender]], ...] = (
    (OURS, Poolwarden),
    ("first-fit, as the simulated IPAM answers a NetmaskLength", FirstFit),
    ("NetmaskLength with no order, as AWS promises none", AnyBlock),
)
LAYOUTS = (("pools side by side", False), ("pools with room between them", True))
"""Where pools begin: at the lowest free address, or each in an equal part of the source."""


def measure() -> Result:
    """Play every history with every contender."""
    histories = [history(seed) for seed in range(HISTORIES)]
    return Result(
        title="Growth of pools: route prefixes, and what is left of their source",
        about=(
            f"{HISTORIES:,} random histories of {STEPS} steps: {POOLS} pools of a {SOURCE} grow and are refilled as "
            "their rule asks, some are made anew, some blocks are taken by hand. AWS documents no order in which it "
            "takes blocks by NetmaskLength: the simulated IPAM takes the lowest address. Median, and quartiles."
        ),
        measures=(
            Measure(name="route prefixes of all pools", better="less"),
            Measure(name="largest block free in the source", unit="addresses", better="more"),
            Measure(name="requests refused", better="less"),
        ),
        rows=tuple(
            _row(layout, name, [play(steps, make(), spaced=spaced) for steps in histories])
            for layout, spaced in LAYOUTS
            for name, make in CONTENDERS
        ),
    )


def history(seed: int) -> list[Step]:
    """Make up a history; the same one for the same seed."""
    chance = random.Random(seed)
    first = [Step(pool=pool, remade=chance.choice(FIRST_LENGTHS)) for pool in range(POOLS)]
    busy = [chance.random() for _ in range(POOLS)]
    return [*first, *(_step(chance, busy) for _ in range(STEPS))]


def play(steps: Sequence[Step], contender: Contender, *, spaced: bool = False) -> Outcome:
    """Let a history happen."""
    source = Source(contender, spaced=spaced)
    for step in steps:
        if step.by_hand is not None:
            source.take_by_hand(step.by_hand)
        elif step.remade is not None:
            source.make_anew(step.pool, step.remade)
        else:
            source.grow(step.pool, step.growth)
    return source.outcome


class Source:
    """A source pool and its pools, as one contender fills them."""

    def __init__(self, contender: Contender, *, spaced: bool) -> None:
        self._contender = contender
        self._spaced = spaced
        self._pools: list[list[Range]] = [[] for _ in range(POOLS)]
        self._used = [0] * POOLS
        self._by_hand: list[Range] = []
        self._refused = 0

    @property
    def outcome(self) -> Outcome:
        """How things are."""
        return Outcome(
            prefixes=sum(len(route_prefixes(pool)) for pool in self._pools),
            largest_free=largest(free_blocks(self._taken)),
            refused=self._refused,
        )

    def grow(self, number: int, share: float) -> None:
        """Let a pool's use grow, and refill it by its rule."""
        pool = self._pools[number]
        if not pool:
            return
        self._used[number] = min(total(pool), self._used[number] + int(total(pool) * share))
        lease = Lease(guard="")
        while (need := shortage(space := self._space(number), RULE, lease)) is not None:
            taken = self._taken
            choices = (
                self._contender.choose(length, taken=taken, beside=pool) for length in useful_lengths(space, RULE, need)
            )
            block = next((choice for choice in choices if choice is not None), None)
            if block is None:
                self._refused += 1
                return
            pool.append(block)
            lease = replace(lease, unfinished=True)

    def make_anew(self, number: int, length: int) -> None:
        """Put a new pool in the place of one; its first CIDR stands at the beginning of a slot, or of what is free."""
        self._pools[number].clear()
        self._used[number] = 0
        whole, size = parse(SOURCE), block_size(length, IPV4)
        slot = whole.start + number * (whole.size // POOLS)
        block = Range(slot, slot + size)
        if not self._spaced or without([block], self._taken) != [block]:
            block = FirstFit().choose(length, taken=self._taken, beside=()) or NO_ADDRESSES
        self._pools[number] += [block] if block.size else []

    def take_by_hand(self, length: int) -> None:
        """Take a block from the end."""
        size = block_size(length, IPV4)
        ends = [hole.end for hole in free_blocks(self._taken) if hole.size >= size]
        if ends:
            self._by_hand.append(Range(ends[-1] - size, ends[-1]))

    @property
    def _taken(self) -> list[Range]:
        return [*self._by_hand, *(block for pool in self._pools for block in pool)]

    def _space(self, number: int) -> PoolSpace:
        """The pool as a plan sees it, its use being one piece."""
        blocks = sorted(self._pools[number])
        cidrs = tuple(PoolCidr(cidr=written(block, IPV4), block=block, state="provisioned") for block in blocks)
        left, used = self._used[number], []
        for block in blocks:
            piece = min(left, block.size)
            used.append(Range(block.start, block.start + piece))
            left -= piece
        return PoolSpace(pool=POOL, cidrs=cidrs, allocated=tuple(used))


def free_blocks(taken: Sequence[Range]) -> list[Range]:
    """Give what is free of the source, as aligned blocks."""
    return aligned_blocks(without([parse(SOURCE)], taken))


def _step(chance: random.Random, busy: Sequence[float]) -> Step:
    kind, length, growth = chance.random(), chance.choice(FIRST_LENGTHS), chance.uniform(0.05, 0.4)
    (pool,) = chance.choices(range(POOLS), weights=busy)
    if kind < REMADE:
        return Step(pool=pool, remade=length)
    if kind < REMADE + TAKEN_BY_HAND:
        return Step(pool=pool, by_hand=length)
    return Step(pool=pool, growth=growth)


def _row(layout: str, name: str, outcomes: Sequence[Outcome]) -> Row:
    return Row(
        setting=layout,
        contender=name,
        figures={
            "route prefixes of all pools": Spread.of(each.prefixes for each in outcomes),
            "largest block free in the source": Spread.of(each.largest_free for each in outcomes),
            "requests refused": Spread.of(each.refused for each in outcomes),
        },
    )
