"""Address arithmetic on whole ranges of one family: no loop over addresses, n log n in the ranges.

Addresses are integers and ranges are half-open, so that sizes and gaps are plain subtraction. Everything
takes and gives ranges of one family; only `parse` and `written` know what an address looks like.
"""

from __future__ import annotations

import socket
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_START = itemgetter(0)  # numbers are sorted several times faster than ranges

BITS = {"ipv4": 32, "ipv6": 128}
"""The length of an address of each family, in bits."""


class Range(NamedTuple):
    """The addresses from `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """How many addresses."""
        return self.end - self.start


NO_ADDRESSES = Range(0, 0)


def parse(cidr: str) -> Range:
    """Read a CIDR such as `10.0.0.0/16` or `fd80::/40`.

    ValueError when it is none, or has bits set behind its netmask.
    """
    address, slash, length = cidr.partition("/")
    kind, bits = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)
    try:
        start = int.from_bytes(socket.inet_pton(kind, address), "big")
    except OSError:
        raise ValueError(f"{cidr!r} is not a CIDR") from None
    if not (slash and length.isdecimal() and int(length) <= bits):
        raise ValueError(f"{cidr!r} is not a CIDR: a netmask length of 0 to {bits} is missing")
    size = 1 << (bits - int(length))
    if start % size:
        raise ValueError(f"{cidr!r} has bits set behind its netmask")
    return Range(start, start + size)


def is_of_family(cidr: str, family: str) -> bool:
    """Say whether a CIDR is of `ipv4` or of `ipv6`."""
    return (family == "ipv6") == (":" in cidr)


def written(block: Range, bits: int) -> str:
    """Write a range that is one aligned block as the CIDR it is."""
    kind = socket.AF_INET6 if bits == BITS["ipv6"] else socket.AF_INET
    address = socket.inet_ntop(kind, block.start.to_bytes(bits // 8, "big"))
    return f"{address}/{netmask_length(block.size, bits)}"


def netmask_length(size: int, bits: int) -> int:
    """Give the netmask length of the smallest block that holds `size` addresses (at least one)."""
    return bits - (size - 1).bit_length()


def block_size(length: int, bits: int) -> int:
    """Give the number of addresses in a block of this netmask length."""
    return 1 << (bits - length)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Join what overlaps or touches; sorted."""
    joined: list[Range] = []
    first = last = 0
    for start, end in sorted(ranges, key=_START):
        if start > last or first == last:
            if first < last:
                joined.append(Range(first, last))
            first, last = start, end
        elif end > last:
            last = end
    if first < last:
        joined.append(Range(first, last))
    return joined


def total(ranges: Iterable[Range]) -> int:
    """Count the addresses in ranges that do not overlap."""
    return sum(each.size for each in ranges)


def without(ranges: Iterable[Range], taken: Iterable[Range]) -> list[Range]:
    """Take `taken` out of ranges that do not overlap: what is free, sorted, each within one of them."""
    obstacles = merged(taken)
    free: list[Range] = []
    index = 0
    for start, end in sorted(ranges, key=_START):
        while index < len(obstacles) and obstacles[index].end <= start:
            index += 1
        position = start
        while index < len(obstacles) and obstacles[index].start < end:
            if position < obstacles[index].start:
                free.append(Range(position, obstacles[index].start))
            position = obstacles[index].end
            if position >= end:
                break  # this obstacle may reach into the next range
            index += 1
        if position < end:
            free.append(Range(position, end))
    return free


def aligned_blocks(ranges: Iterable[Range]) -> list[Range]:
    """Split ranges into the fewest aligned blocks, each within one of them; sorted where they are."""
    blocks: list[Range] = []
    for start, end in ranges:
        position = start
        while position < end:
            fits = 1 << ((end - position).bit_length() - 1)
            aligned = position & -position
            size = min(fits, aligned) if aligned else fits  # address 0 is aligned to anything
            blocks.append(Range(position, position + size))
            position += size
    return blocks


def route_prefixes(ranges: Iterable[Range]) -> list[Range]:
    """Give the fewest prefixes that route exactly these addresses, aggregated as RFC 4632 has it."""
    return aligned_blocks(merged(ranges))


def best_block(holes: Iterable[Range], length: int, *, beside: Iterable[Range], bits: int) -> Range | None:
    """Choose in which of the free aligned blocks a block of this netmask length goes; None: in none.

    First the block that leaves `beside` (what the pool already has, none of it free) with the fewest route prefixes,
    then the one from the smallest free block, so that large blocks stay whole, then the lowest address.
    """
    size = block_size(length, bits)
    roomy = [hole for hole in holes if hole.end - hole.start >= size]
    if not roomy:
        return None
    neighbours = frozenset(route_prefixes(beside))
    smallest = min(roomy, key=lambda hole: (hole.size, hole.start))
    # The other half of a block that the pool has is a free block as a whole, or not at all.
    twins = {_twin(each) for each in neighbours if each.size == size}.intersection(roomy)
    candidates = (Range(smallest.start, smallest.start + size), *twins)
    return min(candidates, key=lambda block: (-_joins(block, neighbours), block.start))


def largest(blocks: Iterable[Range]) -> int:
    """Give the size of the largest of these blocks; 0 where there is none."""
    return max((end - start for start, end in blocks), default=0)


def _twin(block: Range) -> Range:
    """Give the block with which this one makes up the next larger aligned block."""
    start = block.start ^ block.size
    return Range(start, start + block.size)


def _joins(block: Range, neighbours: frozenset[Range]) -> int:
    """Count how many route prefixes disappear into ever larger ones when `block` joins its neighbours."""
    joins = 0
    while (twin := _twin(block)) in neighbours:
        joins += 1
        block = Range(min(block.start, twin.start), max(block.end, twin.end))
    return joins
