"""The kill switch and the change calendar, both in SSM, where anybody on call can set them; read before each change."""

from __future__ import annotations

import os

from lambdas.common.aws_clients import client
from lambdas.common.errors import AwsError
from lambdas.common.observability import logger

DEFAULT_PARAMETER = "/poolwarden/mode"
LETS_CHANGE = "deployed"

log = logger("switch")


def allows_changes() -> bool:
    """Say whether the deployed mode counts: only while the parameter says `deployed`.

    `observe`, an unknown value, no parameter and no answer all mean that nothing is changed: the switch can
    lower the deployed mode and never raise it. Nothing is remembered: changes are few, and whoever throws the
    switch means now.
    """
    return _read() == LETS_CHANGE


def is_open(calendar: str) -> bool:
    """Say whether an SSM change calendar allows changes: OPEN. No answer means that it does not.

    By AWS's clock, not by the time of the event: a run that began before a freeze, or is tried again hours later, is
    not in that time any more.
    """
    try:
        answer = client("ssm").get_calendar_state(CalendarNames=[calendar])
    except AwsError:
        log.warning("the change calendar %s cannot be read: nothing is changed", calendar, exc_info=True)
        return False
    return answer.get("State") == "OPEN"


def parameter_name() -> str:
    """Give the name of the parameter, for the function and for the people who are told how to stop it."""
    return os.environ.get("MODE_PARAMETER") or DEFAULT_PARAMETER


def _read() -> str | None:
    name = parameter_name()
    try:
        return client("ssm").get_parameter(Name=name)["Parameter"].get("Value")
    except AwsError:
        log.warning("the kill switch %s cannot be read: nothing is changed", name, exc_info=True)
        return None
