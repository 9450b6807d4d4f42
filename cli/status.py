"""`poolwarden status`: how the deployed hub is, and what waits for a person."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cli import hub, restraint
from cli.failures import tried
from cli.history import shown
from infra.naming import function_output_of
from lambdas.common import consent
from lambdas.common.consent import Answer
from lambdas.common.decision import Outcome
from lambdas.common.dynamo import timestamp
from lambdas.common.settings import REMEDIATIONS, lower_of
from lambdas.notify import texts
from lambdas.notify.aws import decisions_since
from lambdas.refill_pools.case import REMEDIATION as REFILLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cli.aws import Aws
    from cli.hub import Hub
    from lambdas.common.settings import Mode

FUNCTIONS = {name: function_output_of(name) for name in (*REMEDIATIONS, "operate")}
"""The outputs with the names of the functions that others may invoke; `notify` has none."""

LAMBDA = "AWS::Lambda::Function"

LOOKED_BACK = timedelta(days=1)
PERIOD = timedelta(minutes=1)
ALARMS_A_CALL = 100
UNCONFIRMED = "PendingConfirmation"


def status(aws: Aws, document: Mapping[str, Any]) -> dict[str, Any]:
    """Look at all that is deployed; `document` is the configuration here, as `Config.runtime_settings()` gives it.

    `{stack, configuration, switch, calendar, functions, alarms, dead_letters, proposals, unconfirmed,
    missing_permissions, errors}`: `configuration` is `deployed` where the functions run with the one here, `differs`
    where not, None where it cannot be read; then `functions` has the modes of the one here. `alarms` are all of the
    stack's as `{name, state, since, what}`, `dead_letters` its queues as `{queue, messages}`, `unconfirmed`
    subscriptions as `{endpoint, protocol, topic}`.
    """
    errors: list[dict[str, str]] = []
    found = hub.require(aws)
    found.adopt()
    deployed = tried("the deployed configuration", partial(found.settings, aws), errors)
    conf = deployed or document
    same = deployed and ("deployed" if deployed == document else "differs")
    return {
        "stack": {
            "name": hub.STACK,
            "status": found.status,
            "updated": found.updated,
            "account": aws.account,
            "region": aws.region,
        },
        "configuration": same,
        "switch": tried("the kill switch", partial(restraint.switch, aws), errors),
        "calendar": conf["change_calendar"]
        and {
            "name": conf["change_calendar"],
            "state": tried("the change calendar", partial(restraint.calendar, aws, conf["change_calendar"]), errors),
        },
        "functions": tried("the functions' runs", partial(_functions, aws, found, conf), errors) or [],
        "alarms": tried("the alarms", partial(_alarms, aws, found), errors) or [],
        "dead_letters": tried("the dead letters", partial(_dead_letters, aws, found), errors) or [],
        "proposals": tried("the proposals", partial(_proposals, aws, conf), errors) or [],
        "unconfirmed": tried("the subscriptions", partial(_unconfirmed, aws, found), errors) or [],
        "missing_permissions": [{"permission": each.permission, "region": each.region} for each in aws.refusals],
        "errors": errors,
    }


def _functions(aws: Aws, found: Hub, conf: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say of each function in which mode it is, and how its runs of the last day went, by CloudWatch's metrics."""
    names = {name: found.outputs[output] for name, output in FUNCTIONS.items() if output in found.outputs}
    for each in found.resources:
        if each.type == LAMBDA and each.name.startswith("Notify"):
            names["notify"] = each.id
    queries = [
        {
            "Id": f"{metric.lower()}_{name}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": function}],
                },
                "Period": int(PERIOD.total_seconds()),
                "Stat": "Sum",
            },
        }
        for name, function in names.items()
        for metric in ("Invocations", "Errors")
    ]
    pages = (
        aws.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(MetricDataQueries=queries, StartTime=aws.now - LOOKED_BACK, EndTime=aws.now + PERIOD)
    )
    series: dict[str, list[tuple[datetime, float]]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            series.setdefault(result["Id"], []).extend(zip(result["Timestamps"], result["Values"], strict=True))
    return [
        {
            "name": name,
            "function": function,
            "mode": mode_of(name, conf, account=aws.account),
            "last_run": _latest(series.get(f"invocations_{name}", [])),
            "runs": int(sum(value for _, value in series.get(f"invocations_{name}", []))),
            "errors": int(sum(value for _, value in series.get(f"errors_{name}", []))),
        }
        for name, function in names.items()
    ]


def mode_of(name: str, conf: Mapping[str, Any], *, account: str) -> Mode | None:
    """Give the mode that a function has in the configuration; None for one that has none, such as `operate`.

    Pools are refilled in the hub's account alone, so that a lower mode of that account is the function's.
    """
    mode: Mode | None = (conf.get(name) or {}).get("mode")
    modes: Mapping[str, Mode] = (conf.get("organization") or {}).get("modes") or {}
    return lower_of(mode, modes[account]) if mode and name == REFILLS and account in modes else mode


def _latest(points: Iterable[tuple[datetime, float]]) -> str | None:
    """Give the time of the last point above zero, to within `PERIOD`."""
    times = [time for time, value in points if value]
    return timestamp(max(times)) if times else None


def _alarms(aws: Aws, found: Hub) -> list[dict[str, Any]]:
    names = [*found.of_type("AWS::CloudWatch::Alarm"), *found.of_type("AWS::CloudWatch::CompositeAlarm")]
    described: list[dict[str, Any]] = []
    for first in range(0, len(names), ALARMS_A_CALL):
        answer = aws.client("cloudwatch").describe_alarms(
            AlarmNames=names[first : first + ALARMS_A_CALL],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=ALARMS_A_CALL,
        )
        described += [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
    return [
        {
            "name": each["AlarmName"],
            "state": each["StateValue"],
            "since": timestamp(each["StateUpdatedTimestamp"]),
            "what": each.get("AlarmDescription", ""),
        }
        for each in sorted(described, key=lambda each: str(each["AlarmName"]))
    ]


def _dead_letters(aws: Aws, found: Hub) -> list[dict[str, Any]]:
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    queues = [each for each in found.resources if each.type == "AWS::SQS::Queue" and "DeadLetters" in each.name]
    letters = []
    for queue in queues:
        answer = aws.client("sqs").get_queue_attributes(QueueUrl=queue.id, AttributeNames=list(counts))
        messages = sum(int(answer["Attributes"][count]) for count in counts)
        letters.append({"queue": queue.id.rpartition("/")[2], "messages": messages})
    return letters


def _proposals(aws: Aws, conf: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the ledger items of what waits for a person, with `until`, the next to expire first."""
    lifetime = timedelta(seconds=conf["approval_expires"])
    items = decisions_since(texts.REMEDIATIONS, aws.now - lifetime, outcome=Outcome.PROPOSED)
    proposed = {item["decision_id"]: item for item in items}
    stands = {decision_id: consent.proposal(decision_id) for decision_id in proposed}
    still = [
        {**shown(proposed[decision_id]), "until": timestamp(each.until)}
        for decision_id, each in stands.items()
        if each is not None and each.answer is Answer.OPEN and aws.now < each.until
    ]
    return sorted(still, key=lambda each: str(each["until"]))


def _unconfirmed(aws: Aws, found: Hub) -> list[dict[str, Any]]:
    """Give the subscriptions that nobody confirmed: whoever they are for hears nothing."""
    topics = found.of_type("AWS::SNS::Topic")
    pages = [
        page
        for topic in topics
        for page in aws.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    ]
    return [
        {"endpoint": each["Endpoint"], "protocol": each["Protocol"], "topic": each["TopicArn"].rpartition(":")[2]}
        for page in pages
        for each in page["Subscriptions"]
        if each["SubscriptionArn"] == UNCONFIRMED
    ]
