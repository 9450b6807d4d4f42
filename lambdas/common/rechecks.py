"""Looking again in a minute: a function that leaves something pending sends itself a delayed message."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from lambdas.common.announce import SOURCE
from lambdas.common.aws_clients import client
from lambdas.common.dynamo import timestamp
from lambdas.common.events import RECHECK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RECHECK_SECONDS = 60


def send(detail: Mapping[str, str], *, now: datetime) -> None:
    """Have this function look again at what `detail` names; without a queue the schedule does."""
    queue = os.environ.get("RECHECK_QUEUE_URL")
    if not queue:
        return
    event = {"source": SOURCE, "detail-type": RECHECK, "time": timestamp(now), "detail": dict(detail)}
    client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event), DelaySeconds=RECHECK_SECONDS)
