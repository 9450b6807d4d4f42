"""How a move ends: its record is completed, people are told where it matters to them, then the lease is given back.

In this order: a lease that is still held leads the next run here again when this one ends in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import guards, ledger
from lambdas.common.announce import conclude
from lambdas.common.decision import Outcome

if TYPE_CHECKING:
    from lambdas.align_albs.run import Run
    from lambdas.common.decision import Lease


def finish(run: Run, lease: Lease) -> Lease:
    """End a move that happened, and tell; the lease as it is then."""
    result = {"pool": lease.subject}
    conclude(lease, Outcome.DONE, reason=lease.reason, result=result, now=run.now)
    return guards.free(lease, succeeded=True, unfinished=False, acts=run.acts, now=run.now)


def give_up(run: Run, lease: Lease) -> Lease:
    """End a move that did not happen, and does not any more; it is judged anew, of which people are told.

    Gives the lease as it is then.
    """
    result = {"pool": lease.subject, "state": "not moved"}
    ledger.complete(lease, Outcome.SKIPPED, reason="state-changed", result=result, now=run.now)
    return _free(run, lease)


def stop(run: Run, lease: Lease, forbidden: str) -> None:
    """End a move that was stopped at the last moment, for the reason code `forbidden`, and tell; it is judged anew."""
    why = "Changes were stopped before it was moved."
    result = {"pool": lease.subject, "state": "not moved", "message": why}
    conclude(lease, Outcome.BLOCKED, reason=forbidden, result=result, now=run.now)
    _free(run, lease)


def end_unseen(run: Run, lease: Lease, *, is_there: bool) -> Lease:
    """End a move of a load balancer that is gone, or not on the pool and not looked after any more; and tell.

    Whether AWS moved it before that, nobody can say. Gives the lease as it is then.
    """
    why = "The load balancer is not looked after any more." if is_there else "The load balancer is not there any more."
    result = {"pool": lease.subject, "state": "not on the pool" if is_there else "gone", "message": why}
    conclude(lease, Outcome.BLOCKED, reason="state-changed", result=result, now=run.now)
    return _free(run, lease)


def _free(run: Run, lease: Lease) -> Lease:
    """Give back the lease of a move that did not happen."""
    return guards.free(lease, succeeded=False, unfinished=False, acts=run.acts, now=run.now)
