"""The addresses of a pool: which are taken, which are free, and where the next block fits.

Each provisioned CIDR is a binary tree of blocks of which only the free leaves are kept, sorted by address,
one list for each prefix length (a buddy system). Taking, giving back and finding a block cost a few
bisections, however many blocks are taken.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Network = IPv4Network | IPv6Network


class NotFreeError(ValueError):
    """The block is not wholly free, or lies outside."""


class CidrSpace:
    """The free and taken blocks of one CIDR."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.free_size = network.num_addresses
        self._bits = network.max_prefixlen
        self._free: dict[int, list[int]] = {
            length: [] for length in range(network.prefixlen, network.max_prefixlen + 1)
        }
        self._free[network.prefixlen].append(int(network.network_address))

    def is_untouched(self) -> bool:
        """Whether nothing is taken."""
        return self.free_size == self.network.num_addresses

    def is_free(self, block: Network) -> bool:
        """Whether every address of `block` is free here."""
        return self._free_block_around(block) is not None

    def take(self, block: Network) -> None:
        """Make `block` taken; NotFreeError if any of it is taken or outside."""
        around = self._free_block_around(block)
        if around is None:
            raise NotFreeError(str(block))
        start, length = around
        self._remove(start, length)
        wanted = int(block.network_address)
        while length < block.prefixlen:
            length += 1
            half = 1 << (self._bits - length)
            if wanted & half:
                self._add(start, length)
                start += half
            else:
                self._add(start + half, length)
        self.free_size -= block.num_addresses

    def give_back(self, block: Network) -> None:
        """Make a taken `block` free again, joining it with its free neighbours."""
        start, length = int(block.network_address), block.prefixlen
        while length > self.network.prefixlen:
            buddy = start ^ (1 << (self._bits - length))
            if not self._contains(buddy, length):
                break
            self._remove(buddy, length)
            start = min(start, buddy)
            length -= 1
        self._add(start, length)
        self.free_size += block.num_addresses

    def first_fit(
        self, prefixlen: int, *, within: Sequence[Network] = (), avoiding: Sequence[Network] = ()
    ) -> Network | None:
        """The free block of this length with the lowest address, or None.

        `within` (when given) is where it must lie, `avoiding` what it must not touch.
        """
        if not within and not avoiding:
            starts = [self._free[length][0] for length in self._wide_enough(prefixlen)]
            return self._block(min(starts), prefixlen) if starts else None
        for start, length in self._free_in_order(prefixlen):
            end = start + (1 << (self._bits - length))
            found = self._first_allowed(start, end, prefixlen, within, avoiding)
            if found is not None:
                return found
        return None

    def free_blocks(self) -> Iterator[Network]:
        """The free blocks, each as large as can be, in order of address."""
        for start, length in self._free_in_order(self._bits):
            yield self._block(start, length)

    def _first_allowed(
        self, start: int, end: int, prefixlen: int, within: Sequence[Network], avoiding: Sequence[Network]
    ) -> Network | None:
        size = 1 << (self._bits - prefixlen)
        position = start
        while position + size <= end:
            block = self._block(position, prefixlen)
            past = [_end(avoided) for avoided in avoiding if block.overlaps(avoided)]
            if past:
                position = _align(max(past), size)
            elif within and not any(_contains(allowed, block) for allowed in within):
                ahead = [_align(int(allowed.network_address), size) for allowed in within]
                later = [candidate for candidate in ahead if candidate > position]
                if not later:
                    return None
                position = min(later)
            else:
                return block
        return None

    def _wide_enough(self, prefixlen: int) -> list[int]:
        return [length for length, starts in self._free.items() if length <= prefixlen and starts]

    def _free_in_order(self, prefixlen: int) -> Iterator[tuple[int, int]]:
        return heapq.merge(*(_tagged(self._free[length], length) for length in self._wide_enough(prefixlen)))

    def _free_block_around(self, block: Network) -> tuple[int, int] | None:
        if not _contains(self.network, block):
            return None
        address = int(block.network_address)
        for length in range(block.prefixlen, self.network.prefixlen - 1, -1):
            host_bits = self._bits - length
            start = address >> host_bits << host_bits
            if self._contains(start, length):
                return start, length
        return None

    def _block(self, start: int, prefixlen: int) -> Network:
        return type(self.network)((start, prefixlen))

    def _contains(self, start: int, length: int) -> bool:
        starts = self._free[length]
        index = bisect_left(starts, start)
        return index < len(starts) and starts[index] == start

    def _add(self, start: int, length: int) -> None:
        insort(self._free[length], start)

    def _remove(self, start: int, length: int) -> None:
        starts = self._free[length]
        del starts[bisect_left(starts, start)]


class AddressSpace:
    """The addresses of all CIDRs provisioned to a pool.

    A block always lies inside one CIDR: that AWS would join two neighbouring CIDRs for a larger block is
    written nowhere. A closed CIDR (one being deprovisioned) keeps what is taken in it and gives nothing more.
    """

    def __init__(self) -> None:
        self._cidrs: list[CidrSpace] = []
        self._closed: set[Network] = set()

    @property
    def size(self) -> int:
        """The number of addresses, free or taken."""
        return sum(cidr.network.num_addresses for cidr in self._cidrs)

    @property
    def free_size(self) -> int:
        """The number of free addresses."""
        return sum(cidr.free_size for cidr in self._cidrs)

    def add(self, network: Network) -> None:
        """Add a CIDR, all of it free; NotFreeError if it overlaps one that is there."""
        if any(cidr.network.overlaps(network) for cidr in self._cidrs):
            raise NotFreeError(str(network))
        self._cidrs.append(CidrSpace(network))
        self._cidrs.sort(key=lambda cidr: int(cidr.network.network_address))

    def remove(self, network: Network) -> None:
        """Take a CIDR away; NotFreeError if any of it is taken."""
        cidr = self._cidr(network)
        if not cidr.is_untouched():
            raise NotFreeError(str(network))
        self._cidrs.remove(cidr)
        self._closed.discard(network)

    def close(self, network: Network) -> None:
        """Give nothing more from this CIDR."""
        self._closed.add(network)

    def reopen(self, network: Network) -> None:
        """Give from this CIDR again."""
        self._closed.discard(network)

    def is_untouched(self, network: Network) -> bool:
        """Whether nothing is taken in this CIDR."""
        return self._cidr(network).is_untouched()

    def is_free(self, block: Network) -> bool:
        """Whether `block` could be taken."""
        return any(cidr.is_free(block) for cidr in self._open())

    def take(self, block: Network) -> None:
        """Make `block` taken; NotFreeError if any of it is taken, closed or outside."""
        for cidr in self._open():
            if _contains(cidr.network, block):
                cidr.take(block)
                return
        raise NotFreeError(str(block))

    def give_back(self, block: Network) -> None:
        """Make a taken `block` free again."""
        self._cidr(block).give_back(block)

    def first_fit(
        self, prefixlen: int, *, within: Sequence[Network] = (), avoiding: Sequence[Network] = ()
    ) -> Network | None:
        """The free block of this length with the lowest address, or None.

        AWS promises no order; the lowest address is what its users see.
        """
        for cidr in self._open():
            found = cidr.first_fit(prefixlen, within=within, avoiding=avoiding)
            if found is not None:
                return found
        return None

    def free_blocks(self) -> Iterator[Network]:
        """The free blocks that can be taken, in order of address."""
        for cidr in self._open():
            yield from cidr.free_blocks()

    def _open(self) -> Iterator[CidrSpace]:
        return (cidr for cidr in self._cidrs if cidr.network not in self._closed)

    def _cidr(self, block: Network) -> CidrSpace:
        return next(cidr for cidr in self._cidrs if _contains(cidr.network, block))


def _contains(outer: Network, inner: Network) -> bool:
    return (
        outer.version == inner.version
        and outer.prefixlen <= inner.prefixlen
        and int(outer.network_address) <= int(inner.network_address) < _end(outer)
    )


def _end(network: Network) -> int:
    return int(network.network_address) + network.num_addresses


def _align(address: int, size: int) -> int:
    return -(-address // size) * size


def _tagged(starts: Iterable[int], length: int) -> Iterator[tuple[int, int]]:
    return ((start, length) for start in starts)
