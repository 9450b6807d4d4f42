"""Undoing what was done: a decision of its own, in the ledger before it happens, at most one for a resource at a time.

It has a lease apart from the remediation's, because it is the person's act and not the remediation's: what the
remediation reads from its own lease must not be mistaken for a refill, a release or a move.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.common import guards, ledger, settings
from lambdas.common.announce import announce, conclude
from lambdas.common.decision import Decision, Outcome
from lambdas.common.errors import AwsError, RunFailedError, failure_of, reason_of, was_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.decision import Action, Lease
    from lambdas.common.ledger import Record

UNDO = "undo"


def lease_of(done: Record) -> Lease:
    """Read the lease of a resource's undo: once, so that an undo goes on by the lease that it was found to have."""
    return guards.leases(UNDO, [done.resource_id])[done.resource_id]


def reversal(done: Record, action: Action, *, subject: str, lease: Lease, detail: Mapping[str, object]) -> Decision:
    """Decide to undo what was done; one that failed for good and is asked for again is another decision."""
    asked = done.detail.get("undo_asked", {})
    return Decision(
        remediation=done.remediation,
        resource_id=done.resource_id,
        account=done.account,
        region=done.region,
        action=action,
        reason=done.reason,
        subject=subject,
        judged=(done.decision_id, f"generation {lease.generation}"),
        detail={"resource": done.detail.get("resource", {}), "undo_of": done.decision_id, **asked, **detail},
    )


def is_held_for(done: Record, lease: Lease) -> bool:
    """Say whether a lease is an undo's of this very act: another act on the same resource can be taken back."""
    undo = ledger.read(lease.decision_id) if lease.decision_id else None
    return undo is not None and undo.detail["undo_of"] == done.decision_id


def is_under_way(decision: Decision, lease: Lease) -> bool:
    """Say whether this very undo was begun and has not ended; the lease can be another undo's of the same resource."""
    return lease.decision_id == decision.id


def begin(
    done: Record,
    decision: Decision,
    *,
    lease: Lease,
    again: AbstractSet[Outcome] = frozenset({Outcome.FAILED}),
    now: datetime,
) -> Record | None:
    """Record the intent of an undo, whose call may follow; else the record to tell of.

    What another run intends is left to it until that can only have ended: its call may be about to come, and what comes
    of it is told then.
    """
    again = again if lease.fresh(now) else again | {Outcome.INTENDED}
    if guards.begin(decision, lease=lease, again=again, now=now) is None:
        return None
    if is_under_way(decision, lease):
        return ledger.read(decision.id) or done
    return say(decision, Outcome.SKIPPED, "in-flight", now=now)


def unanswered(
    lease: Lease, error: Exception, *, what: str, result: Mapping[str, object], now: datetime
) -> RunFailedError:
    """Record that nobody knows what AWS did with the call of an undo; the error to raise: `what` was not done.

    The lease stays: AWS may have done it all the same, and whoever looks again finds out, or asks once more.
    """
    conclude(lease, Outcome.FAILED, reason=reason_of(error), result=result, now=now)
    return RunFailedError(f"{what}: {error}")


def take_back(
    done: Record,
    decision: Decision,
    call: Callable[[], None],
    *,
    lease: Lease,
    going: str,
    kept: str,
    lost: str,
    now: datetime,
) -> Record:
    """Have AWS take a CIDR away, the decision's subject, which it does later; the record to tell of.

    `going` is the state in which it is then, `kept` what is said where AWS did nothing while a lease lasts (lists lag
    behind for so long), and `lost` what is said where nobody knows what AWS did: RunFailedError.
    """
    if (standing := begin(done, decision, lease=lease, now=now)) is not None:
        if not is_under_way(decision, lease) or lease.fresh(now):
            return standing
        said = {"cidr": decision.subject, "message": kept}
        return fail(decision, lease=lease, reason="api-error", result=said, now=now)
    in_doubt = guards.in_doubt(lease, now=now)
    lease = guards.taken(decision, lease, now=now)
    try:
        call()
    except AwsError as error:
        failure = {"cidr": decision.subject, **failure_of(error)}
        if was_refused(error) and not in_doubt:
            return fail(decision, lease=lease, reason=reason_of(error), result=failure, now=now)
        raise unanswered(lease, error, what=lost, result=failure, now=now) from error
    asked = {"cidr": decision.subject, "state": going}
    ledger.complete(lease, Outcome.PENDING, reason=decision.reason, result=asked, now=now)
    return ledger.read(decision.id) or done


def leave(decision: Decision, why: str, *, lease: Lease, now: datetime) -> Record:
    """Record why there is nothing that can be undone, and tell; an undo that is under way ends with that.

    Where somebody took the lease since it was read, what is seen is their doing, and says nothing of this undo.
    """
    if is_under_way(decision, lease):
        said = {"message": why}
        return fail(decision, lease=lease, outcome=Outcome.BLOCKED, reason="state-changed", result=said, now=now)
    if guards.leases(UNDO, [decision.resource_id])[decision.resource_id] != lease:
        return say(decision, Outcome.SKIPPED, "in-flight", now=now)
    return _leave_untouched(decision, why, "state-changed", now=now)


def leave_protected(decision: Decision, tags: Mapping[str, str], *, lease: Lease, now: datetime) -> Record | None:
    """Record that a resource with these tags is protected, and tell; None where it is not, or the undo is under way.

    IAM refuses the call in any case; said here, people read what to do.
    """
    protect = f"{settings.load().tag_prefix}:protect"
    if tags.get(protect) != "true" or is_under_way(decision, lease):
        return None
    why = f"Its tag {protect} says that it must not be changed. Take the tag away, then undo again."
    return _leave_untouched(decision, why, "protected", now=now)


def _leave_untouched(decision: Decision, why: str, reason: str, *, now: datetime) -> Record:
    return say(replace(decision, detail={**decision.detail, "why": why}), Outcome.BLOCKED, reason, now=now)


def say(decision: Decision, outcome: Outcome, reason: str, *, now: datetime) -> Record:
    """Record why nothing was undone, and tell."""
    record = ledger.note(decision, outcome, reason=reason, now=now)
    announce(record)
    return record


def finish(done: Record, decision: Decision, *, lease: Lease, result: Mapping[str, object], now: datetime) -> Record:
    """End an undo that succeeded: its record, the record of what was done, and only then the lease."""
    record = ledger.complete(lease, Outcome.DONE, reason=decision.reason, result=result, now=now)
    if record is not None:
        announce(record)
    undone = ledger.undone(done, by={"decision_id": decision.id, **result}, now=now)
    announce(undone)
    guards.free(lease, succeeded=True, unfinished=False, now=now)
    return undone


def fail(
    decision: Decision,
    *,
    lease: Lease,
    outcome: Outcome = Outcome.FAILED,
    reason: str,
    result: Mapping[str, object],
    now: datetime,
) -> Record:
    """End an undo that did not succeed; asked for again it is tried again."""
    record = conclude(lease, outcome, reason=reason, result=result, now=now)
    if record is None:
        raise LookupError(f"the ledger has lost decision {decision.id}")
    guards.free(lease, succeeded=False, unfinished=False, now=now)
    return record
