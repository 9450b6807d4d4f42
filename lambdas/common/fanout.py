"""Work in many accounts: one message for each account and Region, which a worker of the same function takes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.common import guards
from lambdas.common.announce import SOURCE
from lambdas.common.aws_clients import client
from lambdas.common.dynamo import timestamp
from lambdas.common.environment import required
from lambdas.common.events import SWEEP, Kind
from lambdas.common.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.common.events import Wakeup

BATCH = 10  # SendMessageBatch takes no more

MERGED = timedelta(minutes=10)
"""An alarm that comes so soon after a fan-out adds nothing: its contributors change one by one, and each fires it."""

MERGING = frozenset({Kind.ALARM, Kind.CONTRIBUTOR})


class NotSentError(Exception):
    """SQS did not take all messages; those that it took are harmless when they are sent again."""


def is_due(remediation: str, wakeup: Wakeup) -> bool:
    """Say whether a wakeup is to be fanned out: an alarm not where that has just been done, anything else always."""
    if wakeup.kind not in MERGING:
        return True
    times = [datetime.fromisoformat(item["time"]) for item in guards.read_items([_guard(remediation)])]
    return all(wakeup.time >= time + MERGED for time in times)


def remember(remediation: str, *, now: datetime) -> None:
    """Note that all messages are sent; only then, or a function that ends before would have an alarm go unheard."""
    guards.mark(_guard(remediation), now=now)


def send(targets: Iterable[Target], *, now: datetime) -> None:
    """Send a message for each target to the function's own queue. Errors: `NotSentError`."""
    queue = required("RECHECK_QUEUE_URL")
    refused: list[str] = []
    ordered = sorted(targets)
    for batch in (ordered[first : first + BATCH] for first in range(0, len(ordered), BATCH)):
        entries: list[Any] = [
            {"Id": str(number), "MessageBody": _message(target, now=now)} for number, target in enumerate(batch)
        ]
        answer = client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)
        refused += [each["Code"] for each in answer.get("Failed", [])]
    if refused:
        raise NotSentError(f"{len(refused)} messages: {', '.join(sorted(set(refused)))}")


def target_of(wakeup: Wakeup) -> Target | None:
    """Read which target a message names; None where it names none."""
    account, region = wakeup.detail.get("account"), wakeup.detail.get("region")
    if isinstance(account, str) and isinstance(region, str):
        return Target(account=account, region=region)
    return None


def _guard(remediation: str) -> str:
    return f"fanout#{remediation}"


def _message(target: Target, *, now: datetime) -> str:
    detail = {"account": target.account, "region": target.region}
    return json.dumps({"source": SOURCE, "detail-type": SWEEP, "time": timestamp(now), "detail": detail})
