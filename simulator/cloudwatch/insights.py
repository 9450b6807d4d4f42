"""Running a Metrics Insights query over the metrics of an account."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from simulator.cloudwatch.insights_syntax import MAX_SERIES
from simulator.cloudwatch.metrics import Datapoint, MetricStore, by_period, statistic_of, within

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from simulator.cloudwatch.insights_syntax import Function, Query

MAX_METRICS = 10_000
"""Metrics that a query looks at; what it matches beyond is left out ("Metrics Insights service quotas")."""

WINDOW = 3 * 3_600.0
"""Seconds of data, counted back from now, that a query of an alarm can see."""

OTHER = "Other"
"""What stands for the value of a GROUP BY dimension that a metric does not have."""

_STATISTICS: dict[Function, str] = {
    "AVG": "Average",
    "COUNT": "SampleCount",
    "MAX": "Maximum",
    "MIN": "Minimum",
    "SUM": "Sum",
}


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """One row of a result: the values of the GROUP BY dimensions, and the value of each period with data."""

    attributes: Mapping[str, str]
    values: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The time series in the query's order; `partial` when AWS's quotas left some of the data out."""

    series: tuple[TimeSeries, ...]
    partial: bool


def run(query: Query, store: MetricStore, *, period: float, start: float, end: float) -> QueryResult:
    """Run `query` over [start, end), in periods counted from `start`.

    A metric without any data in that time is not seen, and a series without data is not returned.
    """
    found = list(islice(_matching(query, store, start=start, end=end), MAX_METRICS + 1))
    groups: defaultdict[tuple[str, ...], list[Datapoint]] = defaultdict(list)
    for dimensions, datapoints in found[:MAX_METRICS]:
        groups[tuple(dimensions.get(label, OTHER) for label in query.group_by)].extend(datapoints)
    series = [
        TimeSeries(
            dict(zip(query.group_by, key, strict=True)),
            _values(query.function, datapoints, period=period, start=start, end=end),
        )
        for key, datapoints in sorted(groups.items())
    ]
    if query.order_by is not None:
        order_by = query.order_by
        series.sort(key=lambda one: _rank(order_by, one.values.values()), reverse=query.descending)
    partial = len(found) > MAX_METRICS or len(series) > MAX_SERIES
    return QueryResult(tuple(series[: query.limit]), partial)


def _matching(
    query: Query, store: MetricStore, *, start: float, end: float
) -> Iterator[tuple[Mapping[str, str], list[Datapoint]]]:
    for dimensions, datapoints in store.series(query.namespace, query.metric):
        if query.schema is not None and query.schema != dimensions.keys():
            continue
        if query.where is not None and not query.where.matches(dimensions):
            continue
        if inside := within(datapoints, start=start, end=end):
            yield dimensions, inside


def _values(
    function: Function, datapoints: list[Datapoint], *, period: float, start: float, end: float
) -> dict[float, float]:
    ordered = sorted(datapoints, key=attrgetter("timestamp"))
    periods = by_period(ordered, period=period, start=start, end=end)
    values = {at: statistic_of(points, _STATISTICS[function]) for at, points in periods.items()}
    return {at: value for at, value in values.items() if value is not None}


def _rank(function: Function, values: Collection[float]) -> float:
    """Reduce a series to the one value by which ORDER BY compares it."""
    match function:
        case "COUNT":
            return len(values)
        case "SUM":
            return sum(values)
        case "AVG":
            return sum(values) / len(values)
        case "MAX":
            return max(values)
        case "MIN":
            return min(values)
