"""What people decide about moves: let a proposed one happen, take one back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lambdas.align_albs import aws, memory
from lambdas.align_albs.handler import DEFAULT_SECONDS, align_there
from lambdas.align_albs.model import Memory
from lambdas.common import guards, reversal
from lambdas.common.decision import Action
from lambdas.common.errors import AwsError, failure_of, reason_of, was_refused
from lambdas.common.targets import Target

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.align_albs.model import Alb
    from lambdas.common.decision import Decision, Lease
    from lambdas.common.ledger import Record


def approve(proposal: Record, *, now: datetime) -> None:
    """Judge the load balancer anew and move it, if that is still the decision that a person approved."""
    align_there(
        _target(proposal),
        {proposal.resource_id},
        now=now,
        deadline=time.monotonic() + DEFAULT_SECONDS,
        approved=proposal.decision_id,
    )


def undo(done: Record, *, lease: Lease, now: datetime) -> Record:
    """Put a load balancer back on the pool that it was on, or on none, and leave it there from now on.

    Gives the record to tell of: of the undo where it cannot be, of the move once it is undone. Where the load balancer
    has been put on another pool since, nothing is undone.
    """
    before, after = str(done.detail["before"]["pool"] or ""), str(done.detail["after"]["pool"])
    alb = aws.albs(_target(done)).get(done.resource_id)
    detail = {"before": {"pool": after}, "after": {"pool": before or None}}
    decision = reversal.reversal(done, Action.MODIFY_IP_POOLS, subject=before, lease=lease, detail=detail)
    if alb is not None and alb.pool == before and reversal.is_under_way(decision, lease):
        return reversal.finish(done, decision, lease=lease, result={"pool": before or None}, now=now)
    if alb is None or alb.pool != after:
        now_on = f"on {alb.pool or 'no pool'}" if alb else "gone"
        return reversal.leave(decision, f"It is {now_on}: nothing is left to undo.", lease=lease, now=now)
    tagged = aws.with_tags(_target(done), [alb]).get(alb.arn, alb)
    protected = reversal.leave_protected(decision, tagged.tags, lease=lease, now=now)
    return protected or _put_back(done, alb, decision, lease, now=now)


def _put_back(done: Record, alb: Alb, decision: Decision, lease: Lease, *, now: datetime) -> Record:
    if (standing := reversal.begin(done, decision, lease=lease, now=now)) is not None:
        return standing
    in_doubt = guards.in_doubt(lease, now=now)
    lease = guards.taken(decision, lease, now=now)
    # Before the call, whose event wakes the remediation: it must not move the load balancer again.
    seen = memory.read([alb.arn]).memories.get(alb.arn)
    memory.keep(alb.arn, Memory(pool=decision.subject, kept_off=alb.pool), now=now)
    try:
        aws.put_on_pool(_target(done), alb.arn, decision.subject)
    except AwsError as error:
        failure = {"pool": decision.subject or None, **failure_of(error)}
        if not was_refused(error) or in_doubt:
            what = f"{alb.arn} was not put back"
            raise reversal.unanswered(lease, error, what=what, result=failure, now=now) from error
        if seen is not None:
            memory.keep(alb.arn, seen, now=now)
        return reversal.fail(decision, lease=lease, reason=reason_of(error), result=failure, now=now)
    return reversal.finish(done, decision, lease=lease, result={"pool": decision.subject or None}, now=now)


def _target(record: Record) -> Target:
    return Target(account=record.account, region=record.region)
