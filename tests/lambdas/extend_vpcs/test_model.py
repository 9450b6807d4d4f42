"""What a VPC has, and what its pool has left."""

from __future__ import annotations

import pytest

from lambdas.common.space import parse
from lambdas.extend_vpcs.model import Block, Vpc
from tests.lambdas.extend_vpcs.estates import pool, vpc


def with_states(**states: str) -> Vpc:
    """A VPC with a block in each of these states, by its CIDR's third number."""
    blocks = (Block(association=f"assoc-{each}", cidr=f"10.64.{each[1:]}.0/24", state=states[each]) for each in states)
    return vpc(blocks=tuple(blocks))


def test_subnets_can_be_made_in_the_cidrs_that_are_associated_the_first_one_first() -> None:
    assert vpc("10.64.9.0/24", "10.64.10.0/24", "10.64.2.0/24").cidrs == (
        "10.64.9.0/24",
        "10.64.2.0/24",
        "10.64.10.0/24",
    )
    assert with_states(n0="associated", n1="associating", n2="failed", n3="disassociated").cidrs == ("10.64.0.0/24",)


def test_the_cidrs_that_aws_could_not_give_it_are_known() -> None:
    states = with_states(n0="associated", n1="failing", n2="failed", n3="associating", n4="disassociated")
    assert states.failed == ("10.64.1.0/24", "10.64.2.0/24")


@pytest.mark.parametrize(
    ("state", "changing"),
    [("associated", False), ("associating", True), ("disassociating", True), ("failed", False), ("failing", False)],
)
def test_a_vpc_changes_while_a_cidr_comes_or_goes(state: str, *, changing: bool) -> None:
    assert with_states(n0="associated", n1=state).changing is changing


def test_the_latest_word_on_a_cidr_is_not_that_it_was_there_once() -> None:
    gone = Block(association="assoc-0", cidr="10.64.1.0/24", state="disassociated")
    again = Block(association="assoc-2", cidr="10.64.1.0/24", state="associating")
    own = vpc()

    assert vpc(blocks=(*own.blocks, gone, again)).block("10.64.1.0/24") == again
    assert vpc(blocks=(*own.blocks, gone)).block("10.64.1.0/24") is None
    assert own.block("10.64.1.0/24") is None
    assert own.block("10.64.0.0/24") == own.blocks[0]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("failed", "associating"),
        ("failing", "associated"),
        ("failed", "disassociating"),
        ("associated", "associating"),
        ("disassociating", "associating"),
        ("disassociating", "associated"),
    ],
)
def test_of_several_associations_of_a_cidr_the_last_one_counts_in_whatever_order_aws_lists_them(
    earlier: str, later: str
) -> None:
    first = Block(association="assoc-1", cidr="10.64.1.0/24", state=earlier)
    second = Block(association="assoc-2", cidr="10.64.1.0/24", state=later)

    assert vpc(blocks=(first, second)).block("10.64.1.0/24") == second
    assert vpc(blocks=(second, first)).block("10.64.1.0/24") == second


def test_an_association_that_failed_is_what_there_is_to_say_where_there_is_no_other() -> None:
    failed = with_states(n1="failed").blocks[0]

    assert vpc(blocks=(failed,)).block("10.64.1.0/24") == failed


def test_a_subnet_is_in_the_cidr_that_has_its_addresses() -> None:
    subnets = {
        "subnet-b": "10.64.1.0/25",
        "subnet-a": "10.64.1.128/25",
        "subnet-before": "10.64.0.128/25",
        "subnet-after": "10.64.2.0/25",
    }

    assert vpc(subnets=subnets).subnets_in("10.64.1.0/24") == ["subnet-a", "subnet-b"]


def test_what_a_pool_gave_away_and_what_any_vpc_has_is_not_free() -> None:
    seen = pool("10.64.0.0/22", allocated=["10.64.0.0/24"], resources=(parse("10.64.2.0/24"),))

    assert seen.free == [parse("10.64.1.0/24"), parse("10.64.3.0/24")]
