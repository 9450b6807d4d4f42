"""Leases and marks as they stand in the table, and what begins with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from lambdas.common import guard_items, guards, ledger, limits
from lambdas.common.decision import Decision, Lease, Outcome
from lambdas.common.limits import Cap
from tests.lambdas.account import GUARDS, LEDGER, items, let_reads_lag
from tests.lambdas.common.answers import answering, cancelled, refused
from tests.lambdas.common.beginning import NOW, begin, decision, lease_of

pytestmark = pytest.mark.usefixtures("aws")


def test_a_decision_that_begins_is_in_the_ledger_and_holds_the_lease() -> None:
    wanted = decision()
    assert begin(wanted) is None
    (item,) = items(LEDGER)
    assert (item["decision_id"], item["outcome"], item["reason"]) == (wanted.id, "intended", "low-water")
    assert lease_of("ipam-pool-1") == Lease(
        guard="lease#refill_pools#ipam-pool-1",
        decision_id=wanted.id,
        subject="10.0.0.0/24",
        reason="low-water",
        held_until=NOW + timedelta(minutes=15),
    )


def test_another_decision_cannot_begin_while_one_holds_the_lease() -> None:
    begin(decision())
    assert begin(decision("ipam-pool-1", "10.0.1.0/24", "other")) == "in-flight"
    assert len(items(LEDGER)) == 1


def test_the_same_decision_about_something_else_cannot_begin_either() -> None:
    begin(decision())
    assert begin(decision(subject="10.0.1.0/24")) == "in-flight"


def test_an_expired_lease_is_not_free() -> None:
    begin(decision())
    other = decision("ipam-pool-1", "10.0.1.0/24", "other")
    turn = limits.turns("refill_pools", ["ipam-pool-0"])["ipam-pool-0"]
    late = NOW + timedelta(days=30)
    assert guards.begin(other, lease=lease_of("ipam-pool-1"), turn=turn, caps=(), now=late) == "in-flight"


def test_a_decision_that_was_interrupted_or_failed_begins_again_in_the_same_item() -> None:
    wanted = decision()
    begin(wanted)
    assert begin(wanted) is None
    ledger.complete(lease_of(wanted.resource_id), Outcome.FAILED, reason="api-error", result={}, now=NOW)
    assert begin(wanted) is None
    (item,) = items(LEDGER)
    assert (item["outcome"], item["reason"], item["count"]) == ("intended", "low-water", 3)


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.DONE, Outcome.SKIPPED])
def test_a_decision_that_is_under_way_or_over_does_not_begin_again(outcome: Outcome) -> None:
    wanted = decision()
    begin(wanted)
    ledger.complete(lease_of(wanted.resource_id), outcome, reason="low-water", result={}, now=NOW)
    assert begin(wanted) == "in-flight"


def test_a_decision_that_is_over_begins_again_where_its_outcome_is_one_after_which_it_may() -> None:
    wanted = decision()
    begin(wanted)
    lease = lease_of("ipam-pool-1")
    ledger.complete(lease, Outcome.SKIPPED, reason="low-water", result={}, now=NOW)
    assert guards.begin(wanted, lease=lease, again=frozenset({Outcome.FAILED}), now=NOW) == "in-flight"
    assert guards.begin(wanted, lease=lease, again=frozenset({Outcome.SKIPPED}), now=NOW) is None


def test_who_read_the_lease_before_this_very_decision_took_it_does_not_begin_it_too() -> None:
    lease = lease_of("ipam-pool-1")
    assert begin(decision(), lease=lease) is None
    assert begin(decision(), lease=lease) == "in-flight"


def test_of_two_that_find_a_decision_interrupted_one_begins_it_once_more() -> None:
    begin(decision())
    lease, later = lease_of("ipam-pool-1"), NOW + guards.LEASE_TIME
    begun = [guards.begin(decision(), lease=lease, now=later) for _ in range(2)]
    assert begun == [None, "in-flight"]


def test_where_nothing_shared_is_taken_from_nobody_is_counted() -> None:
    assert guards.begin(decision(), lease=lease_of("ipam-pool-1"), now=NOW) is None
    assert [item["guard"] for item in items(GUARDS)] == ["lease#refill_pools#ipam-pool-1"]


def test_a_decision_from_before_an_act_ended_is_void() -> None:
    seen = lease_of("ipam-pool-1")
    begin(decision())
    guards.free(lease_of("ipam-pool-1"), succeeded=True, unfinished=False, now=NOW)
    assert begin(decision("ipam-pool-1", "10.0.1.0/24", "other"), lease=seen) == "in-flight"
    assert begin(decision("ipam-pool-1", "10.0.1.0/24", "other")) is None


def test_a_lease_that_is_given_back_counts_a_generation_once() -> None:
    begin(decision())
    held = lease_of("ipam-pool-1")
    freed = guards.free(held, succeeded=True, unfinished=True, now=NOW)
    assert guards.free(held, succeeded=True, unfinished=True, now=NOW) == freed
    assert lease_of("ipam-pool-1") == freed
    assert (freed.generation, freed.decision_id, freed.subject, freed.unfinished) == (1, "", "10.0.0.0/24", True)


def test_who_gives_a_lease_back_late_does_not_take_it_from_the_next() -> None:
    begin(decision())
    held = lease_of("ipam-pool-1")
    guards.free(held, succeeded=True, unfinished=False, now=NOW)
    begin(decision("ipam-pool-1", "10.0.1.0/24", "next"))
    next_held = lease_of("ipam-pool-1")
    guards.free(held, succeeded=True, unfinished=False, now=NOW)
    assert lease_of("ipam-pool-1") == next_held


def test_who_gives_a_lease_back_late_does_not_take_it_from_the_same_decision_that_began_anew() -> None:
    begin(decision())
    held = lease_of("ipam-pool-1")
    _end_and_begin_anew(held)
    held_anew = lease_of("ipam-pool-1")
    assert (held_anew.decision_id, held_anew.generation, held_anew.attempt) == (held.decision_id, 1, 1)
    guards.free(held, succeeded=True, unfinished=False, now=NOW)
    free_there(held)
    assert lease_of("ipam-pool-1") == held_anew
    guards.free(held_anew, succeeded=True, unfinished=False, now=NOW)
    assert lease_of("ipam-pool-1").decision_id == ""


def test_who_completes_an_act_late_does_not_complete_the_one_that_began_anew() -> None:
    begin(decision())
    held = lease_of("ipam-pool-1")
    _end_and_begin_anew(held)
    assert ledger.complete(held, Outcome.DONE, reason="low-water", result={}, now=NOW) is None
    assert ledger.complete(lease_of("ipam-pool-1"), Outcome.DONE, reason="low-water", result={}, now=NOW) is not None


def _end_and_begin_anew(held: Lease) -> None:
    ledger.complete(held, Outcome.SKIPPED, reason="state-changed", result={}, now=NOW)
    guards.free(held, succeeded=False, unfinished=False, now=NOW)
    assert guards.begin(decision(), lease=lease_of("ipam-pool-1"), again={Outcome.SKIPPED}, now=NOW) is None


def test_a_lease_of_the_version_before_is_given_back_and_its_act_completed() -> None:
    begin(decision())
    for table, key in ((GUARDS, {"guard": lease_of("ipam-pool-1").guard}), (LEDGER, _act_key(decision().id))):
        boto3.resource("dynamodb").Table(table).update_item(Key=key, UpdateExpression="REMOVE attempt")
    held = lease_of("ipam-pool-1")
    assert ledger.complete(held, Outcome.DONE, reason="low-water", result={}, now=NOW) is not None
    assert guards.free(held, succeeded=True, unfinished=False, now=NOW) == lease_of("ipam-pool-1")


def _act_key(decision_id: str) -> dict[str, str]:
    return {"decision_id": decision_id, "record": ledger.ACT}


def test_a_lease_as_it_is_taken_is_as_it_is_read_then() -> None:
    free = lease_of("ipam-pool-1")
    begin(decision())
    held = lease_of("ipam-pool-1")
    assert guards.taken(decision(), free, now=NOW) == held
    assert guards.taken(decision(), held, now=NOW) == held
    _end_and_begin_anew(held)
    assert guards.taken(decision(), replace(free, generation=1), now=NOW) == lease_of("ipam-pool-1")


def test_a_decision_that_goes_on_has_its_lease_as_before_whatever_was_added_to_its_generation() -> None:
    begin(decision())
    held = lease_of("ipam-pool-1")
    boto3.resource("dynamodb").Table(GUARDS).update_item(
        Key={"guard": held.guard}, UpdateExpression="ADD generation :one", ExpressionAttributeValues={":one": 1}
    )
    used = lease_of("ipam-pool-1")
    assert (used.generation, used.attempt) == (1, 0)
    assert begin(decision()) is None
    assert lease_of("ipam-pool-1") == guards.taken(decision(), used, now=NOW) == used
    assert ledger.complete(held, Outcome.DONE, reason="low-water", result={}, now=NOW) is not None


def test_after_a_failure_nothing_is_expected_to_show() -> None:
    begin(decision())
    freed = guards.free(lease_of("ipam-pool-1"), succeeded=False, unfinished=False, now=NOW)
    assert lease_of("ipam-pool-1") == freed == Lease(guard="lease#refill_pools#ipam-pool-1", generation=1)


def test_what_was_just_written_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    begin(decision(), caps=(Cap(what="all", maximum=1),))
    let_reads_lag(monkeypatch)
    assert lease_of("ipam-pool-1").decision_id == decision().id
    assert limits.turns("refill_pools", ["ipam-pool-0"])["ipam-pool-0"].number == 1
    assert limits.counted("refill_pools", ["all"], now=NOW) == {"all": 1}


def test_a_lease_that_was_never_held_is_free_and_of_the_first_generation() -> None:
    guard_items.mark("lease#refill_pools#ipam-pool-1", now=NOW)
    assert lease_of("ipam-pool-1") == Lease(guard="lease#refill_pools#ipam-pool-1", generation=0)


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (("ConditionalCheckFailed", "None"), "in-flight"),
        (("None", "ConditionalCheckFailed"), "in-flight"),
        (("TransactionConflict", "ConditionalCheckFailed"), "in-flight"),
        (("None", "None", "ConditionalCheckFailed"), "daily-cap"),
        (("None", "None", "ConditionalCheckFailed", "ConditionalCheckFailed"), "daily-cap"),
    ],
)
def test_why_nothing_begins_is_told_by_the_first_write_that_was_refused(
    codes: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "TransactWriteItems", cancelled(*codes))
    assert begin(decision(), caps=(Cap(what="all", maximum=1),)) == said


PLACE = guards.acts_key("refill_pools", "123456789012/us-east-1")


def acting() -> list[str]:
    """What is named as being changed in a place."""
    return [resource for item in guard_items.read_items([PLACE]) for resource in item.get("acting", ())]


def begin_there(wanted: Decision) -> str | None:
    return guards.begin(wanted, lease=lease_of(wanted.resource_id), acts=PLACE, now=NOW)


def free_there(held: Lease) -> None:
    guards.free(held, succeeded=True, unfinished=False, acts=PLACE, now=NOW)


def test_what_is_being_changed_in_a_place_is_named_there_until_its_lease_is_free() -> None:
    for resource in ("ipam-pool-1", "ipam-pool-2"):
        assert begin_there(decision(resource)) is None
    assert acting() == ["ipam-pool-1", "ipam-pool-2"]
    free_there(lease_of("ipam-pool-1"))
    assert acting() == ["ipam-pool-2"]
    free_there(lease_of("ipam-pool-2"))
    assert acting() == []
    assert lease_of("ipam-pool-2").generation == 1


def test_what_cannot_begin_is_not_named() -> None:
    begin(decision())
    assert begin_there(decision("ipam-pool-1", "10.0.1.0/24", "other")) == "in-flight"
    assert acting() == []


def test_who_gives_a_lease_back_late_does_not_take_away_the_name_of_the_next() -> None:
    begin_there(decision())
    held = lease_of("ipam-pool-1")
    free_there(held)
    begin_there(decision("ipam-pool-1", "10.0.1.0/24", "next"))
    free_there(held)
    assert acting() == ["ipam-pool-1"]


def test_a_lease_that_is_named_nowhere_is_given_back_too() -> None:
    begin(decision())
    free_there(lease_of("ipam-pool-1"))
    assert lease_of("ipam-pool-1").decision_id == ""


def test_a_resource_may_have_any_name() -> None:
    begin_there(decision("pool#1/a#b"))
    assert acting() == ["pool#1/a#b"]


def lease_ids(*resources: str, among: set[str] | None = None) -> dict[str, str]:
    """The decision that holds each lease that is read of a place."""
    found = guards.lease_items("refill_pools", resources, acts=PLACE, among=among)
    return {resource: item.get("decision_id", "") for resource, item in found.items()}


def test_the_leases_of_what_is_being_changed_in_a_place_are_read_without_knowing_of_it() -> None:
    first, second = decision("ipam-pool-1"), decision("ipam-pool-2")
    begin_there(first)
    begin_there(second)
    begin(decision("ipam-pool-3"))
    assert lease_ids("ipam-pool-0", "ipam-pool-1") == {
        "ipam-pool-0": "",
        "ipam-pool-1": first.id,
        "ipam-pool-2": second.id,
    }
    assert lease_ids(among={"ipam-pool-2", "ipam-pool-3"}) == {"ipam-pool-2": second.id}
    assert guards.lease_items("refill_pools", ["ipam-pool-0"]) == {
        "ipam-pool-0": {"guard": "lease#refill_pools#ipam-pool-0"}
    }


@pytest.mark.parametrize("begun", [(), ("ipam-pool-1",)])
def test_where_all_that_is_being_changed_is_known_one_call_reads_it(
    begun: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in begun:
        begin_there(decision(each))
    answering(monkeypatch, "BatchGetItem", lambda given: given(), refused("InternalServerError"))
    assert list(lease_ids("ipam-pool-1")) == ["ipam-pool-1"]


def test_everything_in_the_table_expires() -> None:
    begin(decision(), caps=(Cap(what="all", maximum=1),))
    begin_there(decision("ipam-pool-2"))
    guard_items.mark("told#1", now=NOW)
    kept = int((NOW + timedelta(days=400)).timestamp())
    assert {item["guard"].partition("#")[0]: int(item["expires"]) for item in items(GUARDS)} == {
        "lease": kept,
        "turn": kept,
        "acts": kept,
        "told": kept,
        "cap": int((NOW + timedelta(days=8)).timestamp()),
    }


def test_a_lease_that_is_given_back_remembers_what_lists_may_not_show_yet() -> None:
    begin(decision())
    first = guards.free(lease_of("ipam-pool-1"), succeeded=True, unfinished=False, now=NOW)

    assert first.recent == {"10.0.0.0/24": NOW + timedelta(minutes=15)}
    assert lease_of("ipam-pool-1") == first


def test_a_lease_forgets_what_lists_show_by_now() -> None:
    begin(decision())
    guards.free(lease_of("ipam-pool-1"), succeeded=True, unfinished=False, now=NOW)
    begin(decision("ipam-pool-1", "10.0.1.0/24", "next"))
    held = lease_of("ipam-pool-1")
    a_moment_before = NOW + timedelta(minutes=15) - timedelta(microseconds=1)

    remembered = guards.free(held, succeeded=False, unfinished=False, now=a_moment_before)
    forgotten = guards.free(held, succeeded=False, unfinished=False, now=NOW + timedelta(minutes=15))

    assert remembered.recent == {"10.0.0.0/24": NOW + timedelta(minutes=15)}
    assert forgotten.recent == {}


def unfinished_lease() -> Lease:
    """The lease of a pool whose last act was one step of several."""
    begin(decision())
    return guards.free(lease_of("ipam-pool-1"), succeeded=True, unfinished=True, now=NOW)


def test_the_last_step_can_turn_out_to_have_been_the_last() -> None:
    free = unfinished_lease()
    assert lease_of("ipam-pool-1") == free
    assert free.unfinished

    later = NOW + timedelta(days=1)
    finished = guards.finish(free, now=later)

    assert finished == replace(free, unfinished=False)
    assert lease_of("ipam-pool-1") == finished
    expires = {item["guard"]: int(item["expires"]) for item in items(GUARDS)}
    assert expires[free.guard] == ledger.expires_at(later)


def test_a_lease_that_somebody_has_taken_since_stays_as_it_is() -> None:
    free = unfinished_lease()
    begin(decision("ipam-pool-1", "10.0.1.0/24", "next"))
    held = lease_of("ipam-pool-1")
    guards.finish(free, now=NOW)
    assert lease_of("ipam-pool-1") == held
    assert held.unfinished
    again = guards.free(held, succeeded=True, unfinished=True, now=NOW)
    guards.finish(free, now=NOW)
    assert lease_of("ipam-pool-1") == again
    assert again.unfinished


@pytest.mark.parametrize(
    ("lease", "doubtful"),
    [
        (Lease(guard="a", decision_id="0123", held_until=NOW + timedelta(seconds=1)), True),
        (Lease(guard="a", decision_id="0123", held_until=NOW), False),
        (Lease(guard="a", held_until=NOW + timedelta(seconds=1)), False),
        (Lease(guard="a"), False),
    ],
)
def test_what_was_asked_for_lately_may_have_happened(lease: Lease, *, doubtful: bool) -> None:
    assert guards.in_doubt(lease, now=NOW) is doubtful
