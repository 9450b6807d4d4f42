"""Real time: how fast AWS may be called, and how long a run may still last.

EC2 counts calls of an account in a Region in token buckets.
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MUTATING = (46, 5.0)
READING = (96, 20.0)
"""A few less than EC2's 50 and 100 at once: a full bucket takes in nothing while our first calls are on their way."""

HOSTED_ZONES = (5, 5.0)
"""Half of the rate that Route 53 grants an account. Where other workers read the same account's zones, it throttles
some of them, and the SDK asks again.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html"""


@dataclass(kw_only=True)
class Pace:
    """A token bucket of `burst` calls that fills by `per_second`; who finds it empty waits."""

    burst: float
    per_second: float
    _left: float = field(init=False)
    _at: float = field(init=False, default_factory=time.monotonic)
    _counting: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._left = self.burst

    def wait(self) -> None:
        """Take a token, after waiting for one if need be."""
        with self._counting:
            now = time.monotonic()
            self._left = min(self.burst, self._left + (now - self._at) * self.per_second) - 1
            self._at = now
            seconds = max(0.0, -self._left / self.per_second)
        time.sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Let nobody have a token for so long: AWS's own bucket is emptier than this one."""
        with self._counting:
            now = time.monotonic()
            filled = self._left + (now - self._at) * self.per_second
            self._left, self._at = min(filled, 1 - seconds * self.per_second), now


@dataclass(kw_only=True)
class RunTime:
    """A run's time, in two measures.

    `at` is the moment by which it judges: that of what woke it, or, where that came late, of AWS's first answer.
    `seconds` is how long the run may last in real time.
    """

    at: datetime
    seconds: float
    _start: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """The seconds since it began."""
        return time.monotonic() - self._start

    @property
    def present(self) -> datetime:
        """What time it is now."""
        return self.at + timedelta(seconds=self.elapsed)

    def learn(self, told: datetime | None) -> None:
        """Take AWS's time for ours where it is later."""
        if told is not None:
            self.at = max(self.at, told)

    def is_over(self, *, reserve: float) -> bool:
        """Say whether less than so many seconds are left."""
        return self.elapsed > self.seconds - reserve
