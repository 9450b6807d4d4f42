"""The ledger as a person's request finds it, the time as AWS has it, and the queue that brings us back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import clock, ledger, rechecks
from lambdas.common.dynamo import timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.ledger import Record

LONGEST_SECONDS = 330
"""More than the function may run: whoever looks then finds what a request came to, or where it ended in the middle."""


def look_up(decision_id: str) -> tuple[list[Record], datetime]:
    """Read what is recorded under an id, and what time it is: a request carries none."""
    return ledger.history(decision_id), clock.by_aws()


def is_of(record: Record, now: datetime) -> bool:
    """Say whether a record was seen in the run that began at this time."""
    return record.last_seen >= timestamp(now)


def send_recheck(decision_id: str, *, after: int = rechecks.RECHECK_SECONDS, now: datetime) -> None:
    """Have what a person decided looked at again, in a minute as a rule."""
    rechecks.send({"decision_id": decision_id}, after=after, now=now)
