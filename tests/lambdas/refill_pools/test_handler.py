"""Where the function looks when it is woken, and what becomes of the event."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common.errors import RunFailedError
from tests.lambdas.refill_pools.world import contributor, entries, schedule, wake

if TYPE_CHECKING:
    from tests.lambdas.refill_pools.world import Calls, World


def test_pools_that_no_rule_governs_end_in_nothing(world: World, calls: Calls) -> None:
    pool = world.pool("10.0.0.0/20", source=world.source)
    world.allocate(pool, 21)
    world.allocate(pool, 22)
    world.allocate(pool, 23)
    wake(contributor(pool))
    wake(contributor("ipam-pool-0123456789abcdef0"))
    wake(contributor("Other"))
    wake(schedule())
    assert calls.provisions == 0
    assert entries() == []


def test_one_bad_pool_does_not_stop_the_others(world: World, calls: Calls) -> None:
    bad, good = sorted([world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")])
    calls.refuse("GetIpamPoolCidrs", "InternalError")
    with pytest.raises(RunFailedError, match=bad):
        wake(schedule())
    assert list(world.cidrs(good).values()) == ["provisioned", "pending-provision"]
    assert list(world.cidrs(bad).values()) == ["provisioned"]


def test_only_the_messages_that_failed_are_delivered_again(world: World, calls: Calls) -> None:
    bad, good = sorted([world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")])

    def message(identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"messageId": identifier, "eventSource": "aws:sqs", "body": json.dumps(body)}

    calls.refuse("GetIpamPoolCidrs", "InternalError")
    answer = wake({"Records": [message("a", contributor(bad)), message("b", contributor(good))]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "a"}]}
    assert len(world.cidrs(good)) == 2


def test_the_handler_is_imported_without_any_environment() -> None:
    code = "import lambdas.refill_pools.handler, lambdas.notify.handler"
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
