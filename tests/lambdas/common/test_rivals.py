"""Runs that take from one thing at the same time wait ever longer for each other, and not for ever."""

from __future__ import annotations

import itertools
from typing import NoReturn

import pytest

from lambdas.common import rivals
from lambdas.common.errors import RunFailedError
from lambdas.common.guards import OutdatedError


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits, each as long as it can be."""
    waited: list[float] = []
    monkeypatch.setattr("random.uniform", lambda _least, most: most)
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def test_who_is_second_every_time_waits_ever_longer_and_fails_at_last(waits: list[float]) -> None:
    def come_second(_again: bool) -> NoReturn:  # noqa: FBT001
        raise OutdatedError("somebody was first")

    with pytest.raises(RunFailedError, match="others took from it first, 8 times in a row"):
        rivals.look_and_act(come_second, lost="others took from it first")

    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 3.2, 3.2, 3.2])


def test_a_step_that_is_taken_again_is_told_so(waits: list[float]) -> None:
    told: list[bool] = []
    tries = itertools.count()

    def come_second_once(again: bool) -> None:  # noqa: FBT001
        told.append(again)
        if next(tries) == 0:
            raise OutdatedError("somebody was first")

    rivals.look_and_act(come_second_once, lost="others took from it first")

    assert told == [False, True]
    assert len(waits) == 1
