"""What a person asks of us, and what keeps it from being carried out: pure judgement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lambdas.common import ledger
from lambdas.common.consent import Answer
from lambdas.common.decision import DECISION_ID, Action, Outcome
from lambdas.common.dynamo import timestamp
from lambdas.common.events import EventError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from lambdas.common.consent import Proposal
    from lambdas.common.ledger import Record

GIVEN_UP = frozenset({Outcome.FAILED, Outcome.SKIPPED, Outcome.BLOCKED})
"""How an act ended that changed nothing: the same can be proposed again, under the same id, and done after all."""

WITHHELD = {
    "switched-off": (
        "The kill switch is on, or cannot be read: nothing is changed until it says `deployed`. Approve it again then."
    ),
    "change-freeze": (
        "The change calendar is closed, or cannot be read: nothing is changed until it is open. Approve it again then."
    ),
    "run-cap": "As many addresses were released in this run as max_releases_per_run allows. Approve it again.",
    "daily-cap": "As much was done today as the configuration allows. Approve it again tomorrow (UTC).",
}
"""What holds an approved act, whatever it is; what is recorded as its `why` is why it should be done."""

LONGEST_ACTOR = 200
UNKNOWN = "there is no decision with this id in the ledger"


class Wish(StrEnum):
    """What can be asked about a decision."""

    APPROVE = "approve"
    REJECT = "reject"
    UNDO = "undo"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What somebody asks. `actor` is who they say they are; CloudTrail knows by the id of the request."""

    wish: Wish
    decision_id: str
    actor: str


def read(event: Mapping[str, object]) -> Request:
    """Read `{"action": "approve" | "reject" | "undo", "decision_id", "actor"}`; EventError says what is wrong."""
    wish, decision_id, actor = (event.get(name) for name in ("action", "decision_id", "actor"))
    if not isinstance(wish, str) or wish not in set(Wish):
        raise EventError(f"action is one of {', '.join(Wish)}, not {_shown(wish)}")
    if not isinstance(decision_id, str) or not re.fullmatch(DECISION_ID, decision_id):
        raise EventError(f"decision_id is 16 hexadecimal digits, not {_shown(decision_id)}")
    if not isinstance(actor, str) or not actor.strip() or len(actor) > LONGEST_ACTOR or not actor.isprintable():
        raise EventError(f"actor is who asks, a line of at most {LONGEST_ACTOR} characters, not {_shown(actor)}")
    return Request(wish=Wish(wish), decision_id=decision_id, actor=actor.strip())


def proposed(records: Sequence[Record]) -> Record | None:
    """Find the proposal among what is recorded under an id."""
    return next((each for each in records if each.outcome == Outcome.PROPOSED), None)


def acted(records: Sequence[Record]) -> Record | None:
    """Find what was done, or is under way, among what is recorded under an id."""
    return next((each for each in records if each.record == ledger.ACT), None)


def unanswerable(records: Sequence[Record], proposal: Proposal | None, *, wish: Wish, now: datetime) -> str | None:
    """Say why a proposal can no longer be approved or rejected; None: it can."""
    act = acted(records)
    if act is not None and act.outcome not in {Outcome.INTENDED, *GIVEN_UP}:
        return f"it is {act.outcome} already ({act.reason})"
    if proposal is None or proposed(records) is None:
        return "it was never proposed" if records else UNKNOWN
    if proposal.answer is Answer.REJECTED:
        return "it was rejected; it is proposed again once the resource changes"
    if proposal.is_over(now):
        return f"it expired at {proposal.until:%Y-%m-%d %H:%M} UTC; it is proposed again if it still stands"
    if proposal.answer is Answer.APPROVED and wish is Wish.REJECT:
        return "it was approved already"
    return None


def is_lost(records: Sequence[Record], proposal: Proposal | None, *, now: datetime) -> bool:
    """Say whether what was approved came to no word at all: the run that was to do it ended before its intent."""
    if proposal is None or proposal.answered is None or proposal.answer is not Answer.APPROVED or proposal.is_over(now):
        return False
    words = {each.last_seen for each in records if each.outcome in {Outcome.OBSERVED, *GIVEN_UP}}
    return max(words, default="") < timestamp(proposal.answered)


def irreversible(records: Sequence[Record]) -> str | None:
    """Say why a decision cannot be undone; None: it can be tried."""
    act = acted(records)
    if not records:
        return UNKNOWN
    if act is None or act.action == Action.NONE:
        return "it changed nothing: there is nothing to undo"
    if "undo_of" in act.detail:
        return f"it is itself an undo; what it undid is decision {act.detail['undo_of']}"
    if act.outcome == Outcome.UNDONE:
        return "it is undone already"
    if act.outcome != Outcome.DONE:
        return f"it is {act.outcome} ({act.reason}): only what is done can be undone"
    return None


def came_of_it(record: Record) -> str:
    """Say what came of a request. Why something was done once says nothing to somebody who had it undone."""
    detail = record.detail
    if record.outcome == Outcome.UNDONE:
        known = (f"{name} {value}" for name, value in detail["undone"].items() if value is not None)
        return f"It is undone: {', '.join(known)}."
    result = detail.get("result", {})
    if "released" in result:
        return _of_many(released=result["released"], left=result["left"])
    if record.outcome == Outcome.BLOCKED and record.reason in WITHHELD:
        return WITHHELD[record.reason]
    said = str(detail.get("why") or result.get("message") or "")
    if not said and record.outcome in {Outcome.INTENDED, Outcome.PENDING}:
        return f"AWS is at it: `poolwarden history {record.decision_id}` says how it ends."
    return said


def _of_many(*, released: int, left: int) -> str:
    """Say what came of all that was approved at once: why it was held before says nothing then."""
    said = f"{released} of {released + left} were released"
    return f"{said}, {left} left: why is recorded, and told, of each by itself." if left else f"{said}."


def _shown(value: object) -> str:
    return repr(value)[:60]
