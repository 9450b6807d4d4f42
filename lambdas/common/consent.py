"""Whether a change may be made now: mode, a person's approval, the kill switch and the change calendar.

In `approve`, and for what is held back for another reason, a change is a proposal: the guard `proposal#<decision id>`
says how it stands. A proposal that nobody decided on expires, and is made again under another id, so that an id that
expired never becomes valid again. One that was rejected stays so for as long as the same state is judged,
whatever the mode has become, and whatever else was approved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lambdas.common import ledger, settings, switch
from lambdas.common.announce import announce
from lambdas.common.aws_clients import client
from lambdas.common.decision import Outcome
from lambdas.common.dynamo import attributes, plain, write_if
from lambdas.common.environment import required

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lambdas.common.decision import Decision
    from lambdas.common.ledger import Record
    from lambdas.common.settings import Mode

ROUNDS = 64
"""So often is the same change proposed, one expiry after the other; half a year at the default."""

KEPT_AFTER_EXPIRY = timedelta(days=30)

ANSWERS_KEPT = timedelta(days=3 * 365)
"""At least. A rejection holds as long as the same state is judged, and is found by the proposals before it."""


class Answer(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """How a proposal stands; `until` is when it expires (UTC), `by` who answered it, `answered` when (UTC)."""

    decision_id: str
    answer: Answer
    until: datetime
    by: Mapping[str, object]
    answered: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Say whether its time is over without a rejection, which stays."""
        return self.answer is Answer.EXPIRED or (now >= self.until and self.answer is not Answer.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is to be done with a decision: carried out where `outcome` is None, else recorded as `outcome`, `reason`.

    `decision` is the one that was judged, or its proposal: the same change under the id that people decide on.
    """

    decision: Decision
    outcome: Outcome | None
    reason: str


def judge(decision: Decision, *, mode: Mode, approved: str, held: str = "", now: datetime) -> Verdict:
    """Say whether a decision may be carried out now. Ask immediately before each change.

    `approved` is the id of the proposal that a person approved in this run, or empty; what is done of it is recorded
    under that id in `enforce`, too. `held` is the reason code for which even `enforce` waits for a person (such as
    `breaker`), or empty.
    """
    if decision.outcome is not None:
        return Verdict(decision=decision, outcome=decision.outcome, reason=decision.reason)
    if mode == "observe":
        return Verdict(decision=decision, outcome=Outcome.OBSERVED, reason=decision.reason)
    if mode == "approve" or held or _is_proposal_of(decision, approved):
        decision, answer = _proposed(decision, approved, held or decision.reason, now=now)
        if answer is not None:
            return Verdict(decision=decision, outcome=answer, reason=held or decision.reason)
    elif (refused := rejected(decision)) is not None:
        return Verdict(decision=refused, outcome=Outcome.REJECTED, reason=decision.reason)
    if (forbidden := what_forbids()) is not None:
        return Verdict(decision=decision, outcome=Outcome.BLOCKED, reason=forbidden)
    return Verdict(decision=decision, outcome=None, reason=decision.reason)


GOOD_FOR_SECONDS = 5.0
"""So long what was said of whether changes may be made is good; then it is asked again before a change."""


def what_forbids() -> str | None:
    """Give the reason code under which no change at all is made at this moment; None: changes may be made."""
    if not switch.allows_changes():
        return "switched-off"
    calendar = settings.load().change_calendar
    if calendar is not None and not switch.is_open(calendar):
        return "change-freeze"
    return None


def rejected(decision: Decision) -> Decision | None:
    """Give the proposal of this very change that a person rejected; None where there is none.

    Whatever became of earlier ones: one that was approved, and lapsed before it could be done, is proposed again.
    """
    for candidate, found in _rounds(decision):
        if found is None:
            return None
        if found.answer is Answer.REJECTED:
            return candidate
    return None


def proposal(decision_id: str) -> Proposal | None:
    """Read how a proposal stands (consistently); None where there is none with this id."""
    key = attributes({"guard": _guard(decision_id)})
    answer = client("dynamodb").get_item(TableName=required("GUARDS_TABLE"), Key=key, ConsistentRead=True)
    return _read(plain(answer["Item"])) if "Item" in answer else None


def expire(found: Proposal, proposed: Record, *, now: datetime) -> None:
    """Record that nobody decided in time, and tell, where that is so and not yet known."""
    if now >= found.until and decide(found.decision_id, Answer.EXPIRED, by={}, now=now):
        announce(ledger.note_on(proposed, Outcome.EXPIRED, reason=proposed.reason, now=now))


def decide(decision_id: str, answer: Answer, *, by: Mapping[str, object], now: datetime) -> bool:
    """Answer a proposal, for whom `by` names; False where it is not open any more.

    What was approved may have been given up, and is approved once more: then whoever did so last has it done. An answer
    is kept for longer than what it is about may be in the ledger: see `ANSWERS_KEPT`.
    """
    values = {
        ":open": Answer.OPEN,
        ":repeated": answer if answer is Answer.APPROVED else Answer.OPEN,
        ":answer": answer,
        ":by": by,
        ":now": now,
        ":expires": max(ledger.expires_at(now), int((now + ANSWERS_KEPT).timestamp())),
    }
    written = write_if(
        client("dynamodb").update_item,
        TableName=required("GUARDS_TABLE"),
        Key=attributes({"guard": _guard(decision_id)}),
        UpdateExpression="SET answer = :answer, #by = :by, answered = :now, expires = :expires",
        ConditionExpression="answer IN (:open, :repeated)",
        ExpressionAttributeNames={"#by": "by"},
        ExpressionAttributeValues=attributes(values),
    )
    return written is not None


def _proposed(decision: Decision, approved: str, reason: str, *, now: datetime) -> tuple[Decision, Outcome | None]:
    """Find the round in which a change is proposed, or begin one; the outcome is None where it is approved now."""
    for candidate, found in _rounds(decision):
        if found is None:
            found = _propose(candidate, now=now)  # noqa: PLW2901 - as it stands now
        if found.answer is Answer.REJECTED:
            return candidate, Outcome.REJECTED
        if found.answer is Answer.EXPIRED:
            continue
        if found.answer is Answer.APPROVED and approved == candidate.id:
            return replace(candidate, detail={**candidate.detail, **found.by}), None
        if now < found.until:
            return _with_expiry(candidate, found), Outcome.PROPOSED
        if decide(candidate.id, Answer.EXPIRED, by={}, now=now):
            announce(ledger.note(_with_expiry(candidate, found), Outcome.EXPIRED, reason=reason, now=now))
    return candidate, Outcome.EXPIRED


def _is_proposal_of(decision: Decision, decision_id: str) -> bool:
    """Say whether an id is that of a proposal of this change, whichever round it is."""
    rounds = range(1, ROUNDS + 1) if decision_id else ()
    return any(replace(decision, proposal=number).id == decision_id for number in rounds)


def _rounds(decision: Decision) -> Iterator[tuple[Decision, Proposal | None]]:
    """Give the proposals of a change, the first one first, and how each stands; None where it was not made yet."""
    for number in range(1, ROUNDS + 1):
        candidate = replace(decision, proposal=number)
        yield candidate, proposal(candidate.id)


def _with_expiry(decision: Decision, found: Proposal) -> Decision:
    return replace(decision, detail={**decision.detail, "expires": found.until})


def _propose(decision: Decision, *, now: datetime) -> Proposal:
    """Open a proposal; where another run has just done so, its one counts."""
    until = now + settings.load().approval_expires
    values = {
        "guard": _guard(decision.id),
        "answer": Answer.OPEN,
        "until": until,
        "time": now,
        "expires": int((until + KEPT_AFTER_EXPIRY).timestamp()),
    }
    written = write_if(
        client("dynamodb").put_item,
        TableName=required("GUARDS_TABLE"),
        Item=attributes(values),
        ConditionExpression="attribute_not_exists(guard)",
    )
    if written is None and (other := proposal(decision.id)) is not None:
        return other
    return Proposal(decision_id=decision.id, answer=Answer.OPEN, until=until, by={})


def _read(item: dict[str, Any]) -> Proposal:
    return Proposal(
        decision_id=item["guard"].partition("#")[2],
        answer=Answer(item["answer"]),
        until=datetime.fromisoformat(item["until"]),
        by=item.get("by", {}),
        answered=datetime.fromisoformat(item["answered"]) if "answered" in item else None,
    )


def _guard(decision_id: str) -> str:
    return f"proposal#{decision_id}"
