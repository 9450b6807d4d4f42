"""Everything that is recorded of a judged pool, in full: what people read, and what a later run goes by."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from lambdas.common.settings import PoolMatch
from lambdas.common.space import parse
from lambdas.refill_pools import explain, plan, request
from lambdas.refill_pools.hindrance import quota_of
from lambdas.refill_pools.model import PoolCidr, present
from lambdas.refill_pools.need import Shortage, has_free, lacking, shortage, useful_lengths, worth_asking_for
from lambdas.refill_pools.origin import given_by_aws, supply_cidrs
from lambdas.refill_pools.progress import progress
from tests.lambdas.expected import assert_as_in
from tests.lambdas.refill_pools.test_plan import (
    FREE_LEASE,
    FULL,
    LOW,
    QUOTA,
    REFUSED,
    SEVEN_EIGHTHS,
    SOURCE,
    all_but,
    case,
    cidr,
    decided,
    low_of,
    pool,
    rule,
    space,
)

TAGS = {"Name": "prod", "poolwarden:owner": "team-a", "other": "x"}
EVERY_SECOND = tuple(f"10.0.{number}.0/24" for number in range(0, 16, 2))
CONTIGUOUS: dict[str, Any] = {"scope_type": "public", "public_ip_source": "amazon", "source_pool_id": None}
BOUGHT = replace(cidr("130.137.0.0/29"), id="ipam-pool-cidr-b")
OTHER_BOUGHT = replace(cidr("130.137.0.8/29"), id="ipam-pool-cidr-a")
BUYS = rule(match=PoolMatch(tags={}, pool_id="ipam-pool-1"))


def contiguous(*cidrs: PoolCidr) -> Any:
    return space(*cidrs, used=("130.137.0.0/29", "130.137.0.8/29"), of=pool(**CONTIGUOUS))


def test_a_decision_on_a_pool_is_recorded_in_full() -> None:
    failed = cidr("10.0.16.0/21", "failed-provision", "limit-exceeded")
    pending = cidr("10.0.64.0/20", "pending-provision")
    wide = space("fd00::/48", used=("fd00::/48",), of=pool(family="ipv6", source_pool_id=None))
    supplied = low_of(source_pool_id=None)
    supply = rule(supply=(ip_network("10.0.0.0/18"), ip_network("10.128.0.0/24")))
    cases = {
        "low": case(low_of(tags=TAGS)),
        "low, and half way": case(lease=replace(FREE_LEASE, unfinished=True)),
        "fragmented": case(space("10.0.0.0/20", used=EVERY_SECOND), rule=rule(ready_netmask_length=23)),
        "a block is demanded": case(space("10.0.0.0/20", used=EVERY_SECOND), demanded=22),
        "a size is demanded": case(space("10.0.0.0/20"), demanded_size=5000),
        "more is demanded than its rule allows": case(space("10.0.0.0/20"), demanded=18),
        "two CIDRs": case(space("10.0.0.0/20", "10.0.64.0/24", used=(*SEVEN_EIGHTHS, "10.0.64.0/24"))),
        "from its supply": case(supplied, source=None, rule=supply),
        "its supply is exhausted": case(
            supplied, source=None, rule=supply, scope_taken=(parse("10.0.0.0/18"), parse("10.128.0.0/24"))
        ),
        "Amazon's, bought": case(contiguous(BOUGHT), source=None, rule=BUYS),
        "Amazon's, and not meant by its rule": case(contiguous(BOUGHT), source=None),
        "Amazon's, and the account's quota is reached": case(
            contiguous(BOUGHT), source=None, rule=BUYS, contiguous_blocks=2
        ),
        "Amazon's, and its rule allows no length": case(
            contiguous(BOUGHT), source=None, rule=replace(BUYS, min_netmask_length=26, max_netmask_length=28)
        ),
        "unique local addresses, chosen by AWS": case(wide, source=None),
        "without a CIDR": case(space()),
        "in a state that is not usable": case(low_of(state="modify-failed")),
        "protected": case(low_of(tags={**TAGS, "poolwarden:protect": "true"})),
        "plans a VPC": case(low_of(planned_for="vpc-1")),
        "another product's": case(external_authority=True),
        "in flight": case(space("10.0.0.0/20", pending, used=SEVEN_EIGHTHS)),
        "with as many CIDRs as AWS allows": case(QUOTA),
        "refused for a quota": case(space("10.0.0.0/20", failed, used=SEVEN_EIGHTHS)),
        "refused twice": case(space("10.0.0.0/20", *REFUSED, used=SEVEN_EIGHTHS)),
        "without a source": case(source=None),
        "to be authorised": case(low_of(scope_type="public"), source=None),
        "with a source that is not usable": case(source=replace(SOURCE, pool=pool("ipam-pool-0", state="x"))),
        "with a source that is full": case(source=FULL),
        "with a source that is nearly full": case(rule=rule(max_netmask_length=20), source=all_but("10.0.254.0/23")),
    }
    found: dict[str, Any] = {name: decided(each) for name, each in cases.items()}
    found["without a metric"] = explain.unmeasured(pool(tags=TAGS, locale="eu-west-1"), tag_prefix="poolwarden")

    assert_as_in(Path(__file__).with_name("decisions.json"), found)


def test_of_what_is_asked_for_and_free_nothing_is_said_however_large_it_is() -> None:
    by = rule(min_netmask_length=20)

    assert plan.decide(case(space("10.0.0.0/16"), rule=by, demanded=18)) is None
    assert plan.decide(case(space("10.0.0.0/20"), rule=by, demanded=20)) is None


def test_what_is_asked_for_by_length_names_what_the_pool_had_in_one_order() -> None:
    assert request.by_length(29, contiguous(BOUGHT, OTHER_BOUGHT)) == "/29 besides ipam-pool-cidr-a ipam-pool-cidr-b"
    assert request.told("/29 besides ipam-pool-cidr-a") == "/29"
    assert request.length_of("/29 besides ipam-pool-cidr-a") == 29
    assert request.block_of("/29 besides ipam-pool-cidr-a") is None
    assert request.block_of("10.0.0.0/29") == parse("10.0.0.0/29")


@pytest.mark.parametrize(
    ("subject", "lease", "again"),
    [
        ("/29 besides old", {"decision_id": "1"}, "/29 besides old"),
        ("/29 besides old", {"decision_id": ""}, "/29 besides ipam-pool-cidr-b"),
        ("/30 besides old", {"decision_id": "1"}, "/29 besides ipam-pool-cidr-b"),
        ("10.0.0.0/29", {"decision_id": "1"}, "/29 besides ipam-pool-cidr-b"),
    ],
)
def test_a_block_of_the_same_length_is_asked_for_in_the_same_words(
    subject: str, lease: dict[str, Any], again: str
) -> None:
    held = replace(FREE_LEASE, subject=subject, **lease)

    assert decided(case(contiguous(BOUGHT), source=None, rule=BUYS, lease=held)).subject == again


def test_a_block_that_shows_nothing_else_yet_is_known_by_its_length() -> None:
    shown = [BOUGHT, PoolCidr(cidr="/29", block=parse("0.0.0.0/29"), state="pending-provision", id="new")]

    assert [each.id for each in request.answered("/29 besides ipam-pool-cidr-b", shown)] == ["new"]
    assert [each.id for each in request.answered("/30 besides ipam-pool-cidr-b", shown)] == []
    assert [each.id for each in request.answered("130.137.0.0/29", shown)] == ["ipam-pool-cidr-b"]


def test_how_far_a_block_is_tells_what_aws_said() -> None:
    block = PoolCidr(
        cidr="10.0.16.0/21",
        block=parse("10.0.16.0/21"),
        state="failed-provision",
        failure_code="limit-exceeded",
        failure_message="AWS says no",
    )
    states = {
        "failed for a quota": [block],
        "failed for another reason": [replace(block, failure_code="cidr-not-available")],
        "failed without a word": [replace(block, failure_code=None, failure_message=None)],
        "failed to be imported": [replace(block, state="failed-import", failure_code=None)],
        "pending": [replace(block, state="pending-import")],
        "done": [replace(block, state="provisioned")],
        "gone again": [replace(block, state="deprovisioned")],
    }
    found: dict[str, Any] = {name: progress(cidrs, "10.0.16.0/21") for name, cidrs in states.items()}
    found["failed for another quota"] = progress([block], "10.0.16.0/21", quota="contiguous-quota")

    assert_as_in(Path(__file__).with_name("progress.json"), found)


@pytest.mark.parametrize(
    ("size", "used", "target", "lacks"),
    [
        (100, 60, 40, 0),
        (100, 61, 40, 2),
        (4096, 3584, 40, 1878),
        (100, 100, 50, 100),
        (100, 0, 40, 0),
        (10, 10, 99, 990),
    ],
)
def test_so_many_addresses_are_lacking_to_the_target(size: int, used: int, target: int, lacks: int) -> None:
    assert lacking(size, used, target) == lacks


def test_a_block_is_free_where_one_of_its_size_or_larger_is() -> None:
    assert has_free(LOW, 23)
    assert not has_free(LOW, 22)


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        ({}, None),
        ({"demanded": 24}, None),
        ({"demanded": 22}, Shortage(reason="demanded", addresses=0, block=22)),
        ({"demanded": 19}, None),  # larger than any block that may be added
        ({"demanded": 20}, Shortage(reason="demanded", addresses=0, block=20)),
        ({"demanded_size": 4096}, None),
        ({"demanded_size": 4097}, Shortage(reason="demanded", addresses=1, block=None)),
        ({"demanded": 22, "demanded_size": 5000}, Shortage(reason="demanded", addresses=904, block=22)),
    ],
)
def test_what_somebody_needs_is_a_shortage_of_its_own(demand: dict[str, int], expected: Shortage | None) -> None:
    assert shortage(space("10.0.0.0/20", used=EVERY_SECOND), rule(), FREE_LEASE, **demand) == expected


def test_a_pool_that_is_low_and_fragmented_lacks_both() -> None:
    needed = shortage(LOW, rule(ready_netmask_length=22), FREE_LEASE, demanded=21)

    assert needed == Shortage(reason="low-water", addresses=1878, block=21)
    assert shortage(space(), rule(), FREE_LEASE, demanded=24, demanded_size=9) is None


@pytest.mark.parametrize(
    ("need", "lengths", "expected"),
    [
        ({"addresses": 256, "block": None}, {}, [24, 25, 26, 27, 28]),
        ({"addresses": 257, "block": None}, {}, [23, 24, 25, 26, 27, 28]),
        ({"addresses": 0, "block": 26}, {}, [26]),
        ({"addresses": 16, "block": 26}, {}, [26, 27, 28]),
        ({"addresses": 1 << 14, "block": None}, {}, [20, 21, 22, 23, 24, 25, 26, 27, 28]),
        ({"addresses": 1, "block": None}, {}, [28]),
        ({"addresses": 1, "block": None}, {"max_netmask_length": 22}, [22]),
        ({"addresses": 1, "block": None}, {"max_netmask_length": 18}, [18]),
    ],
)
def test_useful_are_the_block_that_is_enough_and_smaller_ones_that_are_worth_it(
    need: dict[str, Any], lengths: dict[str, Any], expected: list[int]
) -> None:
    assert useful_lengths(LOW, rule(**lengths), Shortage(reason="low-water", **need)) == expected


def test_a_source_is_asked_for_no_larger_a_block_than_its_rule_allows() -> None:
    assert worth_asking_for([20, 21, 22], SOURCE, rule()) == 20
    assert worth_asking_for([20, 21, 22], SOURCE, rule(min_netmask_length=22)) == 22
    assert worth_asking_for([20, 21, 22], SOURCE, rule(min_netmask_length=23)) is None
    assert worth_asking_for([], SOURCE, rule()) is None
    assert worth_asking_for([20], space(), rule()) is None


def test_a_source_is_wanted_to_grow_only_for_a_pool_that_lacks_something() -> None:
    assert plan.wanted_of_source(case(), rule()) == 21
    assert plan.wanted_of_source(case(source=None), rule()) is None
    assert plan.wanted_of_source(case(space("10.0.0.0/20")), rule()) is None
    assert plan.wanted_of_source(case(space("10.0.0.0/20"), demanded_size=5000), rule()) == 22
    assert plan.wanted_of_source(case(space("10.0.0.0/20", used=EVERY_SECOND), demanded=22), rule()) == 22


def test_the_last_of_the_lengths_that_aws_gives_is_named() -> None:
    six = pool(family="ipv6", **CONTIGUOUS)
    full = space("2600::/44", used=("2600::/44",), of=six)
    judged = case(full, source=None, rule=rule(min_netmask_length=41, max_netmask_length=43))

    assert "blocks of /40 to /52, and its rule allows none of them" in str(decided(judged).detail["why"])


@pytest.mark.parametrize(("narrowest", "least"), [(21, ""), (22, " (a /22 at the very least)")])
def test_the_least_that_would_help_is_named_where_it_is_another(narrowest: int, least: str) -> None:
    judged = case(source=FULL, rule=rule(max_netmask_length=narrowest))

    assert f"It needs a /21{least}, no block is free" in str(decided(judged).detail["why"])


def test_a_block_that_the_pool_had_once_may_come_again() -> None:
    once = space("10.0.0.0/20", cidr("10.0.16.0/21", "deprovisioned"), used=SEVEN_EIGHTHS)

    assert decided(case(once)).subject == "10.0.16.0/21"


def test_a_single_address_is_worth_adding_where_the_rule_says_so() -> None:
    need = Shortage(reason="low-water", addresses=1, block=None)

    assert useful_lengths(LOW, rule(max_netmask_length=32), need) == [32]


def test_each_kind_of_pool_meets_a_quota_of_its_own() -> None:
    assert quota_of(pool()) == "cidr-quota"
    assert quota_of(pool(**CONTIGUOUS)) == "contiguous-quota"


def test_a_pool_grows_past_a_quota_that_somebody_had_raised() -> None:
    more = decided(case(QUOTA, rule=rule(max_cidrs_per_pool=51)))
    bought = decided(
        case(contiguous(BOUGHT), source=None, rule=replace(BUYS, max_contiguous_blocks=3), contiguous_blocks=2)
    )
    assert [each.action for each in (more, bought)] == ["provision_cidr", "provision_cidr"]


def test_the_quota_counts_what_a_pool_has_or_gets() -> None:
    states = ("provisioned", "pending-provision", "pending-deprovision", "failed-deprovision")
    gone = ("failed-provision", "failed-import", "deprovisioned")
    listed = [cidr(f"10.{number}.0.0/24", state) for number, state in enumerate([*states, *gone])]

    assert [each.state for each in present(listed)] == list(states)


@pytest.mark.parametrize(
    ("changes", "supplied"),
    [
        ({"source_pool_id": None}, True),
        ({}, False),
        ({"source_pool_id": None, "scope_type": "public"}, False),
        ({"source_pool_id": None, "family": "ipv6"}, False),
    ],
)
def test_a_supply_is_for_private_pools_without_a_source_pool(changes: dict[str, Any], *, supplied: bool) -> None:
    by = rule(supply=(ip_network("10.64.0.0/10"),))

    assert supply_cidrs(by, pool(**changes)) == (["10.64.0.0/10"] if supplied else [])


@pytest.mark.parametrize(
    ("cidrs", "changes", "supply", "given"),
    [
        (["fd80::/48"], {}, (), True),
        (["fd80::/48"], {}, ("fd00::/32",), False),
        (["2600::/48"], {}, (), False),
        (["fd80::/48"], {"source_pool_id": "ipam-pool-0"}, (), False),
        (["10.0.0.0/20"], {"family": "ipv4"}, (), False),
        (["130.137.0.0/29"], {"family": "ipv4", **CONTIGUOUS}, (), True),
    ],
)
def test_aws_chooses_its_own_addresses_and_unique_local_ones_without_a_supply(
    cidrs: list[str], changes: dict[str, Any], supply: tuple[str, ...], *, given: bool
) -> None:
    top = pool(**{"family": "ipv6", "source_pool_id": None, **changes})

    assert given_by_aws(space(*cidrs, of=top), rule(supply=tuple(map(ip_network, supply)))) is given


@pytest.mark.parametrize(("suggested", "expected"), [(19, None), (20, "fragmented"), (21, "fragmented")])
def test_what_a_pool_suggests_must_be_ready_where_a_block_that_may_be_added_could_hold_it(
    suggested: int, expected: str | None
) -> None:
    wants = pool(allocation_default_netmask_length=suggested)
    found = shortage(space("10.0.0.0/20", used=EVERY_SECOND, of=wants), rule(), FREE_LEASE)

    assert (found and found.reason) == expected


def test_the_smallest_block_of_a_pool_of_amazons_is_the_smallest_that_aws_gives() -> None:
    need = Shortage(reason="low-water", addresses=1, block=None)

    assert useful_lengths(contiguous(BOUGHT), rule(), need) == [30]


def test_all_that_is_on_its_way_is_named() -> None:
    coming = [cidr("10.0.64.0/20", "pending-provision"), cidr("10.0.80.0/20", "pending-import")]
    decision = decided(case(space("10.0.0.0/20", *coming, used=SEVEN_EIGHTHS)))

    assert "10.0.64.0/20, 10.0.80.0/20 is being provisioned" in str(decision.detail["why"])


HALF_WAY = space("10.0.0.0/20", used=("10.0.0.0/21", "10.0.8.0/22"))  # a quarter is free


@pytest.mark.parametrize(
    ("judged", "enough"),
    [
        (case(space("10.0.0.0/20")), True),
        (case(LOW), False),
        (case(HALF_WAY), True),
        (case(HALF_WAY, rule=rule(low_water_percent=30)), False),
        (case(HALF_WAY, lease=replace(FREE_LEASE, unfinished=True)), False),
        (case(space("10.0.0.0/20", used=EVERY_SECOND), demanded=22), False),
        (case(space("10.0.0.0/20", used=EVERY_SECOND), demanded=24), True),
        (case(space("10.0.0.0/20"), demanded_size=4097), False),
        (case(space("10.0.0.0/20", of=pool(state="modify-in-progress"))), False),
        (case(space(cidr("10.0.0.0/20", "pending-provision"))), False),
    ],
)
def test_a_pool_has_enough_where_it_can_be_judged_and_lacks_nothing(judged: Any, *, enough: bool) -> None:
    assert plan.has_enough(judged) is enough
