"""A call that failed for want of space: what it asked for is remembered, met, and forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common import needs
from lambdas.common.dynamo import timestamp
from lambdas.refill_pools import demand
from simulator.clock import CLOCK
from tests.lambdas.account import GUARDS, LEDGER, RULE, SETTINGS, items
from tests.lambdas.refill_pools.world import entries, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World


def failed_call(pool: str, *, name: str = "CreateVpc", length: object = 22, **changes: Any) -> dict[str, Any]:
    """What EventBridge gets of a call that failed, as CloudTrail writes it."""
    detail = {
        "eventName": name,
        "eventSource": "ec2.amazonaws.com",
        "errorCode": "Client.InvalidParameterValue",
        "errorMessage": "The allocation size is too big for the pool.",
        "requestParameters": {"ipv4IpamPoolId": pool, "ipv4NetmaskLength": length, "instanceTenancy": "default"},
        "responseElements": None,
    }
    return {
        "source": "aws.ec2",
        "detail-type": "AWS API Call via CloudTrail",
        "time": timestamp(CLOCK.now()),
        "detail": {**detail, **changes},
    }


def roomy_pool(world: World) -> str:
    """A governed /20 that is not low, and has no block larger than a /22."""
    pool = world.pool("10.0.0.0/20", source=world.source, tags={"refill": "yes"})
    for third in (0, 4):
        world.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, Cidr=f"10.0.{third}.0/23")
    world.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.8.0/23")
    world.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.12.0/23")
    return pool


def open_needs(pool: str) -> dict[str, int]:
    return needs.open_needs([pool], now=CLOCK.now())


def test_a_pool_that_somebody_found_short_gets_the_block_that_was_asked_for(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    wake(schedule())
    assert calls.provisions == 0
    wake(failed_call(pool, length=21))
    CLOCK.advance(120)
    wake(schedule())
    assert set(world.cidrs(pool)) == {"10.0.0.0/20", "10.0.16.0/21"}
    assert entries() == [("provision_cidr", "done", "demanded")]
    assert open_needs(pool) == {}


def test_a_need_that_was_met_is_not_met_again_when_the_block_is_taken(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    wake(failed_call(pool, length=21))
    CLOCK.advance(120)
    world.allocate(pool, 21)  # before anybody has looked
    wake(schedule())
    wake(schedule())
    assert calls.provisions == 1
    assert open_needs(pool) == {}


def test_who_asks_for_more_while_a_block_is_on_its_way_gets_more(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    world.allocate(pool, 23)
    wake(failed_call(pool, length=22))
    wake(failed_call(pool, length=21))
    CLOCK.advance(120)
    wake(schedule())
    assert open_needs(pool) == {pool: 21}
    wake(schedule())
    CLOCK.advance(120)
    wake(schedule())
    assert open_needs(pool) == {}
    assert sorted(cidr.rpartition("/")[2] for cidr in world.cidrs(pool)) == ["20", "21", "22"]
    assert calls.provisions == 2


def test_a_need_that_the_pool_can_meet_by_now_is_closed_without_a_change(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    wake(failed_call(pool, length=24))
    assert calls.provisions == 0
    assert open_needs(pool) == {}


def test_a_need_stays_open_while_nothing_is_changed_and_is_met_later(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    pool = roomy_pool(world)
    configure(refill_pools={**SETTINGS["refill_pools"], "mode": "observe"})
    wake(failed_call(pool, length=21))
    assert entries() == [("provision_cidr", "observed", "demanded")]
    assert open_needs(pool) == {pool: 21}
    configure()
    wake(schedule())
    assert calls.provisions == 1


def served(world: World, pool: str) -> dict[str, Any]:
    """Have a failed call served, and its caller take the block at the next try; the event of the failed call."""
    event = failed_call(pool, length=21, eventTime=f"{CLOCK.now():%Y-%m-%dT%H:%M:%SZ}")
    wake(event)
    CLOCK.advance(120)
    wake(schedule())
    world.allocate(pool, 21)
    assert open_needs(pool) == {}
    return event


@pytest.mark.parametrize("late", [60.0, 3600.0, 2 * 86400.0])
def test_an_event_that_is_delivered_again_after_its_caller_was_served_provisions_nothing(
    world: World, calls: Calls, late: float
) -> None:
    pool = roomy_pool(world)
    event = served(world, pool)

    CLOCK.advance(late)
    wake({**event, "time": timestamp(CLOCK.now())})
    wake(schedule())

    assert calls.provisions == 1
    assert open_needs(pool) == {}


def test_who_asks_anew_after_being_served_or_asked_for_more_before_is_served(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    event = served(world, pool)
    larger = failed_call(pool, length=20, eventTime=event["detail"]["eventTime"])

    wake(larger)
    assert open_needs(pool) == {pool: 20}
    CLOCK.advance(120)
    wake(schedule())
    wake(failed_call(pool, length=20))
    CLOCK.advance(120)
    world.allocate(pool, 20)
    wake(failed_call(pool, length=21))

    assert calls.provisions == 3


def test_an_old_event_takes_nothing_from_who_asked_later(world: World) -> None:
    pool = roomy_pool(world)
    now = CLOCK.now()
    needs.record(pool, 21, now=now)
    needs.record(pool, 21, now=now - timedelta(hours=20))
    CLOCK.advance(5 * 3600)

    assert open_needs(pool) == {pool: 21}


def test_a_call_of_the_day_before_takes_no_place_of_one_of_today(world: World) -> None:
    pool = roomy_pool(world)
    needs.record(pool, 22, now=CLOCK.now())
    before = CLOCK.now() - timedelta(days=1)

    wake(failed_call(pool, length=21, eventTime=f"{before:%Y-%m-%dT%H:%M:%SZ}"))

    assert set(world.cidrs(pool)) == {"10.0.0.0/20", "10.0.16.0/22"}


@pytest.mark.parametrize("text", [None, "", "yesterday", 3, [], "2026-09-23T10:00:00"])
def test_a_time_that_is_none_is_that_of_the_event(world: World, calls: Calls, text: object) -> None:
    wake(failed_call(roomy_pool(world), length=21, eventTime=text))
    assert calls.provisions == 1


def test_a_need_expires_after_a_day(world: World, calls: Calls, configure: Callable[..., None]) -> None:
    pool = roomy_pool(world)
    configure(refill_pools={**SETTINGS["refill_pools"], "mode": "observe"})
    wake(failed_call(pool, length=21))
    configure()
    CLOCK.advance(25 * 3600)
    wake(schedule())
    assert open_needs(pool) == {}
    assert calls.provisions == 0


def test_of_several_needs_the_largest_block_counts(world: World) -> None:
    pool = roomy_pool(world)
    for length in (22, 21, 23):
        needs.record(pool, length, now=CLOCK.now())
    assert open_needs(pool) == {pool: 21}
    needs.close(pool, 22, now=CLOCK.now())
    assert open_needs(pool) == {pool: 21}
    needs.close(pool, 21, now=CLOCK.now())
    assert open_needs(pool) == {}


def sizes(pool: str) -> dict[str, int]:
    return needs.open_sizes([pool], now=CLOCK.now())


def test_a_pool_that_should_have_more_addresses_in_all_gets_what_it_lacks_whoever_takes_them(world: World) -> None:
    pool = roomy_pool(world)  # 4096 addresses
    needs.record_size(pool, 4096 + 300, now=CLOCK.now())
    wake(schedule())
    CLOCK.advance(120)
    world.allocate(pool, 23)
    wake(schedule())
    wake(schedule())
    assert set(world.cidrs(pool)) == {"10.0.0.0/20", "10.0.16.0/23"}
    assert entries() == [("provision_cidr", "done", "demanded")]
    assert sizes(pool) == {}


def test_a_size_that_takes_several_blocks_is_reached_without_another_event(
    world: World, calls: Calls, configure: Callable[..., None]
) -> None:
    rule = {**RULE, "min_netmask_length": 24, "max_netmask_length": 24}
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": [rule]})
    pool = roomy_pool(world)
    needs.record_size(pool, 4096 + 300, now=CLOCK.now())
    for _ in range(2):
        wake(schedule())
        assert list(world.cidrs(pool).values()).count("pending-provision") == 1
        CLOCK.advance(120)
    wake(schedule())
    wake(schedule())
    assert calls.provisions == 2
    assert sizes(pool) == {}


def test_a_size_is_told_as_what_is_asked_for(world: World) -> None:
    pool = roomy_pool(world)
    needs.record_size(pool, 4096 + 300, now=CLOCK.now())
    wake(schedule())
    (item,) = items(LEDGER)
    assert "but it is to have 300 more, as they are asked for." in item["detail"]["why"]


def test_of_several_sizes_the_largest_counts_until_the_pool_has_it(world: World) -> None:
    pool = roomy_pool(world)
    for size in (4200, 4300, 4100):
        needs.record_size(pool, size, now=CLOCK.now())
    assert sizes(pool) == {pool: 4300}
    needs.close_size(pool, 4200, now=CLOCK.now())
    assert sizes(pool) == {pool: 4300}
    needs.close_size(pool, 4352, now=CLOCK.now())
    assert sizes(pool) == {}
    needs.record(pool, 24, now=CLOCK.now())
    assert sizes(pool) == {}


def test_the_same_failure_many_times_is_one_block(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    for _ in range(5):
        wake(failed_call(pool, length=21))
    CLOCK.advance(120)
    for _ in range(5):
        wake(schedule())
    assert calls.provisions == 1


def test_more_than_may_be_added_at_once_is_not_added_in_vain_but_told_once(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    wake(failed_call(pool, length=16))
    wake(schedule())
    assert calls.provisions == 0
    assert entries() == [("none", "blocked", "demanded")]
    (told,) = calls.announced
    assert told["detail"]["why"] == (
        "Somebody asked for a /16. The largest block that its rule lets it get is a /20. "
        "Set min_netmask_length to 16 in the rule, or ask for less."
    )
    CLOCK.advance(86400)
    wake(schedule())
    (item,) = items(LEDGER)
    assert item["count"] == 2  # nobody waits any more


def test_a_pool_that_is_low_is_refilled_although_somebody_asked_for_too_much(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    wake(failed_call(pool, length=16))
    assert calls.provisions == 1
    CLOCK.advance(120)
    wake(schedule())
    wake(schedule())
    assert entries() == [("none", "blocked", "demanded"), ("provision_cidr", "done", "low-water")]


@pytest.mark.parametrize(
    "changes",
    [
        {"errorCode": None},
        {"errorCode": ""},
        {"errorCode": {"exists": True}},
        {"errorCode": "Client.DryRunOperation"},
        {"errorCode": "Client.UnauthorizedOperation"},
        {"errorCode": "AccessDenied"},
        {"errorCode": "Client.VpcLimitExceeded"},
        {"errorCode": "Client.RequestLimitExceeded"},
        {"errorCode": "Server.Unavailable"},
        {"eventName": "DeleteVpc"},
        {"eventName": ["CreateVpc"]},
        {"requestParameters": None},
        {"requestParameters": "ipam-pool-0a1b2c3d"},
        {"requestParameters": [[[]]]},
    ],
)
def test_what_is_no_failed_call_for_space_leaves_no_need(world: World, calls: Calls, changes: dict[str, Any]) -> None:
    pool = roomy_pool(world)
    wake(failed_call(pool, length=21, **changes))
    assert calls.provisions == 0
    assert open_needs(pool) == {}


@pytest.mark.parametrize("length", [None, True, -1, 0, 33, 10**40, "21; DROP", "٢١", [], {"value": 21}, 21.5])
def test_a_size_that_is_none_leaves_no_need(world: World, calls: Calls, length: object) -> None:
    pool = roomy_pool(world)
    wake(failed_call(pool, length=length))
    assert calls.provisions == 0
    assert open_needs(pool) == {}


def test_a_pool_that_is_only_mentioned_owes_nothing(world: World, calls: Calls) -> None:
    pool = roomy_pool(world)
    tags = {"ipv4NetmaskLength": 21, "tagSet": {"items": [{"key": "Name", "value": pool}]}}
    wake(failed_call(pool, requestParameters=tags))
    assert calls.provisions == 0
    assert open_needs(pool) == {}


def test_an_ungoverned_pool_owes_nothing(world: World, calls: Calls) -> None:
    pool = world.pool("10.0.0.0/24", source=world.source)
    wake(failed_call(pool, length=20))
    assert calls.provisions == 0
    assert not [item for item in items(GUARDS) if str(item["guard"]).startswith("need#")]


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("CreateVpc", {"ipv4NetmaskLength": 20}, 20),
        ("CreateVpc", {"CreateVpcRequest": {"Ipv4NetmaskLength": "20"}}, 20),
        ("CreateVpc", {"ipv6NetmaskLength": 56}, None),
        ("AllocateIpamPoolCidr", {"netmaskLength": 24}, 24),
        ("AllocateAddress", {"ipamPoolId": "ipam-pool-1"}, 32),
        ("CreateSubnet", {}, None),
    ],
)
def test_the_size_is_found_where_the_event_has_it(name: str, parameters: dict[str, Any], expected: int | None) -> None:
    detail = {"eventName": name, "requestParameters": parameters}
    assert demand.length(detail, family="ipv4", bits=32) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("netmaskLength"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_an_event_says_the_size_is_one_or_none(parameters: Any) -> None:
    detail = {"eventName": "CreateVpc", "errorCode": "x", "requestParameters": parameters}
    length = demand.length(detail, family="ipv4", bits=32)
    assert length is None or 0 < length <= 32
    assert demand.names(detail, "ipam-pool-1") is False


def wanted(nested: object) -> int | None:
    return demand.length({"eventName": "CreateVpc", "requestParameters": nested}, family="ipv6", bits=128)


@pytest.mark.parametrize(
    ("value", "length"),
    [("128", 128), ("129", None), ("0", None), ("1280", None), ("²", None), (True, None), (1, 1), (" 24", None)],
)
def test_a_size_is_a_number_of_bits_as_number_or_as_text(value: object, length: int | None) -> None:
    assert wanted({"ipv6NetmaskLength": value}) == length


@pytest.mark.parametrize("wrap", [lambda inner: {"x": inner}, lambda inner: [inner]])
def test_a_size_that_is_buried_too_deep_is_not_looked_for(wrap: Callable[[object], object]) -> None:
    deepest: object = {"netmaskLength": 56}
    for _ in range(demand.LARGEST_DEPTH - 1):
        deepest = wrap(deepest)

    assert wanted(deepest) == 56
    assert wanted(wrap(deepest)) is None
