"""A simulated account as tests use it: clients, and what most tests build in it by API."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from simulator.deploy import CdkCli, Programs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.client import Simulation

MINUTE = 60
HOUR = 3600

MORNING = datetime(2026, 9, 23, 9, 0, tzinfo=UTC)
"""When the accounts of scenarios begin: schedules and the caps of a day then come at the same places in every run."""

ECHO = """
import json

def handler(event, context):
    print("event " + json.dumps(event))
    return event
"""
"""A function that notes what wakes it, for `Account.events_of`."""

FAIL = ECHO.replace("return event", 'raise ValueError("no such pool")')
"""A function that notes what wakes it, and fails."""

CALL_AWS = """
import datetime, hashlib, hmac, json, os, urllib.error, urllib.request

def call(service, body, path="/", kind="application/x-amz-json-1.0", target=""):
    # POST to an AWS service, signed with the function's own credentials: status and answer
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    endpoint, token = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_SESSION_TOKEN"]
    headers = {"content-type": kind, "host": endpoint.removeprefix("http://"), "x-amz-date": now,
               "x-amz-security-token": token, "x-amz-target": target}
    digest = lambda text: hashlib.sha256(text.encode()).hexdigest()
    names = ";".join(headers)
    canonical = ["POST", path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names, digest(body)]
    scope = "/".join([now[:8], os.environ["AWS_REGION"], service, "aws4_request"])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\\n".join(["AWS4-HMAC-SHA256", now, scope, digest("\\n".join(canonical))])
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = os.environ["AWS_ACCESS_KEY_ID"] + "/" + scope
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}")
    request = urllib.request.Request(endpoint + path, data=body.encode(), headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
"""
"""What a function needs to call AWS with nothing but Python's own library in its zip."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    ],
}

_NUMBERS = itertools.count(1)


def unique(kind: str) -> str:
    """A name that no other test uses."""
    return f"{kind}-{next(_NUMBERS)}"


def zipped(code: str) -> bytes:
    """A function's code as Lambda takes it: one module, `handler`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handler.py", code)
    return archive.getvalue()


def cdk_cli(simulation: Simulation) -> CdkCli:
    """The CDK CLI of the administrator of an account."""
    return CdkCli(Programs(), endpoint=simulation.endpoint, account=simulation.account, region=simulation.region)


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue."""

    url: str
    arn: str


class Account:
    """An account, in use by one test. Leaving it takes away what would go on happening by itself."""

    def __init__(
        self, simulation: Simulation, clients: dict[str, Any], *, account: str | None = None, region: str | None = None
    ) -> None:
        self.simulation = simulation
        self.id = account or simulation.account
        self.region = region or simulation.region
        self._clients = clients
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()
        self.simulation.clear_faults()

    def client(self, service: str) -> Any:
        """The administrator's boto3 client, made once for all tests."""
        if service not in self._clients:
            self._clients[service] = self.simulation.client(service, account=self.id, region=self.region)
        return self._clients[service]

    # What tests build

    def role(self, *statements: dict[str, Any]) -> str:
        """The ARN of a new role, which anybody may assume, with these statements as its policy."""
        name = unique("role")
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        if statements:
            self.allow(arn, *statements)
        return arn

    def allow(self, role: str, *statements: dict[str, Any]) -> None:
        """Put these statements, and no others, into the role's policy."""
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.client("iam").put_role_policy(
            RoleName=role.rpartition("/")[2], PolicyName="policy", PolicyDocument=json.dumps(document)
        )

    def function(self, code: str = ECHO, **configuration: Any) -> str:
        """The name of a new function; `handler` is in its one module."""
        name = unique("function")
        if "Role" not in configuration:
            configuration["Role"] = self.role({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"})
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="handler.handler",
            Code={"ZipFile": zipped(code)},
            **configuration,
        )
        return name

    def permit(self, function: str, service: str, source_arn: str) -> None:
        """Let an AWS service invoke the function on behalf of `source_arn`."""
        self.client("lambda").add_permission(
            FunctionName=function,
            StatementId=unique("permission"),
            Action="lambda:InvokeFunction",
            Principal=service,
            SourceArn=source_arn,
        )

    def queue(self, *, allow: str | None = None, **attributes: str) -> Queue:
        """A new queue; `allow` is an AWS service that may send to it."""
        name = unique("queue")
        arn = f"arn:aws:sqs:{self.region}:{self.id}:{name}"
        if allow:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": allow},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
            attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        url = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return Queue(url, arn)

    def topic(self, **attributes: str) -> str:
        """The ARN of a new topic."""
        arn: str = self.client("sns").create_topic(Name=unique("topic"), Attributes=attributes)["TopicArn"]
        return arn

    def set_topic_policy(self, topic: str, principal: dict[str, str]) -> None:
        """Let this principal, and nobody else, publish to the topic."""
        allowed = {**statement("Allow", "sns:Publish", topic), "Principal": principal}
        document = {"Version": "2012-10-17", "Statement": [allowed]}
        self.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(document)
        )

    def subscribe(self, topic: str, protocol: str, endpoint: str, **attributes: str) -> str:
        """The ARN of a new subscription."""
        arn: str = self.client("sns").subscribe(
            TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        return arn

    def rule(self, *targets: dict[str, Any], **definition: Any) -> str:
        """The ARN of a new rule with these targets, gone after the test."""
        events, name = self.client("events"), unique("rule")
        arn: str = events.put_rule(Name=name, **definition)["RuleArn"]
        self._cleanup.callback(events.delete_rule, Name=name)
        if targets:
            numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
            events.put_targets(Rule=name, Targets=numbered)
        return arn

    def rule_for(self, function: str, **definition: Any) -> str:
        """The ARN of a new rule that invokes the function, and may."""
        arn = self.rule({"Arn": self.function_arn(function)}, **definition)
        self.permit(function, "events.amazonaws.com", arn)
        return arn

    def mapping(self, queue: Queue, function: str, **options: Any) -> str:
        """The id of a new event source mapping, gone after the test."""
        lambda_ = self.client("lambda")
        created = lambda_.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=function, **options)
        self._cleanup.callback(lambda_.delete_event_source_mapping, UUID=created["UUID"])
        return str(created["UUID"])

    def alarm(self, **definition: Any) -> str:
        """The name of a new alarm, gone after the test."""
        name = unique("alarm")
        defaults = {"EvaluationPeriods": 1, "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold"}
        cloudwatch = self.client("cloudwatch")
        cloudwatch.put_metric_alarm(AlarmName=name, **{**defaults, **definition})
        self._cleanup.callback(cloudwatch.delete_alarms, AlarmNames=[name])
        return name

    # What tests do

    def put_event(self, source: str, detail: Any, *, detail_type: str = "Test") -> None:
        """Put one event on the default bus."""
        entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
        answer = self.client("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0, answer

    def publish(self, topic: str, message: str = "hello", *, subject: str | None = None, **attributes: str) -> None:
        """Publish a message with String attributes."""
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        optional = {"Subject": subject} if subject else {}
        self.client("sns").publish(TopicArn=topic, Message=message, MessageAttributes=typed, **optional)

    def put_metric(self, namespace: str, name: str, value: float, *, minutes: int = 1, **dimensions: str) -> None:
        """Publish a value of a metric for this minute and those that follow."""
        named = [{"Name": key, "Value": each} for key, each in dimensions.items()]
        start = self.now()
        data = [
            {"MetricName": name, "Value": value, "Dimensions": named, "Timestamp": start + timedelta(minutes=minute)}
            for minute in range(minutes)
        ]
        self.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)

    def now(self) -> datetime:
        """The account's time, told without moving it."""
        sqs = self.client("sqs")
        queue = sqs.create_queue(QueueName="clock")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="tick")
        (tick,) = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["SentTimestamp"])["Messages"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=tick["ReceiptHandle"])
        return datetime.fromtimestamp(int(tick["Attributes"]["SentTimestamp"]) / 1000, UTC)

    def settle(self) -> dict[str, Any]:
        """Let everything under way come to its end."""
        return self.simulation.settle()

    def advance(self, seconds: float, *, step: float | None = None) -> dict[str, Any]:
        """Move the clock on; schedules fire."""
        return self.simulation.advance(seconds, step=step)

    # What tests look at

    def function_arn(self, function: str) -> str:
        """The ARN of a function."""
        return f"arn:aws:lambda:{self.region}:{self.id}:function:{function}"

    def messages(self, queue: Queue, *, count: int = 10) -> list[dict[str, Any]]:
        """Up to `count` visible messages of a queue with all that they carry; they stay invisible for 30 s."""
        received = self.client("sqs").receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=count,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = received.get("Messages", [])
        return messages

    def bodies(self, queue: Queue) -> list[Any]:
        """The visible messages of a queue, parsed."""
        return [json.loads(message["Body"]) for message in self.messages(queue)]

    def events_of(self, function: str) -> list[Any]:
        """Every event that a function of `ECHO` or `FAIL` was woken with, oldest first."""
        group = f"/aws/lambda/{function}"
        logs = self.client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        lines = [entry["message"] for entry in logs.filter_log_events(logGroupName=group)["events"]]
        return [json.loads(line.removeprefix("event ")) for line in lines if line.startswith("event ")]

    def mail(self, address: str) -> list[dict[str, Any]]:
        """What the outbox holds for one address or endpoint."""
        return [entry for entry in self.simulation.outbox() if entry["endpoint"] == address]


def runs_of(function: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The invocations of one function in a control call's answer."""
    return [entry for entry in answer["invocations"] if entry["function"] == function]


def changes_of(alarm: str, answer: dict[str, Any]) -> list[tuple[str, str]]:
    """The changes of one alarm's own state in a control call's answer, as (from, to)."""
    return [
        (entry["from"], entry["to"])
        for entry in answer["alarms"]
        if entry["name"] == alarm and entry["contributor"] is None
    ]


def attributes_of(message: dict[str, Any]) -> dict[str, str]:
    """The message attributes of a received message, name to value."""
    return {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}


def statement(effect: str, actions: Sequence[str] | str, resource: str = "*", **conditions: Any) -> dict[str, Any]:
    """One statement of a policy."""
    made = {"Effect": effect, "Action": actions, "Resource": resource}
    return {**made, "Condition": conditions} if conditions else made
