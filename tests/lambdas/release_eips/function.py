"""The function in a world: woken by schedules and by what CloudTrail tells, tried again by Lambda when it fails."""

from __future__ import annotations

import itertools
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common import accounts, aws_clients, metrics, settings
from lambdas.common.dynamo import timestamp
from lambdas.common.settings import Settings
from lambdas.release_eips import handler, release, sweep
from tests.lambdas.account import ACCOUNT, GUARDS, HOME, LEDGER, MODE, SETTINGS
from tests.lambdas.release_eips.world import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lambdas.release_eips.world import World

HOUR = timedelta(hours=1)
ATTEMPTS = 3
TIMEOUT = timedelta(minutes=10)
"""When Lambda ends an invocation, as it is deployed."""
RELEASES: dict[str, Any] = {
    "mode": "enforce",
    "grace": 2 * 3600,
    "warn_before": 3600,
    "max_releases_per_run": 25,
    "breaker": {"share": 1.0, "at_least": 1000},
    "include": ["amazon", "ipam"],
    "dns_accounts": [],
    "keep_tags": {"keep": "true"},
    "sweep_period": 3600,
}


class ProcessEndedError(BaseException):
    """The function's process ends here: nothing of its code can catch it."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What Lambda tells a function of its invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        return int(TIMEOUT.total_seconds() * 1000)


class Function:
    """The function, with settings of its own, in one world."""

    def __init__(self, world: World, **release_eips: Any) -> None:
        self.world = world
        self.settings = settings_with(**release_eips)
        self._ids = itertools.count(1)
        self._heard = 0

    def sweep(self) -> None:
        """Wake it by its schedule."""
        self.wake({"detail-type": "Scheduled Event", "time": timestamp(self.world.now), "detail": {}})

    def wake(self, event: Any) -> None:
        """Wake it as Lambda does: what fails is tried again twice, as the same request."""
        request_id = f"request-{next(self._ids)}"
        for _ in range(ATTEMPTS):
            if self.invoke(event, request_id):
                return

    def invoke(self, event: Any, request_id: str) -> bool:
        """Invoke it once; whether it succeeded."""
        world = self.world
        world.views.append(View(id=request_id, heard=self._heard, began=world.now))
        with self._in_force():
            try:
                handler.handler(event, Context(aws_request_id=request_id))
            except (Exception, ProcessEndedError):  # noqa: BLE001 - Lambda makes no difference
                return False
            finally:
                world.views.pop()
        return True

    def hear(self) -> None:
        """Deliver what CloudTrail has of calls since."""
        happened = self.world.number
        while self.world.trail:
            self.wake(self.world.trail.pop(0))
        self._heard = happened

    def is_told_all(self) -> None:
        """Hold it to everything that happened, heard or not."""
        self._heard = self.world.number

    def pass_time(self, *, periods: int = 1) -> None:
        """Let the schedule fire so many times, an hour apart."""
        for _ in range(periods):
            self.world.now += HOUR
            self.hear()
            self.sweep()

    @contextmanager
    def _in_force(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "load", lambda: self.settings)
            patch.setattr(aws_clients, "_build", self.world.client)
            yield


def settings_with(**release_eips: Any) -> Settings:
    document = {**SETTINGS, "release_eips": {**RELEASES, **release_eips}}
    return Settings.from_document(document)


@contextmanager
def deployed() -> Iterator[None]:
    """What a deployed function finds around it; and, because thousands of histories run, no log and quick values."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEDGER_TABLE", LEDGER)
        patch.setenv("GUARDS_TABLE", GUARDS)
        patch.setenv("MODE_PARAMETER", MODE)
        patch.setenv("RECHECK_QUEUE_URL", "https://queue")
        patch.setattr(release, "PAUSE_SECONDS", 0.0)
        patch.setattr(sweep, "WORKERS", 1)  # so that what happens between two calls is told in order
        patch.setattr(accounts, "own", lambda: ACCOUNT)
        patch.setattr(accounts, "home_region", lambda: HOME)
        patch.setattr(metrics, "count_decision", lambda _record: None)
        logging.disable(logging.CRITICAL)
        yield
        logging.disable(logging.NOTSET)
