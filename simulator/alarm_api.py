"""What CloudWatch's API and CloudFormation take of alarms, where MiniStack takes less."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cbor2
from ministack.services import cloudwatch

from simulator.alarms import state_of
from simulator.cloudwatch.validation import InvalidAlarm, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def install() -> None:
    """Complete MiniStack's operations."""
    cloudwatch._put_metric_alarm = _put_metric_alarm(cloudwatch._put_metric_alarm)
    cloudwatch.handle_request = _with_contributors(cloudwatch.handle_request)


def cloudformation_record(record: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Let CloudFormation create alarms on metric queries, which MiniStack refuses."""

    def with_queries(name: str, props: dict[str, Any]) -> dict[str, Any]:
        if not props.get("Metrics"):
            return record(name, props)
        try:
            validate({"AlarmName": name, **_typed(props)})
        except InvalidAlarm as error:
            raise ValueError(str(error)) from None
        return _on_queries(record(name, {**props, "Metrics": None, **_PLACEHOLDER}), _typed(props)["Metrics"])

    return with_queries


_PLACEHOLDER = {"MetricName": "-", "Namespace": "-"}
"""What MiniStack wants of every alarm; taken out again by `_on_queries`."""

_SINGLE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def _on_queries(alarm: dict[str, Any], queries: list[dict[str, Any]]) -> dict[str, Any]:
    for member in _SINGLE_METRIC:
        alarm.pop(member, None)
    alarm["Metrics"] = queries
    return alarm


def _typed(props: Mapping[str, Any]) -> dict[str, Any]:
    """Templates may carry numbers and booleans as text."""
    queries = []
    for query in props["Metrics"]:
        typed = dict(query)
        if "Period" in typed:
            typed["Period"] = int(typed["Period"])
        if "ReturnData" in typed:
            typed["ReturnData"] = str(typed["ReturnData"]).lower() == "true"
        if stat := typed.get("MetricStat"):
            typed["MetricStat"] = {**stat, "Period": int(stat["Period"])}
        queries.append(typed)
    return {
        **props,
        "Metrics": queries,
        "Threshold": float(props["Threshold"]),
        "EvaluationPeriods": int(props["EvaluationPeriods"]),
        "DatapointsToAlarm": int(props.get("DatapointsToAlarm") or props["EvaluationPeriods"]),
    }


def _put_metric_alarm(put: Callable[..., Any]) -> Callable[..., Any]:
    """PutMetricAlarm with AWS's checks, and with metric queries, which MiniStack forgets."""

    def checked(params: Any, cbor_data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        if not cbor_data:
            if any(name.startswith("Metrics.member.") for name in params):
                message = (
                    "Alarms on metric queries are not simulated in the query protocol, which no SDK speaks any more"
                )
                return cloudwatch._error("NotImplemented", message, 400)
            return put(params, cbor_data, is_cbor, is_json)
        try:
            validate(cbor_data)
        except InvalidAlarm as error:
            return cloudwatch._error(error.code, str(error), 400, use_json=is_json, use_cbor=is_cbor)
        answer = put(params, cbor_data, is_cbor, is_json)
        if queries := cbor_data.get("Metrics"):
            _on_queries(cloudwatch._alarms[cbor_data["AlarmName"]], queries)
        return answer

    return checked


def _with_contributors(handle: Callable[..., Any]) -> Callable[..., Any]:
    """DescribeAlarmContributors, which MiniStack lacks."""

    async def handled(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:  # noqa: ANN401
        if path.endswith("/operation/DescribeAlarmContributors"):
            return _describe_contributors(cbor2.loads(body), use_cbor=True)
        if headers.get("x-amz-target", "").endswith(".DescribeAlarmContributors"):
            return _describe_contributors(json.loads(body), use_cbor=False)
        return await handle(method, path, headers, body, query)

    return handled


def _describe_contributors(request: Mapping[str, Any], *, use_cbor: bool) -> Any:  # noqa: ANN401 - MiniStack's answer
    alarm = cloudwatch._alarms.get(request.get("AlarmName", ""))
    if alarm is None:
        message = f"Alarm {request.get('AlarmName')} not found"
        return cloudwatch._error("ResourceNotFoundException", message, 404, use_json=not use_cbor, use_cbor=use_cbor)
    contributors = [
        {
            "ContributorId": contributor.id,
            "ContributorAttributes": dict(contributor.attributes),
            "StateReason": contributor.reason,
            "StateTransitionedTimestamp": (
                cloudwatch._cbor_timestamp(contributor.updated) if use_cbor else contributor.updated
            ),
        }
        for contributor in state_of(alarm).contributors.values()
        if contributor.value == "ALARM"
    ]
    answer = cloudwatch._cbor_ok if use_cbor else cloudwatch._json_ok
    return answer({"AlarmContributors": contributors})
