"""The kill switch: an SSM parameter that anybody on call can set, read before each change."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from lambdas.common.aws_clients import client
from lambdas.common.errors import AwsError
from lambdas.common.observability import logger

CACHED_SECONDS = 5.0
DEFAULT_PARAMETER = "/poolwarden/mode"
LETS_CHANGE = "deployed"

log = logger("switch")


@dataclass(frozen=True, slots=True)
class _Reading:
    allowed: bool
    good_until: float


_last = _Reading(allowed=False, good_until=float("-inf"))


def allows_changes() -> bool:
    """Say whether the deployed mode counts: only while the parameter says `deployed`.

    `observe`, an unknown value, no parameter and no answer all mean that nothing is changed: the switch can
    lower the deployed mode and never raise it. A reading serves for five seconds.
    """
    global _last  # noqa: PLW0603 - one switch for the whole function, as there is one parameter
    # Not the event's time: this is about how long ago we looked, which only a clock that never jumps can
    # tell.
    if time.monotonic() >= _last.good_until:
        _last = _Reading(allowed=_read() == LETS_CHANGE, good_until=time.monotonic() + CACHED_SECONDS)
    return _last.allowed


def parameter_name() -> str:
    """Give the name of the parameter, for the function and for the people who are told how to stop it."""
    return os.environ.get("MODE_PARAMETER") or DEFAULT_PARAMETER


def forget() -> None:
    """Drop the last reading, so that the next question is asked anew."""
    global _last  # noqa: PLW0603 - see allows_changes
    _last = _Reading(allowed=False, good_until=float("-inf"))


def _read() -> str | None:
    name = parameter_name()
    try:
        return client("ssm").get_parameter(Name=name)["Parameter"].get("Value")
    except AwsError:
        log.warning("the kill switch %s cannot be read: nothing is changed", name, exc_info=True)
        return None
