"""The address arithmetic, against what `ipaddress` says about the same small networks."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, collapse_addresses, ip_network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.space import (
    NO_ADDRESSES,
    Range,
    aligned_blocks,
    best_block,
    is_of_family,
    largest,
    merged,
    netmask_length,
    parse,
    route_prefixes,
    total,
    without,
    written,
)

BASE = int(IPv4Address("10.0.0.0"))
BITS = 32


def networks(longest: int = 29) -> st.SearchStrategy[list[IPv4Network]]:
    """A few networks within 10.0.0.0/24."""

    def network(length: int, index: int) -> IPv4Network:
        size = 1 << (BITS - length)
        return IPv4Network((BASE + index % (256 // size) * size, length))

    return st.lists(st.builds(network, st.integers(24, longest), st.integers(0, 255)), max_size=12)


def ranges(nets: list[IPv4Network]) -> list[Range]:
    return [parse(str(net)) for net in nets]


def addresses(found: list[Range]) -> list[int]:
    return [address for each in found for address in range(each.start, each.end)]


def naive(nets: list[IPv4Network]) -> set[int]:
    return {int(address) for net in nets for address in net}


@given(networks())
def test_merging_keeps_every_address_once(nets: list[IPv4Network]) -> None:
    found = merged(ranges(nets))
    assert addresses(found) == sorted(naive(nets))
    assert all(one.end < other.start for one, other in pairwise(found))


def test_what_has_no_addresses_is_no_range() -> None:
    block, low, high = Range(4, 8), Range(4, 6), Range(6, 8)
    assert merged([]) == []
    assert merged([block]) == merged([NO_ADDRESSES, low, Range(5, 5), high]) == [block]
    assert without([block], []) == [block]
    assert without([block], [low]) == [high]
    assert without([block], [high]) == [low]
    assert without([block], [low, high]) == []


@given(networks(), networks(32))
def test_what_is_free_is_what_nobody_took(nets: list[IPv4Network], taken: list[IPv4Network]) -> None:
    whole = list(collapse_addresses(nets))
    found = without(ranges(whole), ranges(taken))
    assert addresses(found) == sorted(naive(whole) - naive(taken))
    assert total(found) == len(naive(whole) - naive(taken))


@given(networks(), networks(32))
def test_no_free_range_reaches_across_two_cidrs(nets: list[IPv4Network], taken: list[IPv4Network]) -> None:
    whole = list(collapse_addresses(nets))
    for found in without(ranges(whole), ranges(taken)):
        assert any(each.start <= found.start and found.end <= each.end for each in ranges(whole))


@given(networks(32))
def test_route_prefixes_are_those_that_ipaddress_collapses_to(nets: list[IPv4Network]) -> None:
    assert [written(block, BITS) for block in route_prefixes(ranges(nets))] == [
        str(net) for net in collapse_addresses(nets)
    ]


@given(networks(), networks(32), networks(), st.integers(24, 32))
def test_the_best_block_is_the_one_that_trying_every_block_finds(
    source: list[IPv4Network], taken: list[IPv4Network], own: list[IPv4Network], length: int
) -> None:
    whole = list(collapse_addresses(source))
    own = [net for net in collapse_addresses(own) if not any(net.overlaps(each) for each in taken)]
    free = without(ranges(whole), [*ranges(taken), *ranges(own)])
    found = best_block(aligned_blocks(free), length, beside=ranges(own), bits=BITS)
    best = naive_best_block(free, length, own)
    assert (found and written(found, BITS)) == (best and str(best))


def naive_best_block(free: list[Range], length: int, own: list[IPv4Network]) -> IPv4Network | None:
    """Every block of that length in the free space, the best of them by the rule as it is written down."""
    holes = [IPv4Network(written(hole, BITS)) for hole in aligned_blocks(free)]
    candidates = [
        (len(list(collapse_addresses([*own, block]))), -hole.prefixlen, int(block.network_address), block)
        for hole in holes
        if hole.prefixlen <= length
        for block in hole.subnets(new_prefix=length)
    ]
    return min(candidates)[-1] if candidates else None


def test_a_block_that_aggregates_is_preferred_to_a_smaller_hole() -> None:
    free = [parse("10.0.16.0/20"), parse("10.0.64.0/21")]
    assert best_block(free, 20, beside=[parse("10.0.0.0/20")], bits=32) == parse("10.0.16.0/20")
    assert best_block(free, 21, beside=[parse("10.0.72.0/21")], bits=32) == parse("10.0.64.0/21")


def test_large_blocks_stay_whole() -> None:
    free = [parse("10.0.0.0/16"), parse("10.1.0.0/22"), parse("10.2.0.0/22")]
    assert best_block(free, 24, beside=[], bits=32) == parse("10.1.0.0/24")


@pytest.mark.parametrize(
    ("free", "own", "chosen"),
    [
        # Beside what the pool has, although another block of that size has a lower address.
        (("10.0.2.0/26", "10.0.9.64/26"), ("10.0.9.0/26",), "10.0.9.64/26"),
        (("10.0.9.0/26", "10.0.8.0/26"), ("10.0.9.64/26",), "10.0.9.0/26"),
        # The one with which two prefixes disappear, not only one.
        (("10.0.0.64/26", "10.0.9.64/26"), ("10.0.0.0/26", "10.0.9.0/26", "10.0.9.128/25"), "10.0.9.64/26"),
        # Of several that are as good, the lowest.
        (("10.0.9.64/26", "10.0.2.64/26"), ("10.0.9.0/26", "10.0.2.0/26"), "10.0.2.64/26"),
        (("10.0.9.0/26", "10.0.2.0/26"), (), "10.0.2.0/26"),
        # What would join a larger block is no larger than asked for.
        (("10.0.2.0/25",), ("10.0.2.128/25",), "10.0.2.0/26"),
    ],
)
def test_a_block_goes_where_it_makes_the_most_prefixes_one_and_else_to_the_lowest_address(
    free: tuple[str, ...], own: tuple[str, ...], chosen: str
) -> None:
    assert best_block(map(parse, free), 26, beside=map(parse, own), bits=32) == parse(chosen)


def test_address_0_is_aligned_to_everything() -> None:
    assert aligned_blocks([parse("0.0.0.0/0")]) == [parse("0.0.0.0/0")]
    assert aligned_blocks([Range(0, 3)]) == [Range(0, 2), Range(2, 3)]


@pytest.mark.parametrize(
    ("cidr", "family", "is_so"),
    [("10.0.0.0/8", "ipv4", True), ("10.0.0.0/8", "ipv6", False), ("::/0", "ipv6", True), ("::/0", "ipv4", False)],
)
def test_a_cidr_is_of_one_family(cidr: str, family: str, *, is_so: bool) -> None:
    assert is_of_family(cidr, family) is is_so


def test_nothing_is_found_where_no_aligned_block_is_free() -> None:
    crooked = [Range(BASE + 128, BASE + 384)]  # 256 addresses, but no /24
    assert best_block(aligned_blocks(crooked), 24, beside=[], bits=32) is None
    assert largest(aligned_blocks(crooked)) == 128
    assert largest([]) == 0


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/8", "0.0.0.0/0", "255.255.255.255/32", "::/0", "fd80::/40", "2001:db8::1/128"]
)
def test_a_cidr_is_read_and_written_as_ipaddress_does(cidr: str) -> None:
    network = ip_network(cidr)
    block = parse(cidr)
    assert block.start == int(network.network_address)
    assert block.size == network.num_addresses
    assert written(block, network.max_prefixlen) == cidr


@pytest.mark.parametrize(
    "text", ["", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/24", "10.0.0/24", "::/129", "10.0.0.0/-1", "a/8"]
)
def test_what_is_no_cidr_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"CIDR|behind its netmask"):
        parse(text)


def test_what_is_missing_of_a_cidr_is_said() -> None:
    with pytest.raises(ValueError, match=r"^'10\.0\.0\.0' is not a CIDR: a netmask length of 0 to 32 is missing$"):
        parse("10.0.0.0")


@pytest.mark.parametrize(("addresses_needed", "length"), [(1, 32), (2, 31), (3, 30), (256, 24), (257, 23)])
def test_the_smallest_block_that_holds_so_many_addresses(addresses_needed: int, length: int) -> None:
    assert netmask_length(addresses_needed, 32) == length
