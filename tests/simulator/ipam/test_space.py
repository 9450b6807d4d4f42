"""The free space of a pool against a naive recount, address by address."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ipam.space import AddressSpace, NotFreeError

if TYPE_CHECKING:
    from collections.abc import Sequence

POOL = IPv4Network("10.0.0.0/24")
NEIGHBOUR = IPv4Network("10.0.1.0/25")


def space_of(*networks: str | IPv4Network) -> AddressSpace:
    space = AddressSpace()
    for network in networks:
        space.add(ip_network(network))
    return space


def blocks_of(network: IPv4Network, *, shortest: int) -> st.SearchStrategy[IPv4Network]:
    return st.integers(shortest, 30).flatmap(
        lambda length: st.integers(0, 2 ** (length - network.prefixlen) - 1).map(
            lambda index: IPv4Network((int(network.network_address) + (index << (32 - length)), length))
        )
    )


def naive_first_fit(
    taken: Sequence[IPv4Network],
    length: int,
    *,
    within: Sequence[IPv4Network] = (),
    avoiding: Sequence[IPv4Network] = (),
) -> IPv4Network | None:
    for network in (POOL, NEIGHBOUR):
        if length < network.prefixlen:
            continue
        for block in network.subnets(new_prefix=length):
            if any(block.overlaps(other) for other in (*taken, *avoiding)):
                continue
            if not within or any(block.subnet_of(allowed) for allowed in within):
                return block
    return None


requests = st.lists(
    st.one_of(
        st.tuples(st.just("fit"), st.integers(23, 32)),
        st.tuples(st.just("take"), blocks_of(POOL, shortest=24)),
        st.tuples(st.just("give back"), st.integers(0, 1000)),
    ),
    max_size=40,
)


@given(requests)
def test_space_agrees_with_a_recount_after_any_sequence_of_takes_and_returns(
    sequence: list[tuple[str, Any]],
) -> None:
    space = space_of(POOL, NEIGHBOUR)
    taken: list[Any] = []
    for what, argument in sequence:
        if what == "fit":
            block = space.first_fit(argument)
            assert block == naive_first_fit(taken, argument)
            if block is not None:
                space.take(block)
                taken.append(block)
        elif what == "take":
            is_free = not any(argument.overlaps(other) for other in taken)
            assert space.is_free(argument) == is_free
            if is_free:
                space.take(argument)
                taken.append(argument)
            else:
                with pytest.raises(NotFreeError):
                    space.take(argument)
        elif taken:
            space.give_back(taken.pop(argument % len(taken)))
        assert space.free_size == space.size - sum(block.num_addresses for block in taken)
    free = [address for block in space.free_blocks() for address in block]
    held = [address for block in taken for address in block]
    assert sorted([*free, *held]) == [*POOL, *NEIGHBOUR]


@given(
    st.lists(blocks_of(POOL, shortest=26), max_size=8),
    st.lists(blocks_of(POOL, shortest=24), max_size=3),
    st.lists(blocks_of(POOL, shortest=24), max_size=3),
    st.integers(24, 30),
)
def test_allowed_and_disallowed_cidrs_bound_the_choice(
    wanted: list[IPv4Network], within: list[IPv4Network], avoiding: list[IPv4Network], length: int
) -> None:
    space = space_of(POOL, NEIGHBOUR)
    taken: list[IPv4Network] = []
    for block in wanted:
        if space.is_free(block):
            space.take(block)
            taken.append(block)
    expected = naive_first_fit(taken, length, within=within, avoiding=avoiding)
    assert space.first_fit(length, within=within, avoiding=avoiding) == expected


@given(st.lists(blocks_of(POOL, shortest=25), max_size=20))
def test_a_pool_that_got_everything_back_can_give_its_whole_cidr(wanted: list[IPv4Network]) -> None:
    space = space_of(POOL)
    taken: list[IPv4Network] = []
    for block in wanted:
        if space.is_free(block):
            space.take(block)
            taken.append(block)
    for block in taken:
        space.give_back(block)
    assert space.first_fit(POOL.prefixlen) == POOL
    space.remove(POOL)
    assert space.size == 0


def test_neighbouring_cidrs_are_not_joined_for_a_larger_block() -> None:
    assert space_of("10.0.0.0/25", "10.0.0.128/25").first_fit(24) is None


def test_an_overlapping_cidr_is_refused() -> None:
    with pytest.raises(NotFreeError):
        space_of("10.0.0.0/24", "10.0.0.128/25")


def test_a_cidr_in_use_cannot_be_removed() -> None:
    space = space_of("10.0.0.0/24")
    space.take(ip_network("10.0.0.0/28"))
    with pytest.raises(NotFreeError):
        space.remove(ip_network("10.0.0.0/24"))


def test_a_closed_cidr_gives_nothing_more_but_takes_back() -> None:
    space = space_of("10.0.0.0/25", "10.0.0.128/25")
    space.take(ip_network("10.0.0.0/28"))
    space.close(ip_network("10.0.0.0/25"))
    assert space.first_fit(28) == ip_network("10.0.0.128/28")
    assert not space.is_free(ip_network("10.0.0.16/28"))
    space.give_back(ip_network("10.0.0.0/28"))
    space.reopen(ip_network("10.0.0.0/25"))
    assert space.first_fit(28) == ip_network("10.0.0.0/28")


def test_ipv6_blocks_are_found_too() -> None:
    space = space_of("2001:db8::/32")
    space.take(ip_network("2001:db8::/56"))
    assert space.first_fit(56) == ip_network("2001:db8:0:100::/56")
