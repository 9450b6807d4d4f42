"""Tells people what was decided: one message for each decision that comes out some way, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.common import events, settings, switch
from lambdas.common.events import EventError
from lambdas.notify import aws, plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.common.events import Wakeup

TEXTS = (
    "decision_id",
    "resource_id",
    "remediation",
    "action",
    "outcome",
    "reason",
    "account",
    "region",
    "time",
)


def handler(event: object, context: object) -> dict[str, object] | None:  # noqa: ARG001 - Lambda's signature
    """Answer a `Poolwarden Decision` event."""
    return events.handle(event, tell)


def tell(wakeup: Wakeup) -> None:
    """Publish the message for the decision in the event, unless people know it already."""
    item = _checked(wakeup.detail)
    if not plan.concerns_people(item):
        return
    conf = settings.load()
    means = plan.Means(mode_parameter=switch.parameter_name(), tag_prefix=conf.tag_prefix)
    message = plan.message(item, contacts=conf.contacts, means=means)
    condition = f"{item['decision_id']}#{item['outcome']}#{item['reason']}"
    aws.publish_once(message, condition=condition, now=wakeup.time)


def _checked(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    lacking = [name for name in TEXTS if not isinstance(detail.get(name), str)]
    if lacking or not isinstance(detail.get("detail"), dict):
        raise EventError(f"not a decision: {', '.join(lacking) or 'detail'} missing")
    return detail
