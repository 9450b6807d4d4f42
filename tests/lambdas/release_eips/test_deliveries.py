"""SQS delivers at least once and in any order: whatever it does with a place's messages, the same comes of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.common.dynamo import timestamp
from lambdas.common.settings import OrganizationSettings
from tests.lambdas.account import ACCOUNT, HOME
from tests.lambdas.release_eips import oracle
from tests.lambdas.release_eips.function import HOUR, Function, deployed
from tests.lambdas.release_eips.world import BEGIN, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOURS = 10
FOREIGN = "999999999999"
EXAMPLES = settings().max_examples // 2


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message that was sent in the hour `sent`, first handed out in the hour `first`, and now in the hour `at`."""

    sent: int
    first: int
    at: int


ON_TIME = tuple(Delivery(sent=hour, first=hour, at=hour) for hour in range(HOURS))


@dataclass(frozen=True, kw_only=True)
class Use:
    """Somebody uses the address of that number in that hour, for a quarter of an hour."""

    address: int
    hour: int


def late(most: int) -> st.SearchStrategy[list[int]]:
    """How many hours late each message is."""
    return st.lists(st.integers(0, most), min_size=HOURS, max_size=HOURS)


USES = st.lists(st.builds(Use, address=st.integers(0, 2), hour=st.integers(0, HOURS - 1)), max_size=3)


@st.composite
def repeated(draw: st.DrawFn) -> list[Delivery]:
    """Deliver each message on time, and some again, any time later and in any order."""
    again = draw(st.lists(st.tuples(st.sampled_from(ON_TIME), st.integers(0, HOURS)), max_size=12))
    return [*ON_TIME, *(replace(each, at=min(HOURS - 1, each.at + hours)) for each, hours in again)]


@st.composite
def disordered(draw: st.DrawFn) -> list[Delivery]:
    """Deliver each message at least once, and up to four hours late, so that others overtake it."""
    hours = draw(late(4))
    there = [
        Delivery(sent=each.sent, first=(at := min(HOURS - 1, each.at + hours[each.sent])), at=at) for each in ON_TIME
    ]
    again = draw(st.lists(st.sampled_from(there), max_size=6))
    return draw(st.permutations([*there, *again]))


class Place:
    """One account's Region with three idle addresses, a protected one and one in use, and the worker that sweeps it."""

    def __init__(self) -> None:
        self.world = World()
        self.function = Function(self.world)
        told = OrganizationSettings(id="o-a1b2c3d4e5", accounts=(), exclude_accounts=(), modes={})
        self.function.settings = replace(self.function.settings, organization=told)
        self.idle = [self.world.allocate() for _ in range(3)]
        self.world.allocate(tags={"poolwarden:protect": "true"})
        self.world.associate(self.world.allocate())
        self.function.hear()

    def live(self, deliveries: Sequence[Delivery], uses: Sequence[Use] = ()) -> Place:
        """Let the hours pass, with these deliveries in the order given, then as many on time as settle everything."""
        for hour in range(HOURS):
            self.world.now = BEGIN + hour * HOUR
            for delivery in deliveries:
                if delivery.at == hour:
                    self.deliver(delivery)
            for use in uses:
                if use.hour == hour:
                    self.use(self.idle[use.address])
        for hour in range(HOURS, 2 * HOURS):
            self.world.now = BEGIN + hour * HOUR
            self.deliver(Delivery(sent=hour, first=hour, at=hour))
        self.function.is_told_all()
        return self

    def use(self, address: Any) -> None:
        if address.allocation_id in self.world.elastic:
            self.world.associate(address)
            self.world.now += timedelta(minutes=15)
            self.world.disassociate(address)
            self.function.hear()

    def deliver(self, delivery: Delivery, *, account: str = ACCOUNT) -> None:
        body = {
            "source": "poolwarden",
            "detail-type": "Poolwarden Sweep",
            "time": timestamp(BEGIN + delivery.sent * HOUR),
            "detail": {"account": account, "region": HOME},
        }
        first = BEGIN + delivery.first * HOUR
        record = {
            "eventSource": "aws:sqs",
            "messageId": str(delivery.sent),
            "attributes": {"ApproximateFirstReceiveTimestamp": f"{first.timestamp() * 1000:.0f}"},
            "body": json.dumps(body),
        }
        self.function.wake({"Records": [record]})

    @property
    def left(self) -> set[str]:
        return set(self.world.elastic)

    @property
    def released(self) -> list[tuple[str, str]]:
        """Which addresses were released when."""
        return [(each.address.allocation_id, timestamp(each.at)) for each in self.world.releases]

    @property
    def recorded(self) -> dict[str, set[tuple[str, str]]]:
        """What the ledger says of each address."""
        ids = {item["resource_id"] for item in self.world.ledger()}
        return {each: self.world.outcomes(each) for each in ids}

    @property
    def said(self) -> Counter[tuple[str, str, str]]:
        """What people were told, and how often."""
        return Counter((each["resource_id"], each["outcome"], each["reason"]) for each in self.world.told)

    @property
    def wrongs(self) -> list[str]:
        conf = self.function.settings.release_eips
        assert conf is not None
        return oracle.wrongs(self.world, conf)


def test_what_is_on_time_releases_the_idle_addresses_and_no_other() -> None:
    place = Place().live(ON_TIME)
    assert {each for each, _ in place.released} == {each.allocation_id for each in place.idle}
    assert len(place.left) == 2
    assert place.wrongs == []


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(repeated(), USES)
def test_messages_delivered_again_and_late_change_nothing(deliveries: list[Delivery], uses: list[Use]) -> None:
    once, again = Place().live(ON_TIME, uses), Place().live(deliveries, uses)
    assert again.released == once.released
    assert again.recorded == once.recorded
    assert again.said == once.said
    assert again.left == once.left


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(disordered(), USES)
def test_messages_that_overtake_each_other_come_to_the_same_end(deliveries: list[Delivery], uses: list[Use]) -> None:
    once, disorder = Place().live(ON_TIME, uses), Place().live(deliveries, uses)
    assert disorder.left == once.left
    assert sorted(each for each, _ in disorder.released) == sorted(each for each, _ in once.released)
    assert disorder.wrongs == []


def test_a_message_about_a_foreign_account_has_nothing_done() -> None:
    place = Place()
    calls, recorded = place.world.calls, place.recorded
    place.deliver(Delivery(sent=1, first=1, at=1), account=FOREIGN)
    assert (place.world.calls, place.recorded) == (calls, recorded)
