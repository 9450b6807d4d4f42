"""The plan for a large pool: the same answers as written with `ipaddress`, and work that grows as n log n."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.large_pool import POOL, RULE, large_case
from bench.plan_process import measured, plan_anew
from bench.straightforward import choose, networks_of
from lambdas.common.decision import Lease
from lambdas.common.space import Range, parse
from lambdas.refill_pools.case import Case
from lambdas.refill_pools.model import PoolCidr, PoolSpace

if TYPE_CHECKING:
    from types import FrameType

OWN = ("10.0.0.0/24", "10.0.1.0/24", "10.0.4.0/25", "10.0.255.0/28")
SUPPLY = ("10.0.2.0/23", "10.0.4.128/25", "10.1.0.0/24")


def blocks(base: str, *, longest: int = 32) -> st.SearchStrategy[list[Range]]:
    """A few aligned blocks within the /16 at `base`, most of them small."""

    def block(length: int, offset: int) -> Range:
        size = 1 << (32 - length)
        start = parse(base).start + offset % (1 << 16) // size * size
        return Range(start, start + size)

    return st.lists(st.builds(block, st.integers(22, longest), st.integers(0, 0x5FF)), max_size=12)


@given(
    own=st.sets(st.sampled_from(OWN), min_size=1),
    allocated=blocks("10.0.0.0/16"),
    taken=blocks("10.0.0.0/16") | blocks("10.1.0.0/16"),
    supply=st.lists(st.sampled_from(SUPPLY), unique=True, min_size=1),
    marks=st.sampled_from([(20, 40), (50, 60), (0.5, 0.7)]),
    ready=st.none() | st.integers(20, 28),
    lengths=st.sampled_from([(None, None), (24, 26), (26, 26), (None, 25)]),
)
def test_the_plan_answers_as_the_straightforward_version_does(
    own: set[str],
    allocated: list[Range],
    taken: list[Range],
    supply: list[str],
    marks: tuple[float, float],
    ready: int | None,
    lengths: tuple[int | None, int | None],
) -> None:
    rule = replace(
        RULE,
        low_water_percent=marks[0],
        target_percent=marks[1],
        min_netmask_length=lengths[0],
        max_netmask_length=lengths[1],
        ready_netmask_length=ready,
        supply=tuple(IPv4Network(cidr) for cidr in supply),
    )
    cidrs = tuple(PoolCidr(cidr=cidr, block=parse(cidr), state="provisioned") for cidr in sorted(own))
    space = PoolSpace(pool=POOL, cidrs=cidrs, allocated=tuple(allocated))
    case = Case(space=space, rule=rule, lease=Lease(guard=""), tag_prefix="poolwarden", scope_taken=tuple(taken))
    assert plan_anew(case) == choose(networks_of(case))


@pytest.mark.parametrize("allocations", [50, 500])
def test_the_large_pool_gets_a_block_and_both_choose_the_same(allocations: int) -> None:
    case = large_case(allocations)
    assert plan_anew(case) == choose(networks_of(case))
    assert plan_anew(case)


def test_a_process_of_its_own_gives_times_memory_and_the_answer() -> None:
    found = measured("plan", 500)
    assert found.answer == plan_anew(large_case(500))
    assert len(found.milliseconds) == 5
    assert found.megabytes > 1


def test_the_work_of_a_plan_grows_no_faster_than_n_log_n() -> None:
    few, many = 2_000, 16_000
    grown = lines_run(large_case(many)) / lines_run(large_case(few))
    assert grown < many * math.log(many) / (few * math.log(few))


def lines_run(case: Case) -> int:
    """Count the lines that a plan runs: the same number each time, on any machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001 - as sys.settrace calls it
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        plan_anew(case)
    finally:
        sys.settrace(before)
    return count
