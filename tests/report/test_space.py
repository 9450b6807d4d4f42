"""The map of the address space: how CIDRs are divided."""

from __future__ import annotations

import itertools
import math
from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.space import MOST_STRETCHES, Kind, Stretch, Taken, stretches

CIDR = IPv4Network("10.0.0.0/24")


def taken(cidr: str, kind: Kind = "allocated") -> Taken:
    return Taken(network=ip_network(cidr), kind=kind, label=cidr)


def drawn(*others: Taken) -> list[tuple[float, float, str]]:
    return [(each.start, each.end, each.kind) for each in stretches(CIDR, others, rest="free")]


def test_what_nobody_has_is_one_stretch() -> None:
    assert stretches(CIDR, [], rest="refilled") == [Stretch(start=0, end=1, kind="refilled", label="")]


def test_what_is_allocated_divides_what_is_free() -> None:
    assert drawn(taken("10.0.0.64/26")) == [(0, 0.25, "free"), (0.25, 0.5, "allocated"), (0.5, 1, "free")]


def test_what_overlaps_is_on_top_and_ends_with_the_cidr() -> None:
    assert drawn(taken("10.0.0.0/25"), taken("10.0.0.0/16", "overlapping")) == [
        (0, 0.5, "overlapping"),
        (0.5, 1, "overlapping"),
    ]


def test_other_networks_and_the_other_family_do_not_show() -> None:
    assert drawn(taken("10.0.1.0/24"), taken("fd00::/8")) == [(0, 1, "free")]


def test_an_ipv6_cidr_is_divided_likewise() -> None:
    cidr = IPv6Network("fd80::/40")
    first, second = stretches(cidr, [taken("fd80::/41")], rest="free")
    assert (first.end, second.start, second.end) == (0.5, 0.5, 1)


blocks = st.tuples(st.integers(0, 1023), st.integers(22, 32)).map(
    lambda each: IPv4Network((0x0A000000 + each[0], each[1]), strict=False)
)


@given(st.lists(blocks, max_size=30))
def test_the_stretches_cover_the_cidr_without_gaps(networks: list[IPv4Network]) -> None:
    found = stretches(
        IPv4Network("10.0.0.0/22"), [Taken(network=each, kind="allocated", label="") for each in networks], rest="free"
    )

    assert (found[0].start, found[-1].end) == (0, 1)
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    addresses = {address for each in networks for address in each if address in IPv4Network("10.0.0.0/22")}
    allocated = sum(each.end - each.start for each in found if each.kind == "allocated")
    assert math.isclose(allocated, len(addresses) / 1024)


def test_thousands_of_allocations_become_no_more_stretches_than_a_screen_shows() -> None:
    odd = [taken(f"10.{number >> 8}.{number & 255}.0/25") for number in range(4096)]

    found = stretches(IPv4Network("10.0.0.0/12"), odd, rest="free")

    assert len(found) <= MOST_STRETCHES
    assert found[0].start == 0
    assert found[-1].end == pytest.approx(1)
