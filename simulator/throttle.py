"""EC2's documented request throttling, on real time.

Amazon EC2 developer guide, "Request throttling for the Amazon EC2 API": for each account and Region every action has a
token bucket of its own; a request takes one token, and tokens come back at the action's rate.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.aws_call import AwsCall

ERROR_CODE = "RequestLimitExceeded"
ERROR_MESSAGE = "Request limit exceeded."
ERROR_STATUS = 503


@dataclass(frozen=True, slots=True)
class Limit:
    """The size of a bucket, in requests, and how many come back each second."""

    size: float
    per_second: float


NON_MUTATING = Limit(100, 20)
UNFILTERED = Limit(50, 10)
MUTATING = Limit(50, 5)

BY_ACTION = {
    "AcceptVpcPeeringConnection": Limit(10, 1),
    "CreateTags": Limit(100, 10),
    "CreateVpcEndpoint": Limit(4, 0.3),
    "DeleteTags": Limit(100, 10),
    "DeleteVpcEndpoints": Limit(4, 0.3),
}
"""The guide's table of actions with limits of their own, as far as they are simulated."""

UNFILTERED_ACTIONS = frozenset(
    {
        "DescribeInstanceStatus",
        "DescribeInstances",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSnapshots",
        "DescribeSpotInstanceRequests",
        "DescribeVolumes",
    }
)
"""Actions that have less room when they are called with neither filter nor pagination."""


@dataclass(slots=True)
class ThrottleSettings:
    """Whether calls are limited at all."""

    throttled: bool = False


SETTINGS = ThrottleSettings()
"""The settings of this process."""


class Throttle:
    """The buckets of every account and Region. `now` gives seconds that never go back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def allows(self, call: AwsCall) -> bool:
        """Take a token for an EC2 call; False when its bucket is empty. Other services are not limited."""
        if call.service != "ec2":
            return True
        limit = limit_of(call)
        key = (call.account, call.region, call.operation)
        with self._lock:
            now = self._now()
            tokens, since = self._buckets.get(key, (limit.size, now))
            tokens = min(limit.size, tokens + (now - since) * limit.per_second)
            allowed = tokens >= 1
            self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        return allowed


def limit_of(call: AwsCall) -> Limit:
    """The documented limit of an EC2 call."""
    if own := BY_ACTION.get(call.operation):
        return own
    if call.mutating:
        return MUTATING
    if call.operation in UNFILTERED_ACTIONS and not _narrowed(call):
        return UNFILTERED
    return NON_MUTATING


def _narrowed(call: AwsCall) -> bool:
    return any(name.startswith(("Filter", "MaxResults")) or "Id." in name for name in call.parameters)
