"""Random histories against an oracle that knows everything: nothing wrong is released, nothing is kept for ever.

Each address lives a history of its own: an example is a world of five. 2,000 worlds are 10,000 histories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.lambdas.release_eips import oracle
from tests.lambdas.release_eips.function import HOUR, deployed
from tests.lambdas.release_eips.histories import QUIET_PERIODS, History

if TYPE_CHECKING:
    from collections.abc import Iterator

WORLDS = settings().max_examples * 20
SEEDS = st.integers(min_value=0, max_value=2**48)


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


@settings(max_examples=WORLDS, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS)
@example(1_313_514_886_749)  # one run forgot what another one was about to release, and died with
@example(18_416)  # a release had no answer, and the look before the next try was refused
def test_nothing_is_released_that_should_stay_and_nothing_stays_that_should_go(seed: int) -> None:
    history = History(seed)
    history.play()
    world, conf = history.world, history.function.settings.release_eips
    assert conf is not None

    assert oracle.wrongs(world, conf) == []
    quiet_began = world.now - HOUR * QUIET_PERIODS
    kept = [each for each in world.elastic.values() if oracle.is_to_go(each, conf, now=quiet_began)]
    assert kept == []


@settings(max_examples=WORLDS // 20, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS, st.integers(min_value=1, max_value=2))
@example(1_665, 1)  # what others did during a run took it into the next period
def test_no_number_of_runs_releases_more_than_one_run_may(seed: int, most: int) -> None:
    history = History(seed, max_releases_per_run=most)
    history.play()
    conf = history.function.settings.release_eips
    assert conf is not None

    assert oracle.wrongs(history.world, conf) == []


@settings(max_examples=WORLDS // 20, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS)
def test_nothing_that_happens_makes_an_observer_release_anything(seed: int) -> None:
    history = History(seed, mode="observe")
    history.play()

    assert history.world.releases == []
    assert {item["outcome"] for item in history.world.ledger()} <= {"observed", "skipped", "blocked"}


@settings(max_examples=WORLDS // 20, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS)
def test_what_the_breaker_holds_waits_for_a_person_whatever_happens(seed: int) -> None:
    history = History(seed, breaker={"share": 0.01, "at_least": 1})
    history.play()

    assert history.world.releases == []
