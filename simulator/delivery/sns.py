"""SNS topics to their subscribers: on the clock, and each delivery kept in the outbox."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, request_scope
from ministack.services import sns

from simulator.clock import CLOCK
from simulator.delivery import functions
from simulator.delivery.resource_policies import function_allows, queue_allows
from simulator.principals import enforcing

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = "sns.amazonaws.com"
"""Who delivers: the principal that the policies of queues and functions must allow."""

LISTED_ARN = re.compile(rb"(?<=<SubscriptionArn>)[^<]+")
Answer = tuple[int, dict[str, str], bytes]


class Outbox:
    """What subscribers received since the start, oldest first (`GET /_simulator/outbox`)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []

    def add(self, entry: dict[str, Any]) -> None:
        """Note a delivery."""
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """All deliveries so far."""
        with self._lock:
            return list(self._entries)


OUTBOX = Outbox()


def install() -> None:
    """Put the fan-out of published messages on the clock instead of on threads, and ask no endpoint to confirm."""
    sns._fanout = _fanout
    sns._send_subscription_confirmation = _contact_nobody
    sns._list_subscriptions = _without_pending_arns(sns._list_subscriptions)
    sns._list_subscriptions_by_topic = _without_pending_arns(sns._list_subscriptions_by_topic)


async def _contact_nobody(_topic_arn: str, _subscription: dict[str, Any]) -> None:
    """Leave an HTTP subscription pending, because nothing leaves the machine."""


def _without_pending_arns(list_them: Callable[[dict[str, str]], Answer]) -> Callable[[dict[str, str]], Answer]:
    """List a subscription that nobody confirmed as AWS does: `PendingConfirmation` in the place of its ARN."""

    def shown(arn: re.Match[bytes]) -> bytes:
        text = arn.group().decode()
        subscription = sns._find_subscription(sns._sub_arn_to_topic.get(text), text)
        return b"PendingConfirmation" if subscription and not subscription.get("confirmed") else arn.group()

    def listed(params: dict[str, str]) -> Answer:
        status, headers, body = list_them(params)
        return status, headers, LISTED_ARN.sub(shown, body)

    return listed


def _fanout(
    topic_arn: str,
    msg_id: str,
    message: str,
    subject: str,
    message_structure: str = "",
    message_attributes: dict[str, Any] | None = None,
    message_group_id: str = "",
    message_dedup_id: str = "",
) -> None:
    topic = sns._topic_by_arn_any_scope(topic_arn)
    for subscription in topic["subscriptions"] if topic else ():
        if not subscription.get("confirmed"):
            continue
        text = sns._resolve_message_for_protocol(message, message_structure, subscription["protocol"])
        if sns._matches_filter_policy(subscription, message_attributes or {}, text):
            delivery = _Delivery(
                topic_arn,
                subscription,
                msg_id,
                text,
                subject,
                message_attributes or {},
                message_group_id,
                message_dedup_id,
            )
            CLOCK.after(0, delivery.deliver, f"topic {topic_arn}")


class _Delivery:
    """One message on its way to one subscriber."""

    def __init__(
        self,
        topic_arn: str,
        subscription: dict[str, Any],
        message_id: str,
        message: str,
        subject: str,
        attributes: dict[str, Any],
        group_id: str,
        deduplication_id: str,
    ) -> None:
        self.topic_arn, self.subscription, self.message_id = topic_arn, subscription, message_id
        self.message, self.subject, self.attributes = message, subject, attributes
        self.group_id, self.deduplication_id = group_id, deduplication_id

    def deliver(self) -> None:
        """Hand the message to the subscriber; e-mail, HTTP and SMS end in the outbox, nothing leaves the machine."""
        protocol, endpoint = self.subscription["protocol"], self.subscription["endpoint"]
        spec = parse_arn(self.topic_arn)
        with request_scope(spec.account_id or get_account_id(), spec.region), enforcing():
            if protocol == "sqs":
                delivered = self._to_queue(endpoint)
            elif protocol == "lambda":
                delivered = self._to_function(endpoint)
            else:
                delivered = True
            if not delivered:
                self._to_dead_letter_queue()
                return
        OUTBOX.add(
            {
                "topic": self.topic_arn,
                "protocol": protocol,
                "endpoint": endpoint,
                "subject": self.subject or None,
                "message": self.message,
                "attributes": {name: _value(value) for name, value in self.attributes.items()},
                "time": CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        )

    @property
    def _raw(self) -> bool:
        return bool(self.subscription.get("attributes", {}).get("RawMessageDelivery", "false") == "true")

    def _envelope(self, *, raw: bool) -> str:
        envelope = sns._build_envelope
        return str(envelope(self.topic_arn, self.message_id, self.message, self.subject, self.attributes, raw))

    def _to_queue(self, endpoint: str) -> bool:
        if not queue_allows(endpoint, service=SERVICE, source_arn=self.topic_arn):
            return False
        sns._deliver_to_sqs(
            endpoint,
            self._envelope(raw=self._raw),
            self._raw,
            self.message,
            message_group_id=self.group_id,
            message_dedup_id=self.deduplication_id,
            message_attributes=self.attributes,
            topic_arn=self.topic_arn,
        )
        return True

    def _to_function(self, endpoint: str) -> bool:
        if not function_allows(endpoint, service=SERVICE, source_arn=self.topic_arn):
            return False
        record = {
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.subscription["arn"],
            "EventSource": "aws:sns",
            "Sns": json.loads(self._envelope(raw=False)),
        }
        return functions.invoke_async(endpoint, {"Records": [record]}, woken_by="event")

    def _to_dead_letter_queue(self) -> None:
        """Keep what cannot be delivered if the subscription says where (developer guide, "SNS dead-letter queues")."""
        policy = json.loads(self.subscription.get("attributes", {}).get("RedrivePolicy") or "{}")
        queue = policy.get("deadLetterTargetArn")
        if queue and queue_allows(queue, service=SERVICE, source_arn=self.topic_arn):
            functions.send(queue, self._envelope(raw=self._raw), {})


def _value(attribute: Any) -> Any:  # noqa: ANN401 - MiniStack's form of a message attribute
    if not isinstance(attribute, dict):
        return attribute
    return attribute.get("StringValue", attribute.get("Value", attribute.get("BinaryValue")))
