"""Which blocks AWS lets a VPC have besides those that it has: pure arithmetic.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html, "Manage IPv4 CIDR blocks for a VPC" and
"IPv4 CIDR block association restrictions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common.space import BITS, aligned_blocks, best_block, block_size, parse, without, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lambdas.common.space import Range
    from lambdas.extend_vpcs.model import Pool, Surroundings, Vpc

NEVER = tuple(map(parse, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")))
"""What no VPC can have."""

APART = tuple(map(parse, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16")))
"""The ranges of RFC 1918, and one that AWS uses itself: a VPC with addresses from one gets none from the others."""

BESIDE = ((parse("10.0.0.0/15"), parse("10.0.0.0/16")), (parse("172.16.0.0/12"), parse("172.31.0.0/16")))
"""A VPC with addresses from the first range of a pair gets none from the second."""


def forbidden(cidrs: Sequence[str], surroundings: Surroundings, length: int) -> list[Range]:
    """Give the ranges that a block of this netmask length must not touch, for a VPC with these CIDRs, primary first.

    A route may lead to more than the block, never to the block itself or a part of it. What lies behind a transit
    gateway, a Direct Connect gateway or a VPN without a route of its own, AWS does not check, and nobody can see here.
    """
    routes = map(parse, surroundings.routes)
    return [
        *map(parse, cidrs),
        *map(parse, surroundings.peers),
        *(route for route in routes if route.size <= block_size(length, BITS["ipv4"])),
        *NEVER,
        *_restricted([parse(cidr) for cidr in cidrs]),
    ]


def choose(vpc: Vpc, pool: Pool, obstacles: Iterable[Range], length: int, *, kept: str = "") -> str | None:
    """Choose a free block of a pool for a VPC, beside its CIDRs where that can be; None where there is none.

    `kept` is the block that was chosen before, and asked for without an answer; it is chosen again while it is free.
    """
    holes = aligned_blocks(without(pool.free, obstacles))
    if kept and without([parse(kept)], holes) == []:
        return kept
    block = best_block(holes, length, beside=map(parse, vpc.cidrs), bits=BITS["ipv4"])
    return None if block is None else written(block, BITS["ipv4"])


def _restricted(own: Sequence[Range]) -> Iterator[Range]:
    """Give the ranges that AWS keeps apart from those of a VPC.

    A VPC gets more of the range it was made in, whatever it has besides, but for what `BESIDE` keeps from it.

    What AWS's page says of a VPC with addresses of its own, or shared ones (RFC 6598), beside private ones contradicts
    itself there: AWS's answer counts, and a refusal is recorded as what it is.
    """
    for each in APART:
        if not _within(own[0], each) and any(not _within(cidr, each) for cidr in own):
            yield each
    for given, kept in BESIDE:
        if any(_within(cidr, given) for cidr in own):
            yield kept


def _within(inner: Range, outer: Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
