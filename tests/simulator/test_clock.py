from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import MAX_RUNS, Clock, timers_under


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_clock_starts_at_real_time_and_stands_still() -> None:
    before = time.time()
    clock = Clock()
    started = clock.time()
    assert before <= started <= time.time()
    time.sleep(0.01)
    assert clock.time() == started


def test_now_is_the_same_time_in_utc(clock: Clock) -> None:
    assert clock.now().timestamp() == pytest.approx(clock.time())
    assert clock.now().tzname() == "UTC"


def test_a_live_clock_goes(clock: Clock) -> None:
    assert not clock.live
    clock.run_live()
    assert clock.live
    first = clock.time()
    time.sleep(0.01)
    assert clock.time() > first


def test_a_clock_never_goes_back(clock: Clock) -> None:
    now = clock.time()
    clock.move_to(now + 10)
    clock.move_to(now + 5)
    assert clock.time() == now + 10


def test_a_timer_runs_when_it_is_due_and_only_once(clock: Clock) -> None:
    ran: list[float] = []
    clock.after(10, lambda: ran.append(clock.time()))
    start = clock.time()
    assert clock.next_due() == start + 10
    assert clock.run_due() == 0
    clock.move_to(start + 10)
    assert clock.run_due() == 1
    assert clock.run_due() == 0
    assert ran == [start + 10]
    assert clock.next_due() is None


def test_advance_runs_each_timer_at_its_own_time(clock: Clock) -> None:
    start, ran = clock.time(), []
    for seconds in (30, 10, 20):
        clock.after(seconds, lambda: ran.append(clock.time() - start))
    clock.advance(25)
    assert ran == [10, 20]
    assert clock.time() == start + 25


def test_timers_of_one_moment_run_in_the_order_in_which_they_were_set(clock: Clock) -> None:
    ran: list[str] = []
    for name in "abc":
        clock.after(5, lambda name=name: ran.append(name))  # type: ignore[misc]
    clock.advance(5)
    assert ran == ["a", "b", "c"]


def test_what_a_timer_sets_for_now_runs_too(clock: Clock) -> None:
    ran: list[str] = []

    def first() -> None:
        ran.append("first")
        clock.after(0, lambda: ran.append("second"))

    clock.after(0, first)
    assert clock.run_due() == 2
    assert ran == ["first", "second"]


def test_timers_that_wake_each_other_without_end_are_stopped(clock: Clock) -> None:
    def again() -> None:
        clock.after(0, again)

    clock.after(0, again)
    with pytest.raises(RuntimeError, match=str(MAX_RUNS)):
        clock.run_due()


def test_a_timer_that_fails_leaves_the_others_waiting(clock: Clock) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise ValueError("broken")

    clock.after(1, fail)
    clock.after(2, lambda: ran.append("next"))
    with pytest.raises(ValueError, match="broken"):
        clock.advance(5)
    clock.advance(5)
    assert ran == ["next"]


def test_forgotten_timers_do_not_run(clock: Clock) -> None:
    clock.after(0, lambda: pytest.fail("it was forgotten"))
    clock.forget_timers()
    assert clock.run_due() == 0


def test_a_timer_runs_under_the_lock_of_whoever_set_it_and_so_does_what_it_sets(clock: Clock) -> None:
    held: list[bool] = []
    state = {"held": False}

    class Lock:
        def __enter__(self) -> None:
            state["held"] = True

        def __exit__(self, *_: object) -> None:
            state["held"] = False

    def note_and_set() -> None:
        held.append(state["held"])
        clock.after(1, lambda: held.append(state["held"]))

    token = timers_under.set(Lock())
    clock.after(1, note_and_set)
    timers_under.reset(token)
    clock.after(1, lambda: held.append(state["held"]))
    clock.advance(3)
    assert held == [True, False, True]


def test_several_threads_can_set_timers(clock: Clock) -> None:
    ran: list[int] = []
    threads = [
        threading.Thread(target=lambda: [clock.after(n, lambda: ran.append(1)) for n in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.advance(60)
    assert len(ran) == 200


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=30), st.floats(min_value=0, max_value=1e6))
def test_advance_runs_exactly_what_is_due_in_order(delays: list[float], span: float) -> None:
    clock = Clock()
    start, ran = clock.time(), []
    timers = [clock.after(delay, lambda: ran.append(clock.time())) for delay in delays]
    clock.advance(span)
    assert ran == sorted(timer.due for timer in timers if timer.due <= start + span)
