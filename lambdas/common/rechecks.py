"""Looking again later: a function that leaves something pending, or undone, sends itself a message."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lambdas.common.aws_clients import client
from lambdas.common.events import RECHECK, message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RECHECK_SECONDS = 60


def send(detail: Mapping[str, object], *, kind: str = RECHECK, after: int = RECHECK_SECONDS, now: datetime) -> None:
    """Have this function look again at what `detail` names, in so many seconds; without a queue the schedule does.

    `kind` is RECHECK, or FAN_OUT for what a run has not come to.
    """
    queue = os.environ.get("RECHECK_QUEUE_URL")
    if not queue:
        return
    client("sqs").send_message(QueueUrl=queue, MessageBody=message(kind, detail, now=now), DelaySeconds=after)
