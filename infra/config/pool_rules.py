"""What cannot be in the rules of `refill_pools`."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from infra.config.problems import Place, Problem, shown
from infra.config.relations import combined, out_of_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.config.schema import PoolMatch, PoolRule
    from infra.config.values import Network
    from lambdas.common.settings import Family

LENGTHS = ("min_netmask_length", "max_netmask_length", "ready_netmask_length")
IPV4_BITS = 32


def pool_rule_problems(rules: Sequence[PoolRule]) -> Iterator[Problem]:
    """Find what is wrong in each rule, and the rules that can never count."""
    for index, rule in enumerate(rules):
        base = _place(index)
        if not _is_given(rule.match):
            state = "selects nothing" if "match" in rule.model_fields_set else "is missing"
            yield combined((*base, "match"), f"{state}: give at least one of id, tags, scope and family")
        if rule.low_water_percent >= rule.target_percent:
            yield out_of_order(rule, base, less="low_water_percent", more="target_percent")
        yield from _lengths(rule, base)
        yield from _supply(rule, base)
    yield from _shadowed(rules)


def _place(index: int) -> Place:
    return ("refill_pools", "pools", index)


def _is_given(match: PoolMatch) -> bool:
    return bool(match.id or match.tags or match.scope or match.family)


def _family(rule: PoolRule) -> Family | None:
    """Tell the family of the pools that a rule governs, where it can only be one.

    A pool with an id is one pool, so that its supply tells; a match without id and family covers both.
    """
    if rule.match.family or not rule.match.id:
        return rule.match.family
    families = {_family_of(network) for network in rule.supply}
    return families.pop() if len(families) == 1 else None


def _family_of(network: Network) -> Family:
    return "ipv4" if isinstance(network, IPv4Network) else "ipv6"


def _lengths(rule: PoolRule, base: Place) -> Iterator[Problem]:
    lengths = {key: length for key in LENGTHS if (length := getattr(rule, key)) is not None}
    match, family = (*base, "match"), _family(rule)
    if lengths and family is None and not rule.match.id and _is_given(rule.match):
        key = next(iter(lengths))
        text = f"{lengths[key]} means one size in ipv4 and another in ipv6: give the match a family or an id"
        yield combined((*base, key), text, match)
    too_long = {key: length for key, length in lengths.items() if family == "ipv4" and length > IPV4_BITS}
    for key, length in too_long.items():
        text = f"{length} is too long for ipv4: write a whole number from 0 to {IPV4_BITS}"
        yield combined((*base, key), text, match, (*base, "supply"))
    possible = {key: length for key, length in lengths.items() if key not in too_long}
    yield from _order_of_lengths(base, *map(possible.get, LENGTHS))


def _order_of_lengths(base: Place, least: int | None, most: int | None, ready: int | None) -> Iterator[Problem]:
    """Demand min <= max and min <= ready: a ready block may be smaller than any that is added, not larger."""
    if least is not None and most is not None and least > most:
        text = f"{least} must be at most max_netmask_length ({most}): the minimum length is the largest block"
        yield combined((*base, "min_netmask_length"), text, (*base, "max_netmask_length"))
    elif least is not None and ready is not None and ready < least:
        text = f"{ready} must be at least min_netmask_length ({least}): no block that is added could hold it"
        yield combined((*base, "ready_netmask_length"), text, (*base, "min_netmask_length"))


def _supply(rule: PoolRule, base: Place) -> Iterator[Problem]:
    if not rule.supply:
        return
    place, match = (*base, "supply"), (*base, "match")
    if rule.match.scope == "public":
        yield combined(place, "is for private pools: a public pool's blocks come from AWS or are brought to it", match)
    yield from _useless_supply(rule, place, match)
    for index, network in enumerate(rule.supply):
        others = (other for other in rule.supply[:index] if network.overlaps(other))
        if other := next(others, None):
            yield Problem(place=place, text=f"{shown(str(network))} overlaps {other}: keep one of the two")


def _useless_supply(rule: PoolRule, place: Place, match: Place) -> Iterator[Problem]:
    """Refuse blocks that no pool of the rule could take: of another family, or all too small."""
    wanted, longest = rule.match.family, rule.max_netmask_length
    strangers = [network for network in rule.supply if wanted and _family_of(network) != wanted]
    for network in strangers:
        yield combined(place, f"{shown(str(network))} is not of {wanted}, the family of this rule's pools", match)
    if rule.match.id and not wanted and len({network.version for network in rule.supply}) > 1:
        yield combined(place, "is of both families: the pool that this rule names has one", match)
    if longest is not None and not strangers and all(network.prefixlen > longest for network in rule.supply):
        text = f"holds no block of /{longest}, the smallest that max_netmask_length lets be added"
        yield combined(place, text, (*place[:-1], "max_netmask_length"), match)


def _shadowed(rules: Sequence[PoolRule]) -> Iterator[Problem]:
    """Refuse rules that never count, because an earlier one already matches every pool that they could."""
    for later, rule in enumerate(rules):
        for earlier, other in enumerate(rules[:later]):
            if _is_given(rule.match) and _is_given(other.match) and _covers(other.match, rule.match):
                text = f"never counts: refill_pools.pools[{earlier}] comes first and matches every such pool"
                yield combined((*_place(later), "match"), text, (*_place(earlier), "match"))
                break


def _covers(wide: PoolMatch, narrow: PoolMatch) -> bool:
    return (
        wide.id in (None, narrow.id)
        and wide.scope in (None, narrow.scope)
        and wide.family in (None, narrow.family)
        and wide.tags.items() <= narrow.tags.items()
    )
