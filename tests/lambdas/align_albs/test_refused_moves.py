"""Load balancers that AWS or a person does not let be moved, and the room that they leave to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from lambdas.align_albs.run import Run
from lambdas.common import consent, needs
from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from simulator.clock import CLOCK
from tests.lambdas.account import GUARDS, HOME, LEDGER, items
from tests.lambdas.align_albs.world import called, entries, schedule, wake
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from tests.lambdas.align_albs.world import World
    from tests.lambdas.refill_pools.world import Calls

MOVED = [("modify_ip_pools", "done", "off-pool")]
FAILED = [("modify_ip_pools", "failed", "access-denied")]
REJECTED = ("modify_ip_pools", "rejected", "off-pool")
SHORT = [("none", "blocked", "pool-short")]


def wake_and_fail() -> None:
    with pytest.raises(RunFailedError):
        wake(schedule())


def deny(calls: Calls, *, times: int = 1) -> None:
    """Have AWS refuse the next moves for certain."""
    calls.refuse("ModifyIpPools", "AccessDenied", status=403, times=times)


def rejected_alb(world: World) -> str:
    """A load balancer whose move a person has rejected."""
    world.configure(mode="approve")
    arn = world.alb()
    wake(schedule())
    (proposed,) = [item for item in items(LEDGER) if (item["resource_id"], item["outcome"]) == (arn, "proposed")]
    assert consent.decide(proposed["decision_id"], Answer.REJECTED, by={"actor": "somebody"}, now=CLOCK.now())
    world.configure()
    return arn


def asked_for(world: World) -> dict[str, int]:
    """How many addresses the pool is asked to have."""
    return needs.open_sizes([world.pool], now=CLOCK.now())


@pytest.mark.parametrize("free", [6, 8, 10])
def test_one_that_aws_refuses_to_move_leaves_its_room_to_the_others_of_the_run(
    world: World, calls: Calls, free: int
) -> None:
    bad, good = world.alb(), world.alb()
    world.use_up(world.pool, leave=free)
    deny(calls)
    wake_and_fail()
    assert [world.pool_of(bad), world.pool_of(good)] == ["", world.pool]
    assert (entries(bad), entries(good)) == (FAILED, MOVED)
    assert asked_for(world) == {}


def test_whoever_of_many_is_refused_each_other_is_tried_once_in_a_run(world: World, calls: Calls) -> None:
    arns = [world.alb() for _ in range(4)]
    world.use_up(world.pool, leave=6)
    deny(calls, times=3)
    wake_and_fail()
    assert [entries(arn) for arn in arns] == [FAILED, FAILED, FAILED, MOVED]
    assert calls.counted["ModifyIpPools"] == 4


def test_what_is_said_of_room_is_what_is_so_without_those_that_were_refused(
    world: World, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    protected = world.alb(tags={"poolwarden:protect": "true"})
    bad, good, late = world.alb(), world.alb(), world.alb()
    world.use_up(world.pool, leave=6)
    deny(calls)
    wake_and_fail()
    assert (entries(bad), entries(good), entries(late)) == (FAILED, MOVED, SHORT)
    assert [item["count"] for item in items(LEDGER) if item["resource_id"] in {protected, late}] == [1, 1]
    assert asked_for(world) == {world.pool: 16 + 2}  # for the one that found none, and none for the one refused
    assert '"LoadBalancersOffPool":[4.0]' in capsys.readouterr().out.replace(" ", "")  # as they were when looked at


def test_one_whose_call_had_no_answer_keeps_its_room(world: World, calls: Calls) -> None:
    unheard, other = world.alb(), world.alb()
    world.use_up(world.pool, leave=6)
    calls.refuse("ModifyIpPools", "InternalFailure")
    wake_and_fail()
    assert [world.pool_of(arn) for arn in (unheard, other)] == ["", ""]
    assert entries(other) == SHORT


def test_a_refusal_of_what_aws_may_have_done_before_leaves_no_room(world: World, calls: Calls) -> None:
    unheard = world.alb()
    world.use_up(world.pool, leave=6)
    calls.refuse("ModifyIpPools", "InternalFailure")
    wake_and_fail()
    other = world.alb()
    deny(calls)
    wake_and_fail()
    assert [world.pool_of(arn) for arn in (unheard, other)] == ["", ""]
    assert entries(other) == SHORT


def test_one_that_was_refused_leaves_its_room_also_where_the_run_has_to_look_again(world: World, calls: Calls) -> None:
    bad, good = world.alb(), world.alb()
    world.use_up(world.pool, leave=6)
    deny(calls, times=9)

    def let_others_take() -> None:
        """Somebody else takes a turn at the pool, and AWS refuses nothing any more but the first."""
        (turn,) = [item for item in items(GUARDS) if item["guard"].startswith("turn#")]
        table = boto3.resource("dynamodb", region_name=HOME).Table(GUARDS)
        table.put_item(Item={**turn, "number": turn["number"] + 1})
        del calls.before["ModifyIpPools"][1:]

    calls.on("ModifyIpPools", let_others_take)
    wake_and_fail()
    assert (entries(bad), entries(good)) == (FAILED, MOVED)
    assert calls.counted["ModifyIpPools"] == 2


@pytest.mark.parametrize("free", [6, 8])
def test_one_that_a_person_rejected_leaves_its_room_to_the_others(world: World, free: int) -> None:
    left = rejected_alb(world)
    other = world.alb()
    world.use_up(world.pool, leave=free)
    wake(schedule())
    assert [world.pool_of(left), world.pool_of(other)] == ["", world.pool]
    assert REJECTED in entries(left)
    assert asked_for(world) == {}


def test_where_people_approve_another_is_proposed_instead_of_the_one_that_they_rejected(world: World) -> None:
    rejected_alb(world)
    world.configure(mode="approve")
    other = world.alb()
    world.use_up(world.pool, leave=6)
    wake(schedule())
    assert entries(other) == [("modify_ip_pools", "proposed", "off-pool")]
    assert asked_for(world) == {}


def test_one_that_waits_for_a_person_keeps_its_room(world: World) -> None:
    world.configure(mode="approve")
    open_one, other = world.alb(), world.alb()
    world.use_up(world.pool, leave=6)
    wake(schedule())
    assert entries(open_one) == [("modify_ip_pools", "proposed", "off-pool")]
    assert entries(other) == SHORT


def test_observing_it_is_said_what_would_be_whatever_was_rejected(world: World) -> None:
    left = rejected_alb(world)
    world.configure(mode="observe")
    other = world.alb()
    world.use_up(world.pool, leave=6)
    wake(schedule())
    assert ("modify_ip_pools", "observed", "off-pool") in entries(left)
    assert entries(other) == SHORT


def test_for_one_that_a_person_rejected_no_pool_is_asked_to_grow(world: World) -> None:
    left = rejected_alb(world)
    world.use_up(world.pool, leave=4)
    wake(schedule())
    assert REJECTED in entries(left)
    assert SHORT[0] not in entries(left)
    assert asked_for(world) == {}


def test_one_that_a_person_rejected_is_not_waited_for(world: World) -> None:
    """Beside the first, 10 addresses are enough for two that wait, and not for three."""
    first, left = world.alb(), rejected_alb(world)
    others = [world.alb(), world.alb()]
    world.use_up(world.pool, leave=10)
    for _ in range(2):
        wake(schedule())
    assert [world.pool_of(arn) for arn in (first, left, *others)] == [world.pool, "", world.pool, world.pool]
    assert REJECTED in entries(left)
    assert [entries(arn) for arn in others] == [MOVED, MOVED]
    assert asked_for(world) == {}


def test_one_whose_earlier_move_is_given_up_for_want_of_room_gets_the_room_of_another_that_is_refused(
    world: World, calls: Calls
) -> None:
    bad, good = world.alb(), world.alb()
    calls.end_process_before("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(called("SetSubnets", good))
    CLOCK.advance(1000)
    world.use_up(world.pool, leave=6)
    deny(calls)
    wake_and_fail()
    assert (entries(bad), world.pool_of(good)) == (FAILED, world.pool)
    assert entries(good) == [*MOVED, ("modify_ip_pools", "skipped", "state-changed")]


def test_a_run_that_fails_leaves_what_it_has_no_time_for_to_its_next_try(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)
    monkeypatch.setattr(Run, "over", property(lambda run: bool(run.refused)))
    bad, good = world.alb(), world.alb()
    world.use_up(world.pool, leave=6)
    deny(calls)
    wake_and_fail()
    assert (entries(bad), entries(good)) == (FAILED, [])
    assert calls.rechecks == []
