"""Carries out what a person decided: approve or reject what was proposed, undo what was done."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambdas.common import clock, consent, events, guards, ledger, reversal
from lambdas.common.announce import announce
from lambdas.common.consent import Answer
from lambdas.common.decision import DECISION_ID, Outcome
from lambdas.common.observability import logger
from lambdas.operate import aws, plan
from lambdas.operate.plan import Wish

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lambdas.common.decision import Lease
    from lambdas.common.events import Wakeup
    from lambdas.common.ledger import Record
    from lambdas.operate.plan import Request

UNFINISHED = frozenset({Outcome.INTENDED, Outcome.PENDING, Outcome.FAILED})
"""How an undo stands that has not come to its end; one that failed may be tried again as long as it has its lease."""

SEEN_TO = timedelta(days=1)
"""So long after a proposal's time is over, what was approved in time and begun is still seen to its end."""

log = logger("operate")


def handler(event: object, context: Any) -> dict[str, object] | None:  # noqa: ANN401 - Lambda's context
    """Answer a request, such as docs/cli.md has them, or look again at what may not be over.

    The answer to a request is `{decision_id, action, outcome, reason, message}`: what is recorded of it. A request
    that cannot be carried out has the outcome `refused`, which is not recorded; EventError where it is no request.
    """
    if isinstance(event, Mapping) and "Records" not in event:
        return _carry_out(plan.read(event), request_id=getattr(context, "aws_request_id", ""))
    return events.handle(event, look_again)


def look_again(wakeup: Wakeup) -> None:
    """Go on with the undo that a message names, or with what was approved, unless it is over."""
    # A message that is delivered again has the time of when it first was.
    now = max(wakeup.time, clock.by_aws())
    for decision_id in wakeup.named(DECISION_ID):
        records = ledger.history(decision_id)
        done, proposed = plan.acted(records), plan.proposed(records)
        if done is None:
            if proposed is not None and plan.is_lost(records, consent.proposal(decision_id), now=now):
                _approve(proposed, now=now)
            continue
        lease = reversal.lease_of(done)
        if reversal.is_held_for(done, lease):
            _go_on_undoing(done, lease, now=now)
        elif proposed is not None:
            _go_on(done, proposed, now=now)


def _go_on_undoing(done: Record, lease: Lease, *, now: datetime) -> None:
    """See to the end of an undo that has this lease, which it may have lost since: it is not begun anew."""
    record = _operations(done).undo(done, lease=lease, now=now)
    if record.outcome in UNFINISHED and reversal.is_held_for(done, reversal.lease_of(done)):
        aws.send_recheck(done.decision_id, now=now)


def _go_on(done: Record, proposed: Record, *, now: datetime) -> None:
    """See to the end of what a person approved, also where the run that was at it has ended in the middle.

    A schedule would do so too, but it sweeps only where there is something to do, and that may have been all.
    """
    lease = guards.leases(done.remediation, [done.resource_id])[done.resource_id]
    approval = consent.proposal(done.decision_id)
    if lease.decision_id != done.decision_id or approval is None or now >= approval.until + SEEN_TO:
        return
    if done.outcome == Outcome.PENDING or not lease.fresh(now):
        _operations(done).approve(proposed, now=now)
    aws.send_recheck(done.decision_id, now=now)


def _carry_out(request: Request, *, request_id: str) -> dict[str, object]:
    records, now = aws.look_up(request.decision_id)
    log.info("%s %s", request.wish, request.decision_id, actor=request.actor, request_id=request_id)
    if request.wish is Wish.UNDO:
        why = plan.irreversible(records)
        done = plan.acted(records)
        if why is not None or done is None:
            return _refused(request, why or "")
        return _answer(request, _undo(done, request, request_id, now=now))
    proposal = consent.proposal(request.decision_id)
    proposed = plan.proposed(records)
    why = plan.unanswerable(records, proposal, wish=request.wish, now=now)
    if why is not None or proposed is None:
        if proposal is not None and proposed is not None:
            consent.expire(proposal, proposed, now=now)
        return _refused(request, why or "")
    if request.wish is Wish.APPROVE:
        consent.decide(proposed.decision_id, Answer.APPROVED, by=_who(request, request_id), now=now)
        return _answer(request, _approve(proposed, now=now))
    return _reject(proposed, request, request_id, now=now)


def _reject(proposed: Record, request: Request, request_id: str, *, now: datetime) -> dict[str, object]:
    who = _who(request, request_id)
    if not consent.decide(proposed.decision_id, Answer.REJECTED, by=who, now=now):
        log.info("%s was answered by somebody else a moment ago", proposed.decision_id)
        why = plan.unanswerable(
            ledger.history(proposed.decision_id), consent.proposal(proposed.decision_id), wish=request.wish, now=now
        )
        return _refused(request, why or "")
    rejected = ledger.note_on(proposed, Outcome.REJECTED, reason=proposed.reason, detail=who, now=now)
    announce(rejected)
    return _answer(request, rejected)


def _approve(proposed: Record, *, now: datetime) -> Record:
    """Have the remediation judge anew, with the approval in hand; what does not hold any more is not done."""
    _have_end_seen(proposed, now=now)
    _operations(proposed).approve(proposed, now=now)
    records = ledger.history(proposed.decision_id)
    if (found := _acted(records, now=now) or _withheld(records, now=now)) is not None:
        return found
    why = "What was proposed is not what is needed now, so that nothing was changed. It is judged anew by itself."
    changed = ledger.note_on(proposed, Outcome.SKIPPED, reason="state-changed", detail={"why": why}, now=now)
    announce(changed)
    return changed


def _acted(records: Sequence[Record], *, now: datetime) -> Record | None:
    """Find what was done; what was given up before, and is not taken up again, is no answer to who asks now."""
    act = plan.acted(records)
    return None if act is not None and act.outcome in plan.GIVEN_UP and not aws.is_of(act, now) else act


def _withheld(records: Sequence[Record], *, now: datetime) -> Record | None:
    """Find what was recorded just now instead of acting: the kill switch, a change freeze, a cap."""
    return next(
        (each for each in records if each.outcome in {Outcome.BLOCKED, Outcome.OBSERVED} and aws.is_of(each, now)),
        None,
    )


def _undo(done: Record, request: Request, request_id: str, *, now: datetime) -> Record:
    done = ledger.add_detail(done, "undo_asked", _who(request, request_id))
    _have_end_seen(done, now=now)
    record: Record = _operations(done).undo(done, lease=reversal.lease_of(done), now=now)
    if record.outcome in UNFINISHED:
        # Sooner than the other message: what was taken back must be seen before it is given again.
        aws.send_recheck(done.decision_id, now=now)
    return record


def _have_end_seen(record: Record, *, now: datetime) -> None:
    """Send a message before anything is done: should this process end in the middle, the message finds out.

    It comes when this process can only have ended. One that came before the intent would find nothing to look at.
    """
    aws.send_recheck(record.decision_id, after=aws.LONGEST_SECONDS, now=now)


def _operations(record: Record) -> Any:  # noqa: ANN401 - a module; each remediation has one with the same two functions
    """Give what a remediation does for people; imported when needed, since one request needs one of them."""
    return importlib.import_module(f"lambdas.{record.remediation}.operations")


def _who(request: Request, request_id: str) -> dict[str, object]:
    return {"actor": request.actor, "request_id": request_id}


def _refused(request: Request, why: str) -> dict[str, object]:
    return _told(request, outcome="refused", reason="", message=f"{request.decision_id} is left as it is: {why}.")


def _answer(request: Request, record: Record) -> dict[str, object]:
    return _told(request, outcome=record.outcome, reason=record.reason, message=plan.came_of_it(record))


def _told(request: Request, *, outcome: str, reason: str, message: object) -> dict[str, object]:
    return {
        "decision_id": request.decision_id,
        "action": request.wish,
        "outcome": outcome,
        "reason": reason,
        "message": message,
    }
