"""What people decide: asked of OperateFunction, which alone may carry it out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cli import hub
from cli.failures import CommandError

if TYPE_CHECKING:
    from cli.aws import Aws

CARRIED_OUT = frozenset({"done", "intended", "pending", "rejected", "undone"})
"""The outcomes that are what was asked for; every other one is not."""

LONGEST_SECONDS = 905
"""A function runs for at most 15 minutes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


def ask(aws: Aws, action: str, decision_id: str) -> dict[str, Any]:
    """Ask for something about a decision, in the caller's name: `{decision_id, action, outcome, reason, message}`."""
    function = hub.require(aws).outputs["OperateFunction"]
    request = {"action": action, "decision_id": decision_id, "actor": aws.caller}
    answer = aws.client_once("lambda", seconds=LONGEST_SECONDS).invoke(
        FunctionName=function, Payload=json.dumps(request).encode()
    )
    payload: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        said = payload.get("errorMessage") or payload.get("errorType") or "no reason given"
        raise CommandError(f"{function} failed: {said}. What became of it: `poolwarden history {decision_id}`")
    return payload
