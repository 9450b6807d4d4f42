"""Taking a refill back where lists lag behind, processes end, and others use or undo meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lambdas.common import ledger, reversal
from lambdas.refill_pools import operations
from simulator.clock import CLOCK
from simulator.ipam.settings import changed_settings
from tests.lambdas.account import LEDGER, items
from tests.lambdas.refill_pools.world import Calls, ProcessEndedError, World, refilled

if TYPE_CHECKING:
    from lambdas.common.ledger import Record


def acted() -> Record:
    (item,) = [each for each in items(LEDGER) if each["record"] == "act"]
    done = ledger.read(item["decision_id"])
    assert done is not None
    return done


def undo(done: Record) -> Record:
    return operations.undo(done, lease=reversal.lease_of(done), now=CLOCK.now())


def test_an_undo_waits_for_a_block_that_is_listed_still(world: World) -> None:
    refilled(world, world.low_pool())
    done = acted()

    with changed_settings(read_lag=180.0):
        CLOCK.advance(600)
        asked = undo(done)
        CLOCK.advance(60)
        again = undo(done)
    CLOCK.advance(600)
    over = undo(done)

    assert [asked.outcome, again.outcome, over.outcome] == ["pending", "pending", "undone"]
    assert asked.decision_id == again.decision_id


def test_a_protected_pool_keeps_the_block_until_its_tag_is_gone(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    done = acted()
    world.tag(pool, **{"poolwarden:protect": "true"})

    record = undo(done)

    assert (record.outcome, record.reason) == ("blocked", "protected")
    assert calls.counted["DeprovisionIpamPoolCidr"] == 0
    world.tag(pool, **{"poolwarden:protect": "false"})
    assert undo(done).outcome == "pending"


def test_an_undo_that_crashed_ends_when_the_block_is_in_use_meanwhile(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    done = acted()
    calls.end_process_before("DeprovisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        undo(done)
    world.allocate(pool, 21)

    waiting = undo(done)
    CLOCK.advance(901)
    over = undo(done)
    again = undo(done)

    assert waiting.outcome == "intended"
    assert (over.outcome, over.reason) == ("blocked", "state-changed")
    assert "is in use" in over.detail["result"]["message"]
    assert again.decision_id != over.decision_id
    assert not [each for each in items(LEDGER) if each["outcome"] == "intended"]


def test_undos_of_two_refills_of_a_pool_do_not_end_each_other(world: World) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    first = acted()
    cidr = first.detail["result"]["cidr"]
    other = replace(first, decision_id="0" * 16, detail={**first.detail, "result": {"cidr": "10.99.0.0/24"}})
    assert undo(first).outcome == "pending"

    gone = undo(other)

    assert (gone.outcome, gone.reason) == ("blocked", "state-changed")
    CLOCK.advance(600)
    assert undo(first).outcome == "undone"
    assert cidr not in {each for each, state in world.cidrs(pool).items() if state == "provisioned"}
