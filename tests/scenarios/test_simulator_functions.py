"""How the simulated account runs functions: at once, or through Lambda's asynchronous queue."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.simulated_account import (
    CALL_AWS,
    ECHO,
    FAIL,
    MINUTE,
    attributes_of,
    runs_of,
    statement,
    zipped,
)

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario

INVOKE_OTHER = (
    CALL_AWS
    + """
def handler(event, context):
    status, answer = call("lambda", "{}", path="/2015-03-31/functions/" + event["other"] + "/invocations")
    assert status == 200, answer
"""
)


def invoke(account: Account, function: str, payload: Any = None) -> dict[str, Any]:
    """Invoke a function and wait: its answer, parsed, under `Payload`."""
    answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    return {**answer, "Payload": json.load(answer["Payload"])}


def invoke_async(account: Account, function: str, payload: Any) -> None:
    account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload).encode())


def test_a_caller_who_waits_gets_the_answer_at_once(account: Account) -> None:
    answer = invoke(account, account.function(ECHO), {"pool": "ipam-pool-1"})
    assert "FunctionError" not in answer
    assert answer["Payload"] == {"pool": "ipam-pool-1"}


def test_a_caller_who_waits_is_told_the_error_and_it_is_not_tried_again(account: Account) -> None:
    function = account.function(FAIL)
    answer = invoke(account, function)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorMessage"] == "no such pool"
    assert answer["Payload"]["errorType"] == "ValueError"
    assert runs_of(function, account.settle()) == []


def test_a_function_that_another_one_invokes_was_woken_by_an_invoke(account: Account) -> None:
    other = account.function(ECHO)
    role = account.role(statement("Allow", "lambda:InvokeFunction"))
    function = account.function(INVOKE_OTHER, Role=role)
    invoke_async(account, function, {"other": other})
    answer = account.settle()
    assert [run["status"] for run in runs_of(function, answer)] == ["ok"]
    assert [run["trigger"] for run in runs_of(other, answer)] == ["invoke"]


def test_an_asynchronous_error_is_tried_again_after_one_minute_and_then_after_two(account: Account) -> None:
    code = FAIL.replace('"event "', '"at " + context.aws_request_id + " event "')
    function = account.function(code)
    invoke_async(account, function, {"attempt": "again"})
    answer = account.settle()
    assert [(run["status"], run["error"]) for run in runs_of(function, answer)] == [
        ("error", "ValueError: no such pool")
    ] * 3
    group = f"/aws/lambda/{function}"
    events = account.client("logs").filter_log_events(logGroupName=group)["events"]
    attempts = [event for event in events if event["message"].startswith("at ")]
    times = [datetime.fromtimestamp(event["timestamp"] / 1000).astimezone() for event in attempts]
    assert [time - times[0] for time in times] == [timedelta(minutes=minutes) for minutes in (0, 1, 3)]
    assert len({event["message"] for event in attempts}) == 1, "a retry keeps the id of the request"


def test_a_retry_runs_the_function_as_it_is_by_then(account: Account) -> None:
    queue = account.queue()
    function = account.function(FAIL, DeadLetterConfig={"TargetArn": queue.arn})
    mended = zipped(ECHO)
    invoke_async(account, function, {})
    account.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    assert runs_of(function, account.settle()) == [], "a throttled function does not run"
    account.client("lambda").delete_function_concurrency(FunctionName=function)
    account.client("lambda").update_function_code(FunctionName=function, ZipFile=mended)
    assert [run["status"] for run in runs_of(function, account.settle())] == ["ok"]
    assert account.messages(queue) == []


def test_what_fails_for_good_is_in_the_dead_letter_queue_with_the_event_itself(account: Account) -> None:
    queue = account.queue()
    function = account.function(FAIL, DeadLetterConfig={"TargetArn": queue.arn})
    invoke_async(account, function, {"pool": "ipam-pool-1"})
    account.settle()
    (letter,) = account.messages(queue)
    assert json.loads(letter["Body"]) == {"pool": "ipam-pool-1"}
    attributes = attributes_of(letter)
    assert set(attributes) == {"RequestID", "ErrorCode", "ErrorMessage"}
    assert attributes["ErrorCode"] == "200"
    assert attributes["ErrorMessage"] == "no such pool"
    group = f"/aws/lambda/{function}"
    logged = [event["message"] for event in account.client("logs").filter_log_events(logGroupName=group)["events"]]
    assert f"START RequestId: {attributes['RequestID']} Version: $LATEST" in logged


def test_a_role_that_may_not_send_to_the_dead_letter_queue_loses_the_event(account: Account) -> None:
    queue = account.queue()
    function = account.function(FAIL, DeadLetterConfig={"TargetArn": queue.arn}, Role=account.role())
    invoke_async(account, function, {})
    account.settle()
    assert account.messages(queue) == []


def test_a_dead_letter_topic_publishes_the_event(account: Account) -> None:
    topic = account.topic()
    account.subscribe(topic, "email", "dead-letters@example.com")
    role = account.role(statement("Allow", "sns:Publish", topic))
    function = account.function(FAIL, DeadLetterConfig={"TargetArn": topic}, Role=role)
    invoke_async(account, function, {"pool": "ipam-pool-1"})
    account.settle()
    (letter,) = account.mail("dead-letters@example.com")
    assert json.loads(letter["message"]) == {"pool": "ipam-pool-1"}
    assert letter["attributes"]["ErrorMessage"] == "no such pool"


def test_the_event_invoke_config_says_how_often_it_is_tried_again(account: Account) -> None:
    queue = account.queue()
    function = account.function(FAIL, DeadLetterConfig={"TargetArn": queue.arn})
    account.client("lambda").put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    invoke_async(account, function, {})
    assert len(runs_of(function, account.settle())) == 1
    assert len(account.messages(queue)) == 1


def test_an_event_that_has_grown_too_old_is_not_tried_again(account: Account) -> None:
    destination = account.queue()
    function = account.function(FAIL)
    account.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumEventAgeInSeconds=2 * MINUTE,
        DestinationConfig={"OnFailure": {"Destination": destination.arn}},
    )
    invoke_async(account, function, {})
    assert len(runs_of(function, account.settle())) == 2
    (record,) = account.bodies(destination)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"


def test_the_destination_for_failures_gets_a_record_of_the_invocation(account: Account) -> None:
    destination = account.queue()
    function = account.function(FAIL)
    account.client("lambda").put_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnFailure": {"Destination": destination.arn}}
    )
    invoke_async(account, function, {"pool": "ipam-pool-1"})
    account.settle()
    (record,) = account.bodies(destination)
    assert record["requestPayload"] == {"pool": "ipam-pool-1"}
    assert record["responsePayload"]["errorMessage"] == "no such pool"
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestContext"]["functionArn"].startswith(account.function_arn(function))


def test_the_destination_for_failures_can_be_a_function(account: Account) -> None:
    told, function = account.function(ECHO), account.function(FAIL)
    account.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": account.function_arn(told)}},
    )
    invoke_async(account, function, {"pool": "ipam-pool-1"})
    account.settle()
    assert [event["requestPayload"] for event in account.events_of(told)] == [{"pool": "ipam-pool-1"}]


def sums(account: Account, function: str) -> dict[str, float]:
    """What the function's metrics add up to over the last hours."""
    end = account.now() + timedelta(minutes=1)
    found = {}
    for metric in ("Invocations", "Errors", "Throttles"):
        statistics = account.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=end - timedelta(hours=3),
            EndTime=end,
            Period=3600,
            Statistics=["Sum"],
        )
        found[metric] = sum(point["Sum"] for point in statistics["Datapoints"])
    return found


def test_each_run_counts_once_in_the_functions_metrics(account: Account) -> None:
    function = account.function(FAIL)
    invoke(account, function)
    invoke_async(account, function, {})
    account.settle()
    assert sums(account, function) == {"Invocations": 4, "Errors": 4, "Throttles": 0}


def test_a_throttled_call_is_refused_and_counts_once_as_throttled_alone(account: Account) -> None:
    function = account.function(ECHO)
    account.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as refused:
        invoke(account, function)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert sums(account, function) == {"Invocations": 0, "Errors": 0, "Throttles": 1}


@pytest.mark.parametrize("module", ["boto3", "botocore", "moto", "ministack", "simulator", "lambdas", "yaml"])
def test_a_zip_that_forgets_a_module_fails_although_the_environment_has_it(account: Account, module: str) -> None:
    answer = invoke(account, account.function(f"import {module}\ndef handler(event, context): pass"))
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Runtime.ImportModuleError"
    assert answer["Payload"]["errorMessage"] == f"Unable to import module 'handler': No module named '{module}'"


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("def handler(event, context) pass", "Runtime.UserCodeSyntaxError", "Syntax error in module 'handler'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'handler'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("def handler(event, context): return object()", "Runtime.MarshalError", "Unable to marshal response"),
        ("import sys\ndef handler(event, context): sys.exit(1)", "Runtime.ExitError", "Runtime exited"),
        ("def handler(event, context): return event['pool']", "KeyError", "'pool'"),
    ],
)
def test_a_function_fails_in_aws_own_words(account: Account, code: str, kind: str, message: str) -> None:
    payload = invoke(account, account.function(code), {})["Payload"]
    assert payload["errorType"] == kind
    assert message in payload["errorMessage"]


def test_a_function_that_takes_too_long_is_ended(account: Account) -> None:
    function = account.function("import time\ndef handler(event, context): time.sleep(30)", Timeout=1)
    payload = invoke(account, function)["Payload"]
    assert "Task timed out after 1.00 seconds" in payload["errorMessage"]


def test_a_function_sees_nothing_of_the_machine_that_it_runs_on(account: Account) -> None:
    code = "import os\ndef handler(event, context): return dict(os.environ)"
    function = account.function(code, Environment={"Variables": {"LEDGER": "table", "LOG_LEVEL": "DEBUG"}})
    seen = invoke(account, function)["Payload"]
    assert seen["LEDGER"] == "table"
    assert seen["LOG_LEVEL"] == "DEBUG"
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert seen["TZ"] == ":UTC"
    assert not os.path.exists(seen["HOME"])  # noqa: PTH110 - a path of the function's, not ours
    assert seen["PATH"].split(":") == ["/usr/local/bin", "/usr/bin", "/bin"]
    plain = invoke(account, account.function(code))["Payload"]
    strangers = {name for name in plain if name not in seen or name.startswith(("MINISTACK", "GATEWAY", "LAMBDA_EX"))}
    assert strangers == set()
    assert "LOG_LEVEL" not in plain
    assert not {name for name in os.environ if name not in _EVERYWHERE} & set(plain)


_EVERYWHERE = {"HOME", "PATH", "LANG", "LC_ALL", "LC_CTYPE", "PWD", "TMPDIR", "TZ", "_", "AWS_REGION"} | {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
}
"""Names that a function has with values of its own, whether or not this process has them too."""


def test_new_code_is_what_runs_next(account: Account) -> None:
    function = account.function("def handler(event, context): return 'old'")
    assert invoke(account, function)["Payload"] == "old"
    account.client("lambda").update_function_code(
        FunctionName=function, ZipFile=zipped("def handler(event, context): return 'new'")
    )
    assert invoke(account, function)["Payload"] == "new"


def test_all_that_a_function_logs_is_in_its_log_however_much_it_is_and_how_slowly_it_comes(account: Account) -> None:
    function = account.function(
        "import sys, time\n"
        "def handler(event, context):\n"
        "    for number in range(3_000):\n"
        "        print('line', number)\n"
        "    time.sleep(0.1)\n"
        "    sys.stderr.write('the end of it')\n"
    )
    invoke(account, function)
    group = f"/aws/lambda/{function}"
    pages = account.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    logged = [event["message"] for page in pages for event in page["events"]]
    assert [line for line in logged if line.startswith("line ")] == [f"line {number}" for number in range(3_000)]
    assert "the end of it" in logged
