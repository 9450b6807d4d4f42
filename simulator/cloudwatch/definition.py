"""An alarm's definition, as PutMetricAlarm gives it, in the form in which it is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from simulator.cloudwatch import insights_syntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TreatMissingData = Literal["missing", "ignore", "breaching", "notBreaching"]

DEFAULT_PERIOD = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricStat:
    """One metric, its statistic and the period in seconds over which it is taken."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    stat: str
    period: float
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmQuery:
    """One entry of Metrics: either a metric or an expression (with its own period, if it has one)."""

    id: str
    metric: MetricStat | None
    expression: str | None
    period: float | None
    returned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A definition with AWS's defaults filled in; the single-metric form has one query."""

    queries: tuple[AlarmQuery, ...]
    evaluation_periods: int
    datapoints_to_alarm: int
    out_of_n: bool
    """Whether DatapointsToAlarm was given: the reasons then say `M out of the last N datapoints`."""
    threshold: float
    comparison_operator: str
    treat_missing_data: TreatMissingData

    @property
    def watched(self) -> AlarmQuery:
        """The query whose result is compared with the threshold."""
        return next(query for query in self.queries if query.returned)

    @property
    def period(self) -> float:
        """Seconds that one datapoint of the alarm stands for."""
        periods = [self.watched.period, *(query.period for query in self.queries)]
        return next((period for period in periods if period is not None), DEFAULT_PERIOD)

    @property
    def uses_insights(self) -> bool:
        """Whether any query is a Metrics Insights query, which sees three hours of data only."""
        return any(query.expression and insights_syntax.is_query(query.expression) for query in self.queries)

    @property
    def by_contributor(self) -> bool:
        """Whether each time series of the watched query has a state of its own: GROUP BY with ORDER BY."""
        expression = self.watched.expression
        if expression is None or not insights_syntax.is_query(expression):
            return False
        query = insights_syntax.parse(expression)
        return bool(query.group_by) and query.order_by is not None


def read(definition: Mapping[str, Any]) -> Alarm:
    """Read a definition that `validate` accepts; members that are None or empty count as not given."""
    if definition.get("Metrics"):
        queries = tuple(_query(entry) for entry in definition["Metrics"])
    else:
        metric = _metric(definition, stat=statistic_name(definition))
        queries = (AlarmQuery(id="m1", metric=metric, expression=None, period=metric.period, returned=True),)
    evaluation_periods = int(definition["EvaluationPeriods"])
    return Alarm(
        queries=queries,
        evaluation_periods=evaluation_periods,
        datapoints_to_alarm=int(definition.get("DatapointsToAlarm") or evaluation_periods),
        out_of_n=bool(definition.get("DatapointsToAlarm")),
        threshold=float(definition["Threshold"]),
        comparison_operator=definition["ComparisonOperator"],
        treat_missing_data=definition.get("TreatMissingData") or _default_treatment(queries),
    )


def statistic_name(definition: Mapping[str, Any]) -> str:
    """The statistic, basic or extended, of a definition in the single-metric form."""
    return str(definition.get("ExtendedStatistic") or definition["Statistic"])


def _query(entry: Mapping[str, Any]) -> AlarmQuery:
    stat = entry.get("MetricStat")
    metric = _metric({**stat["Metric"], **stat}, stat=stat["Stat"]) if stat else None
    period = metric.period if metric else entry.get("Period")
    return AlarmQuery(
        id=entry["Id"],
        metric=metric,
        expression=entry.get("Expression"),
        period=None if period is None else float(period),
        returned=entry.get("ReturnData", True),
    )


def _metric(fields: Mapping[str, Any], *, stat: str) -> MetricStat:
    return MetricStat(
        namespace=fields["Namespace"],
        name=fields["MetricName"],
        dimensions=dimension_map(fields.get("Dimensions") or ()),
        stat=stat,
        period=float(fields["Period"]),
        unit=fields.get("Unit") or None,
    )


def dimension_map(dimensions: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Turn the API's list of names and values into a mapping."""
    return {dimension["Name"]: dimension["Value"] for dimension in dimensions}


def _default_treatment(queries: Iterable[AlarmQuery]) -> TreatMissingData:
    """Missing data is `missing`, but DynamoDB's is ignored (user guide, "alarms and missing data")."""
    namespaces = {query.metric.namespace for query in queries if query.metric}
    return "ignore" if namespaces == {"AWS/DynamoDB"} else "missing"
