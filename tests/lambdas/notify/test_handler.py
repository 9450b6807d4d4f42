"""The deployed function in one process with a simulated account: what reaches the topic's subscribers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.common.events import EventError
from lambdas.notify.handler import handler
from tests.lambdas.account import GUARDS, items
from tests.lambdas.notify.test_plan import DONE

if TYPE_CHECKING:
    from collections.abc import Callable


def decided(**changes: Any) -> dict[str, Any]:
    return {
        "source": "poolwarden",
        "detail-type": "Poolwarden Decision",
        "time": "2026-03-01T12:01:00Z",
        "detail": {**DONE, **changes},
    }


@pytest.fixture
def inbox(aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:  # noqa: ARG001 - sets up
    """A subscriber of the topic: the messages it got since the last look."""
    topic = boto3.client("sns").create_topic(Name="people")["TopicArn"]
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    monkeypatch.setenv("TOPIC_ARN", topic)

    def read() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return read


def test_a_decision_is_told_once_however_often_it_is_announced(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    for _ in range(3):
        handler(decided(), None)
    (message,) = inbox()
    assert message["Subject"].startswith("Poolwarden: 10.0.16.0/21 added to")
    assert message["MessageAttributes"]["severity"] == {"Type": "String", "Value": "info"}


def test_another_outcome_of_the_same_decision_is_told_too(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    handler(decided(outcome="failed", reason="api-error"), None)
    handler(decided(), None)
    assert len(inbox()) == 2


def test_what_concerns_nobody_is_not_told(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    handler(decided(outcome="pending"), None)
    handler(decided(outcome="skipped", reason="in-flight"), None)
    assert inbox() == []


def test_the_contact_of_the_account_is_named(
    inbox: Callable[[], list[dict[str, Any]]], configure: Callable[..., None]
) -> None:
    configure(contacts={"123456789012": "team-a@example.com"})
    handler(decided(), None)
    (message,) = inbox()
    assert message["MessageAttributes"]["contact"]["Value"] == "team-a@example.com"


def test_a_topic_that_fails_raises_and_the_retry_tells(
    inbox: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setenv("TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:nowhere")
        with pytest.raises(ClientError):
            handler(decided(), None)
    assert items(GUARDS) == []
    handler(decided(), None)
    assert len(inbox()) == 1


@pytest.mark.parametrize("lacking", ["decision_id", "outcome", "reason", "account", "detail"])
def test_what_is_no_decision_is_refused_by_name(inbox: Callable[[], list[dict[str, Any]]], lacking: str) -> None:
    event = decided()
    del event["detail"][lacking]
    with pytest.raises(EventError, match=lacking):
        handler(event, None)
    assert inbox() == []
