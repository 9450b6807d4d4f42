"""What was approved, where the run that was to do it ended too early, or our message to ourselves came too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.common import clock
from lambdas.operate.handler import handler
from simulator.clock import CLOCK
from tests.lambdas.account import GUARDS, MODE, SETTINGS, engineers_client, items
from tests.lambdas.operate.test_handler import CONTEXT, DAY, ask, look_again, the
from tests.lambdas.refill_pools.world import ProcessEndedError, contributor, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


@pytest.fixture
def proposed(
    world: World, calls: Calls, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """A pool that is low, and the id of the refill that is proposed for it, where AWS's time is the simulated one."""
    monkeypatch.setattr(clock, "by_aws", CLOCK.now)
    monkeypatch.setenv("RECHECK_QUEUE_URL", engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    configure(refill_pools={**SETTINGS["refill_pools"], "mode": "approve"})
    pool = world.low_pool()
    wake(contributor(pool))
    calls.sent.clear()
    return pool, the("proposed")["decision_id"]


def approve_until(calls: Calls, decision_id: str, operation: str) -> None:
    """Approve, by a process that ends before the first call of this operation."""
    calls.end_process_before(operation)
    with pytest.raises(ProcessEndedError):
        ask("approve", decision_id)


def test_an_approval_whose_run_ended_before_its_intent_is_carried_out_by_a_later_message(
    world: World, proposed: tuple[str, str], calls: Calls
) -> None:
    pool, decision_id = proposed
    approve_until(calls, decision_id, "TransactWriteItems")
    assert len(world.cidrs(pool)) == 1

    CLOCK.advance(150)
    look_again(calls)
    assert the("pending")["decision_id"] == decision_id
    CLOCK.advance(120)
    look_again(calls)

    assert the("done")["detail"]["actor"] == "ada"
    assert len(world.cidrs(pool)) == 2


def test_an_approval_that_was_withheld_is_not_carried_out_by_a_later_message(
    world: World, proposed: tuple[str, str], calls: Calls
) -> None:
    pool, decision_id = proposed
    switch = engineers_client("ssm").put_parameter
    switch(Name=MODE, Value="observe", Type="String", Overwrite=True)
    assert ask("approve", decision_id)["reason"] == "switched-off"
    switch(Name=MODE, Value="deployed", Type="String", Overwrite=True)

    CLOCK.advance(150)
    look_again(calls)

    assert len(world.cidrs(pool)) == 1
    assert calls.sent["SendMessage"] == []


@pytest.mark.parametrize(("late", "over"), [(3 * DAY + 1, False), (4 * DAY + 1, True)])
def test_what_was_approved_in_time_and_begun_is_seen_to_its_end_but_not_for_ever(
    world: World, proposed: tuple[str, str], calls: Calls, *, late: float, over: bool
) -> None:
    pool, decision_id = proposed
    approve_until(calls, decision_id, "ProvisionIpamPoolCidr")

    CLOCK.advance(late)
    look_again(calls)

    assert (len(world.cidrs(pool)) == 1) is over
    assert (calls.sent["SendMessage"] == []) is over


def test_a_message_that_is_delivered_again_goes_by_the_time_of_its_delivery(
    world: World, proposed: tuple[str, str], calls: Calls
) -> None:
    pool, decision_id = proposed
    approve_until(calls, decision_id, "ProvisionIpamPoolCidr")
    messages = calls.rechecks

    CLOCK.advance(960)
    assert handler({"Records": messages}, CONTEXT) == {"batchItemFailures": []}

    assert len(world.cidrs(pool)) == 2
    (lease,) = [item for item in items(GUARDS) if item.get("decision_id") == decision_id]
    assert lease["held_until"] > f"{CLOCK.now():%Y-%m-%dT%H:%M}"
