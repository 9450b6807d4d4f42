"""What becomes of all that the breaker held once a person has approved it as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from lambdas.release_eips import aws as addresses
from tests.lambdas.release_eips.function import ProcessEndedError, deployed, settings_with
from tests.lambdas.release_eips.held import TRIPS, Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.common.ledger import Record

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


def test_what_was_approved_as_a_whole_is_released_and_the_result_is_told() -> None:
    held = Held()

    held.carry_out(held.answer(Answer.APPROVED))

    assert len(held.world.releases) == 3
    done = held.asked[-1]
    assert (done["outcome"], done["detail"]["result"]) == ("done", {"released": 3, "left": 0})


def _carry_out_until(held: Held, question: Record, operation: str) -> None:
    """Carry an approved question out in a process that ends at the first call of this operation."""
    held.world.on_call = lambda _index, called: _end if called == operation else None
    with pytest.raises(ProcessEndedError):
        held.carry_out(question)
    held.world.on_call = lambda _index, _operation: None


@pytest.mark.parametrize("mode", ["approve", "enforce"])
def test_a_release_of_the_whole_whose_process_ends_is_brought_to_an_end_by_a_later_sweep(mode: str) -> None:
    held = Held(mode=mode)
    question = held.answer(Answer.APPROVED)
    _carry_out_until(held, question, "transact_write_items")
    assert question.decision_id in {each["decision_id"] for each in held.open_acts()}
    held.function.pass_time(periods=2)

    assert held.open_acts() == []
    ended = next(each for each in held.asked if each["outcome"] == "blocked")
    assert ended["detail"]["result"] == {"state": "ended early", "released": 0, "left": 3}
    assert len(held.world.releases) == (3 if mode == "enforce" else 0)


@pytest.mark.parametrize("mode", ["approve", "enforce"])
def test_a_release_of_the_whole_is_ended_without_a_sweep_where_it_is_carried_out_again(mode: str) -> None:
    held = Held(mode=mode)
    question = held.answer(Answer.APPROVED)
    _carry_out_until(held, question, "release_address")

    held.carry_out(question)
    assert len(held.open_acts()) == 2, "it may be under way: nothing is done beside it"
    assert len(held.world.releases) == 1
    held.world.now += timedelta(minutes=16)
    held.carry_out(question)

    assert held.open_acts() == []
    assert len(held.world.releases) == 1
    (released,) = held.world.releases
    assert held.world.acts(released.address.allocation_id) == ["done"]
    assert held.whole()["outcome"] == "done"
    assert held.whole()["detail"]["result"] == {"state": "ended early", "released": 1, "left": 2}


@pytest.mark.parametrize("mode", ["approve", "enforce"])
@pytest.mark.parametrize("status", [403, 503])
def test_one_of_the_whole_that_aws_does_not_release_keeps_none_of_the_others(
    mode: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(mode=mode)
    question = held.answer(Answer.APPROVED)
    kept = min(held.world.elastic)
    refuse(monkeypatch, {kept}, status=status)

    with pytest.raises(RunFailedError, match=kept):
        held.carry_out(question)

    assert held.world.elastic.keys() == {kept}
    assert held.world.acts(kept) == ["failed"]
    assert (held.whole()["outcome"], held.whole()["detail"]["result"]) == ("done", {"released": 2, "left": 1})
    assert held.is_free()


@pytest.mark.parametrize("mode", ["approve", "enforce"])
def test_a_whole_of_which_nothing_was_released_failed_and_can_be_approved_again(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(mode=mode)
    question = held.answer(Answer.APPROVED)
    with monkeypatch.context() as patch:
        refuse(patch, set(held.world.elastic), status=403)
        with pytest.raises(RunFailedError):
            held.carry_out(question)
    assert (held.whole()["outcome"], held.whole()["detail"]["result"]) == ("failed", {"released": 0, "left": 3})
    assert held.is_free()

    held.answer(Answer.APPROVED)
    held.carry_out(question)

    assert held.world.elastic == {}
    assert (held.whole()["outcome"], held.whole()["detail"]["result"]) == ("done", {"released": 3, "left": 0})


def test_a_whole_that_the_kill_switch_stopped_before_anything_was_released_can_be_approved_again() -> None:
    held = Held(mode="approve")
    question = held.answer(Answer.APPROVED)

    def stop(_index: int, operation: str) -> None:
        if operation == "transact_write_items":
            held.world.switch = "observe"

    held.world.on_call = stop
    held.carry_out(question)
    assert (held.whole()["outcome"], held.whole()["reason"]) == ("blocked", "switched-off")

    held.world.on_call = lambda _index, _operation: None
    held.world.switch = "deployed"
    held.carry_out(question)

    assert held.world.elastic == {}
    assert held.whole()["outcome"] == "done"


def test_a_whole_whose_process_ended_before_anything_was_released_can_be_approved_again() -> None:
    held = Held(mode="approve")
    question = held.answer(Answer.APPROVED)
    _carry_out_until(held, question, "transact_write_items")
    held.world.now += timedelta(minutes=16)

    held.carry_out(question)
    assert held.world.releases == [], "what looks again only ends it: its approval may be over"
    assert held.whole()["outcome"] == "blocked"
    held.carry_out(question)

    assert held.world.elastic == {}
    assert held.whole()["outcome"] == "done"


def test_a_release_of_the_whole_that_a_run_may_be_at_is_not_forgotten_when_its_question_is_over() -> None:
    held = Held()
    held.world.now = held.until(held.question()) - SECOND
    question = held.answer(Answer.APPROVED)
    _carry_out_until(held, question, "transact_write_items")
    for address in held.world.elastic.values():
        held.world.tag(address, "poolwarden:protect", "true")

    held.world.now += 2 * SECOND
    held.function.sweep()
    assert held.open_acts() != []
    held.function.pass_time()

    assert held.open_acts() == []


def test_what_was_only_observed_of_the_whole_is_not_told_as_released() -> None:
    held = Held()
    question = held.answer(Answer.APPROVED)
    held.function.settings = settings_with(breaker=TRIPS, mode="observe")

    held.carry_out(question)

    assert held.world.releases == []
    assert held.asked[-1]["outcome"] == "blocked"
    assert held.asked[-1]["detail"]["result"] == {"released": 0, "left": 3}


def test_the_kill_switch_holds_what_was_approved_as_a_whole() -> None:
    held = Held()
    question = held.answer(Answer.APPROVED)
    held.world.switch = "observe"

    held.carry_out(question)

    assert held.world.releases == []
    assert (held.world.told[-1]["outcome"], held.world.told[-1]["reason"]) == ("blocked", "switched-off")
    assert held.world.told[-1]["decision_id"] == question.decision_id


def refuse(patch: pytest.MonkeyPatch, kept: set[str], *, status: int) -> None:
    """Have EC2 refuse to release these addresses, or give no answer."""
    release = addresses.release

    def refusing(target: Any, address: Any) -> None:
        if address.allocation_id in kept:
            answer: Any = {"Error": {"Code": "No", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer, "ReleaseAddress")
        release(target, address)

    patch.setattr(addresses, "release", refusing)


def _end() -> None:
    raise ProcessEndedError
