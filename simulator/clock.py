"""The simulated account's time: it stands still until somebody moves it, unless it runs live."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


MAX_RUNS = 100_000
"""Timers that one call may run: more can only be a loop of events that wake each other."""

timers_under: ContextVar[AbstractContextManager[Any]] = ContextVar("timers_under")
"""What a timer that is set in this context runs under: whoever guards a state with a lock guards what happens to it
later with the same lock."""


@dataclass(order=True, frozen=True, slots=True)
class Timer:
    """Something that happens at a time: a state change, a delivery, a retry."""

    due: float
    sequence: int
    action: Callable[[], None] = field(compare=False)
    label: str = field(compare=False)
    under: AbstractContextManager[Any] = field(compare=False)

    def run(self) -> None:
        """Do it, under the lock that guards what it changes."""
        with self.under:
            token = timers_under.set(self.under)
            try:
                self.action()
            finally:
                timers_under.reset(token)


class Clock:
    """Time in seconds since the epoch, with the timers that wait for it.

    The clock starts at real time, or where `start_at` puts it. Frozen (the default) it moves only in `move_to`; live it
    follows real time. Timers due at the same time run in the order in which they were set.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._now = time.time()
        self._live = False
        self._timers: list[Timer] = []
        self._sequence = itertools.count()

    def time(self) -> float:
        """Seconds since the epoch, as `time.time()` gives them."""
        return time.time() if self._live else self._now

    def now(self) -> datetime:
        """The time as an aware UTC datetime."""
        return datetime.fromtimestamp(self.time(), UTC)

    @property
    def live(self) -> bool:
        """Whether the clock follows real time."""
        return self._live

    def start_at(self, timestamp: float) -> None:
        """Begin a simulation's time there: forward or back, before anything waits."""
        self._now = timestamp

    def run_live(self) -> None:
        """Follow real time from here on."""
        self._live = True

    def move_to(self, timestamp: float) -> None:
        """Move a frozen clock forward; it never goes back."""
        with self._lock:
            self._now = max(self._now, timestamp)

    def after(self, seconds: float, action: Callable[[], None], label: str = "") -> Timer:
        """Run `action` once, `seconds` from now, when somebody calls `run_due` at or after that time."""
        under = timers_under.get(_NOTHING)
        timer = Timer(self.time() + seconds, next(self._sequence), action, label, under)
        with self._lock:
            heapq.heappush(self._timers, timer)
        return timer

    def next_due(self) -> float | None:
        """When the next timer is due, or None when nothing waits."""
        with self._lock:
            return self._timers[0].due if self._timers else None

    def run_due(self) -> int:
        """Run every timer that is due by now, in order; the number run. A timer may set further timers."""
        for ran in range(MAX_RUNS):
            timer = self._pop_due()
            if timer is None:
                return ran
            timer.run()
        raise RuntimeError(f"more than {MAX_RUNS} timers at one moment: events wake each other without end")

    def advance(self, seconds: float) -> None:
        """Move a frozen clock on by `seconds`, running each timer at its own time on the way."""
        end = self.time() + seconds
        while (due := self.next_due()) is not None and due <= end:
            self.move_to(due)
            self.run_due()
        self.move_to(end)

    def forget_timers(self) -> None:
        """Drop everything that waits: for a test that starts from nothing."""
        with self._lock:
            self._timers.clear()

    def _pop_due(self) -> Timer | None:
        with self._lock:
            if self._timers and self._timers[0].due <= self.time():
                return heapq.heappop(self._timers)
            return None


_NOTHING: AbstractContextManager[Any] = nullcontext()

CLOCK = Clock()
"""The one clock of this process: the account's services, the IPAM and the delivery queue share it."""
