"""Moving load balancers in a simulated account, to the end of each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lambdas.align_albs.world import entries, schedule, wake

if TYPE_CHECKING:
    from tests.lambdas.align_albs.world import World
    from tests.lambdas.refill_pools.world import Calls


def test_a_load_balancer_off_its_pool_is_moved_to_it(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert world.free(world.pool) == 16 - 2
    assert entries() == [("modify_ip_pools", "done", "off-pool")]
    assert calls.counted["ModifyIpPools"] == 1
