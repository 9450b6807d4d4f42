"""Invoking the deployed functions: at once when a caller waits, else through Lambda's asynchronous queue.

Asynchronous invocation follows the Lambda developer guide, "Retry behavior with Lambda's asynchronous invocation":
an error of the function is tried again after one minute and then after two, a throttle for up to six hours with
growing pauses; what is left over goes to the function's dead-letter queue and its on-failure destination.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import threading
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import lambda_svc, sns, sqs

from simulator.clock import CLOCK
from simulator.function_runtime import error_payload
from simulator.principals import enforcing

RETRY_PAUSES = (60.0, 120.0)
"""Seconds before the second and the third attempt after an error of the function."""

MAX_THROTTLE_PAUSE = 300.0
DEFAULT_MAX_EVENT_AGE = 21_600
MAX_ERROR_MESSAGE = 1024

trigger: contextvars.ContextVar[str] = contextvars.ContextVar("trigger", default="invoke")
"""What wakes the function that is being invoked: schedule, alarm, event, queue or invoke."""

request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)
"""The request that the attempt under way belongs to: retries keep the id of the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One run of a function, as `settle` and `advance` report it."""

    function: str
    trigger: str
    status: str
    duration_ms: int
    error: str | None


class InvocationLog:
    """Every run of a function since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Invocation] = []

    def record(self, invocation: Invocation) -> None:
        """Note a run."""
        with self._lock:
            self._entries.append(invocation)

    def count(self) -> int:
        """How many runs there have been."""
        return len(self._entries)

    def since(self, count: int) -> list[dict[str, Any]]:
        """The runs after the first `count`, as plain documents."""
        with self._lock:
            return [asdict(entry) for entry in self._entries[count:]]


INVOCATIONS = InvocationLog()


def install(*, on_metric: Any) -> None:  # noqa: ANN401 - a callable of MiniStack's stores
    """Route every run of a function through the log, and asynchronous ones through the clock.

    `on_metric(account, region, name, function, value, unit)` takes the function's CloudWatch metrics.
    """
    run = lambda_svc._execute_function_dispatch

    def recorded(
        func: dict[str, Any],
        config: dict[str, Any],
        event: Any,  # noqa: ANN401 - any JSON
        request: str,
        *rest: Any,  # noqa: ANN401 - MiniStack's signature
    ) -> dict[str, Any]:
        started = time.monotonic()
        with enforcing():  # so that the function's credentials are its role's session
            result: dict[str, Any] = run(func, config, event, request_id.get() or request, *rest)
        duration = round((time.monotonic() - started) * 1000)
        failed = bool(result.get("error"))
        if failed:
            result = {**result, "body": error_payload(result)}
        INVOCATIONS.record(
            Invocation(
                function=config["FunctionName"],
                trigger=trigger.get(),
                status="error" if failed else "ok",
                duration_ms=duration,
                error=f"{result['body']['errorType']}: {result['body']['errorMessage']}" if failed else None,
            )
        )
        arn = parse_arn(config["FunctionArn"])
        for name, value, unit in (
            ("Invocations", 1.0, "Count"),
            ("Errors", float(failed), "Count"),
            ("Duration", float(duration), "Milliseconds"),
            ("Throttles", 0.0, "Count"),
        ):
            on_metric(arn.account_id, arn.region, name, config["FunctionName"], value, unit)
        return result

    def count_throttle(function: str, duration_ms: float, *, error: bool, throttle: bool) -> None:  # noqa: ARG001
        if throttle and not error:  # MiniStack tells of it once more, as an error of the caller
            on_metric(get_account_id(), get_region(), "Throttles", function, 1.0, "Count")

    lambda_svc._execute_function_dispatch = recorded
    lambda_svc._emit_lambda_metrics = count_throttle
    lambda_svc.invoke_async_with_retry = lambda func, event: _enqueue(
        (func.get("config") or func)["FunctionArn"], event, trigger.get()
    )


def _error_text(result: dict[str, Any]) -> str:
    body = result["body"]
    return str(body.get("errorMessage") or body.get("message"))  # a throttle has a message


def invoke_async(function_arn: str, event: Any, *, woken_by: str) -> bool:  # noqa: ANN401 - any JSON
    """Put `event` on the function's asynchronous queue; False when there is no such function."""
    if not _record(function_arn):
        return False
    _enqueue(function_arn, event, woken_by)
    return True


def _record(function_arn: str) -> dict[str, Any] | None:
    """MiniStack's record of a function as it is now."""
    spec = parse_arn(function_arn)
    with request_scope(spec.account_id, spec.region):
        func, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
        return lambda_svc._execution_record_for_config(func, config) if func and config else None


def _enqueue(function_arn: str, event: Any, woken_by: str) -> None:  # noqa: ANN401
    _Queued(function_arn, event, woken_by).wait(0)


class _Queued:
    """One event on a function's asynchronous queue."""

    def __init__(self, function_arn: str, event: Any, woken_by: str) -> None:  # noqa: ANN401
        self.function_arn, self.event, self.woken_by = function_arn, event, woken_by
        self.request_id = str(uuid.uuid4())
        self.enqueued_at = CLOCK.time()
        self.attempts = 0
        self.throttles = 0
        self.func: dict[str, Any] = {}

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.func["config"]
        return config

    def wait(self, seconds: float) -> None:
        CLOCK.after(seconds, self.attempt, f"invoke {self.function_arn}")

    def attempt(self) -> None:
        """Run the function as it is now, which need not be as it was when the event came."""
        func = _record(self.function_arn)
        if func is None:
            return  # an event for a function that is gone is gone too
        self.func = func
        result = self._run()
        if result.get("throttle"):
            self.throttles += 1
            self._again_or_dead(min(2.0 ** (self.throttles - 1), MAX_THROTTLE_PAUSE), result)
        elif result.get("error"):
            self.attempts += 1
            retries = int(self._invoke_config().get("MaximumRetryAttempts", len(RETRY_PAUSES)))
            if self.attempts > min(retries, len(RETRY_PAUSES)):
                self._dead(result, "RetriesExhausted")
            else:
                self._again_or_dead(RETRY_PAUSES[self.attempts - 1], result)

    def _run(self) -> dict[str, Any]:
        spec = parse_arn(self.function_arn)
        tokens = trigger.set(self.woken_by), request_id.set(self.request_id)
        try:
            with request_scope(spec.account_id, spec.region):
                result: dict[str, Any] = lambda_svc._execute_function_with_config_scope(self.func, self.event)
                return result
        finally:
            trigger.reset(tokens[0])
            request_id.reset(tokens[1])

    def _invoke_config(self) -> dict[str, Any]:
        configs = self.func.get("event_invoke_configs") or {}
        found: dict[str, Any] = self.func.get("event_invoke_config") or configs.get("$LATEST") or {}
        return found

    def _again_or_dead(self, pause: float, result: dict[str, Any]) -> None:
        max_age = int(self._invoke_config().get("MaximumEventAgeInSeconds", DEFAULT_MAX_EVENT_AGE))
        if CLOCK.time() + pause - self.enqueued_at > max_age:
            self._dead(result, "EventAgeExceeded")
        else:
            self.wait(pause)

    def _dead(self, result: dict[str, Any], condition: str) -> None:
        if target := (self.config.get("DeadLetterConfig") or {}).get("TargetArn"):
            attributes = {
                "RequestID": ("String", self.request_id),
                "ErrorCode": ("Number", "429" if result.get("throttle") else "200"),
                "ErrorMessage": ("String", _error_text(result)[:MAX_ERROR_MESSAGE]),
            }
            self._send(target, json.dumps(self.event), attributes)
        destination = (self._invoke_config().get("DestinationConfig") or {}).get("OnFailure") or {}
        if target := destination.get("Destination"):
            record = self._failure_record(result, condition)
            if parse_arn(target).service == "lambda":
                invoke_async(target, record, woken_by="event")
            else:
                self._send(target, json.dumps(record), {})

    def _send(self, target: str, body: str, attributes: dict[str, tuple[str, str]]) -> None:
        """As the function's role; without the right to, the event is lost, as in AWS."""
        if _role_allows(self.config, _SENDING[parse_arn(target).service], target):
            send(target, body, attributes)

    def _failure_record(self, result: dict[str, Any], condition: str) -> dict[str, Any]:
        record = {
            "version": "1.0",
            "timestamp": CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": f"{self.config['FunctionArn']}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": self.event,
        }
        if not result.get("throttle"):
            context = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
            record |= {"responseContext": context, "responsePayload": result["body"]}
        return record


_SENDING = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}
"""What a function's role must be allowed so that Lambda can send what is left over."""


def _role_allows(config: dict[str, Any], action: str, resource: str) -> bool:
    spec = parse_arn(config["FunctionArn"])
    with request_scope(spec.account_id, spec.region), enforcing():
        access_key = lambda_runtime.execution_credentials(config)["AWS_ACCESS_KEY_ID"]
        iam_evaluator.pin_request_origin("127.0.0.1", secure_transport=True)  # Lambda calls over TLS
        return iam_evaluator.enforce(access_key, action, action.partition(":")[0], spec.region, resource) is None


def send(target_arn: str, body: str, attributes: dict[str, tuple[str, str]]) -> bool:
    """Send a message to an SQS queue or an SNS topic by ARN; False when that is impossible. Attributes: type, value."""
    spec = parse_arn(target_arn)
    wire = {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()}
    with request_scope(spec.account_id, spec.region):
        if spec.service == "sns":
            with contextlib.suppress(sns.SnsPublishError):  # such as a message that is too long
                return sns.publish_internal(target_arn, body, message_attributes=wire) is not None
            return False
        queue = sqs._queue_by_arn(target_arn)
        if queue is None:
            return False
        message = {"id": str(uuid.uuid4()), "body": body, "message_attributes": wire, "sent_at": CLOCK.time()}
        message["md5_attrs"] = sqs._md5_msg_attrs(wire) if wire else None
        message["visible_at"] = CLOCK.time() + sqs.queue_delay(queue)
        sqs._ensure_msg_fields(message)
        queue["messages"].append(message)
        return True
