"""GetMetricData on the metrics that alarms are evaluated on: statistics, Metrics Insights queries and metric math."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from simulator.alarms import metrics_of
from simulator.cloudwatch import insights, insights_syntax, metric_math
from simulator.cloudwatch.definition import dimension_map
from simulator.cloudwatch.insights import TimeSeries
from simulator.cloudwatch.metrics import is_statistic
from simulator.cloudwatch.syntax import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.cloudwatch.metric_math import Value
    from simulator.cloudwatch.metrics import MetricStore

DEFAULT_PERIOD = 60


def install() -> None:
    """Replace MiniStack's, which knows no expressions and mixes metrics that differ in their dimensions."""
    cloudwatch._get_metric_data = _answered(cloudwatch._get_metric_data)


def _answered(theirs: Callable[..., Any]) -> Callable[..., Any]:
    def answered(params: Any, request: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        if not request:
            return theirs(params, request, is_cbor, is_json)  # the query protocol
        try:
            results = _Request(request, metrics_of(get_account_id(), get_region())).results()
        except ExpressionError as error:
            return cloudwatch._error("ValidationError", str(error), 400, use_json=is_json, use_cbor=is_cbor)
        if is_cbor:
            return cloudwatch._cbor_ok({"MetricDataResults": [cloudwatch._cbor_metric_data_result(r) for r in results]})
        return cloudwatch._json_ok({"MetricDataResults": results})

    return answered


class _Request:
    """One request: its queries, which may name each other, over its time."""

    def __init__(self, request: Mapping[str, Any], store: MetricStore) -> None:
        self._store = store
        self._queries = {query["Id"]: query for query in request["MetricDataQueries"]}
        self._start = cloudwatch._parse_ts(request["StartTime"])
        self._end = cloudwatch._parse_ts(request["EndTime"])
        self._ascending = request.get("ScanBy") == "TimestampAscending"
        self._under_way: list[str] = []

    def results(self) -> list[dict[str, Any]]:
        """Each time series of each query that returns data, newest value first unless asked otherwise."""
        return [
            self._result(query, series)
            for query in self._queries.values()
            if query.get("ReturnData", True)
            for series in self._series(query)
        ]

    def _result(self, query: Mapping[str, Any], series: TimeSeries) -> dict[str, Any]:
        points = sorted(series.values.items(), reverse=not self._ascending)
        metric = query.get("MetricStat", {}).get("Metric", {}).get("MetricName")
        return {
            "Id": query["Id"],
            "Label": query.get("Label") or " ".join(series.attributes.values()) or metric or query["Id"],
            "Timestamps": [time for time, _ in points],
            "Values": [value for _, value in points],
            "StatusCode": "Complete",
        }

    def _series(self, query: Mapping[str, Any]) -> tuple[TimeSeries, ...]:
        expression = query.get("Expression")
        if expression and insights_syntax.is_query(expression):
            period = query.get("Period", DEFAULT_PERIOD)
            found = insights_syntax.parse(expression)
            return insights.run(found, self._store, period=period, start=self._from(period), end=self._end).series
        value = self._value(query["Id"])
        if isinstance(value, tuple):
            return tuple(TimeSeries({}, each) for each in value)
        if isinstance(value, float | int):
            raise ExpressionError(f"The expression '{query['Id']}' returns a number, not a time series")
        return (TimeSeries({}, value),)

    def _value(self, name: str) -> Value:
        if name not in self._queries or name in self._under_way:
            raise ExpressionError(f"Undefined variable '{name}'")
        query = self._queries[name]
        if not query.get("Expression"):
            return self._statistic(query["MetricStat"])
        if insights_syntax.is_query(query["Expression"]):
            return tuple(series.values for series in self._series(query))
        self._under_way.append(name)
        value = metric_math.evaluate(query["Expression"], self._scope())
        self._under_way.pop()
        return value

    def _scope(self) -> metric_math.Scope:
        metrics = {name: query["MetricStat"] for name, query in self._queries.items() if "MetricStat" in query}
        period = min((stat["Period"] for stat in metrics.values()), default=DEFAULT_PERIOD)
        first = int(self._from(period))
        return metric_math.Scope(
            lookup=self._value,
            metrics={name: self._statistic(stat) for name, stat in metrics.items()},
            times=[float(time) for time in range(first, int(self._end), period)],
        )

    def _statistic(self, stat: Mapping[str, Any]) -> dict[float, float]:
        if not is_statistic(stat["Stat"]):
            raise ExpressionError(f"The statistic {stat['Stat']} is not supported")
        metric = stat["Metric"]
        points = self._store.statistic(
            metric["Namespace"],
            metric["MetricName"],
            dimension_map(metric.get("Dimensions") or ()),
            stat["Stat"],
            stat["Period"],
            self._from(stat["Period"]),
            self._end,
            unit=stat.get("Unit"),
        )
        return dict(points)

    def _from(self, period: float) -> float:
        """Periods begin at multiples of their length."""
        return float(self._start // period * period)
