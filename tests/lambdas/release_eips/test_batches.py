"""What is read for many addresses at once: when it is read anew, and what it proves when reading took long."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.common.targets import Target
from lambdas.release_eips import aws, dns, pace
from lambdas.release_eips.batches import Batches
from lambdas.release_eips.handler import begun
from lambdas.release_eips.model import Unread
from lambdas.release_eips.pace import RunTime
from tests.lambdas.account import ACCOUNT, HOME
from tests.lambdas.release_eips.function import RELEASES, Function, deployed
from tests.lambdas.release_eips.test_evidence import ListedZone, record
from tests.lambdas.release_eips.test_plan import TARGET
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lambdas.release_eips.person import Person

REFUSED: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}


@dataclasses.dataclass
class Seconds:
    """How long the invocation lasts already."""

    passed: float = 0.0


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    passing = Seconds()
    monkeypatch.setattr(pace.RunTime, "elapsed", property(lambda _time: passing.passed))
    return passing


@pytest.fixture
def batches() -> Batches:
    return Batches(time=RunTime(at=datetime(2026, 3, 2, 12, tzinfo=UTC), seconds=600))


def read(batches: Batches, what: str | Exception, *, recent: bool = False) -> Any:
    """Have DNS read, where it is read, with this result; what is known then."""

    def reading() -> dict[str, str]:
        if isinstance(what, Exception):
            raise what
        return {"203.0.113.5": what}

    found, _ = batches.get("dns", "DNS", reading, recent=recent)
    return found if isinstance(found, Unread) else found.get("203.0.113.5")


@pytest.mark.parametrize(
    ("age", "recent", "known"), [(210, True, "old"), (211, True, "new"), (599, False, "old"), (211, False, "old")]
)
def test_only_what_addresses_are_released_by_is_read_anew(
    seconds: Seconds, batches: Batches, *, age: float, recent: bool, known: str
) -> None:
    read(batches, "old")
    seconds.passed = age

    assert read(batches, "new", recent=recent) == known


def test_what_could_not_be_read_is_tried_again_after_a_while(seconds: Seconds, batches: Batches) -> None:
    assert read(batches, ClientError(REFUSED, "ListHostedZones")).reason == "access-denied"
    seconds.passed = 100
    assert read(batches, "new").reason == "access-denied"
    seconds.passed = 211

    assert read(batches, "new") == "new"


def test_a_reading_is_expected_to_take_as_long_as_it_took_last(seconds: Seconds, batches: Batches) -> None:
    def slowly() -> dict[str, str]:
        seconds.passed += 100
        return {}

    assert batches.seconds_ahead("dns") == 0
    batches.get("dns", "DNS", slowly, recent=True)
    assert batches.seconds_ahead("dns") == 0
    seconds.passed = 211

    assert batches.seconds_ahead("dns") == 100


def test_zones_of_which_there_are_too_many_are_not_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "client", lambda *_, **__: ListedZone(record("A", "203.0.113.5")))
    monkeypatch.setattr("lambdas.common.accounts.own", lambda: ACCOUNT)

    found = dns.records([ACCOUNT], region=HOME, is_late=lambda: True)

    assert isinstance(found, Unread)
    assert found.reason == "api-error"


class Slow:
    """A function in whose account calls of some kinds take real time, and the addresses that are due there."""

    def __init__(self, seconds: Seconds, taking: dict[str, float], *, addresses: int = 3) -> None:
        self.seconds, self.taking = seconds, taking
        self.world = World()
        self.function = Function(self.world)
        for _ in range(addresses):
            self.world.allocate()
        self.function.hear()
        self.function.sweep()
        self.readings = 0
        self.ages: list[float] = []
        self._began = 0.0

    def pass_time(self) -> None:
        self.seconds.passed = 0
        self.world.on_call = self._on_call
        self.function.pass_time()

    def _on_call(self, _index: int, operation: str) -> None:
        if operation == "list_hosted_zones":
            self.readings += 1
            self._began = self.seconds.passed
        if operation == "release_address":
            self.ages.append(self.seconds.passed - self._began)
        self.seconds.passed += self.taking.get(operation, 0)


@pytest.fixture
def _deployed() -> Iterator[None]:
    with deployed():
        yield


@pytest.mark.usefixtures("_deployed")
@pytest.mark.parametrize("takes", [120, 185])
def test_zones_that_take_long_to_read_are_read_once_and_addresses_are_released_by_them(
    seconds: Seconds, takes: float
) -> None:
    slow = Slow(seconds, {"list_hosted_zones": takes})
    slow.pass_time()
    slow.readings = 0

    slow.pass_time()

    assert slow.ages == [takes] * 3
    assert slow.readings == 1
    assert slow.world.messages == []


@pytest.mark.usefixtures("_deployed")
def test_zones_that_take_too_long_to_read_prove_nothing_and_are_told_once(seconds: Seconds) -> None:
    slow = Slow(seconds, {"list_hosted_zones": 240})
    for _ in range(3):
        slow.pass_time()

    assert slow.readings == 3
    assert slow.world.releases == []
    assert slow.world.messages == []
    (told,) = [each for each in slow.world.told if each["resource_id"] == f"{ACCOUNT}/{HOME}"]
    assert (told["outcome"], told["reason"]) == ("blocked", "api-error")
    assert "takes longer than 200 seconds" in told["detail"]["result"]["message"]


@pytest.mark.usefixtures("_deployed")
def test_no_reading_begins_that_cannot_end_before_the_run_and_another_run_goes_on(seconds: Seconds) -> None:
    slow = Slow(seconds, {"list_hosted_zones": 185, "release_address": 60})
    slow.pass_time()
    slow.readings = 0

    slow.pass_time()

    assert slow.ages == [185, 185]
    assert slow.readings == 2
    assert slow.world.messages == [{"account": ACCOUNT, "region": HOME}]


@pytest.mark.usefixtures("_deployed")
def test_what_a_run_had_no_time_to_judge_is_left_to_another_run(seconds: Seconds) -> None:
    slow = Slow(seconds, {"describe_stack_resources": 300})

    slow.pass_time()

    warned = [each for each in slow.world.ledger() if each["reason"] == "warned"]
    assert len(warned) == 2
    assert slow.world.messages == [{"account": ACCOUNT, "region": HOME}]


@pytest.mark.usefixtures("_deployed")
def test_what_another_reading_made_too_old_is_read_once_more_before_a_release(
    seconds: Seconds, batches: Batches
) -> None:
    slow = Slow(seconds, {"list_hosted_zones": 150})
    slow.world.on_call = slow._on_call
    with slow.function._in_force():
        address, *_ = aws.addresses(TARGET).addresses
        first, second = (
            begun(target, now=slow.world.now, seconds=600, batches=batches)
            for target in (Target(account=ACCOUNT, region="eu-west-1"), TARGET)
        )
        first.examiner.common(address)
        second.examiner.common(address)
        seconds.passed = 340

        evidence = second.examiner.particular(address, idle_since=slow.world.now)

    assert slow.readings == 2
    assert not second.examiner.is_old(evidence)


def test_one_reading_of_the_zones_is_enough_for_all_regions(
    person: Person, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = [HOME, "eu-west-1", "eu-west-2"]
    configure(regions=regions, release_eips=RELEASES)
    clients: list[Any] = [boto3.client("ec2", region_name=region) for region in regions]
    for ec2 in clients:
        ec2.allocate_address()
    person.sweep(hours=2)
    readings: list[object] = []
    records = dns.records

    def counted(account_ids: Any, **how: Any) -> Any:
        readings.append(account_ids)
        return records(account_ids, **how)

    monkeypatch.setattr(dns, "records", counted)
    person.sweep()

    assert [ec2.describe_addresses()["Addresses"] for ec2 in clients] == [[], [], []]
    assert len(readings) == 1
