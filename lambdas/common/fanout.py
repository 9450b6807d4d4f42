"""Work in many accounts: one message for each account and Region, which a worker of the same function takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdas.common.announce import SOURCE
from lambdas.common.aws_clients import client
from lambdas.common.dynamo import timestamp
from lambdas.common.environment import required
from lambdas.common.events import SWEEP
from lambdas.common.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lambdas.common.events import Wakeup

BATCH = 10  # SendMessageBatch takes no more


class NotSentError(Exception):
    """SQS did not take all messages; those that it took are harmless when they are sent again."""


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


def _message(target: Target, *, now: datetime) -> str:
    detail = {"account": target.account, "region": target.region}
    return json.dumps({"source": SOURCE, "detail-type": SWEEP, "time": timestamp(now), "detail": detail})
