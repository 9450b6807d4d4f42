"""Which of an alarm's actions a transition fires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.cloudwatch.definition import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.cloudwatch.alarms import Transition

_LISTS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}

PER_CONTRIBUTOR = frozenset({"sns", "lambda"})
"""Services whose actions a contributor's change fires, and the change of an alarm with contributors does not.

User guide, "Alarm actions": SNS and Lambda work at the contributor level, OpsItems at the alarm level.
"""


def actions(definition: Mapping[str, Any], transition: Transition) -> tuple[str, ...]:
    """List the ARNs of the actions that the transition fires, in the definition's order."""
    if not definition.get("ActionsEnabled", True):
        return ()
    configured = tuple(definition.get(_LISTS[transition.current.value]) or ())
    if not read(definition).by_contributor:
        return configured
    at_contributor = transition.contributor is not None
    return tuple(arn for arn in configured if (service_of(arn) in PER_CONTRIBUTOR) is at_contributor)


def service_of(arn: str) -> str:
    """Name the service of an ARN: `sns` of `arn:aws:sns:...`; empty for what is no ARN."""
    parts = arn.split(":", 3)
    return parts[2] if parts[0] == "arn" and len(parts) == 4 else ""  # noqa: PLR2004 - arn:partition:service:rest
