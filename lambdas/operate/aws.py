"""The ledger as a person's request finds it, the time as AWS has it, and the queue that brings us back."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from lambdas.common import ledger, rechecks
from lambdas.common.aws_clients import client
from lambdas.common.dynamo import timestamp
from lambdas.common.switch import parameter_name

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.ledger import Record


def look_up(decision_id: str) -> tuple[list[Record], datetime]:
    """Read what is recorded under an id, and what time it is.

    A request carries no time: the time of AWS's answer counts (the `Date` of RFC 9110), which nobody who asks can set.
    """
    records = ledger.history(decision_id)
    answer = client("ssm").get_parameter(Name=parameter_name())
    return records, parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


def is_of(record: Record, now: datetime) -> bool:
    """Say whether a record was seen in the run that began at this time."""
    return record.last_seen >= timestamp(now)


def send_recheck(decision_id: str, *, now: datetime) -> None:
    """Have the undo of a decision looked at again in a minute."""
    rechecks.send({"decision_id": decision_id}, now=now)
