"""A sweep as a whole: what it reads and writes, that nothing starves, and that each refusal is only its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ReadTimeoutError

from lambdas.common.dynamo import timestamp
from tests.lambdas.release_eips.function import HOUR, Function, deployed
from tests.lambdas.release_eips.tables import refused
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lambdas.release_eips.world import Elastic

ADDRESSES = 12


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


@pytest.fixture
def world() -> World:
    return World()


def counted(world: World) -> Counter[str]:
    """The calls of each operation from now on."""
    calls: Counter[str] = Counter()
    world.on_call = lambda _index, operation: calls.update([operation])
    return calls


def nearly_due(world: World, function: Function, count: int) -> list[Elastic]:
    """Allocate addresses that nobody uses; the next hour is the one in which they are due."""
    addresses = [world.allocate() for _ in range(count)]
    function.hear()
    function.sweep()
    function.pass_time()
    return addresses


def test_a_sweep_that_finds_nothing_new_reads_once_and_counts_what_it_sees_again(world: World) -> None:
    function = Function(world, grace=30 * 86400)
    for _ in range(ADDRESSES):
        world.allocate()
    function.hear()
    function.sweep()
    calls = counted(world)

    function.pass_time()

    assert calls == {"batch_get_item": 2, "describe_addresses": 1, "update_item": 1 + ADDRESSES}
    assert {(item["reason"], item["count"]) for item in world.ledger()} == {("within-grace", 3)}
    assert {item["last_seen"] for item in world.ledger()} == {timestamp(world.now)}


def test_a_call_after_which_any_address_may_be_idle_writes_of_the_one_that_is(world: World) -> None:
    function = Function(world, grace=30 * 86400)
    used, *_ = [world.allocate() for _ in range(ADDRESSES)]
    world.associate(used)
    function.hear()
    function.sweep()
    world.disassociate(used)
    calls = counted(world)

    function.hear()

    assert calls.pop("update_item") < 6
    assert calls == {"batch_get_item": 2, "describe_addresses": 1}
    assert ("skipped", "within-grace") in world.outcomes(used.allocation_id)


def test_evidence_is_read_in_batches_and_each_address_once_more_before_it_goes(world: World) -> None:
    function = Function(world)
    nearly_due(world, function, ADDRESSES)
    calls = counted(world)

    function.pass_time()

    assert len(world.releases) == ADDRESSES
    assert calls["describe_addresses"] == 1 + ADDRESSES
    for once in ("describe_address_transfers", "describe_addresses_attribute", "list_hosted_zones"):
        assert calls[once] == 1


def test_the_sdk_asks_for_no_release_again_long_after_the_look(world: World) -> None:
    function = Function(world)
    nearly_due(world, function, 1)
    function.pass_time()

    assert len(world.releases) == 1
    assert "describe_addresses" in world.asked_again
    assert "release_address" not in world.asked_again


def test_each_refusal_is_an_outcome_of_its_own_and_the_rest_goes(world: World) -> None:
    function = Function(world)
    addresses = nearly_due(world, function, 5)
    codes = iter(["InvalidAddress.Locked", "InvalidAddress.PtrSet", "AuthFailure"])

    def refuse(_index: int, operation: str) -> None:
        code = next(codes, None) if operation == "release_address" else None
        if code is not None:
            raise refused(code, "ReleaseAddress")

    world.on_call = refuse
    function.pass_time()

    acts = {item["resource_id"]: item["reason"] for item in world.ledger() if item["record"] == "act"}
    assert Counter(acts.values()) == {"locked": 1, "ptr-record": 1, "service-managed": 1, "idle": 2}
    world.on_call = lambda _index, _operation: None
    function.pass_time()
    assert not world.elastic
    assert {each["resource_id"] for each in world.told if each["outcome"] == "done"} == {
        each.allocation_id for each in addresses
    }


def test_what_cannot_go_is_told_once_and_starves_nobody(world: World) -> None:
    function = Function(world, max_releases_per_run=1)
    locked = [world.allocate(locked=True) for _ in range(3)]
    free = [world.allocate() for _ in range(2)]
    function.hear()
    function.sweep()
    function.pass_time(periods=8)

    assert not {each.allocation_id for each in free} & world.elastic.keys()
    for address in locked:
        told = [each for each in world.told if each["resource_id"] == address.allocation_id]
        assert [each["reason"] for each in told] == ["warned", "locked"]


def go_unheard(_index: int, operation: str) -> None:
    """Have AWS not answer when it is asked for a release."""
    if operation == "release_address":
        raise ReadTimeoutError(endpoint_url="https://ec2")


def test_what_aws_does_not_answer_starves_nobody_either_and_stays_failed(world: World) -> None:
    function = Function(world, max_releases_per_run=1)
    first, second = nearly_due(world, function, 2)
    world.on_call = go_unheard
    function.pass_time(periods=2)

    assert [world.acts(each.allocation_id) for each in (first, second)] == [["failed"], ["failed"]]
    world.on_call = lambda _index, _operation: None
    function.pass_time(periods=2)
    assert [world.acts(each.allocation_id) for each in (first, second)] == [["done"], ["done"]]


def test_the_next_try_takes_up_what_failed_though_others_wait_and_the_cap_is_used_up(world: World) -> None:
    function = Function(world, max_releases_per_run=1)
    addresses = nearly_due(world, function, 3)
    codes = iter(["UnauthorizedOperation"])

    def refuse_once(_index: int, operation: str) -> None:
        if operation == "release_address" and (code := next(codes, None)):
            raise refused(code, "ReleaseAddress")

    world.on_call = refuse_once
    function.pass_time()

    assert [world.acts(each.allocation_id) for each in addresses] == [["done"], [], []]
    assert ("blocked", "run-cap") not in world.outcomes(addresses[0].allocation_id)


def test_nobody_is_warned_of_the_release_of_what_a_record_keeps_until_the_record_is_gone(world: World) -> None:
    function = Function(world, grace=10 * 3600, warn_before=5 * 3600)
    named = world.allocate(dns=True)
    function.hear()
    function.sweep()
    function.pass_time(periods=8)
    assert [each["reason"] for each in world.told] == ["dns-record"]

    world.change(named, "dns", value=False)
    function.pass_time()

    assert [each["reason"] for each in world.told] == ["dns-record", "warned"]


def test_an_address_that_a_service_holds_is_counted_in_one_item_and_told_to_nobody(world: World) -> None:
    function = Function(world)
    held = world.allocate(service_managed="alb")
    world.associate(held)
    function.hear()
    function.pass_time(periods=3)

    (item,) = [each for each in world.ledger() if each["resource_id"] == held.allocation_id]
    assert (item["outcome"], item["reason"], item["count"]) == ("skipped", "service-managed", 4)
    assert world.told == []


def test_a_run_that_nears_its_end_stops_and_the_next_one_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    function = Function(world)
    nearly_due(world, function, 4)
    monkeypatch.setattr(
        "lambdas.release_eips.pace.RunTime.is_over", lambda _time, *, reserve: len(world.releases) >= 2 and reserve > 0
    )
    function.pass_time()
    assert len(world.releases) == 2
    assert world.messages == [{"account": "123456789012", "region": "us-east-1"}]

    monkeypatch.undo()
    function.sweep()
    assert len(world.releases) == 4


@pytest.mark.parametrize("released", [0, 1])
def test_a_run_that_fails_or_has_no_time_at_all_leaves_what_is_left_to_its_next_try(
    world: World, monkeypatch: pytest.MonkeyPatch, released: int
) -> None:
    function = Function(world)
    nearly_due(world, function, 3)
    tried = 0

    def fail(_index: int, operation: str) -> None:
        nonlocal tried
        if operation == "release_address":
            tried += 1
            raise refused("UnauthorizedOperation", "ReleaseAddress")

    monkeypatch.setattr(
        "lambdas.release_eips.pace.RunTime.is_over", lambda _time, *, reserve: tried >= released and reserve > 0
    )
    world.on_call = fail
    world.now += HOUR
    event = {"detail-type": "Scheduled Event", "time": timestamp(world.now), "detail": {}}

    assert not function.invoke(event, "request")
    assert tried == released
    assert world.messages == []


def test_what_the_breaker_holds_is_asked_about_as_a_whole_and_once(world: World) -> None:
    function = Function(world, breaker={"share": 0.5, "at_least": 3})
    for _ in range(3):
        world.allocate()
    function.hear()
    function.sweep()
    function.pass_time(periods=4)

    asked = [each for each in world.told if each["reason"] == "breaker"]
    assert [(each["resource_id"], each["outcome"]) for each in asked] == [("123456789012/us-east-1", "proposed")]
    assert asked[0]["detail"]["held"].keys() == world.elastic.keys()
    for allocation_id in world.elastic:
        assert ("proposed", "breaker") in world.outcomes(allocation_id)
