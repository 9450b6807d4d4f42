"""What a transition sends as an EventBridge event and to the function of a Lambda action.

User guide, "Alarm events and EventBridge" and "Invoke a Lambda function from an alarm". AWS prints no example
of what a function gets for a contributor: it is taken to be the event's detail, as it is for an alarm.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from simulator.cloudwatch.alarms import AlarmState
from simulator.cloudwatch.definition import dimension_map, statistic_name
from simulator.cloudwatch.timestamps import event_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.cloudwatch.alarms import State, Transition


def alarm_arn(definition: Mapping[str, Any], *, account: str, region: str) -> str:
    """Name the alarm: the resource of its events, and the source of its calls."""
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{definition['AlarmName']}"


def event_detail_type(transition: Transition) -> str:
    """Name the kind of event, whose source is `aws.cloudwatch`."""
    if transition.contributor is not None:
        return "CloudWatch Alarm Contributor State Change"
    return "CloudWatch Alarm State Change"


def event_detail(definition: Mapping[str, Any], transition: Transition) -> dict[str, Any]:
    """Build the detail of the event. A contributor's has no previousState, and no reasonData."""
    detail: dict[str, Any] = {"alarmName": definition["AlarmName"]}
    contributor = transition.contributor
    if contributor is not None:
        detail["alarmContributor"] = {"id": contributor.id, "attributes": dict(contributor.attributes)}
    detail["state"] = _state(transition.current)
    if contributor is None:
        detail["previousState"] = _state(transition.previous)
    detail["configuration"] = _configuration(definition)
    return detail


def lambda_payload(
    definition: Mapping[str, Any], transition: Transition, *, account: str, region: str
) -> dict[str, Any]:
    """Build what a Lambda action passes to its function."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm_arn(definition, account=account, region=region),
        "accountId": account,
        "time": event_time(transition.current.updated),
        "region": region,
        "alarmData": event_detail(definition, transition),
    }


def _state(state: State) -> dict[str, Any]:
    written: dict[str, Any] = {"value": state.value, "reason": state.reason}
    if state.reason_data is not None:
        written["reasonData"] = state.reason_data
    written["timestamp"] = event_time(state.updated)
    if isinstance(state, AlarmState) and state.evaluation_state is not None:
        written["evaluationState"] = state.evaluation_state
    return written


def _configuration(definition: Mapping[str, Any]) -> dict[str, Any]:
    configuration: dict[str, Any] = {"metrics": _metrics(definition)}
    if definition.get("AlarmDescription"):
        configuration["description"] = definition["AlarmDescription"]
    return configuration


def _metrics(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    if definition.get("Metrics"):
        return [_metric_query(query) for query in definition["Metrics"]]
    stat = statistic_name(definition)
    # AWS gives the one metric of such an alarm an id of its own making.
    name = str(uuid.uuid5(uuid.NAMESPACE_OID, definition["AlarmName"]))
    return [{"id": name, "metricStat": _metric_stat({**definition, "Stat": stat}, definition), "returnData": True}]


def _metric_query(query: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {"id": query["Id"]}
    if query.get("MetricStat"):
        written["metricStat"] = _metric_stat(query["MetricStat"], query["MetricStat"]["Metric"])
    for field in ("Expression", "Label", "Period"):
        if query.get(field) is not None:
            written[field.lower()] = query[field]
    written["returnData"] = query.get("ReturnData", True)
    return written


def _metric_stat(stat: Mapping[str, Any], metric: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {
        "metric": {
            "namespace": metric["Namespace"],
            "name": metric["MetricName"],
            "dimensions": dimension_map(metric.get("Dimensions") or ()),
        },
        "period": stat["Period"],
        "stat": stat["Stat"],
    }
    if stat.get("Unit"):
        written["unit"] = stat["Unit"]
    return written
