from __future__ import annotations

import itertools
import json
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.simulated_account import ECHO, HOUR, MINUTE, runs_of

if TYPE_CHECKING:
    from simulator.client import Simulation
    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario


def request(simulation: Simulation, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    """A control call as any HTTP client makes it: status and parsed answer."""
    call = urllib.request.Request(f"{simulation.endpoint}{path}", method=method, data=body)  # noqa: S310
    try:
        with urllib.request.urlopen(call, timeout=60) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_settle_tells_the_time_and_that_nothing_happened(account: Account) -> None:
    status, answer = request(account.simulation, "POST", "/_simulator/settle", b"{}")
    assert status == 200
    assert set(answer) == {"now", "invocations", "alarms"}
    assert answer["invocations"] == []
    assert answer["alarms"] == []
    assert answer["now"].endswith("Z")
    assert datetime.fromisoformat(answer["now"]) == account.now()


def test_settle_needs_no_body(empty_account: Simulation) -> None:
    assert request(empty_account, "POST", "/_simulator/settle")[0] == 200


def test_an_invocation_is_told_with_function_trigger_status_duration_and_error(account: Account) -> None:
    failing = account.function("def handler(event, context):\n    raise ValueError('no such pool')")
    working = account.function()
    lambda_ = account.client("lambda")
    lambda_.put_function_event_invoke_config(FunctionName=failing, MaximumRetryAttempts=0)
    for function in (failing, working):
        lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    answer = account.settle()
    (failed,), (worked,) = runs_of(failing, answer), runs_of(working, answer)
    assert set(failed) == {"function", "trigger", "status", "duration_ms", "error"}
    assert (failed["trigger"], failed["status"]) == ("invoke", "error")
    assert "no such pool" in failed["error"]
    assert (worked["status"], worked["error"]) == ("ok", None)
    assert isinstance(worked["duration_ms"], int)


def test_a_change_of_an_alarm_is_told_with_name_contributor_from_and_to(account: Account) -> None:
    alarm = account.alarm(Namespace="Test", MetricName="Told", Period=60, Statistic="Maximum", Threshold=10)
    account.settle()
    account.put_metric("Test", "Told", 11)
    told = [entry for entry in account.settle()["alarms"] if entry["name"] == alarm]
    assert told[0] == {"name": alarm, "contributor": None, "from": "INSUFFICIENT_DATA", "to": "ALARM"}


def test_the_clock_stands_still_between_control_calls(account: Account) -> None:
    before = account.now()
    time.sleep(0.01)
    assert account.now() == before


def test_advance_moves_the_clock_by_as_much_as_it_is_told_and_then_settles(account: Account) -> None:
    before = account.now()
    answer = account.advance(2 * HOUR)
    moved = datetime.fromisoformat(answer["now"]) - before
    assert timedelta(hours=2) <= moved <= timedelta(hours=3)
    assert datetime.fromisoformat(answer["now"]) == account.now()


def test_settle_moves_the_clock_by_an_hour_at_most(account: Account) -> None:
    function = account.function("def handler(event, context):\n    raise ValueError('always')")
    queue = account.queue(VisibilityTimeout="240")
    account.mapping(queue, function)
    account.client("sqs").send_message(QueueUrl=queue.url, MessageBody="again and again")
    before = account.now()
    answer = account.settle()
    assert len(runs_of(function, answer)) == 1 + HOUR // 240
    assert datetime.fromisoformat(answer["now"]) - before <= timedelta(hours=1)


def test_nothing_is_delivered_evaluated_or_scheduled_between_control_calls(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, EventPattern=json.dumps({"source": ["between"]}))
    account.rule_for(function, ScheduleExpression="rate(1 minute)")
    queue = account.queue()
    account.mapping(queue, function)
    topic = account.topic()
    account.subscribe(topic, "email", "between@example.com")
    alarm = account.alarm(Namespace="Test", MetricName="Between", Period=60, Statistic="Maximum")

    account.put_event("between", {})
    account.client("sqs").send_message(QueueUrl=queue.url, MessageBody="{}")
    account.publish(topic)
    account.put_metric("Test", "Between", 11)
    account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")

    assert account.events_of(function) == []
    assert account.mail("between@example.com") == []
    described = account.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert described[0]["StateValue"] == "INSUFFICIENT_DATA"
    settled = account.settle()
    assert sorted(run["trigger"] for run in runs_of(function, settled)) == ["event", "invoke", "queue"]
    assert len(account.mail("between@example.com")) == 1


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        ("settle", b"{", "no JSON"),
        ("settle", b"\xff", "no JSON"),
        ("settle", b"[]", "JSON object"),
        ("settle", b'{"seconds": 1}', "'seconds'"),
        ("advance", b"{}", "seconds"),
        ("advance", b'{"seconds": 0}', "above 0"),
        ("advance", b'{"seconds": -1}', "seconds must be above 0 and at most 316224000, not -1"),
        ("advance", b'{"seconds": 60, "step": 0}', "step must be above 0"),
        ("advance", b'{"step": 60}', "seconds must be above 0 and at most 316224000, not missing"),
        ("advance", b'{"seconds": "60"}', "seconds"),
        ("advance", b'{"seconds": true}', "seconds"),
        ("advance", b'{"seconds": NaN}', "seconds"),
        ("advance", b'{"seconds": Infinity}', "seconds"),
        ("advance", b'{"seconds": 1e300}', "seconds"),
        ("advance", b'{"seconds": 60, "step": -1}', "step"),
        ("advance", b'{"seconds": 60, "step": 1e-9}', "steps"),
        ("advance", b'{"seconds": 60, "steps": 2}', "'steps'"),
        ("faults", b"{}", "list"),
        ("faults", b'["x"]', "object"),
        ("faults", b'[{"operation": "Invoke", "code": "X"}]', "service"),
        ("faults", b'[{"service": "ec2", "code": "X"}]', "operation"),
        ("faults", b'[{"service": "ec2", "operation": "X", "times": 0}]', "times"),
        ("faults", b'[{"service": "ec2", "operation": "X", "status": 200}]', "status"),
        ("faults", b'[{"service": "ec2", "operation": "X", "after": 1.5}]', "after"),
        ("faults", b'[{"service": "ec2", "operation": "X", "delay_ms": -1}]', "delay_ms"),
        ("faults", b'[{"service": "ec2", "operation": "X", "code": 5}]', "code"),
        ("faults", b'[{"service": "ec2", "operation": "X", "codes": "Y"}]', "'codes'"),
        ("faults", b'[{"service": "ec2", "operation": "X", "code": "Y"}]', "no operation 'X'"),
    ],
)
def test_bad_input_is_refused_with_what_is_wrong(
    empty_account: Simulation, path: str, body: bytes, complaint: str
) -> None:
    status, answer = request(empty_account, "POST", f"/_simulator/{path}", body)
    assert status == 400
    assert complaint in answer["error"]


def test_a_refused_list_of_faults_puts_none_in_force(empty_account: Simulation) -> None:
    good = {"service": "sts", "operation": "GetCallerIdentity", "code": "Broken"}
    body = json.dumps([good, {"service": "ec2"}]).encode()
    assert request(empty_account, "POST", "/_simulator/faults", body)[0] == 400
    assert empty_account.client("sts").get_caller_identity()["Account"] == empty_account.account


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "settle"),
        ("POST", "calls"),
        ("DELETE", "outbox"),
        ("POST", "reset"),
        ("POST", "settle/now"),
        ("GET", ""),
    ],
)
def test_an_unknown_control_call_is_refused_with_those_there_are(
    empty_account: Simulation, method: str, path: str
) -> None:
    status, answer = request(empty_account, method, f"/_simulator/{path}")
    assert status == 404
    assert "POST settle" in answer["error"]


def test_the_outbox_tells_who_got_what_through_which_topic_and_when(account: Account) -> None:
    topic = account.topic()
    account.subscribe(topic, "email", "outbox@example.com")
    account.publish(topic, "the pool is dry", subject="IPAM", severity="critical")
    account.settle()
    (entry,) = account.mail("outbox@example.com")
    assert datetime.fromisoformat(entry.pop("time")) <= account.now()
    assert entry == {
        "topic": topic,
        "protocol": "email",
        "endpoint": "outbox@example.com",
        "subject": "IPAM",
        "message": "the pool is dry",
        "attributes": {"severity": "critical"},
    }


def test_steps_let_what_is_due_happen_at_its_own_time(account: Account) -> None:
    function = account.function(ECHO)
    account.rule_for(function, ScheduleExpression="rate(10 minutes)")
    account.advance(HOUR, step=10 * MINUTE)
    times = [datetime.fromisoformat(event["time"]) for event in account.events_of(function)]
    assert len(times) == 6
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {timedelta(minutes=10)}
