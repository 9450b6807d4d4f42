"""Random histories of an account: people and services change addresses, the function runs, and things go wrong.

A history is made from one number, and is the same each time. Some changes come between two calls of a run, as do other
runs; some calls fail, before or after AWS did what was asked; some processes end in the middle, at the latest when
Lambda's timeout is over.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.lambdas.release_eips.function import HOUR, TIMEOUT, Function, ProcessEndedError
from tests.lambdas.release_eips.tables import refused
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSES = 5
STEPS = 7
QUIET_PERIODS = 6
"""So long does the longest way to a release take: idle, warned, due, and a lease that a process left behind."""

TAGS: list[tuple[str, list[str | None]]] = [
    ("poolwarden:protect", ["true", None]),
    ("poolwarden:keep-until", ["2026-03-02", "2026-12-31", "someday", None, None]),
    ("keep", ["true", None]),
]
FAULTS = ("RequestLimitExceeded", "UnauthorizedOperation", "InternalError", "InvalidIPAddress.InUse", "AuthFailure")
DEPTH = 2


class History:
    """One history in the making."""

    def __init__(self, seed: int, **release_eips: Any) -> None:
        self.random = Random(seed)  # noqa: S311 - what is random here is a test
        self.world = World()
        self.function = Function(self.world, **release_eips)
        self._planned: dict[int, Callable[[str], Callable[[], None] | None]] = {}
        self._depth = 0
        self.world.on_call = self._on_call

    def play(self) -> None:
        """Live through it, and then let everything come to its end without any disturbance."""
        for number in range(ADDRESSES):
            self._make(number)
        self.function.hear()
        for _ in range(STEPS):
            steps = [self._change, self._run, self._disturbed_run, self._disturbed_run, self._run_twice, self._go_blind]
            self.random.choice(steps)()
        self._planned.clear()
        self.function.pass_time(periods=QUIET_PERIODS)
        self.function.hear()

    def _make(self, number: int) -> None:
        random = self.random
        address = self.world.allocate(
            pool=random.choice(["amazon", "amazon", "ipam-pool-1", "ipv4pool-ec2-1"]),
            default_vpc=random.random() < 0.5,
            service_managed="rnat" if random.random() < 0.05 else None,
            stack=random.random() < 0.05,
        )
        if random.random() < 0.3:
            self.world.associate(address)
        if number == 0:
            self._change()

    def _change(self) -> None:
        """Somebody does something to an address, now or a little later."""
        random, world = self.random, self.world
        world.now += timedelta(minutes=random.choice([0, 0, 1, 20]))
        if not world.elastic:
            return
        address = random.choice(list(world.elastic.values()))
        doing = random.choice(["use", "use", "try", "leave", "leave", "tag", "ptr", "dns", "transfer", "lock", "make"])
        if doing in ("use", "try"):
            world.associate(address, fails=doing == "try")
        elif doing == "leave":
            world.disassociate(address)
        elif doing == "tag":
            key, values = random.choice(TAGS)
            world.tag(address, key, random.choice(values))
        elif doing == "make":
            world.allocate()
        else:
            kind = "locked" if doing == "lock" else doing
            world.change(address, kind, random.random() < 0.5)

    def _run(self) -> None:
        """The schedule fires; now and then it did not for a long time."""
        self.world.now += HOUR * self.random.choice([1, 1, 1, 2, 5])
        self.function.hear()
        self.function.sweep()

    def _go_blind(self) -> None:
        """For hours nobody looks, and what CloudTrail had to tell is lost."""
        self.function.hear()
        self._change()
        self._change()
        self.world.trail.clear()
        self.function.is_told_all()
        self.world.now += HOUR * 4
        self.function.sweep()

    def _run_twice(self) -> None:
        """An event comes twice, the second time late."""
        self._run()
        now = self.world.now
        self.world.now += timedelta(minutes=self.random.choice([0, 10, 30]))
        event = {"detail-type": "Scheduled Event", "time": now.isoformat(), "detail": {}}
        self.function.wake(event)

    def _disturbed_run(self) -> None:
        """Things happen between the calls of a run."""
        for _ in range(self.random.choice([1, 1, 2, 3])):
            self._planned[self.world.calls + self.random.randrange(1, 60)] = self.random.choice(
                [self._interfere, self._interfere, self._run_meanwhile, self._fail, self._fail, self._end_process]
            )
        self._run()

    def _on_call(self, index: int, operation: str) -> Callable[[], None] | None:
        happening = self._planned.pop(index, None)
        afterwards = happening(operation) if happening else None
        if self.world.views and self.world.now - self.world.views[-1].began >= TIMEOUT:
            raise ProcessEndedError
        return afterwards

    def _interfere(self, _operation: str) -> None:
        self._change()

    def _run_meanwhile(self, _operation: str) -> None:
        if self._depth < DEPTH:
            self._depth += 1
            self.function.sweep()
            self._depth -= 1

    def _fail(self, operation: str) -> Callable[[], None] | None:
        code = self.random.choice(FAULTS)
        if operation in ("put_events", "update_item", "transact_write_items", "batch_get_item", "get_item"):
            code = "InternalServerError"
        error = refused(code, operation)
        if code.startswith("Internal"):
            error.response["ResponseMetadata"]["HTTPStatusCode"] = 500
            if self.random.random() < 0.5:
                return lambda: _raise(error)
        raise error

    def _end_process(self, _operation: str) -> Callable[[], None] | None:
        if self.random.random() < 0.5:
            return lambda: _raise(ProcessEndedError())
        raise ProcessEndedError


def _raise(error: BaseException) -> None:
    raise error
