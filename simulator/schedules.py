"""EventBridge's scheduled rules on the simulated clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ministack.services import eventbridge

from simulator.clock import CLOCK
from simulator.delivery.eventbridge import fire_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

_RATE = re.compile(r"rate\(([1-9]\d*)\s+(minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


class Schedules:
    """When each scheduled rule fires next. A rate counts from the moment at which the rule was first seen."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, str, str, str], float | None] = {}

    def observe(self) -> None:
        """Note rules that are new or changed, so that their rates begin to count now; forget those that are gone."""
        seen = {}
        for key, rule, _ in _scheduled_rules():
            identity = (*key, rule["ScheduleExpression"])
            seen[identity] = self._next.get(identity, next_time(rule["ScheduleExpression"], CLOCK.time()))
        self._next = seen

    def fire_due(self) -> int:
        """Deliver each schedule that came due, once however often it came due; the number fired."""
        self.observe()
        fired = 0
        for key, rule, targets in list(_scheduled_rules()):
            identity = (*key, rule["ScheduleExpression"])
            due = self._next[identity]
            if due is None or due > CLOCK.time():
                continue
            self._next[identity] = following(rule["ScheduleExpression"], due, CLOCK.time())
            fire_schedule(account=key[0], region=key[1], rule=rule, targets=targets)
            fired += 1
        return fired


def _scheduled_rules() -> Iterator[tuple[tuple[str, str, str], dict[str, Any], list[dict[str, Any]]]]:
    for key, rule in eventbridge._rules.all_items():
        if rule.get("ScheduleExpression") and rule.get("State") == "ENABLED":
            yield key, rule, eventbridge._targets.get_scoped(*key) or []


def following(expression: str, due: float, now: float) -> float | None:
    """The time after `now` that follows `due`: a rate keeps its beat, however late it is looked at."""
    if found := _RATE.fullmatch(expression):
        every = int(found[1]) * _UNIT_SECONDS[found[2]]
        return due + ((now - due) // every + 1) * every
    return next_time(expression, now)


def next_time(expression: str, after: float) -> float | None:
    """The next time of a `rate(...)` or `cron(...)` later than `after`, seconds since the epoch.

    None for never, as of an expression that says nothing.
    """
    if found := _RATE.fullmatch(expression):
        return after + int(found[1]) * _UNIT_SECONDS[found[2]]
    fields = eventbridge._parse_cron_fields(expression)
    fires = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(after, UTC)) if fields else None
    return fires.timestamp() if fires else None
