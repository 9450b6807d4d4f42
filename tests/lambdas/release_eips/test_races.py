"""One run that releases, disturbed at every point between two of its calls in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError

from lambdas.common.dynamo import timestamp
from lambdas.common.guards import LEASE_TIME
from lambdas.notify.plan import Means, message
from lambdas.release_eips import clocks
from tests.lambdas.release_eips import oracle
from tests.lambdas.release_eips.function import HOUR, Function, ProcessEndedError, deployed
from tests.lambdas.release_eips.tables import refused
from tests.lambdas.release_eips.test_plan import TARGET
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lambdas.release_eips.world import Elastic

MOST_CALLS = 60


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


class Race:
    """Two addresses that the next sweep releases; what happens before the call with this number, counted from there."""

    def __init__(self, *, default_vpc: bool = True) -> None:
        self.world = World()
        self.function = Function(self.world)
        self.first, self.second = (self.world.allocate(default_vpc=default_vpc) for _ in range(2))
        self.function.hear()
        self.function.sweep()
        self.function.pass_time()
        self.world.now += HOUR
        self.operations: list[str] = []
        self.disturbed_at = 0

    def run(self, at: int, happens: Callable[[Race], object]) -> bool:
        """Sweep; whether there was a call with that number. What `happens` gives to call happens after that call."""
        begin = self.world.calls
        reached = False

        def on_call(index: int, operation: str) -> Callable[[], None] | None:
            nonlocal reached
            self.operations.append(operation)
            if index - begin != at or reached:
                return None
            reached = True
            self.disturbed_at = len(self.operations) - 1
            after: Any = happens(self)
            return after if callable(after) else None

        self.world.on_call = on_call
        self.function.sweep()
        self.world.on_call = _quiet
        self.function.hear()
        return reached

    def wake_once(self) -> None:
        """Invoke the function by its schedule, and never again for that event."""
        event = {"detail-type": "Scheduled Event", "time": timestamp(self.world.now), "detail": {}}
        self.function.invoke(event, f"once-{self.world.calls}")

    def wake_and_end_at(self, operation: str, *, done: bool = False) -> None:
        """Invoke it in a process that ends before, or with `done` after, its first call of this operation."""
        earlier = self.world.on_call

        def end() -> None:
            raise ProcessEndedError

        def on_call(_index: int, called: str) -> Callable[[], None] | None:
            if called == operation and not done:
                end()
            return end if called == operation else None

        self.world.on_call = on_call
        self.wake_once()
        self.world.on_call = earlier

    def holds_a_use_that_nobody_heard_of(self) -> None:
        """Take the first address out of use, lose what CloudTrail tells, and sweep: it stays for another grace."""
        self.world.on_call = _quiet
        self.world.disassociate(self.first)
        self.world.trail.clear()
        self.function.pass_time()
        assert not self.released(self.first)
        self.settle()
        assert self.released(self.first)

    def settle(self) -> None:
        self.function.pass_time(periods=4)

    def ended_runs(self) -> frozenset[str]:
        with self.function._in_force():
            return clocks.read_beat(TARGET).ended

    def released(self, address: Elastic) -> bool:
        return address.allocation_id not in self.world.elastic

    def broke_nothing(self) -> None:
        """Hold the account and the ledger, as they are now, against what was promised."""
        conf = self.function.settings.release_eips
        assert conf is not None
        assert oracle.wrongs(self.world, conf) == []


def at_every_call(
    happens: Callable[[Race], object],
    *,
    default_vpc: bool = True,
    before: Callable[[Race], object] = lambda _race: None,
) -> Iterator[Race]:
    """A race for each call of the run; `before` is what happens to it before that run."""
    for number in range(1, MOST_CALLS):
        race = Race(default_vpc=default_vpc)
        before(race)
        if not race.run(number, happens):
            assert number > 20, "the run has no calls to speak of"
            return
        yield race
    raise AssertionError("the run has more calls than were tried")


def test_an_address_put_to_use_at_any_point_is_kept_or_the_loss_is_told_as_critical() -> None:
    lost = []
    for race in at_every_call(lambda race: race.world.associate(race.first)):
        if not race.released(race.first):
            assert ("done", "idle") not in race.world.outcomes(race.first.allocation_id)
            continue
        (told,) = [each for each in race.world.told if (each["outcome"], each["reason"]) == ("done", "reassociated")]
        text = message(told, contacts={}, means=Means(mode_parameter="/poolwarden/mode", tag_prefix="poolwarden"))
        assert text.attributes["severity"] == "critical"
        assert f"poolwarden undo {told['decision_id']}" in text.body
        lost.append(race)
    in_the_gap = [race for race in lost if race.first.associated]
    assert len(in_the_gap) == 1, "EC2 leaves one gap in a default VPC: between the second look and the call"


def test_outside_a_default_vpc_an_address_put_to_use_in_time_is_never_lost() -> None:
    for race in at_every_call(lambda race: race.world.associate(race.first), default_vpc=False):
        assert not (race.released(race.first) and race.first.associated)
        race.settle()
        assert race.released(race.second)


def throw_the_switch(race: Race) -> None:
    race.world.switch = "observe"


def test_the_kill_switch_stops_a_release_until_the_second_look() -> None:
    kept = 0
    for race in at_every_call(throw_the_switch):
        after = race.operations[race.disturbed_at :]
        if "release_address" in after:
            assert after.index("release_address") <= 1, "between the last look at the switch and the call is one call"
        kept += not race.released(race.first)
        assert race.world.acts(race.first.allocation_id) in ([], ["blocked"], ["done"])
    assert kept > 10


@pytest.mark.parametrize("heard", [True, False], ids=["throttled", "without an answer"])
def test_the_kill_switch_stops_a_release_that_is_tried_again(heard: bool) -> None:  # noqa: FBT001
    race = Race()
    asked = 0

    def fail() -> Callable[[], None] | None:
        nonlocal asked
        asked += 1
        throw_the_switch(race)
        if heard:
            raise refused("RequestLimitExceeded", "ReleaseAddress")
        return _go_unheard

    race.world.on_call = lambda _index, operation: fail() if operation == "release_address" else None
    race.wake_once()

    assert asked == 1
    assert race.released(race.first) is not heard
    assert race.world.acts(race.first.allocation_id) == ["failed"]
    race.world.on_call = _quiet
    race.world.switch = "deployed"
    race.settle()
    assert race.world.acts(race.first.allocation_id) == ["done"]


def test_a_tag_that_protects_counts_until_the_second_look() -> None:
    kept = 0
    for race in at_every_call(lambda race: race.world.tag(race.first, "poolwarden:protect", "true")):
        kept += not race.released(race.first)
    assert kept > 10


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_process_that_ends_at_any_point_is_followed_by_one_that_sees_what_it_did(done: bool) -> None:  # noqa: FBT001
    def end() -> object:
        raise ProcessEndedError

    for race in at_every_call(lambda _race: end if done else end()):
        race.settle()
        assert race.released(race.first)
        assert race.released(race.second)
        race.broke_nothing()


@pytest.mark.parametrize("ends_after", range(4, 10))
def test_a_use_that_refused_the_release_is_remembered_wherever_the_run_ends(ends_after: int) -> None:
    race = Race(default_vpc=False)
    left = 0

    def on_call(_index: int, operation: str) -> None:
        nonlocal left
        if operation == "release_address" and not left:
            race.world.associate(race.first)
            left = ends_after + 1
        left -= left > 0
        if left == 1:
            raise ProcessEndedError

    race.world.on_call = on_call
    race.wake_once()
    race.holds_a_use_that_nobody_heard_of()


def test_a_use_that_another_run_sees_is_remembered_while_a_release_may_be_under_way() -> None:
    race = Race()

    def end(operation: str) -> None:
        if operation == "release_address":
            raise ProcessEndedError

    race.world.on_call = lambda _index, operation: end(operation)
    race.wake_once()
    race.world.associate(race.first)
    race.wake_once()
    race.holds_a_use_that_nobody_heard_of()


def test_a_release_that_is_begun_after_somebody_else_made_it_comes_to_an_end() -> None:
    race = Race()

    def release_by_hand(_index: int, operation: str) -> None:
        if operation == "transact_write_items":
            race.world.on_call = _quiet
            race.world.elastic.pop(race.first.allocation_id)
            race.function.sweep()
            race.world.on_call = end

    def end(_index: int, operation: str) -> None:
        if operation == "describe_addresses":
            raise ProcessEndedError

    race.world.on_call = release_by_hand
    race.wake_once()
    assert race.world.acts(race.first.allocation_id) == ["intended"]
    race.world.on_call = _quiet
    race.settle()
    assert race.world.acts(race.first.allocation_id) == ["done"]


def test_another_run_at_any_point_releases_nothing_twice_and_loses_nothing() -> None:
    for race in at_every_call(lambda race: race.function.sweep()):
        race.settle()
        assert race.released(race.first)
        assert race.released(race.second)
        race.broke_nothing()


class Failing:
    """Fails one call, the one with this number: AWS refuses it, or the process ends there."""

    def __init__(self, number: int, *, killed: bool) -> None:
        self.left = number
        self.killed = killed

    def __call__(self, _index: int, _operation: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise ProcessEndedError if self.killed else refused("RequestLimitExceeded", "Any")

    @property
    def has_failed(self) -> bool:
        return self.left <= 0


def failing_at_every_call(*, killed: bool) -> Iterator[tuple[Race, Failing]]:
    """A race for each call that may fail, until there are no more."""
    for number in range(1, MOST_CALLS):
        failing = Failing(number, killed=killed)
        yield Race(), failing
        if not failing.has_failed:
            assert number > 5, "there were no calls to speak of"
            return
    raise AssertionError("there are more calls than were tried")


@pytest.mark.parametrize("killed", [False, True])
def test_an_event_that_comes_a_second_time_during_a_release_takes_nothing_from_it(killed: bool) -> None:  # noqa: FBT001
    for race, failing in failing_at_every_call(killed=killed):
        event = {"detail-type": "Scheduled Event", "time": timestamp(race.world.now), "detail": {}}

        def come_again(_index: int, operation: str, race: Race = race, failing: Failing = failing) -> None:
            if operation == "release_address":
                race.world.on_call = failing
                race.function.invoke(event, "request-1")  # noqa: B023 - called within this round
                race.world.on_call = _quiet

        race.world.on_call = come_again
        race.function.invoke(event, "request-1")
        if failing.has_failed:
            race.function.invoke(event, "request-1")
        race.settle()
        for address in (race.first, race.second):
            assert race.world.acts(address.allocation_id) == ["done"]
        race.broke_nothing()


@pytest.mark.parametrize("killed", [False, True])
def test_a_use_that_is_heard_of_during_a_release_is_told_wherever_the_run_fails_then(killed: bool) -> None:  # noqa: FBT001
    for race, failing in failing_at_every_call(killed=killed):

        def put_to_use(_index: int, operation: str, race: Race = race, failing: Failing = failing) -> None:
            if operation == "release_address":
                race.world.on_call = _quiet
                race.world.associate(race.first)
                race.function.hear()
                race.world.on_call = failing

        race.world.on_call = put_to_use
        race.function.sweep()
        race.world.on_call = _quiet
        race.settle()
        assert race.released(race.first)
        told = {each["outcome"] for each in race.world.told if each["reason"] == "reassociated"}
        assert told == {"skipped", "done"}, "the warning is taken back, and the loss told"


def _quiet(_index: int, _operation: str) -> None:
    """Let every call be as it is."""


def test_what_a_failed_run_left_is_seen_to_by_the_next_try_at_once() -> None:
    race = Race()

    def fail_after(_index: int, operation: str) -> None:
        if operation == "release_address":
            race.world.on_call = Failing(1, killed=False)

    race.world.on_call = fail_after
    race.wake_once()
    assert race.world.acts(race.first.allocation_id) == ["intended"]
    race.world.on_call = _quiet
    race.wake_once()
    assert race.world.acts(race.first.allocation_id) == ["done"]
    race.settle()
    assert race.ended_runs() == frozenset(), "what nobody needs is not kept"


@pytest.mark.parametrize("killed", [False, True])
def test_who_ends_an_act_late_does_not_end_the_next_one_of_the_same_decision(killed: bool) -> None:  # noqa: FBT001
    def release_again(race: Race) -> None:
        if not killed:
            race.function.sweep()
            return
        race.wake_and_end_at("release_address", done=True)

    for race in at_every_call(release_again, before=_killed_before_its_call):
        race.settle()
        assert race.released(race.first)
        assert race.world.acts(race.first.allocation_id) == ["done"]
        race.broke_nothing()


def _killed_before_its_call(race: Race) -> None:
    """Have a run begin a release and end before its call; and let its lease run out."""
    race.wake_and_end_at("release_address")
    race.world.now += LEASE_TIME


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "RequestLimitExceeded"])
def test_a_call_that_fails_at_any_point_stops_neither_the_other_address_nor_the_next_run(code: str) -> None:
    def fail(_race: Race) -> object:
        raise refused(code, "Any")

    for race in at_every_call(fail):
        race.settle()
        assert race.released(race.first)
        assert race.released(race.second)
        race.broke_nothing()


@pytest.mark.parametrize(
    ("code", "status"), [("RequestLimitExceeded", 400), ("InternalError", 500)], ids=["throttled", "failed"]
)
def test_what_aws_refuses_for_the_moment_is_looked_at_again_before_it_is_asked_again(code: str, status: int) -> None:
    race = Race()

    def put_to_use() -> None:
        race.world.associate(race.first)
        error = refused(code, "ReleaseAddress")
        error.response["ResponseMetadata"]["HTTPStatusCode"] = status
        raise error

    race.world.on_call = lambda _index, operation: put_to_use() if operation == "release_address" else None
    race.function.sweep()

    assert race.first.associated
    assert not race.released(race.first)
    assert ("skipped", "reassociated") in race.world.outcomes(race.first.allocation_id)


@pytest.mark.parametrize("heard", [True, False], ids=["throttled", "without an answer"])
def test_a_release_that_aws_had_no_time_for_is_made_within_the_run(heard: bool) -> None:  # noqa: FBT001
    race = Race()
    failures = iter([True, True])

    def fail() -> Callable[[], None] | None:
        if not next(failures, False):
            return None
        if heard:
            raise refused("RequestLimitExceeded", "ReleaseAddress")
        return _go_unheard

    race.world.on_call = lambda _index, operation: fail() if operation == "release_address" else None
    race.function.sweep()

    assert race.released(race.first)
    assert race.released(race.second)
    for address in (race.first, race.second):
        assert race.world.acts(address.allocation_id) == ["done"]


def _go_unheard() -> None:
    raise ReadTimeoutError(endpoint_url="https://ec2")
