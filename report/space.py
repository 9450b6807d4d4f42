"""How a CIDR is used, as stretches of it in the order of addresses: pure arithmetic for the map of address space."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Network = IPv4Network | IPv6Network
Kind = Literal["free", "refilled", "allocated", "overlapping"]

MOST_STRETCHES = 400
"""A row on a screen has not many more pixels: finer stretches are joined."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A part of a CIDR: where it begins and ends as shares of it (0 to 1), how it is used, and by what."""

    start: float
    end: float
    kind: Kind
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """Something that has addresses: an allocation, or a resource that overlaps another one."""

    network: Network
    kind: Kind
    label: str


def stretches(cidr: Network, taken: Iterable[Taken], *, rest: Kind) -> list[Stretch]:
    """Divide a CIDR into what is taken, and the rest. What overlaps covers what is allocated."""
    first, size = int(cidr.network_address), cidr.num_addresses
    inside = [each for each in taken if each.network.version == cidr.version and each.network.overlaps(cidr)]
    drawn = [
        Stretch(
            start=(start - first) / size,
            end=(end - first) / size,
            kind=top.kind if top else rest,
            label=top.label if top else "",
        )
        for start, end, top in _parts(cidr, inside)
    ]
    return _joined(drawn) if len(drawn) > MOST_STRETCHES else drawn


def _parts(cidr: Network, taken: list[Taken]) -> Iterator[tuple[int, int, Taken | None]]:
    """Cut a CIDR wherever something begins or ends, with what is on top in each part; n log n where little overlaps."""
    bounds = [(int(each.network.network_address), int(each.network.broadcast_address) + 1) for each in taken]
    whole = (int(cidr.network_address), int(cidr.broadcast_address) + 1)
    marks = sorted({max(whole[0], min(whole[1], mark)) for pair in [whole, *bounds] for mark in pair})
    coming = sorted(zip(bounds, taken, strict=True), key=lambda each: each[0], reverse=True)
    here: list[tuple[int, Taken]] = []
    for start, end in itertools.pairwise(marks):
        while coming and coming[-1][0][0] <= start:
            (_, until), each = coming.pop()
            here.append((until, each))
        here = [(until, each) for until, each in here if until > start]
        yield start, end, _on_top(each for _, each in here)


def _on_top(having: Iterable[Taken]) -> Taken | None:
    """Choose between those that have an address: the one that overlaps, else the smallest."""
    return min(having, key=lambda each: (each.kind != "overlapping", each.network.num_addresses), default=None)


def _joined(drawn: list[Stretch]) -> list[Stretch]:
    """Join neighbours of one kind, then give each pixel-wide cell the kind that has most of it."""
    cells: list[Stretch] = []
    for number in range(MOST_STRETCHES):
        start, end = number / MOST_STRETCHES, (number + 1) / MOST_STRETCHES
        shares: dict[Kind, float] = {}
        for each in drawn:
            shares[each.kind] = shares.get(each.kind, 0) + max(0.0, min(end, each.end) - max(start, each.start))
        kind = max(shares, key=lambda one: shares[one])
        if cells and cells[-1].kind == kind:
            cells[-1] = Stretch(start=cells[-1].start, end=end, kind=kind, label="several")
        else:
            cells.append(Stretch(start=start, end=end, kind=kind, label="several"))
    return cells
