"""What a transition sends to the topic of an SNS action.

AWS prints no example of a contributor's message: it is taken to name the contributor as DescribeAlarmHistory
does.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader

from simulator.cloudwatch.definition import read, statistic_name
from simulator.cloudwatch.payloads import alarm_arn
from simulator.cloudwatch.timestamps import event_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.cloudwatch.alarms import Transition

MAX_SUBJECT = 100
"""Characters of an SNS subject."""


def sns_subject(definition: Mapping[str, Any], transition: Transition, *, region: str) -> str:
    """Write `ALARM: "name" in US East (N. Virginia)`, shortening the name to keep within 100 characters."""
    name = re.sub(r"[^\x20-\x7e]+", "_", definition["AlarmName"])
    around = f'{transition.current.value}: "" in {region_name(region)}'
    room = MAX_SUBJECT - len(around)
    if len(name) > room:
        name = name[: room - 3] + "..."
    return f'{transition.current.value}: "{name}" in {region_name(region)}'


def sns_message(
    definition: Mapping[str, Any], transition: Transition, *, account: str, region: str, configured: float
) -> str:
    """Write the JSON of an SNS action; `configured` is when the definition was last changed."""
    message: dict[str, Any] = {
        "AlarmName": definition["AlarmName"],
        "AlarmDescription": definition.get("AlarmDescription") or None,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": event_time(configured),
        "NewStateValue": transition.current.value,
        "NewStateReason": transition.current.reason,
        "StateChangeTime": event_time(transition.current.updated),
        "Region": region_name(region),
        "AlarmArn": alarm_arn(definition, account=account, region=region),
        "OldStateValue": transition.previous.value,
    }
    if transition.contributor is not None:
        message["AlarmContributorId"] = transition.contributor.id
        message["AlarmContributorAttributes"] = dict(transition.contributor.attributes)
    for actions in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        message[actions] = list(definition.get(actions) or ())
    message["Trigger"] = _trigger(definition)
    return json.dumps(message)


@cache
def region_name(region: str) -> str:
    """Name a Region as people do; its code where AWS's endpoint list does not have it."""
    partitions = Loader().load_data("endpoints")["partitions"]
    names = {code: entry["description"] for partition in partitions for code, entry in partition["regions"].items()}
    return str(names.get(region, region))


def _trigger(definition: Mapping[str, Any]) -> dict[str, Any]:
    trigger = {} if definition.get("Metrics") else _watched_metric(definition)
    trigger["Period"] = int(read(definition).period)
    for field in ("EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator"):
        if definition.get(field) is not None:
            trigger[field] = definition[field]
    trigger["Threshold"] = float(definition["Threshold"])
    trigger["TreatMissingData"] = definition.get("TreatMissingData") or ""
    trigger["EvaluateLowSampleCountPercentile"] = definition.get("EvaluateLowSampleCountPercentile") or ""
    if definition.get("Metrics"):
        trigger["Metrics"] = [_query(query) for query in definition["Metrics"]]
    return trigger


def _watched_metric(definition: Mapping[str, Any]) -> dict[str, Any]:
    statistic = statistic_name(definition)
    kind = "ExtendedStatistic" if definition.get("ExtendedStatistic") else "Statistic"
    return {
        "MetricName": definition["MetricName"],
        "Namespace": definition["Namespace"],
        "StatisticType": kind,
        "Statistic": statistic.upper() if kind == "Statistic" else statistic,
        "Unit": definition.get("Unit") or None,
        "Dimensions": _dimensions(definition),
    }


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    written = {**query, "ReturnData": query.get("ReturnData", True)}
    if query.get("MetricStat"):
        metric = query["MetricStat"]["Metric"]
        written["MetricStat"] = {
            **query["MetricStat"],
            "Metric": {**metric, "Dimensions": _dimensions(metric)},
        }
    return written


def _dimensions(metric: Mapping[str, Any]) -> list[dict[str, str]]:
    """List the dimensions with the members in small letters, as only this message has them."""
    return [{"value": entry["Value"], "name": entry["Name"]} for entry in metric.get("Dimensions") or ()]
