"""Queues of the simulated account: delay and visibility on its clock, and functions that poll them."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.simulated_account import ECHO, FAIL, HOUR, MINUTE, changes_of, runs_of

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account, Queue

pytestmark = pytest.mark.scenario

FAIL_SOME = """
import json

def handler(event, context):
    print("event " + json.dumps([record["body"] for record in event["Records"]]))
    bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in bad]}
"""


def send(account: Account, queue: Queue, *bodies: str, **options: Any) -> None:
    for body in bodies:
        account.client("sqs").send_message(QueueUrl=queue.url, MessageBody=body, **options)


def batches(account: Account, function: str) -> list[list[str]]:
    """The bodies of each batch that an `ECHO` or `FAIL` function was given."""
    return [[record["body"] for record in event["Records"]] for event in account.events_of(function)]


def test_a_function_gets_the_messages_of_its_queue_and_they_are_gone(account: Account) -> None:
    function, queue = account.function(ECHO), account.queue()
    account.mapping(queue, function)
    send(account, queue, "one", "two")
    answer = account.settle()
    assert [(run["trigger"], run["status"]) for run in runs_of(function, answer)] == [("queue", "ok")]
    assert batches(account, function) == [["one", "two"]]
    (event,) = account.events_of(function)
    record = event["Records"][0]
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", queue.arn)
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    account.advance(HOUR)
    assert account.messages(queue) == []


def test_a_batch_is_no_larger_than_the_mapping_says(account: Account) -> None:
    function, queue = account.function(ECHO), account.queue()
    account.mapping(queue, function, BatchSize=2)
    send(account, queue, *"abcde")
    account.settle()
    assert [len(batch) for batch in batches(account, function)] == [2, 2, 1]


def test_a_mapping_that_is_disabled_polls_nothing(account: Account) -> None:
    function, queue = account.function(ECHO), account.queue()
    account.mapping(queue, function, Enabled=False)
    send(account, queue, "wait")
    assert runs_of(function, account.settle()) == []


def test_a_mapping_takes_only_what_its_filter_lets_through(account: Account) -> None:
    function, queue = account.function(ECHO), account.queue()
    account.mapping(queue, function, FilterCriteria={"Filters": [{"Pattern": '{"body": {"kind": ["eip"]}}'}]})
    send(account, queue, '{"kind": "eip"}', '{"kind": "alb"}')
    account.settle()
    assert [[json.loads(body) for body in batch] for batch in batches(account, function)] == [[{"kind": "eip"}]]


@pytest.mark.parametrize("mapped", [True, False])
def test_a_delayed_message_is_waited_for_and_not_seen_before(account: Account, mapped: bool) -> None:  # noqa: FBT001
    function, queue = account.function(ECHO), account.queue()
    if mapped:
        account.mapping(queue, function)
    start = datetime.fromisoformat(account.settle()["now"])
    send(account, queue, "later", DelaySeconds=600)
    assert account.messages(queue) == []
    answer = account.settle()
    assert datetime.fromisoformat(answer["now"]) - start >= timedelta(seconds=600)
    if mapped:
        assert batches(account, function) == [["later"]]
    else:
        assert [message["Body"] for message in account.messages(queue)] == ["later"]


def test_the_delay_of_the_queue_holds_for_what_services_send_too(account: Account) -> None:
    queue = account.queue(allow="events.amazonaws.com", DelaySeconds="900")
    account.rule({"Arn": queue.arn}, EventPattern=json.dumps({"source": ["delayed"]}))
    account.put_event("delayed", {})
    start = datetime.fromisoformat(account.settle()["now"])
    assert datetime.fromisoformat(account.settle()["now"]) > start
    assert len(account.messages(queue)) == 1


def test_a_received_message_comes_back_when_its_visibility_ends(account: Account) -> None:
    queue = account.queue(VisibilityTimeout="300")
    send(account, queue, "again")
    assert len(account.messages(queue)) == 1
    assert account.messages(queue) == []
    account.settle()
    (message,) = account.messages(queue)
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_failed_batch_comes_back_after_the_visibility_timeout_and_ends_in_the_dead_letter_queue(
    account: Account,
) -> None:
    dead = account.queue()
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
    queue = account.queue(VisibilityTimeout="240", RedrivePolicy=redrive)
    function = account.function(FAIL)
    account.mapping(queue, function)
    start = datetime.fromisoformat(account.settle()["now"])
    send(account, queue, "poison")
    answer = account.settle()
    runs = runs_of(function, answer)
    assert [run["status"] for run in runs] == ["error"] * 3
    assert datetime.fromisoformat(answer["now"]) - start >= 3 * timedelta(seconds=240)
    counts = [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in account.events_of(function)]
    assert counts == ["1", "2", "3"]
    assert [message["Body"] for message in account.messages(dead)] == ["poison"]
    assert account.messages(queue) == []


def test_only_the_messages_that_a_function_reports_come_back(account: Account) -> None:
    dead = account.queue()
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    queue = account.queue(VisibilityTimeout="60", RedrivePolicy=redrive)
    function = account.function(FAIL_SOME)
    account.mapping(queue, function, FunctionResponseTypes=["ReportBatchItemFailures"])
    send(account, queue, "good", "bad", "fine")
    answer = account.settle()
    assert account.events_of(function) == [["good", "bad", "fine"], ["bad"]]
    assert {run["status"] for run in runs_of(function, answer)} == {"ok"}
    assert [message["Body"] for message in account.messages(dead)] == ["bad"]


def test_without_the_reporting_of_failures_the_answer_means_nothing(account: Account) -> None:
    queue, function = account.queue(VisibilityTimeout="60"), account.function(FAIL_SOME)
    account.mapping(queue, function)
    send(account, queue, "good", "bad")
    assert len(runs_of(function, account.settle())) == 1
    assert account.messages(queue) == []


def test_messages_for_a_function_that_is_gone_stay_and_do_not_hold_settle_up(account: Account) -> None:
    function, queue = account.function(ECHO), account.queue()
    account.mapping(queue, function)
    account.client("lambda").delete_function(FunctionName=function)
    send(account, queue, "nobody")
    started = time.monotonic()
    account.settle()
    assert time.monotonic() - started < 5
    assert [message["Body"] for message in account.messages(queue)] == ["nobody"]


def test_a_reader_who_waits_is_answered_after_that_time_although_the_clock_stands_still(account: Account) -> None:
    queue = account.queue()
    started = time.monotonic()
    answer = account.client("sqs").receive_message(QueueUrl=queue.url, WaitTimeSeconds=1)
    assert "Messages" not in answer
    assert 0.9 < time.monotonic() - started < 5


def test_a_reader_who_waits_gets_what_is_sent_meanwhile(account: Account) -> None:
    queue = account.queue(ReceiveMessageWaitTimeSeconds="20")
    account.client("sqs")
    timer = threading.Timer(0.3, send, (account, queue, "meanwhile"))
    timer.start()
    started = time.monotonic()
    assert [message["Body"] for message in account.messages(queue)] == ["meanwhile"]
    assert time.monotonic() - started < 5
    timer.join()


def test_a_queue_has_metrics_of_what_lies_in_it(account: Account) -> None:
    queue = account.queue()
    send(account, queue, "one", "two")
    send(account, queue, "later", DelaySeconds=900)
    account.client("lambda").invoke(FunctionName=account.function(), InvocationType="Event", Payload=b"{}")
    account.settle()
    end = datetime.fromisoformat(account.advance(5 * MINUTE)["now"])
    name = queue.arn.rpartition(":")[2]
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "QueueName", "Value": name}],
                },
                "Period": 60,
                "Stat": stat,
            },
        }
        for number, (metric, stat) in enumerate(
            [
                ("ApproximateNumberOfMessagesVisible", "Sum"),
                ("ApproximateNumberOfMessagesVisible", "SampleCount"),
                ("ApproximateNumberOfMessagesDelayed", "Maximum"),
                ("ApproximateAgeOfOldestMessage", "Maximum"),
            ]
        )
    ]
    answer = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=end - timedelta(minutes=60), EndTime=end
    )
    visible, samples, delayed, age = (result["Values"] for result in answer["MetricDataResults"])
    assert 2.0 in visible
    assert set(samples) == {1.0}, "one datapoint a minute"
    assert 1.0 in delayed
    assert max(age) >= 5 * MINUTE - 120


def test_an_alarm_sees_a_message_in_a_dead_letter_queue(account: Account) -> None:
    queue = account.queue()
    alarm = account.alarm(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": queue.arn.rpartition(":")[2]}],
        Statistic="Maximum",
        Period=300,
        Threshold=0,
        TreatMissingData="notBreaching",
    )
    assert changes_of(alarm, account.settle()) == [("INSUFFICIENT_DATA", "OK")]
    send(account, queue, "dead")
    assert changes_of(alarm, account.settle()) == [("OK", "ALARM")]
    account.client("sqs").purge_queue(QueueUrl=queue.url)
    assert changes_of(alarm, account.settle()) == [("ALARM", "OK")]
