"""The model of what Poolwarden takes, held to what its code does."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.estate import Estate
from bench.fan_out import Size, calls, ours
from bench.scale import ESTATES, tables
from bench.scale_model import (
    ALIGN_PLANNING,
    ALIGN_SECONDS,
    DISCOVERY_PAGE,
    REFILL_SECONDS,
    RELEASE_PLANNING,
    RELEASE_SECONDS,
    SEEN_AGAIN,
    SEND,
    account_calls,
    address_pages,
    align_runs,
    discovery_calls,
    month,
    one_release,
    release_runs,
    release_worker,
)
from infra.function import TIMEOUT as USUAL_TIMEOUT
from infra.refill_pools import TIMEOUT as REFILL_TIMEOUT
from infra.release_eips import TIMEOUT
from lambdas.common import discovery, fanout
from lambdas.common.events import parse
from lambdas.common.targets import Target
from lambdas.release_eips.handler import RESERVE_SECONDS
from tests.lambdas.account import GUARDS
from tests.lambdas.release_eips.function import Function, deployed
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TABLE_OPERATIONS = {"batch_get_item", "get_item", "put_item", "update_item", "transact_write_items"}
HIDDEN = len(("history", "history"))
"""IPAM's history is asked only where there is an IPAM; the world of the tests has none."""


@pytest.mark.parametrize(("accounts", "regions", "addresses"), [(2, 1, 1), (4, 2, 1), (6, 2, 4)])
def test_the_planner_asks_the_ipam_as_often_as_the_model_says(
    accounts: int, regions: int, addresses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "PAGE", 10)
    estate = Estate(accounts=accounts, regions=regions, addresses=addresses)
    assert calls(Size(accounts=accounts, regions=regions), ours, in_use=addresses).total() == discovery_calls(estate)


@pytest.fixture
def world() -> Iterator[World]:
    with deployed():
        yield World()


def counted(world: World) -> Counter[str]:
    """Count the calls in a world from now on."""
    counter: Counter[str] = Counter()

    def count(_index: int, operation: str) -> None:
        counter[operation] += 1

    world.on_call = count
    return counter


@pytest.mark.parametrize("addresses", [1, 20])
def test_a_look_at_a_place_where_nothing_is_due_takes_what_the_model_says(world: World, addresses: int) -> None:
    function = Function(world, grace=30 * 86400)
    for _ in range(addresses):
        world.allocate()
    function.hear()
    function.pass_time(periods=2)
    counter = counted(world)
    function.sweep()
    model = release_worker(Estate(accounts=1, regions=1, addresses=addresses, idle=addresses))
    assert sum(number for name, number in counter.items() if name not in TABLE_OPERATIONS) == model.calls
    assert counter["update_item"] + counter["put_item"] == 1 + addresses
    assert model.writes == 1 + SEEN_AGAIN * addresses
    assert 1 + len([guard for guard in world.tables.items[GUARDS] if "eipalloc" in str(guard)]) == model.reads


def test_a_release_takes_no_more_than_the_model_says(world: World) -> None:
    function = Function(world)
    world.allocate()
    function.hear()
    counter = counted(world)
    function.pass_time(periods=4)
    assert len(world.releases) == 1
    sweeps = 4
    others = sum(number for name, number in counter.items() if name not in TABLE_OPERATIONS) - sweeps
    model = one_release()
    assert others + HIDDEN <= model.calls <= 1.5 * (others + HIDDEN)
    written = counter["update_item"] + counter["put_item"] - sweeps + 6 * counter["transact_write_items"]
    assert written <= model.writes <= 2 * written


def test_the_model_knows_the_functions_timeouts() -> None:
    timeouts = [each.to_seconds() for each in (TIMEOUT, REFILL_TIMEOUT, USUAL_TIMEOUT)]
    assert timeouts == [RELEASE_SECONDS, REFILL_SECONDS, ALIGN_SECONDS]


ORGANISATIONS = [estate for estate in ESTATES if estate.is_organisation]


@pytest.mark.parametrize("estate", ORGANISATIONS, ids=lambda estate: estate.name)
def test_planners_whose_calls_take_what_is_assumed_take_the_runs_that_the_model_says(estate: Estate) -> None:
    pages, idle = address_pages(estate) * DISCOVERY_PAGE, round(estate.accounts * estate.idle_share)
    release = _runs(estate, RELEASE_SECONDS - RESERVE_SECONDS, RELEASE_PLANNING, look=pages, messages=idle)
    align = _runs(estate, ALIGN_PLANNING, ALIGN_PLANNING, look=0, messages=estate.accounts)
    assert (release, align) == (release_runs(estate), align_runs(estate))


def _runs(estate: Estate, until: float, regions_until: float, *, look: float, messages: int) -> int:
    """Fan out until nothing is left, with so many messages for each Region; how many runs that takes."""
    clock, sent = [0.0], []

    def look_at(region: str) -> list[Target]:
        clock[0] += look
        return [Target(account=f"{number:012}", region=region) for number in range(messages)]

    def send(batch: list[str]) -> list[str]:
        clock[0] += SEND
        sent.append(batch)
        return []

    regions = tuple(f"region-{number}" for number in range(estate.regions))
    rest = fanout.Rest(regions=regions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fanout.time, "monotonic", lambda: clock[0])  # type: ignore[attr-defined]
        patch.setattr(fanout, "_send", send)
        for runs in range(1, 100):
            start = clock[0]
            clock[0] += account_calls(estate) * DISCOVERY_PAGE
            if fanout.fan_out(rest, look_at, now=NOON, until=start + until, regions_until=start + regions_until):
                return runs
            rest = fanout.rest_of(parse(json.loads(sent[-1][0])), regions)
    raise AssertionError("it goes on and on")


def test_everything_but_what_is_there_once_grows_no_faster_than_the_places() -> None:
    for smaller, larger in pairwise(ESTATES):
        times = larger.places / smaller.places
        assert sum(month(larger).dollars.values()) <= times * sum(month(smaller).dollars.values())


def test_the_page_about_scale_has_the_tables_of_the_model() -> None:
    page = Path("docs/scale.md").read_text(encoding="utf-8")
    for table in tables().split("\n\n"):
        assert table in page
