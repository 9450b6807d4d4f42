"""Taking a refill back where IPAM's lists lag behind what was asked."""

from __future__ import annotations

from lambdas.common import ledger
from lambdas.refill_pools import operations
from simulator.clock import CLOCK
from simulator.ipam.settings import changed_settings
from tests.lambdas.account import LEDGER, items
from tests.lambdas.refill_pools.world import World, refilled


def test_an_undo_waits_for_a_block_that_is_listed_still(world: World) -> None:
    refilled(world, world.low_pool())
    (item,) = [each for each in items(LEDGER) if each["record"] == "act"]
    done = ledger.read(item["decision_id"])
    assert done is not None

    with changed_settings(read_lag=180.0):
        CLOCK.advance(600)
        asked = operations.undo(done, now=CLOCK.now())
        CLOCK.advance(60)
        again = operations.undo(done, now=CLOCK.now())
    CLOCK.advance(600)
    over = operations.undo(done, now=CLOCK.now())

    assert [asked.outcome, again.outcome, over.outcome] == ["pending", "pending", "undone"]
    assert asked.decision_id == again.decision_id
