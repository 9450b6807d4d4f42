"""The control plane: what moves the simulated account's time, disturbs it and tells what happened in it."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self

from simulator import alarms
from simulator.account_settings import ACCOUNT_SETTINGS, InvalidSetting
from simulator.clock import CLOCK
from simulator.delivery import sqs
from simulator.delivery.functions import INVOCATIONS
from simulator.delivery.sns import OUTBOX
from simulator.elastic_ips.orders import InvalidOrder, give_address, lock_address
from simulator.faults import FAULTS, Fault, InvalidFault
from simulator.load_balancers.scaling import InvalidScaling, scale
from simulator.moto_services import exclusively
from simulator.permissions_used import PERMISSIONS_USED
from simulator.schedules import Schedules

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.calls import CallLog

SETTLE_LIMIT = 3600.0
"""Seconds that one settling may move the clock."""

METRIC_PERIOD = 60.0
"""Seconds between two publications of metrics and evaluations of alarms, as CloudWatch evaluates (user guide, "Alarm
evaluation"): an alarm on a longer period looks at several of them."""

MAX_ROUNDS = 10_000
"""Rounds of one settling: far more than an hour of timers needs, so that a loop of events ends."""

MAX_STEPS = 100_000

MAX_SECONDS = 10 * 366 * 86_400.0
"""Seconds that one advance may move the clock: longer than anything is kept."""


class ControlPlaneError(Exception):
    """A control call that cannot be carried out; `status` is the HTTP status of the answer."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class ControlPlane:
    """One control call at a time: the next one waits."""

    def __init__(self, calls: CallLog) -> None:
        self._calls = calls
        self._schedules = Schedules()
        self._lock = threading.Lock()

    def handle(self, method: str, action: str, body: bytes) -> Any:  # noqa: ANN401 - the JSON answer
        """Carry out `method /_simulator/action`. Errors: `ControlPlaneError`."""
        handlers: dict[tuple[str, str], Callable[[], Any]] = {
            ("POST", "settle"): lambda: self.settle(**_numbers(body)),
            ("POST", "advance"): lambda: self.advance(**_numbers(body, "seconds", "step")),
            ("POST", "faults"): lambda: _add_faults(_document(body)),
            ("DELETE", "faults"): FAULTS.clear,
            ("POST", "settings"): lambda: _change_settings(_document(body)),
            ("GET", "settings"): ACCOUNT_SETTINGS.document,
            ("DELETE", "settings"): ACCOUNT_SETTINGS.reset,
            ("GET", "calls"): self._calls.entries,
            ("DELETE", "calls"): self._calls.clear,
            ("GET", "permissions"): PERMISSIONS_USED.entries,
            ("GET", "outbox"): OUTBOX.entries,
            ("POST", "scale"): lambda: _scale(_document(body)),
            ("POST", "lock-address"): lambda: _order(lock_address, _document(body)),
            ("POST", "give-address"): lambda: _order(give_address, _document(body)),
        }
        handler = handlers.get((method, action))
        if handler is None:
            known = ", ".join(f"{verb} {name}" for verb, name in handlers)
            raise ControlPlaneError(f"{method} {action} is no control call; there are {known}", status=404)
        return handler()

    def settle(self) -> dict[str, Any]:
        """Let everything that is under way come to its end; the time moves by at most an hour."""
        _check_movable()
        with self._lock, _Report() as report:
            self._schedules.observe()
            self._settle()
            return report.document()

    def advance(self, *, seconds: float | None = None, step: float | None = None) -> dict[str, Any]:
        """Move the clock on by `seconds` in steps of `step`; each step fires what came due, then settles.

        Without a step it is one of all the seconds. Errors: `ControlPlaneError`.
        """
        if seconds is None or not 0 < seconds <= MAX_SECONDS:
            raise ControlPlaneError(f"seconds must be above 0 and at most {MAX_SECONDS:.0f}, not {_shown(seconds)}")
        if step is None:
            step = seconds
        if not step > 0 or seconds > MAX_STEPS * step:
            told = f"step must be above 0, and so large that there are at most {MAX_STEPS} steps, not {_shown(step)}"
            raise ControlPlaneError(told)
        _check_movable()
        with self._lock, _Report() as report:
            self._schedules.observe()
            start, done = CLOCK.time(), 0.0
            while done < seconds:
                done = min(done + step, seconds)
                self._move_to(start + done)
                alarms.publish_and_evaluate()
                self._schedules.fire_due()
                self._settle()
            return report.document()

    def tick(self) -> None:
        """One beat of a live account: whatever is due by now happens."""
        with self._lock:
            self._schedules.fire_due()
            self._run_due()
            alarms.publish_and_evaluate()
            self._run_due()

    def _settle(self) -> None:
        limit = CLOCK.time() + SETTLE_LIMIT
        quiet_since = CLOCK.time()
        for _ in range(MAX_ROUNDS):
            changed = self._run_due()
            changed |= alarms.publish_and_evaluate()
            if changed:
                quiet_since = CLOCK.time()
                continue
            due = _next_due(limit)
            if due is None and CLOCK.time() - quiet_since >= alarms.longest_window(SETTLE_LIMIT):
                return
            beat = CLOCK.time() - CLOCK.time() % METRIC_PERIOD + METRIC_PERIOD
            if min(due or beat, beat) > limit:
                return
            CLOCK.move_to(min(due or beat, beat))

    def _move_to(self, end: float) -> None:
        """Move to `end`, with each timer and each message at its own time on the way."""
        for _ in range(MAX_ROUNDS):
            if self._run_due():
                continue
            due = _next_due(end)
            if due is None:
                break
            CLOCK.move_to(due)
        CLOCK.move_to(end)

    def _run_due(self) -> bool:
        """Run what is due at this moment; whether anything was."""
        ran = CLOCK.run_due() > 0
        return sqs.poll() or ran


def _check_movable() -> None:
    if CLOCK.live:
        raise ControlPlaneError("the account runs live: its clock is the real one, which nobody moves", status=409)


def _next_due(end: float) -> float | None:
    """When the next timer runs or message becomes visible, if that is by `end`."""
    return min((due for due in (CLOCK.next_due(), sqs.next_change()) if due is not None and due <= end), default=None)


class _Report:
    """What happened during one control call, in the form of its answer."""

    def __enter__(self) -> Self:
        self._invocations = INVOCATIONS.count()
        self._transitions = alarms.TRANSITIONS.count()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def document(self) -> dict[str, Any]:
        return {
            "now": CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "invocations": INVOCATIONS.since(self._invocations),
            "alarms": alarms.TRANSITIONS.since(self._transitions),
        }


def _document(body: bytes) -> Any:  # noqa: ANN401
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ControlPlaneError(f"the body is no JSON: {error}") from None


def _shown(number: float | None) -> str:
    """A number as it was given."""
    return "missing" if number is None else json.dumps(number)


def _numbers(body: bytes, *allowed: str) -> dict[str, float]:
    """The numbers in the body, by name."""
    document = _document(body)
    if not isinstance(document, dict):
        raise ControlPlaneError("the body must be a JSON object")
    if unknown := sorted(set(document) - set(allowed)):
        raise ControlPlaneError(f"unknown member {unknown[0]!r}; allowed are: {', '.join(allowed) or 'none'}")
    for name, value in document.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ControlPlaneError(f"{name} must be a number of seconds, not {value!r}")
    return document


def _add_faults(document: Any) -> dict[str, int]:  # noqa: ANN401
    if not isinstance(document, list):
        raise ControlPlaneError("the body must be a list of faults")
    try:
        faults = [Fault.from_document(element) for element in document]
    except InvalidFault as error:
        raise ControlPlaneError(str(error)) from None
    FAULTS.add(faults)
    return {"faults": len(faults)}


def _change_settings(document: Any) -> dict[str, Any]:  # noqa: ANN401
    try:
        return ACCOUNT_SETTINGS.change(document)
    except InvalidSetting as error:
        raise ControlPlaneError(str(error)) from None


def _order(carry_out: Callable[[Any], dict[str, Any]], document: Any) -> dict[str, Any]:  # noqa: ANN401
    try:
        with exclusively():
            return carry_out(document)
    except InvalidOrder as error:
        raise ControlPlaneError(str(error)) from None


def _scale(document: Any) -> dict[str, Any]:  # noqa: ANN401
    try:
        with exclusively():
            return scale(document)
    except InvalidScaling as error:
        raise ControlPlaneError(str(error)) from None
