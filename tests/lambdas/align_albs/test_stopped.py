"""Changes that somebody stops when a load balancer was judged already and is not moved yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.align_albs.run import Run
from lambdas.common.errors import RunFailedError
from tests.lambdas.account import GUARDS, LEDGER, MODE, engineers_client, items
from tests.lambdas.align_albs.world import entries, schedule, wake

if TYPE_CHECKING:
    from tests.lambdas.align_albs.world import World
    from tests.lambdas.refill_pools.world import Calls

STOPPED = [("modify_ip_pools", "blocked", "switched-off")]
MOVED = [("modify_ip_pools", "done", "off-pool")]


def switch(to: str) -> None:
    engineers_client("ssm").put_parameter(Name=MODE, Value=to, Overwrite=True)


def leases() -> list[str]:
    """The leases that are held, and the places where something is named as being changed."""
    return [item["guard"] for item in items(GUARDS) if "decision_id" in item or "acting" in item]


@pytest.mark.parametrize("when", ["as it begins", "as it waits for its turn"])
def test_the_switch_stops_a_move_until_the_very_call_and_it_begins_anew_later(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    arn = world.alb()
    with monkeypatch.context() as meanwhile:
        if when == "as it begins":
            calls.on("TransactWriteItems", lambda: switch("observe"))
        else:
            meanwhile.setattr(Run, "pace", lambda _: switch("observe"))
        wake(schedule())
    assert world.pool_of(arn) == ""
    assert calls.counted["ModifyIpPools"] == 0
    (item,) = items(LEDGER)
    assert [(item["action"], item["outcome"], item["reason"])] == STOPPED
    assert item["record"] == "act"
    assert item["detail"]["result"]["message"] == "Changes were stopped before it was moved."
    assert leases() == []
    assert [each["reason"] for each in calls.announced] == ["switched-off"]
    switch("deployed")
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert entries() == [*STOPPED, *MOVED]


def test_a_move_that_aws_may_have_made_already_is_stopped_and_left_to_the_next_look(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.refuse("ModifyIpPools", "InternalFailure")
    with pytest.raises(RunFailedError):
        wake(schedule())
    calls.on("TransactWriteItems", lambda: switch("observe"))
    wake(schedule())
    assert calls.counted["ModifyIpPools"] == 1
    assert entries() == [*STOPPED, ("modify_ip_pools", "intended", "off-pool")]
    world.modify(arn, world.pool)  # what AWS had done shows
    wake(schedule())
    assert entries() == [*STOPPED, *MOVED]
    assert leases() == []
