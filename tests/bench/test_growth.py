"""The histories of growing pools, and what they say of where blocks go."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.growth import IPV4, SOURCE, AnyBlock, Contender, FirstFit, Poolwarden, free_blocks, history, play
from lambdas.common.space import Range, parse, written
from simulator.ipam.space import AddressSpace

HISTORIES = [history(seed) for seed in range(60)]


@given(st.lists(st.tuples(st.integers(16, 24), st.integers(0, 1023)), max_size=20), st.integers(15, 26))
def test_first_fit_is_what_the_simulated_ipam_gives_for_a_netmask_length(
    wanted: list[tuple[int, int]], length: int
) -> None:
    space = AddressSpace()
    space.add(IPv4Network(SOURCE))
    taken = []
    for each, index in wanted:
        subnets = 1 << (each - IPv4Network(SOURCE).prefixlen)
        network = IPv4Network((int(IPv4Network(SOURCE).network_address) + index % subnets * (1 << (32 - each)), each))
        if space.is_free(network):
            space.take(network)
            taken.append(parse(str(network)))
    found = FirstFit().choose(length, taken=taken, beside=())
    assert (found and written(found, IPV4)) == (str(answer) if (answer := space.first_fit(length)) else None)


@pytest.mark.parametrize("contender", [Poolwarden(), FirstFit(), AnyBlock()])
def test_every_contender_takes_only_what_is_free(contender: Contender) -> None:
    taken = [parse("10.0.0.0/16"), parse("10.1.0.0/24"), parse("10.3.128.0/17")]
    blocks = [parse("10.0.0.0/16")]
    for length in (20, 24, 21, 22, 24) * 4:
        block = contender.choose(length, taken=taken, beside=blocks)
        assert block is not None
        taken.append(block)
        blocks.append(block)
    assert all(one.end <= other.start for one, other in pairwise(sorted(taken)))


def test_a_history_is_the_same_for_the_same_seed() -> None:
    assert history(7) == history(7) != history(8)


def test_a_choice_that_joins_what_a_pool_has_keeps_it_to_fewer_prefixes_than_any_other() -> None:
    ours, first_fit, any_block = (
        [play(steps, contender, spaced=True) for steps in HISTORIES]
        for contender in (Poolwarden(), FirstFit(), AnyBlock())
    )
    prefixes = [sum(each.prefixes for each in outcomes) for outcomes in (ours, first_fit, any_block)]
    assert prefixes[0] < prefixes[1] < prefixes[2]
    assert sum(each.largest_free for each in ours) > sum(each.largest_free for each in any_block)


def test_a_full_source_refuses_and_a_history_goes_on() -> None:
    class Nothing:
        def choose(self, length: int, *, taken: object, beside: object) -> Range | None:  # noqa: ARG002
            return None

    outcome = play(HISTORIES[0], Nothing())
    assert outcome.refused > 0
    assert outcome.largest_free <= max(hole.size for hole in free_blocks([]))
