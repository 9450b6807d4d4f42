"""The kill switch: an SSM parameter that anybody on call can set, read before each change."""

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
