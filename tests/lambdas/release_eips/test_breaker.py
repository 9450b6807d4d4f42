"""What happens when so many addresses are due at once that something else must be wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lambdas.common import consent
from lambdas.common.consent import Answer
from tests.lambdas.release_eips.function import HOUR, deployed, settings_with
from tests.lambdas.release_eips.held import TRIPS, Held
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPIRES = timedelta(days=3)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


def test_all_are_held_and_asked_about_once_with_what_they_cost() -> None:
    held = Held()

    (asked,) = held.asked
    assert held.world.releases == []
    assert (asked["outcome"], asked["resource_id"]) == ("proposed", "123456789012/us-east-1")
    assert asked["detail"]["held"].keys() == held.world.elastic.keys()
    assert asked["detail"]["of"] == 3
    assert asked["detail"]["cost_usd_month"] == pytest.approx(3 * 3.65)
    for allocation_id, decision_id in asked["detail"]["held"].items():
        assert ("proposed", "breaker") in held.world.outcomes(allocation_id)
        assert decision_id in {item["decision_id"] for item in held.world.ledger()}


def test_fewer_than_its_number_are_released_without_a_word() -> None:
    held = Held(addresses=2)

    assert held.asked == []
    assert len(held.world.releases) == 2


def test_in_enforce_the_next_sweep_goes_on_with_what_was_approved() -> None:
    held = Held()
    held.answer(Answer.APPROVED)

    held.function.pass_time()

    assert len(held.world.releases) == 3


def test_in_approve_each_further_change_waits_for_an_answer_of_its_own() -> None:
    held = Held(mode="approve")
    held.answer(Answer.APPROVED)

    held.function.pass_time(periods=2)

    assert held.world.releases == []


def test_what_was_rejected_stays_and_is_not_asked_about_again() -> None:
    held = Held()
    held.answer(Answer.REJECTED)

    held.function.pass_time(periods=2)
    held.world.now += EXPIRES
    held.function.pass_time(periods=2)

    assert held.world.releases == []
    assert len([each for each in held.asked if each["outcome"] == "proposed"]) == 1


def test_an_address_that_comes_later_is_a_case_of_its_own_beside_what_was_rejected() -> None:
    held = Held()
    held.answer(Answer.REJECTED)
    later = held.world.allocate()
    held.function.hear()

    held.function.pass_time(periods=4)

    assert len(held.world.releases) == 1
    assert later.allocation_id not in held.world.elastic


@pytest.mark.parametrize(
    ("answer", "mode", "left", "counts", "over"),
    [
        (Answer.OPEN, "enforce", SECOND, True, False),
        (Answer.OPEN, "approve", SECOND, True, False),
        (Answer.APPROVED, "enforce", SECOND, True, False),
        (Answer.APPROVED, "approve", SECOND, False, False),
        (Answer.APPROVED, "enforce", timedelta(), False, True),
        (Answer.OPEN, "enforce", timedelta(), False, True),
        (Answer.REJECTED, "enforce", timedelta(), True, False),
        (Answer.REJECTED, "approve", SECOND, True, False),
    ],
)
def test_an_answer_counts_for_each_address_until_the_question_is_over(
    answer: Answer, mode: str, left: timedelta, *, counts: bool, over: bool
) -> None:
    held = Held()
    question = held.answer(answer)
    held.function.settings = settings_with(breaker=TRIPS, mode=mode)

    found, ended = held.answers(question.decision_id, now=held.until(question) - left)

    assert found == (dict.fromkeys(question.detail["held"].values(), answer) if counts else {})
    assert ended == ({question.decision_id} if over else set())


def test_what_people_were_asked_about_waits_for_them_also_where_it_is_not_too_much_any_more() -> None:
    held = Held()
    used, *rest = held.world.elastic.values()
    held.world.associate(used)

    held.function.pass_time(periods=10)
    assert held.world.releases == []

    held.answer(Answer.APPROVED)
    held.function.pass_time()
    assert {each.address.allocation_id for each in held.world.releases} == {each.allocation_id for each in rest}


def test_once_the_question_is_over_what_is_not_too_much_any_more_is_released() -> None:
    held = Held()
    held.world.associate(next(iter(held.world.elastic.values())))

    held.function.pass_time(periods=EXPIRES // HOUR + 1)

    assert len(held.world.releases) == 2


def test_another_address_is_released_beside_what_waits_where_both_are_not_too_much() -> None:
    held = Held()
    held.world.associate(next(iter(held.world.elastic.values())))
    for _ in range(3):
        held.world.associate(held.world.allocate())
    held.function.hear()
    held.function.settings = settings_with(breaker={"share": 0.5, "at_least": 4})
    later = held.world.allocate()
    held.function.hear()

    held.function.pass_time(periods=4)

    assert [each.address.allocation_id for each in held.world.releases] == [later.allocation_id]


@pytest.mark.parametrize("by_hand", [True, False])
def test_what_was_rejected_by_itself_stays_where_the_whole_is_approved(*, by_hand: bool) -> None:
    held = Held()
    kept, *others = held.world.elastic
    held.reject(kept)
    question = held.answer(Answer.APPROVED)

    if by_hand:
        held.carry_out(question)
    held.function.pass_time(periods=2)

    assert {each.address.allocation_id for each in held.world.releases} == set(others)
    if by_hand:
        done = next(each for each in held.asked if each["outcome"] == "done")
        assert done["detail"]["result"] == {"released": 2, "left": 1}


def test_what_was_rejected_by_itself_stays_where_it_is_not_too_much_any_more() -> None:
    held = Held()
    kept, *others = held.world.elastic
    held.reject(kept)
    for each in others:
        held.world.change(held.world.elastic[each], "ptr", value=True)
    told = len(held.world.told)

    held.function.pass_time(periods=EXPIRES // HOUR + 1)

    assert held.world.releases == []
    assert [each for each in held.world.told[told:] if each["resource_id"] == kept] == []


def test_nobody_is_asked_again_about_what_was_rejected_by_itself() -> None:
    held = Held()
    kept, *_ = held.world.elastic
    held.reject(kept)

    held.function.pass_time(periods=EXPIRES // HOUR + 1)

    assert len([each for each in held.asked if each["outcome"] == "proposed"]) == 1
    assert {each.address.allocation_id for each in held.world.releases} == held.question().detail["held"].keys() - {
        kept
    }


@pytest.mark.parametrize("first", [Answer.APPROVED, Answer.REJECTED])
def test_of_two_answers_about_one_address_the_rejection_counts(first: Answer) -> None:
    held = Held()
    one = held.question()
    held.world.allocate()
    held.function.hear()
    held.function.pass_time(periods=4)
    other = held.question()
    assert one.detail["held"].keys() < other.detail["held"].keys()
    second = {Answer.APPROVED: Answer.REJECTED, Answer.REJECTED: Answer.APPROVED}[first]
    with held.function._in_force():
        for question, answer in ((one, first), (other, second)):
            assert consent.decide(question.decision_id, answer, by={"actor": "jo"}, now=held.world.now)

    for order in ((one, other), (other, one)):
        found, _ = held.answers(*(each.decision_id for each in order), now=held.world.now)
        assert {found[each] for each in one.detail["held"].values()} == {Answer.REJECTED}


def test_a_question_of_which_nothing_is_known_is_over() -> None:
    assert Held().answers("0" * 16, now=World().now) == ({}, {"0" * 16})


def test_answers_to_several_questions_all_count() -> None:
    held = Held()
    rejected = held.answer(Answer.REJECTED)
    for _ in range(3):
        held.world.allocate()
    held.function.pass_time(periods=4)
    approved = held.answer(Answer.APPROVED)

    found, _ = held.answers(rejected.decision_id, approved.decision_id, now=held.world.now)

    assert found == {
        **dict.fromkeys(rejected.detail["held"].values(), Answer.REJECTED),
        **dict.fromkeys(approved.detail["held"].values(), Answer.APPROVED),
    }
    assert len(found) == 6


def test_a_question_that_is_over_is_looked_for_no_more_and_asked_anew() -> None:
    held = Held()
    first = held.question()
    assert held.open_questions() == {first.decision_id}

    held.function.pass_time(periods=EXPIRES // HOUR)

    second = held.question()
    assert second.decision_id != first.decision_id
    assert held.open_questions() == {second.decision_id}


def test_while_observing_it_is_told_once_about_all_and_nobody_is_asked() -> None:
    held = Held(mode="observe")

    assert held.world.releases == []
    assert {each["outcome"] for each in held.asked} == {"observed"}
    assert [each for each in held.world.told if each["reason"] == "idle"] == []
