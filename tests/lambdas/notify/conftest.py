"""Subscribers inside this process: what people read, and what Slack would be given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def inbox(aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:  # noqa: ARG001 - sets up
    """A subscriber of the topic: the messages it got since the last look."""
    topic, read = _subscribed("people")
    monkeypatch.setenv("TOPIC_ARN", topic)
    return read


@pytest.fixture
def channel(aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:  # noqa: ARG001 - sets up
    """The channel in Slack: the messages it got since the last look."""
    topic, read = _subscribed("channel")
    monkeypatch.setenv("SLACK_TOPIC_ARN", topic)
    return read


def _subscribed(name: str) -> tuple[str, Callable[[], list[dict[str, Any]]]]:
    topic = boto3.client("sns").create_topic(Name=name)["TopicArn"]
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return topic, read
