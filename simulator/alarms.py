"""CloudWatch's alarms in the simulated account: metrics published, alarms evaluated, their actions delivered."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch, sns

from simulator import ipam
from simulator.clock import CLOCK
from simulator.cloudwatch import payloads
from simulator.cloudwatch.alarms import AlarmState, Transition, evaluate
from simulator.cloudwatch.metrics import MetricStore
from simulator.cloudwatch.validation import InvalidAlarm, validate
from simulator.delivery import eventbridge, functions, sqs
from simulator.moto_services import MOTO_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALARM_SERVICE = "lambda.alarms.cloudwatch.amazonaws.com"
"""The principal that a function's policy must allow for a direct alarm action."""

LOST_TOPIC_KEY = "alias/aws/sns"
"""CloudWatch may not use this key: alarm actions to a topic encrypted with it are lost without a word."""


class TransitionLog:
    """Every change of an alarm's or a contributor's state since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []

    def record(self, *, name: str, contributor: str | None, before: str, after: str) -> None:
        """Note a change; `contributor` is None for the alarm itself."""
        with self._lock:
            self._entries.append({"name": name, "contributor": contributor, "from": before, "to": after})

    def count(self) -> int:
        """How many changes there have been."""
        return len(self._entries)

    def since(self, count: int) -> list[dict[str, Any]]:
        """The changes after the first `count`."""
        with self._lock:
            return self._entries[count:]


TRANSITIONS = TransitionLog()
_STORES: dict[tuple[str, str], MetricStore] = defaultdict(MetricStore)
_STATES: dict[str, AlarmState] = {}
_EVALUATION = threading.Lock()
