"""What became of an act: its record is brought to where AWS is with it, and its lease given back at its end.

That takes no rule and no more than the pool's list of CIDRs, so that an act is seen to its end with one call, and also
when no rule governs its pool any more, or the pool is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.common import guards, ledger, needs
from lambdas.common.announce import conclude
from lambdas.common.decision import Outcome
from lambdas.common.errors import code_of
from lambdas.refill_pools import aws, request
from lambdas.refill_pools.need import lacking
from lambdas.refill_pools.progress import Progress, progress

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.decision import Lease
    from lambdas.common.ledger import Record
    from lambdas.refill_pools.model import PoolCidr


def follow(pool_id: str, lease: Lease, shown: Progress, *, rechecking: bool, now: datetime) -> Lease:
    """Bring an act's record to where AWS is with it; the lease as it is then."""
    if shown.outcome is not Outcome.PENDING:
        return settle(pool_id, lease, shown, now=now)
    moved = ledger.complete(lease, Outcome.PENDING, reason=lease.reason, result=shown.result, now=now)
    if moved or (rechecking and lease.fresh(now)):
        aws.send_recheck(pool_id, now=now)
    return lease


def settle(pool_id: str, lease: Lease, end: Progress, *, unfinished: bool = False, now: datetime) -> Lease:
    """End an act for good: complete its record, tell, and only then give the lease back; the lease as it is then.

    `unfinished` says that more steps are to follow whatever came of this one.
    """
    reason = end.reason or lease.reason
    record = conclude(lease, end.outcome, reason=reason, result=end.result, now=now)
    succeeded = end.outcome is Outcome.DONE
    if succeeded and reason == "demanded":
        # Whoever asked may have taken the block already: that it is not free says nothing.
        needs.close(pool_id, request.length_of(str(end.result["cidr"])), now=now)
    unfinished |= succeeded and record is not None and _is_one_of_several(record)
    return guards.free(lease, succeeded=succeeded, unfinished=unfinished, now=now)


def give_up(pool_id: str, lease: Lease, *, now: datetime) -> Lease:
    """End an act whose block never showed, or was gone again before anybody looked; the lease as it is then."""
    result = {"cidr": request.told(lease.subject), "state": "not shown"}
    end = Progress(outcome=Outcome.SKIPPED, reason="state-changed", result=result)
    return settle(pool_id, lease, end, now=now)


def is_seen_to(pool_id: str, lease: Lease, *, now: datetime) -> bool:
    """Look again, with one call, at an act that is under way; False where more is to be judged than its progress."""
    if not lease.decision_id:
        return False
    shown = progress(_listed(pool_id) or (), lease.subject)
    if shown is None or shown.outcome is Outcome.FAILED:
        return False
    freed = follow(pool_id, lease, shown, rechecking=True, now=now)
    return bool(freed.decision_id) or not (freed.unfinished or lease.reason == "demanded")


def close(pool_id: str, lease: Lease, *, now: datetime) -> Lease:
    """See an act to its end whose pool is not ours to judge any more, or gone; the lease as it is then."""
    listed = _listed(pool_id)
    shown = progress(listed or (), lease.subject)
    if shown is not None:
        return follow(pool_id, lease, shown, rechecking=False, now=now)
    if listed is None or not lease.fresh(now):
        return give_up(pool_id, lease, now=now)
    return lease


def _listed(pool_id: str) -> tuple[PoolCidr, ...] | None:
    """Read a pool's CIDRs; None where there is no such pool any more."""
    try:
        return aws.listed_cidrs(pool_id)
    except ClientError as error:
        if code_of(error) != aws.NO_SUCH_POOL:
            raise
        return None


def _is_one_of_several(record: Record) -> bool:
    """Say whether the block that a record tells of leaves its pool short of its target."""
    if record.reason != "low-water":
        return False
    size, used = record.detail["after"]["addresses"], record.detail["before"]["allocated"]
    return lacking(size, used, record.detail["evidence"]["target_percent"]) > 0
