"""What AWS keeps apart, row by row of its table, and what lies in a VPC's way."""

from __future__ import annotations

import pytest

from lambdas.common.space import parse, without
from lambdas.extend_vpcs.model import Surroundings
from lambdas.extend_vpcs.ranges import forbidden


def may_have(own: tuple[str, ...], block: str, **surroundings: tuple[str, ...]) -> bool:
    length = int(block.rpartition("/")[2])
    obstacles = forbidden(own, Surroundings(**surroundings), length)
    return without([parse(block)], obstacles) == [parse(block)]


@pytest.mark.parametrize(
    ("own", "block", "expected"),
    [
        ("10.64.0.0/16", "10.65.0.0/16", True),
        ("10.64.0.0/16", "10.64.128.0/20", False),
        ("10.64.0.0/16", "10.0.0.0/20", True),
        ("10.0.0.0/20", "10.0.16.0/20", False),
        ("10.1.0.0/20", "10.0.16.0/20", False),
        ("10.1.0.0/20", "10.1.16.0/20", True),
        ("10.255.0.0/16", "10.64.0.0/16", True),
        ("10.64.0.0/16", "172.16.0.0/16", False),
        ("10.64.0.0/16", "192.168.0.0/20", False),
        ("10.64.0.0/16", "198.19.0.0/20", False),
        ("10.64.0.0/16", "100.64.0.0/16", True),
        ("10.64.0.0/16", "130.137.0.0/20", True),
        ("10.64.0.0/16", "169.254.16.0/20", False),
        ("172.16.0.0/16", "172.31.0.0/20", False),
        ("172.16.0.0/16", "172.17.0.0/16", True),
        ("172.16.0.0/16", "10.64.0.0/16", False),
        ("192.168.0.0/20", "192.168.16.0/20", True),
        ("192.168.0.0/20", "172.16.0.0/20", False),
        ("198.19.0.0/20", "198.19.16.0/20", True),
        ("198.19.0.0/20", "10.64.0.0/20", False),
        ("100.64.0.0/16", "100.65.0.0/16", True),
        ("100.64.0.0/16", "10.64.0.0/16", False),
        ("100.64.0.0/16", "198.19.0.0/20", False),
        ("130.137.0.0/20", "192.168.0.0/20", False),
    ],
)
def test_a_vpc_may_have_what_the_table_of_restrictions_permits(own: str, block: str, *, expected: bool) -> None:
    assert may_have((own,), block) is expected


def test_a_vpc_gets_more_of_the_range_that_it_was_made_in_whatever_it_has_besides() -> None:
    assert may_have(("10.64.0.0/16", "100.64.0.0/16"), "10.65.0.0/16")
    assert not may_have(("10.64.0.0/16", "100.64.0.0/16"), "192.168.0.0/20")


@pytest.mark.parametrize(
    ("destination", "expected"),
    [("10.66.0.0/24", False), ("10.66.0.0/25", False), ("10.66.0.0/23", True), ("0.0.0.0/0", True)],
)
def test_a_route_may_lead_to_more_than_the_block_alone(destination: str, *, expected: bool) -> None:
    assert may_have(("10.64.0.0/24",), "10.66.0.0/24", routes=(destination,)) is expected


def test_what_a_peer_has_is_not_there_for_the_vpc() -> None:
    assert not may_have(("10.64.0.0/24",), "10.66.0.0/24", peers=("10.66.0.0/16",))
    assert not may_have(("10.64.0.0/24",), "10.66.0.0/16", peers=("10.66.0.0/24",))
