"""What keeps a refill from being carried out: modes, the switch, protection, caps, an exhausted source."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lambdas.common.errors import RunFailedError
from simulator.clock import CLOCK
from tests.lambdas.account import ACCOUNT, GUARDS, LEDGER, MODE, RULE, engineers_client, items
from tests.lambdas.refill_pools.world import ProcessEndedError, contributor, entries, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


def test_observe_records_what_it_would_do_and_changes_nothing(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={"mode": "observe", "max_provisions_per_day": 10, "rules": [RULE]})
    pool = world.low_pool()
    wake(contributor(pool))
    wake(schedule())
    assert calls.provisions == 0
    assert len(world.cidrs(pool)) == 1
    (item,) = items(LEDGER)
    assert (item["action"], item["outcome"], item["count"]) == ("provision_cidr", "observed", 2)
    assert item["detail"]["cidr"] == "10.0.16.0/21"
    assert [each["outcome"] for each in calls.announced] == ["observed"]
    assert not [item for item in items(GUARDS) if item["guard"].startswith(("lease#", "cap#", "turn#"))]


def own_modes(**modes: str) -> dict[str, object]:
    """An organisation in which accounts (`a` and their id) have modes of their own."""
    named = {name.removeprefix("a"): mode for name, mode in modes.items()}
    return {"id": "o-a1b2c3d4e5", "accounts": "all", "exclude_accounts": [], "modes": named}


@pytest.mark.parametrize(("mode", "outcome"), [("observe", "observed"), ("approve", "proposed")])
def test_a_lower_mode_of_the_hubs_own_account_holds_for_its_pools(
    world: World, calls: Calls, configure: Callable[..., None], mode: str, outcome: str
) -> None:
    configure(organization=own_modes(**{f"a{ACCOUNT}": mode}))
    pool = world.low_pool()
    wake(contributor(pool))
    assert calls.provisions == 0
    assert entries() == [("provision_cidr", outcome, "low-water")]


def test_another_accounts_mode_is_nothing_to_the_hubs_pools(world: World, configure: Callable[..., None]) -> None:
    configure(organization=own_modes(a111122223333="observe"))
    refilled(world, world.low_pool())
    assert entries() == [("provision_cidr", "done", "low-water")]


def test_what_was_observed_does_not_stop_the_same_from_being_done(world: World, configure: Callable[..., None]) -> None:
    configure(refill_pools={"mode": "observe", "max_provisions_per_day": 10, "rules": [RULE]})
    pool = world.low_pool()
    wake(contributor(pool))
    configure()
    refilled(world, pool)
    assert entries() == [
        ("provision_cidr", "done", "low-water"),
        ("provision_cidr", "observed", "low-water"),
    ]
    assert len({item["decision_id"] for item in items(LEDGER)}) == 1


@pytest.mark.parametrize("value", ["observe", "enforce", "Deployed", "off"])
def test_the_switch_stops_everything_unless_it_says_deployed(world: World, calls: Calls, value: str) -> None:
    pool = world.low_pool()
    engineers_client("ssm").put_parameter(Name=MODE, Value=value, Overwrite=True)
    wake(contributor(pool))
    assert calls.provisions == 0
    assert entries() == [("provision_cidr", "blocked", "switched-off")]


def test_without_the_switch_nothing_is_changed(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    engineers_client("ssm").delete_parameter(Name=MODE)
    wake(contributor(pool))
    assert calls.provisions == 0


def test_the_switch_stops_a_run_between_two_pools(world: World, calls: Calls) -> None:
    first, second = sorted([world.low_pool("10.0.0.0/20"), world.low_pool("10.0.32.0/20")])
    calls.on(
        "ProvisionIpamPoolCidr",
        lambda: engineers_client("ssm").put_parameter(Name=MODE, Value="observe", Overwrite=True),
    )
    wake(schedule())
    assert len(world.cidrs(first)) == 2
    assert len(world.cidrs(second)) == 1


@pytest.mark.parametrize(("seconds", "outcome"), [(4.0, "pending"), (6.0, "blocked")])
def test_the_switch_stops_a_refill_whose_intent_took_long(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch, seconds: float, outcome: str
) -> None:
    pool = world.low_pool()
    now = time.monotonic()
    monkeypatch.setattr("lambdas.refill_pools.refill.time", SimpleNamespace(monotonic=lambda: now))

    def while_the_intent_is_written() -> None:
        nonlocal now
        now += seconds
        engineers_client("ssm").put_parameter(Name=MODE, Value="observe", Overwrite=True)

    calls.on("TransactWriteItems", while_the_intent_is_written)
    wake(contributor(pool))
    (entry,) = entries()
    assert entry[1] == outcome
    assert calls.provisions == (outcome == "pending")
    calls.meanwhile.clear()
    engineers_client("ssm").put_parameter(Name=MODE, Value="deployed", Overwrite=True)
    CLOCK.advance(120)
    refilled(world, pool)
    assert calls.provisions == 1


def test_a_refill_under_way_is_completed_although_the_switch_is_off(world: World) -> None:
    pool = world.low_pool()
    wake(contributor(pool))
    engineers_client("ssm").put_parameter(Name=MODE, Value="observe", Overwrite=True)
    CLOCK.advance(120)
    wake(schedule())
    assert entries() == [("provision_cidr", "done", "low-water")]


def test_a_protected_pool_is_never_changed(world: World, calls: Calls) -> None:
    pool = world.low_pool(**{"poolwarden:protect": "true"})
    wake(contributor(pool))
    assert calls.provisions == 0
    assert entries() == [("none", "blocked", "protected")]


def test_the_days_cap_of_a_pool_holds(world: World, calls: Calls, configure: Callable[..., None]) -> None:
    configure(
        refill_pools={
            "mode": "enforce",
            "max_provisions_per_day": 10,
            "rules": [{**RULE, "max_provisions_per_day": 1}],
        }
    )
    pool = world.low_pool()
    refilled(world, pool)
    world.allocate(pool, 21)
    CLOCK.advance(1)
    wake(contributor(pool))
    assert calls.provisions == 1
    assert ("provision_cidr", "blocked", "daily-cap") in entries()
    CLOCK.advance(86400)
    wake(contributor(pool))
    assert calls.provisions == 2


def test_what_was_cut_short_ends_where_another_days_cap_is_used_up(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 1, "rules": [RULE]})
    cut, other = (world.low_pool(f"10.0.{32 * number}.0/20") for number in range(2))
    calls.end_process_before("ProvisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        wake(contributor(cut))
    CLOCK.advance(86400)
    wake(contributor(other))

    wake(contributor(cut))
    wake(contributor(cut))

    of_cut = sorted((item["outcome"], item["reason"]) for item in items(LEDGER) if item["resource_id"] == cut)
    assert of_cut == [("blocked", "daily-cap"), ("skipped", "state-changed")]
    CLOCK.advance(86400)
    wake(contributor(cut))
    assert len(world.cidrs(cut)) == 2


def test_the_days_cap_over_all_pools_holds_across_concurrent_runs(world: World, configure: Callable[..., None]) -> None:
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 3, "rules": [RULE]})
    pools = [world.low_pool(f"10.0.{32 * number}.0/20") for number in range(6)]
    events = [contributor(pool) for pool in pools * 4]
    random.Random(7).shuffle(events)  # noqa: S311 - the same order each time
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(wake, events))
    assert sorted(len(world.cidrs(pool)) for pool in pools) == [1, 1, 1, 2, 2, 2]


def test_a_failing_call_counts_once_against_the_cap_however_often_it_is_retried(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    configure(refill_pools={"mode": "enforce", "max_provisions_per_day": 1, "rules": [RULE]})
    pool = world.low_pool()
    calls.refuse("ProvisionIpamPoolCidr", "RequestLimitExceeded", times=3)
    for _ in range(3):
        with pytest.raises(RunFailedError):
            wake(contributor(pool))
    wake(contributor(pool))
    assert len(world.cidrs(pool)) == 2


def test_an_exhausted_source_is_told_with_what_is_missing(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    filler = world.pool("10.0.128.0/17", "10.0.64.0/18", "10.0.32.0/19", "10.0.16.0/20", source=world.source)
    assert filler
    wake(contributor(pool))
    wake(contributor(pool))
    (item,) = calls.announced
    assert (item["outcome"], item["reason"]) == ("blocked", "source-exhausted")
    assert (
        f"It needs a /21 (a /28 at the very least), no block is free in its source pool {world.source}"
        in item["detail"]["why"]
    )
