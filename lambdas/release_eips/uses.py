"""What follows from a sign that somebody uses an address: its clock stops, and people hear what is new to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import ledger
from lambdas.common.announce import announce
from lambdas.common.decision import Outcome
from lambdas.common.dynamo import timestamp
from lambdas.release_eips import aws, clocks, plan

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.ledger import Record
    from lambdas.release_eips.model import Address
    from lambdas.release_eips.run import Run


def take_note(run: Run, allocation_id: str, *, at: datetime, address: Address | None = None) -> None:
    """Stop the clock of an address; take a warning back, and tell if the address is gone already.

    `address` is what is known of it; it is read where that is needed and not given.
    """
    before = clocks.use(allocation_id, at=at, now=run.now)
    if before is None:
        return
    if before.idle_since is not None and before.warned_at is not None:
        found = address or aws.address(run.target, allocation_id)
        if found is not None:
            announce(ledger.note(plan.taken_back(run.case(found, before), at), Outcome.SKIPPED, now=run.now))
    if decision_id := before.lease.decision_id or before.released:
        tell_if_gone(run, ledger.read(decision_id), at=at)


def tell_if_gone(run: Run, record: Record | None, *, at: datetime) -> None:
    """Tell that an address was put to use after it was found idle, and before, or after, it was released."""
    if record is None or record.outcome != Outcome.DONE or timestamp(at) < record.detail["idle_since"]:
        return
    why = (
        f"CloudTrail shows that somebody began to use the address, or tried to, at {timestamp(at)}, too late to be "
        "seen before the release. What needs it is without it now: undo the release, and associate the address anew."
    )
    announce(ledger.note_on(record, Outcome.DONE, reason="reassociated", detail={"why": why}, now=run.now))
