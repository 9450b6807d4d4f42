"""Alarms and metrics that several tests of the alarm evaluation share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.cloudwatch.metrics import MetricStore

NOON = 1_790_164_800.0
"""12:00:00 UTC on 23 September 2026."""

TOPIC = "arn:aws:sns:us-east-1:123456789012:oncall"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:refill"

POOLS_QUERY = 'SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID ORDER BY MIN() ASC'


def cpu_alarm(**changes: Any) -> dict[str, Any]:
    """An alarm on one metric: CPUUtilization over 50 for one period of five minutes."""
    return {
        "AlarmName": "ServerCpuTooHigh",
        "AlarmDescription": "Goes into alarm when server CPU utilization is too high!",
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "InstanceId", "Value": "i-12345678901234567"}],
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 50.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **changes,
    }


def without(definition: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in definition.items() if name not in fields}


def query_alarm(*metrics: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """An alarm on a list of metric queries: over 0 for one period."""
    return {
        "AlarmName": "queries",
        "Metrics": list(metrics),
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **changes,
    }


def pools_alarm(query: str = POOLS_QUERY, **changes: Any) -> dict[str, Any]:
    """An alarm on every IPAM pool of which less than 20 % is available."""
    expression = {"Id": "q1", "Expression": query, "Period": 300, "ReturnData": True}
    defaults = {"AlarmName": "pools-low", "Threshold": 20.0, "ComparisonOperator": "LessThanThreshold"}
    return query_alarm(expression, **{**defaults, **changes})


def stat(name: str, metric: str, *, returned: bool = False, **changes: Any) -> dict[str, Any]:
    """A metric query on the Sum per minute of a metric without dimensions."""
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": "App", "MetricName": metric},
            "Period": 60,
            "Stat": "Sum",
            **changes,
        },
        "ReturnData": returned,
    }


def publish_available(store: MetricStore, at: float, **percent_by_pool: float) -> None:
    """Publish PercentAvailable of each pool as IPAM does, into the newest period of an evaluation at `at`."""
    for pool, percent in percent_by_pool.items():
        dimensions = {
            "AddressFamily": "ipv4",
            "Locale": "us-east-1",
            "PoolID": pool,
            "ScopeID": "ipam-scope-1",
        }
        store.put("AWS/IPAM", "PercentAvailable", dimensions, at - 60, percent, "Percent")


def publish_series(store: MetricStore, metric: str, now: float, values: Sequence[float | None]) -> None:
    """Publish a value per minute, the last into the newest period of an evaluation at `now`; None: a gap."""
    for age, value in enumerate(reversed(values), start=1):
        if value is not None:
            store.put("App", metric, {}, now - 60 * age, value)
