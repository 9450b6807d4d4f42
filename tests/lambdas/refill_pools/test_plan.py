"""The judgement of one pool, as tables: what is decided, and for which reason."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.decision import Action, Decision, Lease, Outcome
from lambdas.common.settings import PoolMatch, PoolRule
from lambdas.common.space import parse, total, without
from lambdas.refill_pools.case import Case
from lambdas.refill_pools.model import Pool, PoolCidr, PoolSpace
from lambdas.refill_pools.need import lacking
from lambdas.refill_pools.plan import decide
from lambdas.refill_pools.progress import progress

FREE_LEASE = Lease(guard="lease#refill_pools#ipam-pool-1")


def rule(**changes: Any) -> PoolRule:
    defaults: dict[str, Any] = {
        "match": PoolMatch(tags={}),
        "low_water_percent": 20,
        "target_percent": 40,
        "min_netmask_length": None,
        "max_netmask_length": None,
        "ready_netmask_length": None,
        "max_provisions_per_day": 4,
        "max_cidrs_per_pool": 50,
        "max_contiguous_blocks": 2,
        "supply": (),
    }
    return PoolRule(**{**defaults, **changes})


def pool(identifier: str = "ipam-pool-1", **changes: Any) -> Pool:
    defaults: dict[str, Any] = {
        "account": "123456789012",
        "region": "us-east-1",
        "locale": "us-east-1",
        "scope_id": "ipam-scope-1",
        "scope_type": "private",
        "family": "ipv4",
        "state": "create-complete",
        "source_pool_id": "ipam-pool-0",
        "planned_for": None,
        "public_ip_source": None,
        "allocation_min_netmask_length": None,
        "allocation_max_netmask_length": None,
        "allocation_default_netmask_length": None,
        "tags": {},
    }
    return Pool(id=identifier, **{**defaults, **changes})


def cidr(text: str, state: str = "provisioned", failure: str | None = None) -> PoolCidr:
    return PoolCidr(cidr=text, block=parse(text), state=state, failure_code=failure)


def space(*cidrs: PoolCidr | str, used: tuple[str, ...] = (), of: Pool | None = None) -> PoolSpace:
    return PoolSpace(
        pool=of or pool(),
        cidrs=tuple(each if isinstance(each, PoolCidr) else cidr(each) for each in cidrs),
        allocated=tuple(parse(each) for each in used),
    )


SEVEN_EIGHTHS = ("10.0.0.0/21", "10.0.8.0/22", "10.0.12.0/23")
LOW = space("10.0.0.0/20", used=SEVEN_EIGHTHS)
SOURCE = space("10.0.0.0/16", used=("10.0.0.0/20",), of=pool("ipam-pool-0", source_pool_id=None))


def all_but(free: str) -> PoolSpace:
    """The source pool with nothing free but one block."""
    return replace(SOURCE, allocated=tuple(without([parse("10.0.0.0/16")], [parse(free)])))


def case(low: PoolSpace = LOW, **changes: Any) -> Case:
    defaults: dict[str, Any] = {
        "rule": rule(),
        "lease": FREE_LEASE,
        "tag_prefix": "poolwarden",
        "source": SOURCE,
    }
    return Case(space=low, **{**defaults, **changes})


def decided(judged: Case) -> Decision:
    decision = decide(judged)
    assert decision is not None
    return decision


# --- When


@pytest.mark.parametrize(
    ("used", "low_water", "low"),
    [
        (("10.0.0.0/21", "10.0.8.0/22"), 25, "enough"),  # exactly 25 % available
        (("10.0.0.0/21", "10.0.8.0/22"), 25.1, "low"),
        (("10.0.0.0/21", "10.0.8.0/22", "10.0.12.0/32"), 25, "low"),
        ((), 100, "enough"),
        (("10.0.0.0/20",), 1, "low"),
        (("10.0.0.0/21", "10.0.0.0/24", "10.0.8.0/22"), 25, "enough"),  # nested allocations count once
        (("10.0.0.0/21", "10.0.8.0/22", "10.9.0.0/20"), 25, "enough"),  # outside the pool's own CIDRs
    ],
)
def test_a_pool_is_low_below_its_mark_counted_from_its_allocations(
    used: tuple[str, ...], low_water: float, low: str
) -> None:
    decision = decide(case(space("10.0.0.0/20", used=used), rule=rule(low_water_percent=low_water)))
    assert (decision is not None) is (low == "low")


def test_a_refill_that_has_begun_goes_on_to_its_target() -> None:
    third_free = space("10.0.0.0/20", used=("10.0.0.0/21", "10.0.8.0/23"))
    assert decide(case(third_free)) is None
    assert decided(case(third_free, lease=replace(FREE_LEASE, unfinished=True))).subject == "10.0.16.0/24"


def test_enough_space_without_a_block_of_the_size_that_must_be_ready_is_fragmented() -> None:
    every_second = tuple(f"10.0.{number}.0/24" for number in range(0, 16, 2))
    decision = decided(case(space("10.0.0.0/20", used=every_second), rule=rule(ready_netmask_length=23)))
    assert (decision.reason, decision.subject) == ("fragmented", "10.0.16.0/23")


def test_the_pools_own_default_says_what_must_be_ready() -> None:
    every_second = tuple(f"10.0.{number}.0/24" for number in range(0, 16, 2))
    wants = pool(allocation_default_netmask_length=23)
    assert decided(case(space("10.0.0.0/20", used=every_second, of=wants))).reason == "fragmented"
    content = pool(allocation_default_netmask_length=24)
    assert decide(case(space("10.0.0.0/20", used=every_second, of=content))) is None


def test_two_halves_in_two_cidrs_are_no_block() -> None:
    halves = space("10.0.0.0/24", "10.0.1.0/24")
    assert decided(case(halves, rule=rule(ready_netmask_length=23, min_netmask_length=16))).reason == "fragmented"


# --- How much


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ({}, "10.0.16.0/21"),  # 1878 lacking
        ({"min_netmask_length": 22}, "10.0.16.0/22"),  # the first of two
        ({"min_netmask_length": 16, "max_netmask_length": 20}, "10.0.16.0/20"),
        ({"max_netmask_length": 18}, "10.0.64.0/18"),  # nothing smaller is worth adding
        ({"target_percent": 80}, "10.0.16.0/20"),  # a /18 would do, the widest CIDR so far is a /20
        ({"target_percent": 80, "min_netmask_length": 16}, "10.0.64.0/18"),
    ],
)
def test_the_block_is_as_large_as_is_useful_and_allowed(lengths: dict[str, Any], expected: str) -> None:
    assert decided(case(rule=rule(**lengths))).subject == expected


def reaches(of: PoolSpace, by: PoolRule) -> bool:
    return lacking(of.size, of.used, by.target_percent) == 0


@given(
    size=st.integers(16, 22),
    used=st.integers(1, 1 << 16),
    target=st.integers(2, 95),
)
def test_one_block_reaches_the_target_wherever_its_size_is_allowed(size: int, used: int, target: int) -> None:
    low = space(f"10.0.0.0/{size}", used=())
    taken = min(used, low.size)
    low = replace(low, allocated=(parse("10.0.0.0/32")._replace(end=parse("10.0.0.0/32").start + taken),))
    source = space("0.0.0.0/1", of=pool("ipam-pool-0", source_pool_id=None))
    wide = rule(low_water_percent=target, target_percent=target, min_netmask_length=2, max_netmask_length=32)
    decision = decide(case(low, rule=wide, source=source))
    if decision is None:
        assert reaches(low, wide)
        return
    after = replace(low, cidrs=(*low.cidrs, cidr(decision.subject)))
    assert reaches(after, wide)
    half = replace(low, cidrs=(*low.cidrs, cidr(str(next(ip_network(decision.subject).subnets())))))
    assert decision.subject.endswith("/32") or not reaches(half, wide)


def test_an_ipv6_pool_is_refilled_by_the_same_rules() -> None:
    six = pool(family="ipv6")
    low = space("fd80:0:0:1000::/52", used=("fd80:0:0:1000::/53", "fd80:0:0:1800::/54", "fd80:0:0:1c00::/55"), of=six)
    source = space("fd80::/40", used=("fd80:0:0:1000::/52",), of=pool("ipam-pool-0", family="ipv6"))
    decision = decided(case(low, source=source))
    assert decision.subject == "fd80::/53"
    exhausted = replace(source, allocated=(parse("fd80::/40"),))
    assert "needs a /53 (a /64 at the very least)" in str(decided(case(low, source=exhausted)).detail["why"])


# --- Where


def test_a_block_comes_from_what_is_free_in_the_source_and_joins_what_the_pool_has() -> None:
    crowded = replace(SOURCE, allocated=(parse("10.0.0.0/20"), parse("10.0.32.0/19"), parse("10.0.128.0/17")))
    twenty = rule(max_netmask_length=20)
    assert decided(case(rule=twenty, source=crowded)).subject == "10.0.16.0/20"


def test_what_other_pools_are_getting_is_not_taken() -> None:
    assert decided(case(reserved=(parse("10.0.16.0/20"),))).subject == "10.0.32.0/21"


def test_what_failed_before_is_not_tried_again() -> None:
    failed = space("10.0.0.0/20", cidr("10.0.16.0/21", "failed-provision", "cidr-not-available"), used=SEVEN_EIGHTHS)
    assert decided(case(failed)).subject == "10.0.24.0/21"


def test_a_smaller_block_is_better_than_none() -> None:
    crowded = all_but("10.0.252.0/22")
    assert decided(case(source=crowded)).subject == "10.0.252.0/22"


def test_a_block_that_was_asked_for_is_asked_for_again_although_another_would_be_better_now() -> None:
    first = decided(case())
    held = replace(FREE_LEASE, decision_id=first.id, subject="10.0.96.0/21", reason="low-water")
    again = decided(case(lease=held))
    assert (again.subject, again.id) == ("10.0.96.0/21", first.id)


def test_a_block_that_was_asked_for_and_is_taken_now_is_not_asked_for_again() -> None:
    held = replace(FREE_LEASE, decision_id="0" * 16, subject="10.0.0.0/21", reason="low-water")
    assert decided(case(lease=held)).subject == "10.0.16.0/21"


def blocks() -> st.SearchStrategy[list[str]]:
    return st.lists(
        st.builds(
            lambda length, index: f"10.0.{index % 256 & -(1 << 24 - length)}.0/{length}",
            st.integers(17, 24),
            st.integers(0, 255),
        ),
        max_size=10,
    )


@given(taken=blocks(), reserved=blocks(), length=st.integers(16, 28), used=st.integers(1, 4096))
def test_whatever_is_chosen_overlaps_nothing_and_lies_in_the_source(
    taken: list[str], reserved: list[str], length: int, used: int
) -> None:
    low = replace(LOW, allocated=(parse("10.0.0.0/32")._replace(end=parse("10.0.0.0/32").start + used),))
    source = replace(SOURCE, allocated=tuple(parse(each) for each in ("10.0.0.0/20", *taken)))
    decision = decide(
        case(
            low,
            source=source,
            reserved=tuple(parse(each) for each in reserved),
            rule=rule(min_netmask_length=length, max_netmask_length=max(length, 26)),
        )
    )
    if decision is None or decision.action is Action.NONE:
        return
    chosen = parse(decision.subject)
    obstacles = [parse(each) for each in ("10.0.0.0/20", *taken, *reserved)]
    assert total(without([chosen], obstacles)) == chosen.size
    assert ip_network(decision.subject).subnet_of(ip_network("10.0.0.0/16"))  # type: ignore[arg-type]


# --- Why not

QUOTA = space(*(f"10.0.{number}.0/24" for number in range(50)), used=tuple(f"10.0.{n}.0/24" for n in range(45)))
FULL = replace(SOURCE, allocated=(parse("10.0.0.0/16"),))
REFUSED = (
    cidr("10.0.16.0/21", "failed-provision", "cidr-not-available"),
    cidr("10.0.24.0/21", "failed-provision", "cidr-not-available"),
)


def low_of(**changes: Any) -> PoolSpace:
    return space("10.0.0.0/20", used=SEVEN_EIGHTHS, of=pool(**changes))


@pytest.mark.parametrize(
    ("judged", "outcome", "reason", "says"),
    [
        (case(space()), Outcome.SKIPPED, "not-ready", "no provisioned CIDR"),
        (case(low_of(state="modify-failed")), Outcome.SKIPPED, "not-ready", "modify-failed"),
        (case(low_of(tags={"poolwarden:protect": "true"})), Outcome.BLOCKED, "protected", "poolwarden:protect"),
        (case(low_of(tags={"mine:protect": "true"}), tag_prefix="mine"), Outcome.BLOCKED, "protected", "mine:protect"),
        (case(low_of(planned_for="vpc-1")), Outcome.BLOCKED, "vpc-planning-pool", "vpc-1"),
        (case(external_authority=True), Outcome.BLOCKED, "external-authority", "ipam-scope-1"),
        (
            case(space("10.0.0.0/20", cidr("10.0.64.0/20", "pending-provision"), used=SEVEN_EIGHTHS)),
            Outcome.SKIPPED,
            "in-flight",
            "10.0.64.0/20 is being provisioned",
        ),
        (case(QUOTA), Outcome.BLOCKED, "cidr-quota", "50 CIDRs"),
        (
            case(space("10.0.0.0/20", cidr("10.0.16.0/21", "failed-provision", "limit-exceeded"), used=SEVEN_EIGHTHS)),
            Outcome.BLOCKED,
            "cidr-quota",
            "10.0.16.0/21",
        ),
        (case(space("10.0.0.0/20", *REFUSED, used=SEVEN_EIGHTHS)), Outcome.BLOCKED, "provision-failed", "10.0.24.0/21"),
        (case(source=None), Outcome.BLOCKED, "no-supply", "no source pool"),
        (case(low_of(scope_type="public"), source=None), Outcome.BLOCKED, "needs-authorization", "authorise"),
        (
            case(source=replace(SOURCE, pool=pool("ipam-pool-0", state="delete-in-progress"))),
            Outcome.BLOCKED,
            "not-ready",
            "ipam-pool-0 is in state delete-in-progress",
        ),
        (case(source=FULL), Outcome.BLOCKED, "source-exhausted", "needs a /21 (a /28 at the very least)"),
        (
            case(rule=rule(max_netmask_length=20), source=all_but("10.0.254.0/23")),
            Outcome.BLOCKED,
            "source-exhausted",
            "needs a /20, the largest free block is a /23 in its source pool ipam-pool-0",
        ),
    ],
)  # fmt: skip
def test_what_is_not_done_is_explained(judged: Case, outcome: Outcome, reason: str, says: str) -> None:
    decision = decided(judged)
    assert (decision.action, decision.outcome, decision.reason) == (Action.NONE, outcome, reason)
    assert says in str(decision.detail["why"])


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": {"poolwarden:protect": "true"}},
        {"planned_for": "vpc-1"},
        {"source_pool_id": None},
    ],
)
def test_a_pool_that_lacks_nothing_is_not_explained(changes: dict[str, Any]) -> None:
    assert decide(case(space("10.0.0.0/20", of=pool(**changes)), source=None)) is None


@pytest.mark.parametrize("state", ["create-in-progress", "modify-in-progress", "delete-in-progress", "delete-complete"])
def test_a_pool_that_is_being_made_or_unmade_is_left_without_a_word(state: str) -> None:
    assert decide(case(low_of(state=state))) is None


def test_a_pool_that_waits_for_its_first_cidr_is_left_without_a_word() -> None:
    assert decide(case(space(cidr("10.0.0.0/20", "pending-provision")))) is None


def test_protection_needs_the_word_true() -> None:
    assert decided(case(low_of(tags={"poolwarden:protect": "false"}))).action is Action.PROVISION_CIDR


# --- The same decision


def test_one_more_vpc_makes_no_other_decision() -> None:
    more = space("10.0.0.0/20", used=(*SEVEN_EIGHTHS, "10.0.14.0/28"))
    assert decided(case(more)).id == decided(case()).id


def test_what_other_pools_take_makes_no_other_decision() -> None:
    assert decided(case(reserved=(parse("10.0.16.0/20"),))).id == decided(case()).id


def test_after_an_act_has_ended_the_same_state_makes_another_decision() -> None:
    assert decided(case(lease=replace(FREE_LEASE, generation=1))).id != decided(case()).id


def test_another_set_of_cidrs_or_another_size_makes_another_decision() -> None:
    other_cidrs = space("10.0.0.0/20", "10.0.64.0/24", used=(*SEVEN_EIGHTHS, "10.0.64.0/24"))
    other_size = case(rule=rule(target_percent=60))
    assert len({decided(case()).id, decided(case(other_cidrs)).id, decided(other_size).id}) == 3


def test_a_fuller_source_says_so_again() -> None:
    sixteen = rule(max_netmask_length=20)
    less = all_but("10.0.248.0/21")
    assert decided(case(rule=sixteen, source=less)).id != decided(case(rule=sixteen, source=FULL)).id


# --- How far


@pytest.mark.parametrize(
    ("states", "outcome", "reason"),
    [
        ([("provisioned", None)], Outcome.DONE, None),
        ([("pending-provision", None)], Outcome.PENDING, None),
        ([("pending-provision", "cidr-not-available")], Outcome.PENDING, None),
        ([("failed-provision", "cidr-not-available")], Outcome.FAILED, "provision-failed"),
        ([("failed-provision", "limit-exceeded")], Outcome.FAILED, "cidr-quota"),
        ([("failed-provision", None)], Outcome.FAILED, "provision-failed"),
        ([("deprovisioned", None), ("provisioned", None)], Outcome.DONE, None),
    ],
)
def test_how_far_a_block_is_that_was_asked_for(
    states: list[tuple[str, str | None]], outcome: Outcome, reason: str | None
) -> None:
    shown = space("10.0.0.0/20", *(cidr("10.0.16.0/21", state, failure) for state, failure in states))
    found = progress(shown.cidrs, "10.0.16.0/21")
    assert found is not None
    assert (found.outcome, found.reason) == (outcome, reason)


def test_what_does_not_show_is_not_known() -> None:
    assert progress(space("10.0.16.0/20").cidrs, "10.0.16.0/21") is None
    assert progress(space(cidr("10.0.16.0/21", "deprovisioned")).cidrs, "10.0.16.0/21") is None
