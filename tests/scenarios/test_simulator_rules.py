"""How the simulated account's EventBridge delivers what matches a rule, and what it does when it cannot."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.simulated_account import ECHO, HOUR, MINUTE, attributes_of, runs_of, unique

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account, Queue

pytestmark = pytest.mark.scenario

EVENTS = "events.amazonaws.com"


def pattern(source: str, **members: Any) -> str:
    return json.dumps({"source": [source], **members})


def dead_letter(account: Account, queue: Queue) -> tuple[dict[str, Any], dict[str, str]]:
    """The one message in a dead-letter queue: its parsed body and its attributes."""
    (message,) = account.messages(queue)
    return json.loads(message["Body"]), attributes_of(message)


def test_an_event_that_matches_reaches_the_function_whole(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, EventPattern=pattern("whole", detail={"state": ["low"]}))
    account.put_event("whole", {"state": "low", "pool": "ipam-pool-1"}, detail_type="Pool")
    account.put_event("whole", {"state": "fine"}, detail_type="Pool")
    answer = account.settle()
    assert [run["trigger"] for run in runs_of(function, answer)] == ["event"]
    (event,) = account.events_of(function)
    assert event["source"] == "whole"
    assert event["detail-type"] == "Pool"
    assert event["detail"] == {"state": "low", "pool": "ipam-pool-1"}
    assert (event["account"], event["region"], event["version"]) == (account.id, account.region, "0")
    assert event["time"].endswith("Z")


def test_an_event_reaches_queues_and_topics_that_let_the_rule_send(account: Account) -> None:
    queue, topic = account.queue(allow=EVENTS), account.topic()
    account.subscribe(topic, "email", "rules@example.com")
    account.set_topic_policy(topic, {"Service": EVENTS})
    account.rule({"Arn": queue.arn}, {"Arn": topic}, EventPattern=pattern("both"))
    account.put_event("both", {"n": 1})
    account.settle()
    assert [body["detail"] for body in account.bodies(queue)] == [{"n": 1}]
    (mail,) = account.mail("rules@example.com")
    assert json.loads(mail["message"])["detail"] == {"n": 1}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({"Input": '{"constant": true}'}, {"constant": True}),
        ({"InputPath": "$.detail.pool"}, {"id": "ipam-pool-1"}),
        ({"InputPath": "$.detail.pool.id"}, "ipam-pool-1"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"pool": "$.detail.pool.id"},
                    "InputTemplate": '{"look_at": <pool>, "why": "rule"}',
                }
            },
            {"look_at": "ipam-pool-1", "why": "rule"},
        ),
    ],
)
def test_a_target_gets_the_input_that_it_asks_for(account: Account, shape: dict[str, Any], expected: Any) -> None:
    queue, source = account.queue(allow=EVENTS), unique("source")
    account.rule({"Arn": queue.arn, **shape}, EventPattern=pattern(source))
    account.put_event(source, {"pool": {"id": "ipam-pool-1"}})
    account.settle()
    assert account.bodies(queue) == [expected]


def test_a_rule_that_is_disabled_delivers_nothing(account: Account) -> None:
    function = account.function(ECHO)
    arn = account.rule_for(function, EventPattern=pattern("disabled"), State="DISABLED")
    account.put_event("disabled", {})
    assert runs_of(function, account.settle()) == []
    account.client("events").enable_rule(Name=arn.rpartition("/")[2])
    account.put_event("disabled", {})
    assert len(runs_of(function, account.settle())) == 1


def test_a_hand_over_that_fails_is_tried_again_until_it_works(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, EventPattern=pattern("again"))
    account.simulation.fault("lambda", "Invoke", "ServiceException", status=500, times=3)
    account.put_event("again", {})
    answer = account.settle()
    assert [run["status"] for run in runs_of(function, answer)] == ["ok"]


def test_a_hand_over_that_is_only_slow_is_not_tried_again(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, EventPattern=pattern("slow"))
    account.simulation.fault("lambda", "Invoke", None, delay_ms=1)
    account.put_event("slow", {})
    assert len(runs_of(function, account.settle())) == 1


@pytest.mark.parametrize(
    ("code", "told"), [("ServiceException", "SDK_CLIENT_ERROR"), ("TooManyRequestsException", "THROTTLING")]
)
def test_after_its_attempts_an_event_is_in_the_targets_dead_letter_queue(
    account: Account, code: str, told: str
) -> None:
    function, queue = account.function(ECHO), account.queue(allow=EVENTS)
    target = {
        "Arn": account.function_arn(function),
        "RetryPolicy": {"MaximumRetryAttempts": 2},
        "DeadLetterConfig": {"Arn": queue.arn},
        "Input": '{"not": "the event"}',
    }
    rule = account.rule(target, EventPattern=pattern("attempts"))
    account.permit(function, EVENTS, rule)
    account.simulation.fault("lambda", "Invoke", code, status=500, times=3)
    account.put_event("attempts", {"n": 1})
    assert runs_of(function, account.settle()) == []
    event, attributes = dead_letter(account, queue)
    assert event["detail"] == {"n": 1}
    message = attributes.pop("ERROR_MESSAGE")
    assert code in message
    assert attributes == {
        "RULE_ARN": rule,
        "TARGET_ARN": account.function_arn(function),
        "ERROR_CODE": told,
        "RETRY_ATTEMPTS": "2",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
    }


def test_an_event_older_than_the_retry_policy_allows_is_not_tried_again(account: Account) -> None:
    function, queue = account.function(ECHO), account.queue(allow=EVENTS)
    target = {
        "Arn": account.function_arn(function),
        "RetryPolicy": {"MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": queue.arn},
    }
    account.permit(function, EVENTS, account.rule(target, EventPattern=pattern("old")))
    account.simulation.fault("lambda", "Invoke", "ServiceException", status=500, times=100)
    account.put_event("old", {})
    account.settle()
    _, attributes = dead_letter(account, queue)
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert int(attributes["RETRY_ATTEMPTS"]) > 2


def test_without_the_functions_permission_an_event_is_a_dead_letter_at_once(account: Account) -> None:
    function, queue = account.function(ECHO), account.queue(allow=EVENTS)
    target = {"Arn": account.function_arn(function), "DeadLetterConfig": {"Arn": queue.arn}}
    account.rule(target, EventPattern=pattern("unpermitted"))
    account.put_event("unpermitted", {})
    assert runs_of(function, account.settle()) == []
    _, attributes = dead_letter(account, queue)
    assert (attributes["ERROR_CODE"], attributes["RETRY_ATTEMPTS"]) == ("NO_PERMISSIONS", "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes


def test_a_permission_for_another_rule_is_none_for_this_one(account: Account) -> None:
    function = account.function(ECHO)
    account.rule({"Arn": account.function_arn(function)}, EventPattern=pattern("other"))
    account.permit(function, EVENTS, f"arn:aws:events:{account.region}:{account.id}:rule/another")
    account.put_event("other", {})
    assert runs_of(function, account.settle()) == []


def test_a_queue_and_a_topic_that_do_not_let_the_rule_send_get_nothing(account: Account) -> None:
    queue, topic, dead = account.queue(), account.topic(), account.queue(allow=EVENTS)
    account.subscribe(topic, "email", "closed@example.com")
    targets = [{"Arn": arn, "DeadLetterConfig": {"Arn": dead.arn}} for arn in (queue.arn, topic)]
    account.set_topic_policy(topic, {"Service": "cloudwatch.amazonaws.com"})
    account.rule(*targets, EventPattern=pattern("closed"))
    account.put_event("closed", {})
    account.settle()
    assert account.messages(queue) == []
    assert account.mail("closed@example.com") == []
    codes = [attributes_of(message)["ERROR_CODE"] for message in account.messages(dead)]
    assert codes == ["NO_PERMISSIONS"] * 2


def test_a_target_that_is_gone_makes_dead_letters(account: Account) -> None:
    function, queue, dead = account.function(ECHO), account.queue(allow=EVENTS), account.queue(allow=EVENTS)
    arns = [account.function_arn(function), queue.arn]
    account.rule(*({"Arn": arn, "DeadLetterConfig": {"Arn": dead.arn}} for arn in arns), EventPattern=pattern("gone"))
    account.client("lambda").delete_function(FunctionName=function)
    account.client("sqs").delete_queue(QueueUrl=queue.url)
    account.put_event("gone", {})
    account.settle()
    letters = [attributes_of(message) for message in account.messages(dead)]
    assert sorted(letter["TARGET_ARN"] for letter in letters) == sorted(arns)
    assert {letter["ERROR_CODE"] for letter in letters} == {"NO_RESOURCE"}


def test_a_dead_letter_queue_that_does_not_let_the_rule_send_gets_nothing(account: Account) -> None:
    function, dead = account.function(ECHO), account.queue()
    target = {"Arn": account.function_arn(function), "DeadLetterConfig": {"Arn": dead.arn}}
    account.rule(target, EventPattern=pattern("unkept"))
    account.put_event("unkept", {})
    account.settle()
    assert account.messages(dead) == []


def test_nobody_but_aws_puts_events_of_aws(account: Account) -> None:
    entry = {"Source": "aws.ec2", "DetailType": "Test", "Detail": "{}"}
    answer = account.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


# Schedules


def test_a_schedule_fires_in_advance_and_not_in_settle(account: Account) -> None:
    function = account.function(ECHO)
    rule = account.rule_for(function, ScheduleExpression="rate(1 minute)")
    account.settle()
    assert account.events_of(function) == []
    answer = account.advance(MINUTE)
    assert [run["trigger"] for run in runs_of(function, answer)] == ["schedule"]
    (event,) = account.events_of(function)
    assert event["detail-type"] == "Scheduled Event"
    assert (event["source"], event["resources"], event["detail"]) == ("aws.events", [rule], {})


def test_a_schedule_fires_once_a_step_however_often_it_came_due(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, ScheduleExpression="rate(5 minutes)")
    assert len(runs_of(function, account.advance(2 * HOUR))) == 1
    assert len(runs_of(function, account.advance(2 * HOUR, step=HOUR))) == 2


def test_a_rate_counts_from_the_making_of_the_rule_and_keeps_its_beat(account: Account) -> None:
    function = account.function(ECHO)
    start = datetime.fromisoformat(account.settle()["now"])
    account.rule_for(function, ScheduleExpression="rate(7 minutes)")
    account.advance(3 * HOUR, step=MINUTE)
    times = [datetime.fromisoformat(event["time"]) for event in account.events_of(function)]
    assert len(times) >= 25
    for number, time in enumerate(times, start=1):
        late = time - start - number * timedelta(minutes=7)
        assert timedelta(0) <= late < timedelta(minutes=4), "what settles between two steps delays, but never for long"


def test_a_cron_schedule_fires_at_its_time_of_the_day_in_utc(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, ScheduleExpression="cron(30 4 * * ? *)")
    account.advance(49 * HOUR, step=30 * MINUTE)
    times = [datetime.fromisoformat(event["time"]) for event in account.events_of(function)]
    assert len(times) == 2
    assert times[1] - times[0] < timedelta(hours=25)
    for time in times:
        assert timedelta(0) <= time - time.replace(hour=4, minute=30, second=0) < timedelta(minutes=30)


def test_a_disabled_schedule_does_not_fire(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, ScheduleExpression="rate(1 minute)", State="DISABLED")
    assert runs_of(function, account.advance(HOUR)) == []


def test_a_schedule_that_cannot_be_handed_over_is_a_dead_letter(account: Account) -> None:
    function, dead = account.function(ECHO), account.queue(allow=EVENTS)
    target = {"Arn": account.function_arn(function), "DeadLetterConfig": {"Arn": dead.arn}}
    account.rule(target, ScheduleExpression="rate(1 hour)")
    account.advance(HOUR)
    event, attributes = dead_letter(account, dead)
    assert event["detail-type"] == "Scheduled Event"
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
