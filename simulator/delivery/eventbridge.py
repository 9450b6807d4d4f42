"""EventBridge rules to their targets, with each target's retry policy and dead-letter queue.

EventBridge user guide, "How EventBridge retries delivering events": 24 hours and up to 185 attempts by default, with
exponential back off; a target that refuses for good (no permission, no such resource) is not retried.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, lambda_svc, sns, sqs

from simulator.clock import CLOCK
from simulator.delivery import event_buses, functions
from simulator.delivery.event_buses import SERVICE
from simulator.delivery.resource_policies import function_allows, queue_allows, topic_allows
from simulator.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_MAX_ATTEMPTS = 185
DEFAULT_MAX_AGE = 86_400
MAX_PAUSE = 600.0

_HAND_OVER = {"events": "PutEvents", "lambda": "Invoke", "sqs": "SendMessage", "sns": "Publish"}
"""The call by which EventBridge hands an event to each kind of target: what a fault names to disturb it."""

_THROTTLING = ("RequestLimitExceeded", "TooManyRequestsException")


class Undeliverable(Exception):  # noqa: N818 - an outcome of a delivery, named as one
    """The target did not take the event; `code` as EventBridge writes it into the dead letter.

    The codes are those of the user guide, "Using dead-letter queues to process undelivered events".
    """

    def __init__(self, code: str, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.again = again


def install() -> None:
    """Put the delivery of matched events, which MiniStack does on threads of its own, on the clock."""
    eventbridge._invoke_target = _enqueue
    event_buses.install()


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


def is_listened_to(account: str, region: str) -> bool:
    """Whether there are rules or archives that an event in that account and Region could reach."""
    stores = (eventbridge._rules, eventbridge._archives)
    return any(store.values_scoped(account, region) for store in stores)


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
    """`record` is MiniStack's form of the event, `event` AWS's, `payload` what the target gets of it."""

    target: dict[str, Any]
    rule: dict[str, Any]
    account: str
    region: str
    record: dict[str, Any]
    event: dict[str, Any]
    payload: str
    woken_by: str
    accepted_at: float
    retries: int = 0

    def deliver(self) -> None:
        try:
            with request_scope(self.account, self.region):
                self._suffer_fault()
                self._hand_over()
        except Undeliverable as refusal:
            pause = min(2.0**self.retries, MAX_PAUSE)
            exhausted = self._exhausted(pause) if refusal.again else None
            if refusal.again and not exhausted:
                self.retries += 1
                CLOCK.after(pause, self.deliver, f"rule {self.rule.get('Name')}")
            else:
                self._dead_letter(refusal, exhausted)

    def _exhausted(self, pause: float) -> str | None:
        """The limit of the target's retry policy that forbids another attempt after `pause` seconds."""
        policy = self.target.get("RetryPolicy") or {}
        if self.retries >= int(policy.get("MaximumRetryAttempts", DEFAULT_MAX_ATTEMPTS)):
            return "MaximumRetryAttempts"
        age = int(policy.get("MaximumEventAgeInSeconds", DEFAULT_MAX_AGE))
        return "MaximumEventAgeInSeconds" if CLOCK.time() + pause - self.accepted_at > age else None

    def _suffer_fault(self) -> None:
        target = parse_arn(self.target["Arn"])
        fault = FAULTS.take(target.service, _HAND_OVER.get(target.service, ""), account=target.account_id)
        if fault and fault.code:  # without a code it is only a delay
            throttled = "Throttl" in fault.code or fault.code in _THROTTLING
            code = "THROTTLING" if throttled else "SDK_CLIENT_ERROR"
            raise Undeliverable(code, f"{self.target['Arn']} answered {fault.code}", again=True)

    def _hand_over(self) -> None:
        arn = self.target["Arn"]
        spec = parse_arn(arn)
        if spec.service == "lambda":
            self._check(function_allows, lambda_svc._get_func_record_for_ref(arn)[0])
            functions.invoke_async(arn, self._json_payload(), woken_by=self.woken_by)
        elif spec.service == "sqs":
            self._check(queue_allows, sqs._queue_by_arn(arn))
            eventbridge._dispatch_to_sqs(spec, self.payload, self.target.get("SqsParameters") or {})
        elif spec.service == "sns":
            self._check(topic_allows, sns._topic_by_arn_any_scope(arn))
            functions.send(arn, self.payload, {})
        elif event_buses.is_bus(spec):
            self._to_bus(arn)
        else:
            raise Undeliverable("UNKNOWN", f"targets like {arn} are not simulated")

    def _to_bus(self, arn: str) -> None:
        if event_buses.was_forwarded(self.record):
            return  # an event that came from another bus goes to no third one, without a word
        if not event_buses.exists(arn):
            raise Undeliverable("NO_RESOURCE", f"{arn} does not exist")
        if not event_buses.may_send(self.rule, self.target, self.record):
            raise Undeliverable("NO_PERMISSIONS", f"{self.rule['Arn']} may not put events on {arn}")
        event_buses.receive(arn, self.record)

    def _check(self, allows: Callable[..., bool], resource: Any) -> None:  # noqa: ANN401 - MiniStack's record
        arn = self.target["Arn"]
        if not resource:
            raise Undeliverable("NO_RESOURCE", f"{arn} does not exist")
        if not allows(arn, service=SERVICE, source_arn=self.rule["Arn"]):
            raise Undeliverable("NO_PERMISSIONS", f"the policy of {arn} does not let {self.rule['Arn']} use it")

    def _json_payload(self) -> Any:  # noqa: ANN401 - any JSON
        try:
            return json.loads(self.payload)
        except ValueError as error:
            raise Undeliverable("INVALID_JSON", f"the input for {self.target['Arn']} is no JSON: {error}") from None

    def _dead_letter(self, refusal: Undeliverable, exhausted: str | None) -> None:
        queue = (self.target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue or not queue_allows(queue, service=SERVICE, source_arn=self.rule["Arn"]):
            return
        attributes = {
            "RULE_ARN": ("String", self.rule["Arn"]),
            "TARGET_ARN": ("String", self.target["Arn"]),
            "ERROR_CODE": ("String", refusal.code),
            "ERROR_MESSAGE": ("String", str(refusal)),
            "RETRY_ATTEMPTS": ("Number", str(self.retries)),
        }
        if exhausted:
            attributes["EXHAUSTED_RETRY_CONDITION"] = ("String", exhausted)
        functions.send(queue, json.dumps(self.event), attributes)


def _enqueue(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:  # noqa: ANN401
    view = view or eventbridge._pattern_event_view(event)
    delivery = _Delivery(
        target=target,
        rule=rule,
        account=get_account_id(),
        region=get_region(),
        record=event,
        event=view.event_with_detail(),
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
    event = value = view.event_with_detail()
    for part in target.get("InputPath", "").removeprefix("$").split("."):
        if part:
            value = value.get(part) if isinstance(value, dict) else None
    return json.dumps(event if value is None else value)


def _trigger(event: dict[str, Any]) -> str:
    if event.get("Source") == "aws.events":
        return "schedule"
    return "alarm" if event.get("Source") == "aws.cloudwatch" else "event"
