"""What people decide about moves: approve, and undo, to a pool and to none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.align_albs import operations
from lambdas.common import consent, ledger, reversal
from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from lambdas.common.guards import LEASE_TIME
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, items
from tests.lambdas.align_albs.world import called, entries, schedule, wake
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from lambdas.common.ledger import Record
    from tests.lambdas.align_albs.world import World
    from tests.lambdas.refill_pools.world import Calls

MOVED = ("modify_ip_pools", "done", "off-pool")
UNDONE = ("modify_ip_pools", "undone", "off-pool")


def recorded(outcome: str) -> Record:
    """The one ledger item with this outcome."""
    (item,) = [item for item in items(LEDGER) if item["outcome"] == outcome]
    found = ledger.read(str(item["decision_id"]), str(item["record"]))
    assert found is not None
    return found


def undo(done: Record) -> Any:
    return operations.undo(done, lease=reversal.lease_of(done), now=CLOCK.now())


def approve(proposal: Record) -> None:
    consent.decide(proposal.decision_id, Answer.APPROVED, by={"actor": "somebody"}, now=CLOCK.now())
    operations.approve(proposal, now=CLOCK.now())


def test_what_is_proposed_waits_for_a_person_and_is_done_then(world: World, calls: Calls) -> None:
    world.configure(mode="approve")
    arn = world.alb()
    wake(schedule())
    wake(schedule())
    assert entries() == [("modify_ip_pools", "proposed", "off-pool")]
    assert world.pool_of(arn) == ""
    approve(recorded("proposed"))
    assert world.pool_of(arn) == world.pool
    assert recorded("done").detail["actor"] == "somebody"
    assert calls.counted["ModifyIpPools"] == 1


def test_what_was_approved_is_not_done_when_the_state_has_changed(world: World, calls: Calls) -> None:
    world.configure(mode="approve")
    arn = world.alb()
    wake(schedule())
    proposal = recorded("proposed")
    world.modify(arn, world.public_pool())
    approve(proposal)
    assert world.pool_of(arn) not in {"", world.pool}
    assert calls.counted["ModifyIpPools"] == 0


def test_undo_takes_the_pool_away_again_and_it_stays_away(world: World) -> None:
    arn = world.alb()
    wake(schedule())
    record = undo(recorded("done"))
    assert record.outcome == "undone"
    for _ in range(2):
        wake(called("ModifyIpPools", arn))
        wake(schedule())
    assert world.pool_of(arn) == ""
    assert entries() == [MOVED, UNDONE, ("none", "rejected", "off-pool")]
    (reversal,) = [item for item in items(LEDGER) if "undo_of" in item["detail"]]
    assert reversal["detail"]["undo_of"] == record.decision_id


def test_an_undo_is_not_forgotten_by_a_run_that_has_looked_before_it(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    done = recorded("done")
    calls.on("GetIpamPoolAllocations", lambda: undo(done))
    for _ in range(2):
        wake(schedule())
    assert world.pool_of(arn) == ""
    assert entries() == [MOVED, UNDONE, ("none", "rejected", "off-pool")]


def test_a_run_that_has_looked_before_an_undo_does_not_move_it_again(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    done = recorded("done")
    world.modify(arn, "")

    def put_there_and_undo() -> None:
        world.modify(arn, world.pool)
        undo(done)

    calls.on("TransactWriteItems", put_there_and_undo)
    for _ in range(2):
        wake(schedule())
    assert world.pool_of(arn) == ""
    assert entries() == [
        MOVED,
        ("modify_ip_pools", "skipped", "state-changed"),
        UNDONE,
        ("none", "rejected", "off-pool"),
    ]


def test_undo_puts_it_back_on_the_pool_that_it_was_on(world: World) -> None:
    other = world.public_pool()
    arn = world.alb(pool=other)
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    undo(recorded("done"))
    wake(schedule())
    assert world.pool_of(arn) == other


def test_what_was_undone_is_kept_on_its_pool_again_once_somebody_puts_it_there(world: World) -> None:
    arn = world.alb()
    wake(schedule())
    undo(recorded("done"))
    world.modify(arn, world.pool)
    wake(called("ModifyIpPools", arn))
    wake(schedule())
    world.modify(arn, "")
    wake(schedule())
    assert world.pool_of(arn) == world.pool


def test_what_was_undone_moves_to_another_pool_that_it_belongs_on(world: World) -> None:
    arn = world.alb()
    wake(schedule())
    undo(recorded("done"))
    other = world.public_pool()
    world.configure(pools={"us-east-1": other})
    wake(schedule())
    assert world.pool_of(arn) == other


def test_undo_works_with_the_kill_switch_on_and_while_observing(world: World) -> None:
    arn = world.alb()
    wake(schedule())
    world.configure(mode="observe")
    assert undo(recorded("done")).outcome == "undone"
    assert world.pool_of(arn) == ""


def test_a_protected_load_balancer_is_not_put_back_until_its_tag_is_gone(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    done = recorded("done")
    world.tag(arn, protect="true")
    calls.sent.clear()
    record = undo(done)
    assert (record.outcome, record.reason) == ("blocked", "protected")
    assert calls.sent["ModifyIpPools"] == []
    world.tag(arn, protect="false")
    assert undo(done).outcome == "undone"


@pytest.mark.parametrize("happens", ["moved", "deleted"])
def test_what_is_not_as_it_was_left_is_not_undone(world: World, calls: Calls, happens: str) -> None:
    arn = world.alb()
    wake(schedule())
    done = recorded("done")
    calls.sent.clear()
    if happens == "moved":
        world.modify(arn, "")
    else:
        world.elb.delete_load_balancer(LoadBalancerArn=arn)
    record = undo(done)
    assert (record.outcome, record.reason) == ("blocked", "state-changed")
    assert "nothing is left to undo" in record.detail["why"]
    assert not calls.sent["ModifyIpPools"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_undo_that_crashed_is_completed_when_it_is_looked_at_again(world: World, calls: Calls, moment: str) -> None:
    arn = world.alb()
    wake(schedule())
    done = recorded("done")
    end = calls.end_process_before if moment == "before" else calls.end_process_after
    end("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        undo(done)
    wake(schedule())
    if moment == "before":
        assert undo(done).outcome == "intended"  # whoever intended it may be about to call
        CLOCK.advance(LEASE_TIME.total_seconds())
    assert undo(done).outcome == "undone"
    assert world.pool_of(arn) == ""
    wake(schedule())
    assert entries() == [MOVED, UNDONE, ("none", "rejected", "off-pool")]
    assert len(calls.sent["ModifyIpPools"]) == 2


def test_an_undo_that_is_asked_for_twice_at_once_is_made_by_the_first(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    done = recorded("done")
    seconds = []
    calls.meanwhile["ModifyIpPools"] = lambda: seconds.append(undo(done).outcome)
    assert undo(done).outcome == "undone"
    assert seconds == ["intended"]
    assert world.pool_of(arn) == ""
    assert len(calls.sent["ModifyIpPools"]) == 2


def test_an_undo_that_aws_refuses_is_told_and_can_be_asked_for_again(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    done = recorded("done")
    calls.refuse("ModifyIpPools", "AccessDenied", status=403)
    record = undo(done)
    assert (record.outcome, record.reason) == ("failed", "access-denied")
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert undo(done).outcome == "undone"
    assert world.pool_of(arn) == ""


def test_an_undo_without_an_answer_fails_and_is_looked_at_again(world: World, calls: Calls) -> None:
    world.alb()
    wake(schedule())
    calls.refuse("ModifyIpPools", "InternalFailure")
    done = recorded("done")
    with pytest.raises(RunFailedError):
        undo(done)
    assert recorded("failed").reason == "api-error"
    assert undo(done).outcome == "undone"
