"""What was decided, as events on the default bus: for our own notifications and for anybody else's rules."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.common import ledger, metrics
from lambdas.common.aws_clients import client
from lambdas.common.decision import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.common.decision import Lease
    from lambdas.common.ledger import Record

SOURCE = "poolwarden"
DECISION = "Poolwarden Decision"
UNDER_WAY = frozenset({Outcome.INTENDED, Outcome.PENDING})


class EventRefusedError(Exception):
    """EventBridge did not take an event."""


def conclude(
    lease: Lease, outcome: Outcome, *, reason: str, result: Mapping[str, object], now: datetime
) -> Record | None:
    """Complete the record of the act that a lease is held for, and tell.

    Gives the record, also where another run has completed it; None where there is none. The lease is given back only
    then: one that is still held leads the next run here again when
    this one crashes.
    """
    completed = ledger.complete(lease, outcome, reason=reason, result=result, now=now)
    record = completed or ledger.read(lease.decision_id)
    if record is not None:
        announce(record)
    return record


def announce(record: Record) -> None:
    """Put a record on the bus, unless it is under way or was announced in this very state.

    At least once: a crash before the mark makes the next run that meets the record announce it again.
    """
    if record.outcome in UNDER_WAY or record.announced == record.state:
        return
    answer = client("events").put_events(
        Entries=[
            {
                "Source": SOURCE,
                "DetailType": DECISION,
                "Detail": record.as_json(),
                "Time": datetime.fromisoformat(record.last_seen),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        failed = answer["Entries"][0]
        raise EventRefusedError(f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")
    metrics.count_decision(record)
    ledger.mark_announced(record)
