"""EventBridge rules to their targets, with each target's retry policy and dead-letter queue.

EventBridge user guide, "How EventBridge retries delivering events": 24 hours and up to 185 attempts by default, with
exponential back off; a target that refuses for good (no permission, no such resource) is not retried.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, sqs

from simulator.clock import CLOCK
from simulator.delivery import functions
from simulator.faults import FAULTS

ALARM_DETAIL_TYPES = frozenset({"CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"})


DEFAULT_MAX_ATTEMPTS = 185
DEFAULT_MAX_AGE = 86_400
MAX_PAUSE = 600.0

_HAND_OVER = {"lambda": "Invoke", "sqs": "SendMessage", "sns": "Publish", "states": "StartExecution"}
"""The call by which EventBridge hands an event to each kind of target: what a fault names to disturb it."""


class Undeliverable(Exception):  # noqa: N818 - an outcome of a delivery, named as one
    """The target did not take the event; `code` as EventBridge writes it into the dead letter."""

    def __init__(self, code: str, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.again = again


def install() -> None:
    """Put the delivery of matched events, which MiniStack does on threads of its own, on the clock."""
    eventbridge._invoke_target = _enqueue


def put_aws_event(
    *, account: str, region: str, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]
) -> None:
    """Put an event of an AWS service on the account's default bus in that Region."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": resources,
        "EventBusName": "default",
    }
    with request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def fire_schedule(*, account: str, region: str, rule: dict[str, Any], targets: list[dict[str, Any]]) -> None:
    """Deliver a scheduled rule's event to its targets: once, as of now."""
    with request_scope(account, region):
        event = {
            "EventId": eventbridge.new_uuid(),
            "Source": "aws.events",
            "DetailType": "Scheduled Event",
            "Detail": "{}",
            "EventBusName": "default",
            "Time": int(CLOCK.time()),
            "Resources": [rule["Arn"]],
            "Account": account,
            "Region": region,
        }
        for target in targets:
            _enqueue(target, event, rule)


@dataclass(slots=True, kw_only=True)
class _Delivery:
    target: dict[str, Any]
    rule: dict[str, Any]
    account: str
    region: str
    payload: str
    woken_by: str
    accepted_at: float
    retries: int = 0

    def deliver(self) -> None:
        try:
            with request_scope(self.account, self.region):
                self._hand_over()
        except Undeliverable as refusal:
            pause = min(2.0**self.retries, MAX_PAUSE)
            if refusal.again and self._may_retry(pause):
                self.retries += 1
                CLOCK.after(pause, self.deliver, f"rule {self.rule.get('Name')}")
            else:
                self._dead_letter(refusal)

    def _may_retry(self, pause: float) -> bool:
        policy = self.target.get("RetryPolicy") or {}
        attempts = int(policy.get("MaximumRetryAttempts", DEFAULT_MAX_ATTEMPTS))
        age = int(policy.get("MaximumEventAgeInSeconds", DEFAULT_MAX_AGE))
        return self.retries < attempts and CLOCK.time() + pause - self.accepted_at <= age

    def _hand_over(self) -> None:
        arn = self.target["Arn"]
        spec = parse_arn(arn)
        if fault := FAULTS.take(spec.service, _HAND_OVER.get(spec.service, "")):
            raise Undeliverable(fault.code or "SDK_CLIENT_ERROR", f"{arn} failed", again=True)
        if spec.service == "lambda":
            if not functions.may_invoke(arn, service="events.amazonaws.com", source_arn=self.rule["Arn"]):
                raise Undeliverable("NO_PERMISSIONS", f"the policy of {arn} does not let this rule invoke it")
            functions.invoke_async(arn, json.loads(self.payload), woken_by=self.woken_by)
        elif spec.service == "sqs":
            if sqs._queue_by_arn(arn) is None:
                raise Undeliverable("RESOURCE_NOT_FOUND", f"{arn} does not exist")
            if not sqs.queue_policy_allows(arn, "events.amazonaws.com", self.rule["Arn"], self.account):
                raise Undeliverable("NO_PERMISSIONS", f"the policy of {arn} does not let this rule send to it")
            eventbridge._dispatch_to_sqs(spec, self.payload, self.target.get("SqsParameters") or {})
        elif spec.service == "sns":
            eventbridge._dispatch_to_sns(arn, self.payload)
        elif spec.service == "states":
            eventbridge._dispatch_to_stepfunctions(arn, self.payload)
        else:
            raise Undeliverable("UNSUPPORTED_TARGET", f"targets like {arn} are not simulated")

    def _dead_letter(self, refusal: Undeliverable) -> None:
        queue = (self.target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        attributes = {
            "RULE_ARN": ("String", self.rule["Arn"]),
            "TARGET_ARN": ("String", self.target["Arn"]),
            "ERROR_CODE": ("String", refusal.code),
            "ERROR_MESSAGE": ("String", str(refusal)),
            "RETRY_ATTEMPTS": ("Number", str(self.retries)),
        }
        functions.send(queue, self.payload, attributes)


def _enqueue(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:  # noqa: ANN401
    view = view or eventbridge._pattern_event_view(event)
    delivery = _Delivery(
        target=target,
        rule=rule,
        account=get_account_id(),
        region=get_region(),
        payload=_payload(target, rule, view),
        woken_by=_trigger(event),
        accepted_at=CLOCK.time(),
    )
    CLOCK.after(0, delivery.deliver, f"rule {rule.get('Name')}")


def _payload(target: dict[str, Any], rule: dict[str, Any], view: Any) -> str:  # noqa: ANN401
    if transformer := target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(transformer, rule, view))
    if constant := target.get("Input"):
        return str(constant)
    value: Any = view.event_with_detail()
    for part in target.get("InputPath", "").lstrip("$").split("."):
        value = value[part] if part else value
    return json.dumps(value)


def _trigger(event: dict[str, Any]) -> str:
    if event.get("DetailType") == "Scheduled Event":
        return "schedule"
    return "alarm" if event.get("DetailType") in ALARM_DETAIL_TYPES else "event"
