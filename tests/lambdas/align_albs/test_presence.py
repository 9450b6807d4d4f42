"""Which addresses are not the pool's, look after look."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.align_albs.model import Memory, Space
from tests.lambdas.align_albs.fleets import POOL, alb, judge, pool

if TYPE_CHECKING:
    from lambdas.align_albs.plan import Plan

OURS = ("198.51.100.1", "198.51.100.2")
OLD = ("54.0.0.1", "54.0.0.2")
LATE = ("54.0.0.8", "54.0.0.9")
SPACE = Space(cidrs=(IPv4Network("198.51.100.0/24"),), size=256, free=256)


def looks(*seen: tuple[str, ...], memory: Memory | None = None, state: str = "active") -> list[Plan]:
    """Look once for each of these sets of addresses, remembering from one look to the next."""
    plans = []
    for addresses in seen:
        one = alb(pool=POOL, addresses=frozenset(addresses), state=state)
        made = judge(one, pool(), memory=memory)
        memory = made.memories.get(one.arn, memory)
        state = "active"
        plans.append(made)
    return plans


def said(made: Plan) -> list[tuple[str, str, list[str]]]:
    return [(each.outcome, each.reason, each.detail["addresses_off"]) for each in made.decisions]  # type: ignore[misc]


def ids(made: Plan) -> list[str]:
    return [each.id for each in made.decisions]


MOVED = Memory(pool=POOL, before=frozenset(OLD))


def test_addresses_from_before_the_move_are_converging_until_they_are_gone() -> None:
    first, second, third, fourth = looks(OLD, (OLD[0], OURS[0]), OURS, OURS, memory=MOVED)
    assert said(first) == [("skipped", "converging", [*OLD])]
    assert said(second) == [("skipped", "converging", [OLD[0]])]
    assert ids(first) == ids(second) == ids(third)
    assert said(third) == [("done", "converging", [])]
    assert said(fourth) == []


def test_addresses_that_were_replaced_at_once_are_not_even_mentioned() -> None:
    (made,) = looks(OURS, memory=MOVED)
    assert said(made) == []


def test_an_address_from_outside_that_comes_later_is_spilled_until_it_is_gone() -> None:
    first, second, third, fourth = looks((*OURS, LATE[0]), (*OURS, LATE[0]), OURS, OURS, memory=MOVED)
    assert said(first) == [("blocked", "spilled", [LATE[0]])]
    assert ids(first) == ids(second) == ids(third)
    assert said(third) == [("done", "spilled", [])]
    assert said(fourth) == []


def test_a_further_address_is_another_case_and_one_fewer_is_not() -> None:
    first, second, third = looks((LATE[0],), LATE, (LATE[1],), memory=MOVED)
    assert said(second) == [("blocked", "spilled", [*LATE])]
    assert ids(second) != ids(first)
    assert ids(third) == ids(second)


def test_the_same_address_again_after_it_was_gone_is_another_case() -> None:
    first, _, again = looks((LATE[0],), OURS, (LATE[0],), memory=MOVED)
    assert said(again) == [("blocked", "spilled", [LATE[0]])]
    assert ids(again) != ids(first)


def test_an_old_address_that_went_and_came_back_is_spilled() -> None:
    _, made = looks(OURS, (OLD[0],), memory=MOVED)
    assert said(made) == [("blocked", "spilled", [OLD[0]])]


def test_old_and_late_addresses_are_told_apart() -> None:
    (made,) = looks((OLD[0], LATE[0]), memory=MOVED)
    assert said(made) == [("skipped", "converging", [OLD[0]]), ("blocked", "spilled", [LATE[0]])]


def test_all_addresses_from_outside_are_named() -> None:
    (made,) = looks((*OLD, *LATE), memory=MOVED)
    old, late = (str(each.detail["why"]) for each in made.decisions)
    assert old.endswith("has addresses from before: 54.0.0.1, 54.0.0.2.")
    assert late.endswith("got addresses from elsewhere: 54.0.0.8, 54.0.0.9.")


def test_one_that_somebody_else_put_on_the_pool_is_taken_as_it_is_at_the_first_look() -> None:
    first, second = looks(OLD, (OLD[0], LATE[0]))
    assert said(first) == [("skipped", "converging", [*OLD])]
    assert said(second) == [("skipped", "converging", [OLD[0]]), ("blocked", "spilled", [LATE[0]])]


def test_one_that_was_made_on_the_pool_has_no_addresses_from_before() -> None:
    first, second = looks(LATE, LATE, state="provisioning")
    assert said(first) == []
    assert said(second) == [("blocked", "spilled", [*LATE])]


def test_what_is_remembered_of_another_pool_does_not_count() -> None:
    (made,) = looks(OLD, memory=Memory(pool="ipam-pool-0other", spilled=frozenset(LATE)))
    assert said(made) == [("skipped", "converging", [*OLD])]


def test_a_look_that_is_late_does_not_forget_that_somebody_took_it_off_the_pool() -> None:
    undone = Memory(pool="", kept_off=POOL)
    (late,) = looks(OURS, memory=undone)
    (seen,) = late.memories.values()
    assert [each.outcome for each in judge(alb(), pool(), memory=seen).decisions] == ["rejected"]
    _, again = looks(OURS, OURS, memory=undone)
    (put_back,) = again.memories.values()
    assert judge(alb(), pool(), memory=put_back).moves


def test_without_the_pools_cidrs_nothing_is_said() -> None:
    assert judge(alb(pool=POOL)).decisions == []


@pytest.mark.parametrize(("address", "inside"), [("198.51.100.0", True), ("198.51.101.0", False), ("1.2.3.4", False)])
def test_an_address_is_the_pools_where_one_of_its_cidrs_has_it(address: str, *, inside: bool) -> None:
    assert SPACE.outside([address]) == (frozenset() if inside else {address})


@given(st.lists(st.sets(st.sampled_from([*OURS, *OLD, *LATE])), max_size=8))
def test_whatever_comes_and_goes_each_look_tells_exactly_the_addresses_from_outside(seen: list[set[str]]) -> None:
    for made, addresses in zip(looks(*(tuple(each) for each in seen), memory=MOVED), seen, strict=True):
        told = [address for _, _, listed in said(made) for address in listed]
        assert sorted(told) == sorted(SPACE.outside(addresses))


@given(st.lists(st.sets(st.sampled_from([*OURS, *LATE])), min_size=1, max_size=8))
def test_a_second_look_at_the_same_says_nothing_new(seen: list[set[str]]) -> None:
    *_, last, again = looks(*(tuple(each) for each in seen), tuple(seen[-1]), memory=MOVED)
    assert again.memories == {}
    assert [each.id for each in again.decisions] == [each.id for each in last.decisions if each.outcome != "done"]
