"""Which VPC gets which CIDR, and why another gets none: one case after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common.decision import Action, Lease, Outcome
from lambdas.extend_vpcs.model import Block
from lambdas.extend_vpcs.plan import prospects
from tests.lambdas.extend_vpcs.estates import NOW, POOL, estate, planned, pool, terms, vpc

if TYPE_CHECKING:
    from lambdas.common.decision import Decision
    from lambdas.extend_vpcs.model import Pool, Vpc
    from lambdas.extend_vpcs.plan import Plan


def only(plan: Plan) -> Decision:
    (decision,) = plan.decisions
    return decision


def test_a_full_vpc_gets_as_much_again_beside_what_it_has() -> None:
    decision = only(planned(vpc()))
    assert (decision.action, decision.outcome, decision.reason) == (Action.ASSOCIATE_CIDR, None, "nearly-full")
    assert decision.subject == "10.64.1.0/24"
    assert decision.detail["before"] == {"cidrs": ["10.64.0.0/24"]}
    assert decision.detail["after"] == {"cidrs": ["10.64.0.0/24", "10.64.1.0/24"], "pool": POOL}
    assert decision.detail["evidence"] == {"addresses": 256, "in_subnets": 256, "subnets": 1}


@pytest.mark.parametrize(
    ("taken", "percent", "is_extended"),
    [
        (["10.64.0.0/25", "10.64.0.128/26"], 75, True),
        (["10.64.0.0/25", "10.64.0.128/26"], 75.1, False),
        (["10.64.0.0/25", "10.64.0.0/26"], 50, True),
        (["10.99.0.0/24"], 1, False),
        ([], 1, False),
    ],
)
def test_a_vpc_is_full_by_what_subnets_have_taken_of_its_own_cidrs(
    taken: list[str], percent: float, *, is_extended: bool
) -> None:
    plan = planned(vpc(taken=taken), settings={"high_water_percent": percent})
    assert bool(plan.extensions) is is_extended


@pytest.mark.parametrize(
    ("settings", "rules", "expected"),
    [
        ({}, {}, "10.64.1.0/24"),
        ({"netmask_length": 20}, {}, "10.64.16.0/20"),
        ({"netmask_length": 20}, {"min_netmask_length": 22}, "10.64.4.0/22"),
        ({}, {"max_netmask_length": 22}, "10.64.4.0/22"),
        ({"netmask_length": 28}, {"max_netmask_length": 24}, "10.64.1.0/24"),
        ({}, {"min_netmask_length": 28}, "10.64.1.0/28"),
    ],
)
def test_the_block_is_as_large_as_configured_else_as_the_first_as_far_as_the_pool_gives_it(
    settings: dict[str, Any], rules: dict[str, Any], expected: str
) -> None:
    given = pool(allocated=["10.64.0.0/24"], **rules)
    assert only(planned(vpc(), of=given, settings=settings)).subject == expected


def test_the_vpcs_of_a_run_get_different_blocks() -> None:
    plan = planned(vpc("10.64.0.0/24"), vpc("10.64.1.0/24", number=2), of=pool(allocated=["10.64.0.0/23"]))
    assert {each.subject for each in plan.extensions} == {"10.64.2.0/24", "10.64.3.0/24"}


@pytest.mark.parametrize(
    ("changes", "more", "reason"),
    [
        ({"tags": {"poolwarden:protect": "true"}}, {}, "protected"),
        ({}, {"of": pool(tags={"poolwarden:protect": "true"})}, "protected"),
        ({}, {"settings": {"max_cidrs_per_vpc": 1}}, "cidr-quota"),
        ({}, {"asked": ("pcx-1",)}, "peering-pending"),
        ({}, {"seen": False}, "pool-not-usable"),
        ({}, {"of": pool(locale="eu-west-1", cidrs=())}, "pool-not-usable"),
        ({}, {"of": pool(state="delete-in-progress")}, "pool-not-usable"),
        ({}, {"of": pool(cidrs=())}, "pool-not-usable"),
        ({}, {"of": pool(required_tags={"env": "prod"})}, "pool-not-usable"),
        ({}, {"of": pool(min_netmask_length=29)}, "pool-not-usable"),
        ({}, {"of": pool("10.64.0.0/24", allocated=["10.64.0.0/24"])}, "pool-short"),
        ({}, {"of": pool("10.64.0.0/23", allocated=["10.64.0.0/24"]), "peers": ("10.64.1.0/28",)}, "cidr-restricted"),
        ({}, {"of": pool("10.64.0.0/23", allocated=["10.64.0.0/24"]), "routes": ("10.64.1.0/24",)}, "cidr-restricted"),
        ({}, {"of": pool("192.168.0.0/16")}, "cidr-restricted"),
    ],
)
def test_what_keeps_a_vpc_from_more_is_said_with_its_reason(
    changes: dict[str, Any], more: dict[str, Any], reason: str
) -> None:
    decision = only(planned(vpc(**changes), **more))
    assert (decision.action, decision.outcome, decision.reason) == (Action.NONE, Outcome.BLOCKED, reason)
    assert str(decision.detail["why"]).startswith("Its subnets have taken 100.0 % of its 256 addresses")


def test_what_aws_keeps_apart_within_a_private_range_is_named_where_it_is_all_that_there_is() -> None:
    decision = only(planned(vpc("10.0.0.0/24"), of=pool("10.0.0.0/16", allocated=["10.0.0.0/24"])))
    assert decision.reason == "cidr-restricted"
    assert "10.0.0.0/16 beside 10.0.0.0/15" in str(decision.detail["why"])


def test_a_short_pool_is_asked_for_the_largest_block_that_is_lacking() -> None:
    full = pool("10.64.0.0/23", allocated=["10.64.0.0/23"])
    plan = planned(vpc("10.64.0.0/25"), vpc("10.64.1.0/24", number=2), of=full)
    assert plan.needs == {POOL: 24}


def test_a_block_that_only_this_vpc_may_not_have_is_not_bought_for_it() -> None:
    plan = planned(vpc(), of=pool("192.168.0.0/16"))
    assert plan.needs == {}


def test_the_tags_that_a_pool_demands_are_enough() -> None:
    assert planned(vpc(tags={"env": "prod"}), of=pool(required_tags={"env": "prod"})).extensions


@pytest.mark.parametrize("changes", [{"tags": {"keep": "out"}}, {"taken": ["10.64.0.0/25"]}, {"blocks": ()}])
def test_who_is_excluded_or_has_room_is_not_spoken_of(changes: dict[str, Any]) -> None:
    assert planned(vpc(**changes)).decisions == []


@pytest.mark.parametrize("state", ["associating", "disassociating"])
def test_nothing_is_decided_while_a_cidr_comes_or_goes(state: str) -> None:
    own = vpc()
    changing = Block(association="assoc-2", cidr="10.64.1.0/24", state=state)
    assert planned(vpc(blocks=(*own.blocks, changing))).decisions == []


def test_a_block_that_aws_failed_to_add_is_passed_over_also_where_it_was_the_choice() -> None:
    failed = vpc(blocks=(*vpc().blocks, Block(association="assoc-2", cidr="10.64.1.0/24", state="failed")))
    assert only(planned(failed)).subject == "10.64.2.0/24"
    held = Lease(guard="vpc", decision_id="1", subject="10.64.1.0/24")
    assert only(planned(failed, lease=held)).subject == "10.64.2.0/24"
    last = pool("10.64.0.0/23", allocated=["10.64.0.0/24"])
    assert only(planned(failed, of=last)).reason == "cidr-restricted"


def test_what_was_added_a_moment_ago_counts_although_no_list_shows_it() -> None:
    fresh = Lease(guard="vpc", subject="10.64.1.0/24", held_until=NOW + timedelta(minutes=5))
    assert planned(vpc(), lease=fresh).decisions == []
    late = Lease(guard="vpc", subject="10.64.7.0/24", held_until=NOW)
    assert only(planned(vpc(), lease=late)).subject == "10.64.1.0/24"


def test_a_call_without_an_answer_is_made_again_for_the_same_block() -> None:
    held = Lease(guard="vpc", decision_id="1", subject="10.64.7.0/24", held_until=NOW + timedelta(minutes=5))
    assert only(planned(vpc(), lease=held)).subject == "10.64.7.0/24"


def test_an_extension_is_the_same_decision_as_long_as_the_vpcs_cidrs_and_its_pool_are_the_same() -> None:
    one, same = only(planned(vpc())), only(planned(vpc(taken=["10.64.0.0/25", "10.64.0.128/25"])))
    other = only(planned(vpc("10.64.0.0/24", "10.65.0.0/24")))
    assert one.id == same.id
    assert one.id != other.id


def foreseen(*vpcs: Vpc, of: Pool | None = None, lease: Lease | None = None) -> list[Decision]:
    """The prospects of VPCs of a pool, by default one with room."""
    return prospects(estate(*vpcs, of=of or pool(allocated=["10.64.0.0/24"]), lease=lease), terms(), now=NOW)


@pytest.mark.parametrize("rules", [{}, {"min_netmask_length": 26}])
def test_a_prospect_is_the_extension_itself_before_there_is_a_block_for_it(rules: dict[str, Any]) -> None:
    given = pool(allocated=["10.64.0.0/24"], **rules)
    (prospect,) = foreseen(vpc(), of=given)
    extension = only(planned(vpc(), of=given))
    assert prospect.id == extension.id
    assert (prospect.outcome, prospect.subject) == (None, "")
    assert foreseen(vpc(), of=pool("10.64.0.0/24", allocated=["10.64.0.0/24"], **rules)) == [prospect]


def test_those_that_can_get_nothing_whatever_there_is_have_no_prospects() -> None:
    protected = vpc(number=2, tags={"poolwarden:protect": "true"})
    roomy = vpc("10.64.2.0/24", number=3, taken=[])
    assert [each.resource_id for each in foreseen(vpc(), protected, roomy)] == [vpc().id]
    assert foreseen(vpc(), of=pool(min_netmask_length=29)) == []


def test_an_extension_that_is_under_way_is_no_prospect() -> None:
    assert foreseen(vpc(), lease=Lease(guard="vpc", decision_id="1", subject="10.64.1.0/24")) == []
    assert foreseen(vpc(), lease=Lease(guard="vpc", subject="10.64.1.0/24", held_until=NOW))


def test_one_that_is_left_takes_no_block_from_the_next() -> None:
    first, second = vpc("10.64.0.0/24"), vpc("10.64.1.0/24", number=2)
    last = pool("10.64.0.0/22", allocated=["10.64.0.0/23", "10.64.2.0/24"])
    left = replace(foreseen(first, of=last)[0], outcome=Outcome.REJECTED)
    plan = planned(first, second, of=last, due={first.id: left})
    assert plan.decisions[0] == left
    assert [(each.resource_id, each.subject) for each in plan.extensions] == [(second.id, "10.64.3.0/24")]
    assert plan.needs == {}


def test_no_pool_is_asked_to_grow_for_one_that_is_left() -> None:
    full = pool("10.64.0.0/24", allocated=["10.64.0.0/24"])
    left = replace(foreseen(vpc(), of=full)[0], outcome=Outcome.BLOCKED, reason="daily-cap")
    plan = planned(vpc(), of=full, due={vpc().id: left})
    assert (plan.decisions, plan.needs) == ([left], {})


def test_an_extension_is_made_by_the_try_that_is_due() -> None:
    (prospect,) = foreseen(vpc())
    second = replace(prospect, judged=(*prospect.judged, "another block"))
    assert only(planned(vpc(), due={vpc().id: second})) == replace(only(planned(vpc())), judged=second.judged)


def test_what_keeps_a_vpc_from_more_whatever_there_is_counts_more_than_why_it_is_left() -> None:
    left = replace(foreseen(vpc())[0], outcome=Outcome.REJECTED)
    assert only(planned(vpc(tags={"poolwarden:protect": "true"}), due={vpc().id: left})).reason == "protected"
