"""What a refill asks AWS for: a block by its CIDR, or by its netmask length, where AWS chooses the block.

It is kept as the text that is a decision's subject, so that any later run can tell what came of it: the CIDR
itself, or `/29 besides <ids>` with the ids of all the CIDRs that the pool listed before. What it has besides these
is what was asked for, so that nothing is asked for again, even when the answer to the call was lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common.space import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.common.space import Range
    from lambdas.refill_pools.model import PoolCidr, PoolSpace

_BESIDES = " besides "


def by_length(length: int, space: PoolSpace) -> str:
    """Ask for a block of a netmask length, besides what the pool lists now."""
    return f"/{length}{_BESIDES}{' '.join(sorted(each.id for each in space.cidrs))}"


def is_by_length(subject: str) -> bool:
    """Say whether AWS chooses the block."""
    return subject.startswith("/")


def told(subject: str) -> str:
    """Name what is asked for as people know it: `10.0.16.0/21`, or `/29`."""
    return subject.partition(_BESIDES)[0]


def length_of(subject: str) -> int:
    """Give the netmask length that is asked for."""
    return int(told(subject).rpartition("/")[2])


def block_of(subject: str) -> Range | None:
    """Give the block that is asked for; None where AWS chooses it."""
    return None if is_by_length(subject) else parse(subject)


def answered(subject: str, cidrs: Iterable[PoolCidr]) -> list[PoolCidr]:
    """Find what a pool's CIDRs show of what was asked for."""
    if not is_by_length(subject):
        block = parse(subject)
        return [each for each in cidrs if each.block == block]
    before = frozenset(subject.partition(_BESIDES)[2].split())
    length = length_of(subject)
    # One that shows nothing else yet has its length in the place of its CIDR.
    return [each for each in cidrs if each.id not in before and length_of(each.cidr) == length]
