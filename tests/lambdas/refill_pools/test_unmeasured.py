"""A governed pool without a metric, which no alarm can see, is itself reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.common.errors import RunFailedError
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, items
from tests.lambdas.refill_pools.world import contributor, entries, publish, schedule, wake

if TYPE_CHECKING:
    from tests.lambdas.refill_pools.world import Calls, World

HOUR = 3600


@pytest.fixture
def unseen(world: World) -> str:
    """A governed pool of which nothing is published."""
    world.published = False
    return world.pool("10.0.0.0/20", source=world.source, tags={"refill": "yes", "Name": "prod"})


def test_a_governed_pool_without_a_metric_is_told_once_after_a_while(unseen: str, calls: Calls) -> None:
    wake(schedule())
    CLOCK.advance(HOUR)
    wake(schedule())
    assert entries() == []
    for _ in range(3):
        CLOCK.advance(HOUR)
        wake(schedule())
    (item,) = items(LEDGER)
    assert (item["resource_id"], item["outcome"], item["reason"]) == (unseen, "skipped", "no-metric")
    assert item["count"] == 3
    assert "no alarm sees it run low" in item["detail"]["why"]
    assert item["detail"]["resource"]["name"] == "prod"
    assert [each["reason"] for each in calls.announced] == ["no-metric"]


def test_a_pool_whose_metric_comes_in_time_is_not_told(unseen: str) -> None:
    wake(schedule())
    CLOCK.advance(HOUR)
    publish(unseen)
    wake(schedule())
    CLOCK.advance(5 * HOUR)
    wake(schedule())
    assert entries() == []


def test_a_pool_without_a_cidr_has_no_metric_to_miss(world: World) -> None:
    world.published = False
    world.pool(source=world.source, tags={"refill": "yes"})
    for _ in range(3):
        wake(schedule())
        CLOCK.advance(2 * HOUR)
    assert entries() == [("none", "skipped", "not-ready")]


def test_an_ungoverned_pool_may_do_without(world: World) -> None:
    world.published = False
    world.pool("10.0.0.0/20", source=world.source)
    for _ in range(3):
        wake(schedule())
        CLOCK.advance(2 * HOUR)
    assert entries() == []


def test_only_a_look_at_all_pools_asks_for_metrics(unseen: str, calls: Calls) -> None:
    wake(contributor(unseen))
    assert calls.counted["ListMetrics"] == 0


def test_metrics_that_cannot_be_listed_stop_no_refill_and_are_raised(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    calls.refuse("ListMetrics", "InternalServiceFault")
    with pytest.raises(RunFailedError, match="metrics of pools"):
        wake(schedule())
    assert len(world.cidrs(pool)) == 2
