"""SQS queues to the functions that their event source mappings name, and the queues' metrics."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc, sqs

from simulator.clock import CLOCK
from simulator.delivery.functions import trigger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

MAX_WAIT = 20.0
"""Seconds that a ReceiveMessage may wait for messages."""

POLL_PAUSE = 0.05

METRICS = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
}
"""CloudWatch's name of a queue metric, and the queue attribute that says the same."""


def install() -> None:
    """Poll only when told, and wait for each batch: MiniStack polls on threads and real time."""
    lambda_svc._ensure_poller = lambda: None
    lambda_svc._dispatch_esm_batch = lambda _mapping, run, *args: run(*args)
    sqs._HANDLERS["ReceiveMessage"] = _long_polling(sqs._HANDLERS["ReceiveMessage"])


def _long_polling(receive: Callable[..., Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """ReceiveMessage that waits in real time for somebody to send: the simulated clock stands still meanwhile."""

    async def received(data: dict[str, Any], queue_url: str) -> dict[str, Any]:
        queue = sqs._get_q(data.get("QueueUrl", queue_url))
        wait = data.get("WaitTimeSeconds", queue["attributes"].get("ReceiveMessageWaitTimeSeconds", 0))
        deadline = time.monotonic() + min(float(wait), MAX_WAIT)
        while True:
            answer = await receive({**data, "WaitTimeSeconds": 0}, queue_url)
            if answer or time.monotonic() >= deadline:
                return answer
            await asyncio.sleep(POLL_PAUSE)

    return received


def poll() -> bool:
    """Hand each mapping's visible messages to its function, one batch a mapping; whether there were any."""
    token = trigger.set("queue")
    try:
        return bool(lambda_svc._poll_sqs())
    finally:
        trigger.reset(token)


def next_change() -> float | None:
    """When the next message becomes visible or a mapping polls again, in seconds since the epoch; None for never.

    Later than now: what is visible by now has been polled, or nobody polls for it.
    """
    now = CLOCK.time()
    due = [message["visible_at"] for queue in list(sqs._queues._data.values()) for message in queue["messages"]]
    for account, region, mapping in lambda_svc._iter_all_esms():
        with request_scope(account, region):
            due.append(lambda_svc._esm_backoff_until.get(mapping["UUID"], 0.0))
    return min((time for time in due if time > now), default=None)


def queue_metrics() -> Iterator[tuple[str, str, str, str, float, str]]:
    """Account, Region, queue name, metric name, value and unit of every queue's metrics as of now."""
    for (account, region, _), queue in list(sqs._queues._data.items()):
        name = queue["attributes"]["QueueArn"].rpartition(":")[2]
        sqs._refresh_counts(queue)
        for metric, attribute in METRICS.items():
            yield account, region, name, metric, float(queue["attributes"].get(attribute, 0)), "Count"
        yield account, region, name, "ApproximateAgeOfOldestMessage", _age_of_oldest(queue), "Seconds"


def _age_of_oldest(queue: dict[str, Any]) -> float:
    return max((CLOCK.time() - message["sent_at"] for message in queue["messages"]), default=0.0)
