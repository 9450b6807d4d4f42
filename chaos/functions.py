"""The deployed functions, and how events reach them: late, twice, in any order, or never; tried again."""

from __future__ import annotations

import heapq
import importlib
import itertools
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chaos.account import ACCOUNT, HOME, MODE, OPERATE, client
from chaos.hazards import ProcessEndedError, refusal
from chaos.log import Run
from chaos.wire import longest_run
from simulator.clock import CLOCK

if TYPE_CHECKING:
    import random

    from chaos.wire import Wire

ATTEMPTS = 3
RETRY_SECONDS = 60.0
MOST_DELIVERIES = 400
"""Deliveries at one moment: more can only be events that wake each other without end."""

TRAIL_SECONDS = 5.0
API_CALL = "AWS API Call via CloudTrail"
USES = {"AssociateAddress", "AssociateNatGatewayAddress", "CreateLoadBalancer", "CreateNatGateway", "SetSubnets"}
STARTS = {"AllocateAddress", "DisassociateAddress"}
WANTS = {"AllocateAddress", "AllocateIpamPoolCidr", "CreateVpc"}
LOAD_BALANCERS = {"CreateLoadBalancer", "ModifyIpPools"}


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An event on its way to a function; `source` is the same for all attempts at it."""

    function: str
    event: dict[str, Any]
    source: str
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class Context:
    """What Lambda tells a function of its invocation."""

    aws_request_id: str
    seconds: int

    def get_remaining_time_in_millis(self) -> int:
        """Give how long the function may run, as each asks when it begins."""
        return self.seconds * 1000


@dataclass
class Functions:
    """The functions and what wakes them. `faults` is how likely each event is late, lost or doubled."""

    dice: random.Random
    wire: Wire = field(init=False)
    faults: float = 0.0
    switch: str = "deployed"
    fates: Counter[str] = field(default_factory=Counter)
    woken: Counter[str] = field(default_factory=Counter)
    dead: list[Delivery] = field(default_factory=list)
    _waiting: list[tuple[float, int, Delivery]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def local(self) -> dict[str, Any]:
        """What these give the functions that is no part of moto: parameters, queues, the bus, stacks."""
        return {
            "GetParameter": self._get_parameter,
            "SendMessage": self._send_message,
            "PutEvents": self._put_events,
            "DescribeStackResources": _no_stack,
            "ListMetrics": _all_measured,
            "GetCallerIdentity": lambda _: {"Account": ACCOUNT},
        }

    def fire(self, function: str, *, early: float = 0.0) -> None:
        """Have a schedule fire; its event is `early` seconds old by then."""
        time = datetime.fromtimestamp(CLOCK.time() - early, UTC)
        self.send(function, {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}, at=time)

    def alarm(self, pool_id: str) -> None:
        """Have CloudWatch tell that a pool's series went into ALARM, which need not be true."""
        contributor = {"id": "1", "attributes": {"PoolID": pool_id}}
        detail = {"alarmContributor": contributor, "state": {"value": "ALARM"}}
        kind = "CloudWatch Alarm Contributor State Change"
        self.send("refill_pools", {"source": "aws.cloudwatch", "detail-type": kind, "detail": detail})

    def send(self, function: str, event: dict[str, Any], *, delay: float = 1.0, at: datetime | None = None) -> None:
        """Send an event to a function, and let chance decide what becomes of it."""
        event = {"account": ACCOUNT, "region": HOME, "time": _text(at or CLOCK.now()), **event}
        for late in self._fates():
            self._deliver(Delivery(function=function, event=event, source=self._source()), after=delay + late)

    def ask(self, action: str, decision_id: str) -> Run:
        """Have somebody ask `operate` for something, and wait for the answer."""
        event = {"action": action, "decision_id": decision_id, "actor": "a person"}
        return self._invoke(Delivery(function=OPERATE, event=event, source=self._source()))

    def deliver_due(self) -> None:
        """Wake functions with all that is due by now."""
        for _ in range(MOST_DELIVERIES):
            if not self.deliver_one():
                return
        raise RuntimeError(f"more than {MOST_DELIVERIES} deliveries at one moment: events wake each other without end")

    def deliver_one(self) -> bool:
        """Wake a function with what is due first; False where nothing is due."""
        if not self._waiting or self._waiting[0][0] > CLOCK.time():
            return False
        delivery = heapq.heappop(self._waiting)[2]
        run = self._invoke(delivery)
        if run.ended != "done":
            again = Delivery(**{**vars(delivery), "attempt": delivery.attempt + 1})
            if again.attempt > ATTEMPTS:
                self.dead.append(delivery)
            else:
                self._deliver(again, after=RETRY_SECONDS * delivery.attempt)
        return True

    def redrive(self) -> None:
        """Have people send again what is in the dead-letter queues, as their alarms ask for."""
        dead, self.dead = self.dead, []
        for delivery in dead:
            self.fates["sent again"] += 1
            self._deliver(Delivery(**{**vars(delivery), "attempt": 1}), after=0.0)

    @property
    def next_due(self) -> float | None:
        """When the next delivery is due, None where nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def on_trail(
        self, operation: str, parameters: dict[str, Any], answer: dict[str, Any] | None, error: str, agent: str
    ) -> None:
        """Have CloudTrail tell of a call whom the rules name."""
        elements = None if answer is None else {key: answer[key] for key in answer if key != "ResponseMetadata"}
        detail = {
            "eventName": operation,
            "awsRegion": HOME,
            "recipientAccountId": ACCOUNT,
            "userAgent": agent,
            "requestParameters": json.loads(json.dumps(_lower(parameters), default=str)),
            "responseElements": json.loads(json.dumps(_lower(elements), default=str)),
            **({"errorCode": error} if error else {}),
        }
        targets = [
            *(["release_eips"] if operation in USES | STARTS else []),
            *(["align_albs"] if operation in LOAD_BALANCERS and not error else []),
            *(["refill_pools"] if operation in WANTS and error else []),
        ]
        for function in targets:
            event = {"source": "aws.ec2", "detail-type": API_CALL, "detail": detail}
            self.send(function, event, delay=TRAIL_SECONDS)

    def _fates(self) -> list[float]:
        """Draw what becomes of an event: how late each of its copies is, in seconds; none where it is lost."""
        if self.dice.random() >= self.faults:
            return [0.0]
        fate = self.dice.choice(["late", "duplicated", "lost", "reordered"])
        self.fates[fate] += 1
        match fate:
            case "late":
                return [self.dice.uniform(600, 6 * 3600)]
            case "duplicated":
                return [0.0, self.dice.uniform(0, 1800)]
            case "reordered":
                return [self.dice.uniform(0, 120)]
        return []

    def _invoke(self, delivery: Delivery) -> Run:
        run = Run(
            number=len(self.wire.log.runs),
            function=delivery.function,
            source=delivery.source,
            event=delivery.event,
            began=CLOCK.now(),
        )
        self.wire.log.runs.append(run)
        self.woken[delivery.function] += 1
        outer, self.wire.run = self.wire.run, run
        queue = os.environ.get("RECHECK_QUEUE_URL", "")
        os.environ["RECHECK_QUEUE_URL"] = f"https://sqs/{delivery.function}"
        handler = importlib.import_module(f"lambdas.{delivery.function}.handler").handler
        try:
            answer = handler(
                delivery.event, Context(aws_request_id=delivery.source, seconds=longest_run(delivery.function))
            )
            run.ended = "failed" if (answer or {}).get("batchItemFailures") else "done"
        except ProcessEndedError:
            run.ended = "killed"
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda tries again
            run.ended = "failed"
            run.error = f"{type(error).__name__}: {error}"
        finally:
            os.environ["RECHECK_QUEUE_URL"] = queue
            self.wire.run = outer
        return run

    def _deliver(self, delivery: Delivery, *, after: float) -> None:
        heapq.heappush(self._waiting, (CLOCK.time() + after, next(self._numbers), delivery))

    def _source(self) -> str:
        return f"request-{next(self._numbers)}"

    def _get_parameter(self, parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters["Name"] != MODE or self.switch == "missing":
            raise refusal("ParameterNotFound", 400, "GetParameter")
        return {"Parameter": {"Name": MODE, "Value": self.switch}}

    def _send_message(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Queue a message to a function: at least once, never lost."""
        message = {
            "messageId": "1",
            "eventSource": "aws:sqs",
            "body": parameters["MessageBody"],
            "attributes": {"SentTimestamp": str(int(CLOCK.time() * 1000))},
        }
        function = parameters["QueueUrl"].rpartition("/")[2]
        for late in [each for each in self._fates() if each < RETRY_SECONDS] or [0.0]:
            delivery = Delivery(function=function, event={"Records": [message]}, source=self._source())
            self._deliver(delivery, after=parameters.get("DelaySeconds", 0) + late)
        return {"MessageId": "1"}

    def _put_events(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Put decisions on the bus: what refill_pools has done is what the others wait for that take from pools."""
        if self.dice.random() < self.faults / 10:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "chaos"}]}
        for entry in parameters["Entries"]:
            detail = json.loads(entry["Detail"])
            if (detail["remediation"], detail["outcome"]) == ("refill_pools", "done"):
                event = {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail}
                for function in ("align_albs", "extend_vpcs"):
                    self.send(function, event)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


def _no_stack(parameters: dict[str, Any]) -> dict[str, Any]:
    message = f"Stack for {parameters['PhysicalResourceId']} does not exist"
    raise refusal("ValidationError", 400, "DescribeStackResources", message=message)


def _all_measured(_: dict[str, Any]) -> dict[str, Any]:
    """Say that IPAM publishes its metric for each pool."""
    pools = client("ec2").describe_ipam_pools()["IpamPools"]
    dimensions = [[{"Name": "PoolID", "Value": pool["IpamPoolId"]}] for pool in pools]
    return {"Metrics": [{"MetricName": "PercentAvailable", "Dimensions": each} for each in dimensions]}


def _lower(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write members as CloudTrail does, with a lower first letter."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lower(each) for key, each in value.items()}
    return [_lower(each) for each in value] if isinstance(value, list) else value


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
