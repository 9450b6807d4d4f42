"""The topic that people are subscribed to, and what they were told already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import guards
from lambdas.common.aws_clients import client
from lambdas.common.environment import required

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.notify.plan import Message


def publish_once(message: Message, *, condition: str, now: datetime) -> None:
    """Publish a message unless this condition was told before.

    It is marked as told afterwards: a crash in between tells twice, which is better than never.
    """
    told = f"told#{condition}"
    if guards.is_marked(told):
        return
    client("sns").publish(
        TopicArn=required("TOPIC_ARN"),
        Subject=message.subject,
        Message=message.body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
        },
    )
    guards.mark(told, now=now)
