"""The judgement of a pool with a supply as one writes it with `ipaddress`: to compare with, in answers and in time.

It knows what the benchmark needs: a private IPv4 pool without a source pool, its low-water mark and the block that
must be ready. It is given networks, so that reading them costs it nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Network, collapse_addresses, summarize_address_range
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lambdas.common.settings import PoolRule
    from lambdas.common.space import Range
    from lambdas.refill_pools.case import Case

LONGEST = 32
SMALLEST_WORTH_ADDING = 28


@dataclass(frozen=True, kw_only=True)
class Networks:
    """What a case has, as networks: the pool's CIDRs, what is allocated from them, what others have in its scope."""

    own: Sequence[IPv4Network]
    allocated: Sequence[IPv4Network]
    taken: Sequence[IPv4Network]
    rule: PoolRule


def networks_of(case: Case) -> Networks:
    """Write a case's ranges, which must be aligned blocks or several of them, as networks."""
    return Networks(
        own=[IPv4Network(cidr.cidr) for cidr in case.space.cidrs if cidr.state == "provisioned"],
        allocated=[network for block in case.space.allocated for network in _networks(block)],
        taken=[network for block in case.scope_taken for network in _networks(block)],
        rule=case.rule,
    )


def choose(networks: Networks) -> str | None:
    """Give the CIDR that the pool should get; empty where none is free, None where it needs none."""
    rule, own = networks.rule, sorted(networks.own)
    size = sum(network.num_addresses for network in own)
    free = subtract(own, networks.allocated)
    used = size - sum(network.num_addresses for network in free)
    widest = _widest(rule, own)
    lacking = 0
    if (size - used) * 100 < size * Fraction(rule.low_water_percent):
        lacking = max(0, math.ceil(used / (1 - Fraction(rule.target_percent) / 100)) - size)
    ready = None if rule.ready_netmask_length is None else max(rule.ready_netmask_length, widest)
    if ready is not None and any(network.prefixlen <= ready for network in free):
        ready = None
    if not lacking and ready is None:
        return None
    holes = [subtract([supply], [*own, *networks.taken]) for supply in _supply(rule)]
    for length in _lengths(rule, widest, lacking, ready):
        for part in holes:
            if (best := best_of(part, length, own)) is not None:
                return str(best)
    return ""


def subtract(networks: Iterable[IPv4Network], taken: Iterable[IPv4Network]) -> list[IPv4Network]:
    """Give what is free of networks that do not overlap, as the largest networks that lie in one of them."""
    obstacles = sorted(collapse_addresses(taken))
    free: list[IPv4Network] = []
    index = 0
    for network in sorted(networks):
        position = int(network.network_address)
        end = int(network.broadcast_address)
        while index < len(obstacles) and int(obstacles[index].broadcast_address) < position:
            index += 1
        for obstacle in obstacles[index:]:
            if int(obstacle.network_address) > end:
                break
            free += _between(position, int(obstacle.network_address) - 1)
            position = int(obstacle.broadcast_address) + 1
        free += _between(position, end)
    return free


def best_of(holes: Iterable[IPv4Network], length: int, own: Sequence[IPv4Network]) -> IPv4Network | None:
    """Choose the block that gives the fewest prefixes, then the one in the smallest hole, then the lowest."""
    roomy = [hole for hole in holes if hole.prefixlen <= length]
    if not roomy:
        return None
    smallest = max(roomy, key=lambda hole: (hole.prefixlen, -int(hole.network_address)))
    candidates = [(next(smallest.subnets(new_prefix=length)), smallest)]
    for neighbour in collapse_addresses(own):
        if neighbour.prefixlen == length:
            (twin,) = neighbour.supernet().address_exclude(neighbour)
            candidates += [(twin, hole) for hole in roomy if twin.subnet_of(hole)]
    ranked = [
        (len(list(collapse_addresses([*own, block]))), -hole.prefixlen, int(block.network_address), block)
        for block, hole in candidates
    ]
    return min(ranked)[-1]


def _lengths(rule: PoolRule, widest: int, lacking: int, ready: int | None) -> range:
    narrowest = rule.max_netmask_length or SMALLEST_WORTH_ADDING
    first = LONGEST - (max(lacking, 1) - 1).bit_length()
    if ready is not None:
        first = min(first, ready)
        if not lacking:
            narrowest = min(narrowest, ready)
    return range(min(max(first, widest), narrowest), narrowest + 1)


def _widest(rule: PoolRule, own: Sequence[IPv4Network]) -> int:
    so_far = min(network.prefixlen for network in own)
    widest = rule.min_netmask_length or min(so_far, rule.ready_netmask_length or so_far)
    return min(widest, rule.max_netmask_length or SMALLEST_WORTH_ADDING)


def _supply(rule: PoolRule) -> list[IPv4Network]:
    return [network for network in rule.supply if isinstance(network, IPv4Network)]


def _between(first: int, last: int) -> Iterable[IPv4Network]:
    return summarize_address_range(IPv4Address(first), IPv4Address(last)) if first <= last else ()


def _networks(block: Range) -> list[IPv4Network]:
    return list(_between(block.start, block.end - 1))
