"""A run that has no time for all pools leaves those that it has not begun to another one."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common.errors import RunFailedError
from lambdas.refill_pools.handler import BEGINNING_SHARE, handler
from tests.lambdas.account import engineers_client
from tests.lambdas.refill_pools.world import ProcessEndedError, schedule, wake

if TYPE_CHECKING:
    from tests.lambdas.refill_pools.world import Calls, World

SECONDS = 600
FAN_OUT = "Poolwarden Fan-Out"


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    """A queue for what is left; what is sent to it is only looked at."""
    url = engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", url)
    calls.sent.clear()


def wake_for(seconds: float, event: dict[str, Any]) -> None:
    """Wake the function, which has so much time."""
    handler(event, SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000))


def low_pools(world: World) -> list[str]:
    return sorted(world.low_pool(cidr) for cidr in ("10.0.0.0/20", "10.0.32.0/20", "10.0.64.0/20"))


def refilled(world: World, pools: list[str]) -> list[str]:
    return [pool for pool in pools if len(world.cidrs(pool)) == 2]


def left(calls: Calls) -> list[dict[str, Any]]:
    """The messages about pools that were left, as SQS delivers them."""
    return [each for each in calls.rechecks if json.loads(each["body"])["detail-type"] == FAN_OUT]


def let_time_pass_with_the_first_pool(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the run read its first pool for so long that it may begin with no other one."""
    later = time.monotonic() + BEGINNING_SHARE * SECONDS + 1
    calls.on("GetIpamPoolCidrs", lambda: monkeypatch.setattr(time, "monotonic", lambda: later))


def test_pools_for_which_there_is_no_time_get_a_run_of_their_own(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = low_pools(world)
    with monkeypatch.context() as patch:
        let_time_pass_with_the_first_pool(calls, patch)
        wake_for(SECONDS, schedule())
    assert refilled(world, pools) == pools[:1]
    (message,) = left(calls)
    assert json.loads(message["body"])["detail"] == {"resource_ids": pools[1:]}
    wake({"Records": [message]})
    assert refilled(world, pools) == pools
    assert calls.provisions == len(pools)


def test_each_run_begins_with_a_pool_however_little_time_it_has(world: World, calls: Calls) -> None:
    pools = low_pools(world)
    wake_for(0, schedule())
    for runs in range(1, len(pools) + 1):
        assert refilled(world, pools) == pools[:runs]
        messages = left(calls)
        calls.sent.clear()
        for message in messages:
            wake_for(0, {"Records": [message]})
    assert not left(calls)


def test_all_pools_are_looked_at_where_there_is_time(world: World, calls: Calls) -> None:
    pools = low_pools(world)
    wake_for(SECONDS, schedule())
    assert refilled(world, pools) == pools
    assert not left(calls)


def test_a_run_that_is_killed_before_it_says_what_is_left_is_made_up_for_by_its_next_attempt(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools, event = low_pools(world), schedule()
    monkeypatch.setattr("lambdas.refill_pools.refill.aws.send_recheck", lambda *_, **__: None)
    calls.end_process_before("SendMessage")
    with pytest.raises(ProcessEndedError):
        wake_for(0, event)
    assert refilled(world, pools) == pools[:1]
    wake_for(SECONDS, event)
    assert refilled(world, pools) == pools
    assert calls.provisions == len(pools)


def test_a_run_fails_for_the_pools_of_which_no_message_was_taken(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = low_pools(world)
    monkeypatch.setattr("lambdas.refill_pools.refill.aws.send_recheck", lambda *_, **__: None)
    calls.refuse("SendMessage", "InternalError")
    with pytest.raises(RunFailedError, match=f"failed for {pools[1]}, {pools[2]}"):
        wake_for(0, schedule())
