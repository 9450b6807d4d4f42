"""Topics of the simulated account: who gets what, and in which form."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.simulated_account import ECHO, attributes_of, runs_of, unique

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario

SNS = "sns.amazonaws.com"


def test_a_queue_gets_the_message_in_its_envelope(account: Account) -> None:
    topic, queue = account.topic(), account.queue(allow=SNS)
    account.subscribe(topic, "sqs", queue.arn)
    account.publish(topic, "the pool is dry", subject="IPAM", severity="critical")
    now = datetime.fromisoformat(account.settle()["now"])
    (envelope,) = account.bodies(queue)
    assert (envelope["Type"], envelope["TopicArn"]) == ("Notification", topic)
    assert (envelope["Subject"], envelope["Message"]) == ("IPAM", "the pool is dry")
    assert envelope["MessageAttributes"] == {"severity": {"Type": "String", "Value": "critical"}}
    assert 0 <= (now - datetime.fromisoformat(envelope["Timestamp"])).total_seconds() < 600


def test_raw_delivery_gives_the_queue_the_message_itself(account: Account) -> None:
    topic, queue = account.topic(), account.queue(allow=SNS)
    account.subscribe(topic, "sqs", queue.arn, RawMessageDelivery="true")
    account.publish(topic, "the pool is dry", severity="critical")
    account.settle()
    (message,) = account.messages(queue)
    assert message["Body"] == "the pool is dry"
    assert attributes_of(message) == {"severity": "critical"}


def test_a_queue_that_does_not_let_the_topic_send_gets_nothing(account: Account) -> None:
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, "sqs", queue.arn)
    account.publish(topic)
    account.settle()
    assert account.messages(queue) == []
    assert account.mail(queue.arn) == [], "what did not arrive is not in the outbox"


def test_a_function_gets_the_message_as_a_record_and_is_retried_like_any_other(account: Account) -> None:
    topic, function = account.topic(), account.function(ECHO.replace("return event", "raise ValueError(event)"))
    subscription = account.subscribe(topic, "lambda", account.function_arn(function))
    account.permit(function, SNS, topic)
    account.publish(topic, "the pool is dry", subject="IPAM")
    answer = account.settle()
    assert [run["trigger"] for run in runs_of(function, answer)] == ["event"] * 3
    record = account.events_of(function)[0]["Records"][0]
    assert (record["EventSource"], record["EventSubscriptionArn"]) == ("aws:sns", subscription)
    assert (record["Sns"]["Subject"], record["Sns"]["Message"]) == ("IPAM", "the pool is dry")


def test_a_function_that_does_not_let_the_topic_invoke_it_is_not_run(account: Account) -> None:
    topic, function = account.topic(), account.function(ECHO)
    account.subscribe(topic, "lambda", account.function_arn(function))
    account.publish(topic)
    assert runs_of(function, account.settle()) == []


def test_a_function_that_is_gone_holds_nobody_else_up(account: Account) -> None:
    topic, function, address = account.topic(), account.function(ECHO), f"{unique('after')}@example.com"
    account.subscribe(topic, "lambda", account.function_arn(function))
    account.permit(function, SNS, topic)
    account.subscribe(topic, "email", address)
    account.publish(topic)
    account.client("lambda").delete_function(FunctionName=function)
    account.settle()
    assert len(account.mail(address)) == 1


def test_what_cannot_be_delivered_is_in_the_subscriptions_dead_letter_queue(account: Account) -> None:
    topic, queue, dead = account.topic(), account.queue(), account.queue(allow=SNS)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    account.subscribe(topic, "sqs", queue.arn, RedrivePolicy=redrive)
    account.publish(topic, "the pool is dry")
    account.settle()
    assert [body["Message"] for body in account.bodies(dead)] == ["the pool is dry"]


def test_every_subscriber_gets_a_message_of_its_own_protocol(account: Account) -> None:
    topic, queue, address = account.topic(), account.queue(allow=SNS), f"{unique('own')}@example.com"
    account.subscribe(topic, "sqs", queue.arn)
    account.subscribe(topic, "email", address)
    structured = {"default": "for all", "email": "for people"}
    account.client("sns").publish(TopicArn=topic, Message=json.dumps(structured), MessageStructure="json")
    account.settle()
    assert [body["Message"] for body in account.bodies(queue)] == ["for all"]
    assert [mail["message"] for mail in account.mail(address)] == ["for people"]


def test_who_unsubscribed_gets_nothing_more(account: Account) -> None:
    topic, address = account.topic(), f"{unique('gone')}@example.com"
    subscription = account.subscribe(topic, "email", address)
    account.client("sns").unsubscribe(SubscriptionArn=subscription)
    account.publish(topic)
    account.settle()
    assert account.mail(address) == []


WARNING = {"severity": "warning", "kind": "decision"}
INFO = {"severity": "info", "kind": "decision"}
NEITHER = {"kind": "digest"}


@pytest.mark.parametrize(
    ("policy", "passing"),
    [
        ({"severity": ["warning", "critical"]}, [WARNING]),
        ({"severity": ["warning"], "kind": ["digest"]}, []),
        ({"severity": [{"anything-but": ["info"]}]}, [WARNING]),
        ({"severity": [{"prefix": "warn"}]}, [WARNING]),
        ({"severity": [{"exists": True}]}, [WARNING, INFO]),
        ({"severity": [{"exists": False}]}, [NEITHER]),
        ({"$or": [{"severity": ["warning"]}, {"kind": ["digest"]}]}, [WARNING, NEITHER]),
        ({"$or": [{"severity": ["warning"]}, {"severity": [{"exists": False}]}]}, [WARNING, NEITHER]),
        ({"$or": [{"severity": ["info"]}, {"kind": ["digest"]}], "kind": ["digest"]}, [NEITHER]),
    ],
)
def test_a_filter_policy_lets_through_what_its_attributes_match(
    account: Account, policy: dict[str, Any], passing: list[dict[str, str]]
) -> None:
    topic, address = account.topic(), f"{unique('filter')}@example.com"
    account.subscribe(topic, "email", address, FilterPolicy=json.dumps(policy))
    for attributes in (WARNING, INFO, NEITHER, {}):
        account.publish(topic, **attributes)
    account.settle()
    assert [mail["attributes"] for mail in account.mail(address)] == passing


def test_a_filter_policy_can_look_into_the_body(account: Account) -> None:
    topic, address = account.topic(), f"{unique('body')}@example.com"
    policy = json.dumps({"detail": {"state": ["low"]}})
    account.subscribe(topic, "email", address, FilterPolicy=policy, FilterPolicyScope="MessageBody")
    bodies = [json.dumps({"detail": {"state": state}}) for state in ("low", "fine")]
    for body in (*bodies, "no JSON"):
        account.publish(topic, body)
    account.settle()
    assert [mail["message"] for mail in account.mail(address)] == bodies[:1]
