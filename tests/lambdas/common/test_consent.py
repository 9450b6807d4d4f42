"""When a change may be made: by mode, approval, kill switch and calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.common import consent, guard_items, ledger
from lambdas.common.consent import Answer, Verdict
from lambdas.common.decision import Action, Decision, Outcome
from tests.lambdas.account import ACCOUNT, GUARDS, HOME, MODE, items, let_reads_lag

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.common.settings import Mode

pytestmark = pytest.mark.usefixtures("aws")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPIRY = timedelta(days=3)
WANTED = Decision(
    remediation="refill_pools",
    resource_id="ipam-pool-1",
    account=ACCOUNT,
    region=HOME,
    action=Action.PROVISION_CIDR,
    reason="low-water",
    subject="10.0.16.0/21",
    judged=("10.0.0.0/20",),
    detail={"cidr": "10.0.16.0/21"},
)


def judged(mode: Mode = "approve", *, approved: str = "", held: str = "", now: datetime = NOW) -> Verdict:
    return consent.judge(WANTED, mode=mode, approved=approved, held=held, now=now)


def test_a_change_is_made_in_enforce_without_asking() -> None:
    assert judged("enforce") == Verdict(decision=WANTED, outcome=None, reason="low-water")
    assert consent.judge(WANTED, mode="enforce", approved="", now=NOW) == judged("enforce")


@pytest.mark.parametrize("rounds", [0, 1])
def test_what_was_rejected_is_not_made_in_enforce_either(rounds: int) -> None:
    asked = NOW
    for _ in range(rounds):
        judged(now=asked)
        asked += EXPIRY
    proposed = judged(now=asked).decision
    assert judged("enforce", now=asked).outcome is None
    consent.decide(proposed.id, Answer.REJECTED, by={"actor": "ada"}, now=asked)

    verdict = judged("enforce", now=asked + EXPIRY)

    assert verdict == Verdict(decision=proposed_again(proposed), outcome=Outcome.REJECTED, reason="low-water")
    assert (
        consent.judge(replace(WANTED, judged=("10.1.0.0/20",)), mode="enforce", approved="", now=asked).outcome is None
    )


def test_a_rejection_counts_also_after_an_approval_that_lapsed() -> None:
    judged()
    consent.decide(WANTED.id, Answer.APPROVED, by={"actor": "ada"}, now=NOW)
    second = judged(now=NOW + EXPIRY).decision
    assert second.proposal == 2
    consent.decide(second.id, Answer.REJECTED, by={"actor": "bob"}, now=NOW + EXPIRY)

    assert judged("enforce", now=NOW + EXPIRY).outcome is Outcome.REJECTED


@pytest.mark.parametrize("rounds", range(1, 4))
def test_what_was_approved_is_made_under_the_id_of_its_proposal_in_enforce_too(
    rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "ROUNDS", 3)
    last, asked = [(judged(now=NOW + number * EXPIRY).decision, NOW + number * EXPIRY) for number in range(rounds)][-1]
    consent.decide(last.id, Answer.APPROVED, by={"actor": "ada"}, now=asked)

    verdict = judged("enforce", approved=last.id, now=asked)

    assert (verdict.decision.id, verdict.outcome) == (last.id, None)
    assert verdict.decision.detail["actor"] == "ada"
    for no_proposal in ("0123456789abcdef", replace(WANTED, proposal=4).id):
        assert judged("enforce", approved=no_proposal, now=asked) == replace(verdict, decision=WANTED)


def test_when_a_proposal_was_answered_is_known() -> None:
    judged()
    found = consent.proposal(WANTED.id)
    assert found is not None
    assert found.answered is None

    consent.decide(WANTED.id, Answer.APPROVED, by={"actor": "ada"}, now=NOW + timedelta(hours=1))

    assert consent.proposal(WANTED.id) == replace(
        found, answer=Answer.APPROVED, by={"actor": "ada"}, answered=NOW + timedelta(hours=1)
    )


@pytest.mark.parametrize("answer", [Answer.REJECTED, Answer.EXPIRED, Answer.APPROVED])
def test_an_answer_is_kept_for_longer_than_the_ledger_keeps_what_it_is_about(answer: Answer) -> None:
    judged()
    consent.decide(WANTED.id, answer, by={"actor": "ada"}, now=NOW)

    (kept,) = [item["expires"] for item in items(GUARDS) if item["guard"] == f"proposal#{WANTED.id}"]
    assert kept == int((NOW + timedelta(days=3 * 365)).timestamp())


def proposed_again(proposed: Decision) -> Decision:
    """The same proposal without when it expires."""
    return replace(WANTED, proposal=proposed.proposal)


def test_nothing_is_proposed_in_observe() -> None:
    assert judged("observe").outcome is Outcome.OBSERVED
    assert consent.proposal(WANTED.id) is None


def test_what_a_plan_settles_itself_needs_nobody() -> None:
    blocked = replace(WANTED, outcome=Outcome.BLOCKED, reason="protected")

    assert consent.judge(blocked, mode="approve", approved="", now=NOW).outcome is Outcome.BLOCKED
    assert consent.proposal(blocked.id) is None


def test_a_change_is_proposed_under_its_own_id_with_the_time_until_which_it_can_be_approved() -> None:
    verdict = judged()

    assert verdict.outcome is Outcome.PROPOSED
    assert verdict.decision == replace(WANTED, detail={**WANTED.detail, "expires": NOW + EXPIRY})


def test_only_the_run_in_which_a_person_approved_makes_the_change() -> None:
    judged()
    assert consent.decide(WANTED.id, Answer.APPROVED, by={"actor": "ada"}, now=NOW)

    assert judged().outcome is Outcome.PROPOSED
    approved = judged(approved=WANTED.id)
    assert (approved.outcome, approved.decision.detail["actor"]) == (None, "ada")


def test_an_approval_that_nobody_gave_counts_for_nothing() -> None:
    judged()

    assert judged(approved=WANTED.id).outcome is Outcome.PROPOSED


def test_a_rejected_change_is_not_proposed_again_while_the_same_state_is_judged() -> None:
    judged()
    assert consent.decide(WANTED.id, Answer.REJECTED, by={"actor": "ada"}, now=NOW)

    assert judged(now=NOW + 9 * EXPIRY).outcome is Outcome.REJECTED
    other = consent.judge(replace(WANTED, judged=("10.0.0.0/21",)), mode="approve", approved="", now=NOW)
    assert other.outcome is Outcome.PROPOSED


def test_a_proposal_expires_for_good_and_the_change_is_proposed_under_another_id() -> None:
    judged()
    later = judged(now=NOW + EXPIRY)

    assert later.outcome is Outcome.PROPOSED
    assert later.decision.id != WANTED.id
    assert not consent.decide(WANTED.id, Answer.APPROVED, by={"actor": "ada"}, now=NOW + EXPIRY)
    told = ledger.read(WANTED.id, "expired#low-water")
    assert told
    assert told.announced == "expired#low-water"
    assert judged(now=NOW + EXPIRY).decision.id == later.decision.id


def test_a_change_that_nobody_ever_decided_on_is_at_last_proposed_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "ROUNDS", 2)

    first, second, later = (judged(now=NOW + number * EXPIRY) for number in range(3))

    assert [first.outcome, second.outcome, later.outcome] == [Outcome.PROPOSED, Outcome.PROPOSED, Outcome.EXPIRED]
    assert later.decision.id == second.decision.id


def test_an_answer_that_was_just_given_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    judged()
    consent.decide(WANTED.id, Answer.REJECTED, by={"actor": "ada"}, now=NOW)
    let_reads_lag(monkeypatch)

    assert judged("enforce", held="breaker", approved=WANTED.id).outcome is Outcome.REJECTED


def test_a_proposal_is_answered_once() -> None:
    judged()

    assert consent.decide(WANTED.id, Answer.REJECTED, by={"actor": "ada"}, now=NOW)
    assert not consent.decide(WANTED.id, Answer.APPROVED, by={"actor": "bob"}, now=NOW)
    assert not consent.decide(WANTED.id, Answer.REJECTED, by={"actor": "bob"}, now=NOW)


def test_what_is_approved_once_more_is_done_for_whoever_approved_it_last() -> None:
    judged()
    for actor in ("ada", "bob"):
        assert consent.decide(WANTED.id, Answer.APPROVED, by={"actor": actor}, now=NOW)

    assert not consent.decide(WANTED.id, Answer.REJECTED, by={"actor": "eve"}, now=NOW)
    assert not consent.decide(WANTED.id, Answer.EXPIRED, by={}, now=NOW)
    assert judged(approved=WANTED.id).decision.detail["actor"] == "bob"


def test_what_is_held_back_waits_for_a_person_in_enforce_too() -> None:
    assert (judged("enforce", held="breaker").outcome, judged("enforce", held="breaker").reason) == (
        Outcome.PROPOSED,
        "breaker",
    )
    consent.decide(WANTED.id, Answer.APPROVED, by={"actor": "ada"}, now=NOW)
    assert judged("enforce", held="breaker", approved=WANTED.id).outcome is None


@pytest.mark.parametrize("mode", ["approve", "enforce"])
def test_the_kill_switch_stops_what_was_approved_too(mode: Mode) -> None:
    judged()
    consent.decide(WANTED.id, Answer.APPROVED, by={"actor": "ada"}, now=NOW)
    boto3.client("ssm").put_parameter(Name=MODE, Value="observe", Type="String", Overwrite=True)

    stopped = judged(mode, approved=WANTED.id)

    assert (stopped.outcome, stopped.reason) == (Outcome.BLOCKED, "switched-off")


class Systems:
    """SSM with the switch at `deployed` and a calendar that answers so, or not at all."""

    def __init__(self, state: str | None) -> None:
        self.state = state
        self.asked: list[dict[str, object]] = []

    def get_calendar_state(self, **arguments: object) -> dict[str, str]:
        self.asked.append(arguments)
        if self.state is None:
            raise ClientError({"Error": {"Code": "InvalidDocument"}}, "GetCalendarState")
        return {"State": self.state}

    def get_parameter(self, Name: str) -> dict[str, dict[str, str]]:  # noqa: N803, ARG002 - boto3's name
        return {"Parameter": {"Value": "deployed"}}


@pytest.mark.parametrize(("state", "outcome"), [("OPEN", None), ("CLOSED", Outcome.BLOCKED), (None, Outcome.BLOCKED)])
def test_a_change_waits_unless_the_calendar_says_that_it_is_open_now(
    state: str | None, outcome: Outcome | None, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(change_calendar="Freeze")
    ssm = Systems(state)
    monkeypatch.setattr("lambdas.common.switch.client", lambda _: ssm)

    verdict = judged("enforce")

    assert (verdict.outcome, verdict.reason) == (outcome, "change-freeze" if outcome else "low-water")
    assert ssm.asked == [{"CalendarNames": ["Freeze"]}]


@pytest.mark.parametrize(("left", "expires"), [(timedelta(seconds=1), False), (timedelta(), True)])
def test_a_proposal_that_somebody_finds_expired_is_recorded_and_told_so_once(left: timedelta, *, expires: bool) -> None:
    decision = judged().decision
    proposed = ledger.note(decision, Outcome.PROPOSED, now=NOW)
    found = consent.proposal(decision.id)
    assert found is not None
    now = found.until - left

    for _ in range(2):
        consent.expire(found, proposed, now=now)

    after = consent.proposal(decision.id)
    assert after is not None
    assert after.answer is (Answer.EXPIRED if expires else Answer.OPEN)
    record = ledger.read(decision.id, "expired#low-water")
    assert (record is not None) is expires
    if record is not None:
        assert (record.count, record.reason, record.announced) == (1, "low-water", "expired#low-water")


def test_a_proposal_stands_in_the_table_until_a_month_after_it_expires() -> None:
    decision = judged().decision

    (item,) = guard_items.read_items([f"proposal#{decision.id}"])
    assert item["time"] == "2026-03-01T12:00:00.000Z"
    assert item["expires"] == (NOW + EXPIRY + timedelta(days=30)).timestamp()
    found = consent.proposal(decision.id)
    assert found is not None
    assert (found.decision_id, found.until) == (decision.id, NOW + EXPIRY)


def test_of_two_runs_that_propose_at_once_the_first_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    first = judged().decision
    seen = iter([None])
    read = consent.proposal
    monkeypatch.setattr(consent, "proposal", lambda decision_id: next(seen, read(decision_id)))

    second = judged(now=NOW + timedelta(hours=1)).decision

    assert (second.id, second.detail["expires"]) == (first.id, NOW + EXPIRY)
    found = read(first.id)
    assert found is not None
    assert found.until == NOW + EXPIRY


def test_what_is_held_expires_under_the_reason_for_which_it_is_held() -> None:
    held = judged("enforce", held="breaker").decision

    judged("enforce", held="breaker", now=NOW + EXPIRY)

    assert ledger.read(held.id, "expired#breaker") is not None


@pytest.mark.parametrize(
    ("answer", "seconds", "over"),
    [
        (Answer.OPEN, 1, False),
        (Answer.OPEN, 0, True),
        (Answer.APPROVED, 1, False),
        (Answer.APPROVED, 0, True),
        (Answer.EXPIRED, 1, True),
        (Answer.REJECTED, 1, False),
        (Answer.REJECTED, 0, False),
    ],
)
def test_a_proposal_is_over_with_its_time_but_for_a_rejection(answer: Answer, seconds: int, *, over: bool) -> None:
    found = consent.Proposal(decision_id="0", answer=answer, until=NOW + timedelta(seconds=seconds), by={})
    assert found.is_over(NOW) is over
