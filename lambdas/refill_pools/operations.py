"""What people decide about refills: let a proposed one happen, take one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import ledger, reversal
from lambdas.common.decision import Action
from lambdas.refill_pools import aws
from lambdas.refill_pools.handler import look
from lambdas.refill_pools.undo import Standing, standing, told

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.decision import Decision, Lease
    from lambdas.common.ledger import Record


def approve(proposal: Record, *, now: datetime) -> None:
    """Judge the pool anew and refill it, if that is still the decision that a person approved."""
    look({proposal.resource_id}, now=now, approved=proposal.decision_id)


def undo(done: Record, *, lease: Lease, now: datetime) -> Record:
    """Deprovision the block that a refill added, as far as it is not in use; again and again until it is gone.

    Gives the record to tell of: of the undo while it is pending or cannot be, of the refill once it is undone.
    """
    cidr = str(done.detail["result"]["cidr"])
    pool = aws.pools([done.resource_id]).get(done.resource_id)
    states = {each.state for each in aws.cidrs_of(pool) if each.cidr == cidr} if pool else set()
    uses = aws.uses(pool, cidr) if pool else []
    decision = reversal.reversal(done, Action.DEPROVISION_CIDR, subject=cidr, lease=lease, detail={"cidr": cidr})
    ours = reversal.is_under_way(decision, lease)
    match standing(states, uses):
        case Standing.UNUSED if pool is not None:
            protected = reversal.leave_protected(decision, pool.tags, lease=lease, now=now)
            return protected or _deprovision(done, decision, lease, now=now)
        case Standing.IN_USE | Standing.GOING if ours and lease.fresh(now):
            return ledger.read(decision.id) or done
        case Standing.IN_USE:
            return reversal.leave(decision, told(cidr, uses), lease=lease, now=now)
        case Standing.GONE if ours:
            return reversal.finish(
                done, decision, lease=lease, result={"cidr": cidr, "state": "deprovisioned"}, now=now
            )
        case Standing.STUCK | Standing.GOING if ours:
            stuck = {"cidr": cidr, "message": f"AWS did not deprovision it: it is {', '.join(sorted(states))}"}
            return reversal.fail(decision, lease=lease, reason="api-error", result=stuck, now=now)
        case _:
            why = (
                f"The pool does not have {cidr} any more, or somebody else is taking it away: nothing is left to undo."
            )
            return reversal.leave(decision, why, lease=lease, now=now)


def _deprovision(done: Record, decision: Decision, lease: Lease, *, now: datetime) -> Record:
    return reversal.take_back(
        done,
        decision,
        lambda: aws.deprovision(done.resource_id, decision.subject, region=done.region),
        lease=lease,
        going="pending-deprovision",
        kept="AWS did not deprovision it: its pool has it still",
        lost=f"{decision.subject} was not deprovisioned from {done.resource_id}",
        now=now,
    )
