"""Which load balancers are moved, and what is said of the others: tables."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest

from lambdas.align_albs.model import Memory, Policy, Space
from lambdas.align_albs.plan import SHORT, plan
from lambdas.common.decision import Action, Lease
from tests.lambdas.align_albs.fleets import OTHER, POOL, TERMS, alb, fleet, judge, pool, said, terms

TAGGED = {"poolwarden:ipam-pool": OTHER}
GOVERNING = Policy(standing="governs", id="ipam-policy-1")


@pytest.mark.parametrize("ip_address_type", ["ipv4", "dualstack"])
@pytest.mark.parametrize("state", ["active", "active_impaired"])
def test_a_load_balancer_off_its_pool_is_moved(ip_address_type: str, state: str) -> None:
    one = alb(ip_address_type=ip_address_type, state=state)
    (move,) = judge(one, pool()).moves
    assert (move.action, move.subject, move.resource_id) == (Action.MODIFY_IP_POOLS, POOL, one.arn)
    assert (move.account, move.region) == ("123456789012", "us-east-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"scheme": "internal"},
        {"ip_address_type": "dualstack-without-public-ipv4"},
        {"state": "failed"},
        {"tags": {"keep": "out"}},
        {"pool": POOL, "addresses": frozenset({"198.51.100.1"})},
    ],
)
def test_what_is_not_ours_or_on_its_pool_is_neither_moved_nor_recorded(changes: dict[str, Any]) -> None:
    made = judge(alb(**changes), pool())
    assert made.decisions == []
    assert made.unfinished == []


def test_where_no_pool_is_wanted_nothing_is_said() -> None:
    assert judge(alb(), pool(), by=terms(pools={})).decisions == []


def test_one_still_provisioning_is_looked_at_again() -> None:
    one = alb(state="provisioning")
    made = judge(one, pool())
    assert made.decisions == []
    assert made.unfinished == [one]


def test_one_that_is_excluded_is_not_looked_at_again() -> None:
    assert judge(alb(state="provisioning", tags={"keep": "out"}), pool()).unfinished == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"allowed_pools": (OTHER,)}, OTHER),
        ({"allowed_pools": "any"}, OTHER),
        ({"pools": {"us-east-1": POOL, "eu-west-1": OTHER}}, OTHER),
        ({}, POOL),
    ],
)
def test_the_tag_counts_where_it_names_an_allowed_pool(settings: dict[str, Any], expected: str) -> None:
    (move,) = judge(alb(tags=TAGGED), pool(), pool(OTHER), by=terms(**settings)).moves
    assert move.subject == expected


def test_a_tag_that_is_not_allowed_is_told_with_the_move_that_happens_instead() -> None:
    (move,) = judge(alb(tags=TAGGED), pool()).moves
    assert f"its tag names {OTHER}, which `allowed_pools` does not" in str(move.detail["why"])


def test_a_tag_that_is_not_allowed_where_no_other_pool_is_configured_is_told() -> None:
    (decision,) = judge(alb(tags=TAGGED), pool(OTHER), by=terms(pools={})).decisions
    assert (decision.outcome, decision.reason) == ("blocked", "pool-not-usable")
    assert OTHER in str(decision.detail["why"])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"scope_type": "private", "space": None}, "it is in a private scope, not in a public one"),
        ({"family": "ipv6", "space": None}, "its addresses are ipv6, not ipv4"),
        ({"locale": "eu-west-1", "space": None}, "its locale is eu-west-1, not us-east-1"),
        ({"locale": "None", "space": None}, "its locale is None, not us-east-1"),
        ({"service": ""}, "it gives addresses to no service, not to ec2"),
        ({"state": "create-in-progress"}, "it is in state create-in-progress"),
        ({"state": "isolate-complete"}, "it is in state isolate-complete"),
        ({"space": Space(cidrs=(), size=0, free=0)}, "it has no provisioned CIDR"),
    ],
)
def test_a_pool_that_cannot_be_used_is_told_with_what_is_wrong_with_it(changes: dict[str, Any], fault: str) -> None:
    (decision,) = judge(alb(), pool(**changes)).decisions
    assert (decision.action, decision.outcome, decision.reason) == (Action.NONE, "blocked", "pool-not-usable")
    assert str(decision.detail["why"]).endswith(f": {fault}.")


def test_a_pool_that_the_account_cannot_see_is_neither_its_own_nor_shared() -> None:
    (decision,) = judge(alb()).decisions
    assert decision.reason == "pool-not-usable"
    assert "account 123456789012 neither owns it nor has it shared" in str(decision.detail["why"])


def test_everything_that_is_wrong_with_a_pool_is_said_at_once() -> None:
    (decision,) = judge(alb(), pool(scope_type="private", locale="None", service="", space=None)).decisions
    assert str(decision.detail["why"]).count(";") == 2


def test_a_protected_one_is_told_and_not_moved() -> None:
    assert said(judge(alb(tags={"poolwarden:protect": "true"}), pool())) == [("blocked", "protected")]
    assert said(judge(alb(tags={"poolwarden:protect": "yes"}), pool())) == [("move", "off-pool")]


def test_an_ipam_policy_owns_what_its_rules_place_unless_a_tag_says_otherwise() -> None:
    assert said(judge(alb(), pool(), policy=GOVERNING)) == [("skipped", "policy-managed")]
    by = terms(allowed_pools=(OTHER,))
    assert said(judge(alb(tags=TAGGED), pool(OTHER), policy=GOVERNING, by=by)) == [("move", "off-pool")]


def test_a_policy_that_we_may_not_see_is_not_proven_absent() -> None:
    hidden = Policy(standing="unknown", said="UnauthorizedOperation")
    assert said(judge(alb(), pool(), policy=hidden)) == [("blocked", "access-denied")]


@pytest.mark.parametrize(("free", "moved"), [(5, False), (6, True)])
def test_a_move_needs_an_address_and_the_headroom_for_each_zone(free: int, moved: bool) -> None:  # noqa: FBT001
    made = judge(alb(), pool(free=free))
    assert said(made) == [("move", "off-pool") if moved else ("blocked", "pool-short")]


def test_a_short_pool_is_told_with_the_number_needed_and_asked_to_grow_by_what_lacks() -> None:
    made = judge(alb(zones=3), pool(cidr="198.51.100.0/28", free=4))
    (decision,) = made.decisions
    assert decision.detail["needed"] == 9
    assert made.needs == {POOL: 16 + 5}


def test_those_that_move_together_must_all_have_room_with_their_headroom() -> None:
    made = plan(fleet([alb(1), alb(2), alb(3)], [pool(free=12)]), TERMS)
    assert said(made) == [("move", "off-pool"), ("move", "off-pool")]


def test_one_that_finds_room_once_the_others_have_moved_waits_for_the_next_run() -> None:
    """The first two claim 12 and take 4: of 12, eight are left for the third, which needs six."""
    made = plan(fleet([alb(1), alb(2), alb(3)], [pool(free=12)]), TERMS)
    assert [move.resource_id for move in made.waiting] == [alb(3).arn]
    assert made.needs == {}


def test_one_that_will_find_no_room_is_short_by_what_lacks_then() -> None:
    """The first takes 2 of 7; of the 5 that are left the second needs 6."""
    made = plan(fleet([alb(1), alb(2)], [pool(cidr="198.51.100.0/29", free=7)]), TERMS)
    assert said(made) == [("move", "off-pool"), ("blocked", "pool-short")]
    assert made.needs == {POOL: 8 + 1}


def test_what_is_said_of_one_does_not_silence_what_is_said_of_another() -> None:
    protected = alb(1, tags={"poolwarden:protect": "true"})
    off = [alb(number, pool=POOL, addresses=frozenset({f"54.0.0.{number}"})) for number in (2, 3)]

    found = plan(fleet([protected, *off], [pool()]), TERMS).decisions

    assert [each.resource_id for each in found] == [each.arn for each in (protected, *off)]


def test_the_oldest_comes_first() -> None:
    made = plan(fleet([alb(3), alb(1), alb(2)], [pool(free=6)]), TERMS)
    assert [move.resource_id for move in made.moves] == [alb(1).arn]


def test_a_smaller_one_finds_room_where_a_larger_one_does_not() -> None:
    made = plan(fleet([alb(1, zones=6), alb(2)], [pool(free=7)]), TERMS)
    assert said(made) == [("move", "off-pool"), ("blocked", "pool-short")]
    assert [move.resource_id for move in made.moves] == [alb(2).arn]


def test_what_others_on_the_pool_have_not_got_from_it_yet_is_owed_to_them() -> None:
    lingering = alb(1, pool=POOL)
    made = plan(fleet([lingering, alb(2)], [pool(free=7)], judged=[alb(2)]), TERMS)
    assert said(made) == [("blocked", "pool-short")]
    settled = alb(1, pool=POOL, addresses=frozenset({"198.51.100.1", "198.51.100.2"}))
    assert said(plan(fleet([settled, alb(2)], [pool(free=8)], judged=[alb(2)]), TERMS)) == [("move", "off-pool")]


def test_more_owed_than_free_adds_to_what_the_pool_lacks() -> None:
    made = plan(fleet([alb(1, pool=POOL), alb(2)], [pool(cidr="198.51.100.0/30", free=0)], judged=[alb(2)]), TERMS)
    assert made.needs == {POOL: 4 + 2 + 6}


def test_addresses_that_load_balancers_have_got_and_the_list_does_not_show_yet_are_not_free() -> None:
    ours = frozenset({"198.51.100.1", "198.51.100.2"})
    settled = alb(1, pool=POOL, addresses=ours)
    space = Space(cidrs=(IPv4Network("198.51.100.0/24"),), size=256, free=7)
    for listed, moved in (
        ({}, False),
        ({"singles": ours}, True),
        ({"blocks": (IPv4Network("198.51.100.0/30"),)}, True),
    ):
        seen = fleet([settled, alb(2)], [pool(space=replace(space, **listed))], judged=[alb(2)])
        assert said(plan(seen, TERMS)) == [("move", "off-pool") if moved else ("blocked", "pool-short")]


def test_each_pool_has_room_of_its_own() -> None:
    by = terms(allowed_pools=(OTHER,))
    made = plan(fleet([alb(1), alb(2, tags=TAGGED)], [pool(free=6), pool(OTHER, free=6)]), by)
    assert said(made) == [("move", "off-pool")] * 2


def test_a_move_says_that_addresses_may_change_and_which_there_are() -> None:
    (move,) = judge(alb(), pool()).moves
    assert move.detail["why"] == (
        f"It belongs on {POOL} by the configuration for us-east-1, and is on Amazon's addresses. "
        "Its public addresses may change when it moves. They are 54.0.1.1, 54.0.1.2 now."
    )
    assert move.detail["before"] == {"pool": None, "addresses": ["54.0.1.1", "54.0.1.2"]}
    assert move.detail["after"] == {"pool": POOL}
    assert move.detail["addresses_off"] == ["54.0.1.1", "54.0.1.2"]


def test_the_owner_is_named() -> None:
    (move,) = judge(alb(tags={"poolwarden:owner": "team-a"}), pool()).moves
    assert move.detail["resource"] == {"owner": "team-a"}


def test_the_same_state_gives_the_same_decision_and_a_later_move_another_one() -> None:
    first, again = (judge(alb(), pool(free=free)).moves[0].id for free in (100, 50))
    assert first == again
    seen = fleet([alb()], [pool()])
    moved_before = replace(seen, leases={alb().arn: Lease(guard="g", generation=1)})
    assert plan(moved_before, TERMS).moves[0].id != first
    assert judge(alb(pool=OTHER), pool()).moves[0].id != first


def test_one_that_somebody_took_off_the_pool_again_is_left_where_it_is() -> None:
    undone = Memory(pool="", kept_off=POOL)
    assert said(judge(alb(), pool(), memory=undone)) == [("rejected", "off-pool")]
    elsewhere = Memory(pool="", kept_off=OTHER)
    assert said(judge(alb(), pool(), memory=elsewhere)) == [("move", "off-pool")]


def test_what_was_remembered_of_a_pool_that_it_has_left_is_dropped_but_not_that_somebody_took_it_off() -> None:
    memory = Memory(pool=POOL, before=frozenset({"54.0.0.9"}), spills=3, kept_off=OTHER)
    made = judge(alb(), pool(), memory=memory)
    assert made.memories == {alb().arn: Memory(pool="", kept_off=OTHER)}


def test_moves_that_find_no_room_are_told_from_those_that_wait() -> None:
    made = plan(fleet([alb(1), alb(2), alb(3, zones=3)], [pool(free=8)]), TERMS)
    assert [[each.resource_id for each in some] for some in (made.moves, made.waiting, made.short)] == [
        [alb(1).arn],
        [alb(2).arn],
        [alb(3).arn],
    ]
    (shortage,) = [each for each in made.decisions if each.reason == SHORT]
    assert shortage.resource_id == made.short[0].resource_id
    assert made.short[0].outcome is None


def test_after_moves_what_moved_is_on_its_pool_and_neither_it_nor_what_is_left_is_judged_again() -> None:
    albs = [alb(number) for number in (1, 2, 3)]
    seen = fleet(albs, [pool(free=8)])
    after = seen.after({alb(1).arn: POOL}, left={alb(2).arn})
    assert after.judged == {alb(3).arn}
    assert after.albs == {**seen.albs, alb(1).arn: alb(1, pool=POOL)}
    assert [move.resource_id for move in plan(after, TERMS).moves] == [alb(3).arn]
    assert (after.pools, after.leases) == (seen.pools, seen.leases)


def test_a_load_balancer_that_moved_and_is_gone_stays_gone() -> None:
    seen = fleet([alb(1)], [pool()])
    assert seen.after({alb(2).arn: POOL}) == seen
