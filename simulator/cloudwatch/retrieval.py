"""The data that an alarm is evaluated on: its queries, run over the evaluation range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.cloudwatch import insights, insights_syntax, metric_math
from simulator.cloudwatch.judgement import EXTRA_PERIODS
from simulator.cloudwatch.metrics import MetricStore
from simulator.cloudwatch.syntax import ExpressionError

if TYPE_CHECKING:
    from simulator.cloudwatch.definition import Alarm, AlarmQuery, MetricStat
    from simulator.cloudwatch.metric_math import Series, Value

ONE_MINUTE = 60.0
ONE_HOUR = 3_600.0
ONE_DAY = 86_400.0
HIGH_RESOLUTION_TICK = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRange:
    """The periods that an evaluation looks at."""

    end: float
    period: float
    count: int

    @property
    def start(self) -> float:
        """The start of the oldest period."""
        return self.end - self.count * self.period

    @property
    def times(self) -> list[float]:
        """The start of each period, from old to new."""
        return [self.start + index * self.period for index in range(self.count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The time series that an alarm watches: exactly one (perhaps empty), unless it has contributors."""

    series: tuple[insights.TimeSeries, ...]
    partial: bool


def evaluation_range(alarm: Alarm, now: float) -> EvaluationRange:
    """Find the range that an evaluation at `now` looks at.

    Its last period ends with the last full minute (10 seconds for periods below a minute, an hour where the
    evaluation interval exceeds a day): the periods slide with time, they do not start at multiples of their
    length (user guide, "Alarm evaluation"). A datapoint stamped `now - 60` is always in the newest period.
    """
    period = alarm.period
    count = alarm.evaluation_periods + EXTRA_PERIODS
    if alarm.uses_insights:
        count = min(count, int(insights.WINDOW // period))
    if period * alarm.evaluation_periods > ONE_DAY:
        tick = ONE_HOUR
    else:
        tick = HIGH_RESOLUTION_TICK if period < ONE_MINUTE else ONE_MINUTE
    return EvaluationRange(end=now // tick * tick, period=period, count=count)


def retrieve(alarm: Alarm, store: MetricStore, over: EvaluationRange) -> Retrieved:
    """Run the alarm's queries. Raises ExpressionError for an expression that cannot be an alarm's."""
    return _Retrieval(alarm, store, over).watched()


def sample_counts(alarm: Alarm, store: MetricStore, over: EvaluationRange) -> dict[float, float]:
    """Count the observations behind each datapoint of an alarm on one metric; empty for any other alarm."""
    metric = alarm.watched.metric
    return _statistic(store, replace(metric, stat="SampleCount"), over) if metric and len(alarm.queries) == 1 else {}


def _statistic(store: MetricStore, metric: MetricStat, over: EvaluationRange) -> dict[float, float]:
    found = store.statistic(
        metric.namespace,
        metric.name,
        metric.dimensions,
        metric.stat,
        metric.period,
        over.start,
        over.end,
        unit=metric.unit,
    )
    return dict(found)


def check_expressions(alarm: Alarm) -> None:
    """Run every query over no data at all. Raises ExpressionError for what cannot be an alarm's."""
    retrieval = _Retrieval(alarm, MetricStore(), evaluation_range(alarm, 0))
    for query in alarm.queries:
        if not query.returned:
            retrieval.value(query.id)
    retrieval.watched()


class QueryError(ExpressionError):
    """An ExpressionError that says in which query it is."""


@contextmanager
def _blaming(query: AlarmQuery) -> Iterator[None]:
    try:
        yield
    except QueryError:
        raise
    except ExpressionError as error:
        raise QueryError(f"Error in expression '{query.id}': {error}") from error


class _Retrieval:
    def __init__(self, alarm: Alarm, store: MetricStore, over: EvaluationRange) -> None:
        self._alarm = alarm
        self._store = store
        self._over = over
        self._queries = {query.id: query for query in alarm.queries}
        self._values: dict[str, Value] = {}
        self._under_way: list[str] = []
        self._partial = False

    def watched(self) -> Retrieved:
        query = self._alarm.watched
        with _blaming(query):
            if self._alarm.by_contributor and query.expression:
                found = self._insights(query.expression)
                return Retrieved(series=found.series, partial=found.partial)
            value = self.value(query.id)
            if not isinstance(value, Mapping):
                raise ExpressionError("An alarm needs exactly one time series")
        return Retrieved(series=(insights.TimeSeries({}, value),), partial=self._partial)

    def value(self, name: str) -> Value:
        if name not in self._queries:
            raise ExpressionError(f"Undefined variable '{name}'")
        if name in self._under_way:
            raise ExpressionError(f"Circular dependency through '{name}'")
        if name not in self._values:
            self._under_way.append(name)
            self._values[name] = self._computed(self._queries[name])
            self._under_way.pop()
        return self._values[name]

    def _computed(self, query: AlarmQuery) -> Value:
        if query.metric is not None:
            return _statistic(self._store, query.metric, self._over)
        expression = query.expression or ""
        with _blaming(query):
            if insights_syntax.is_query(expression):
                return self._single_series(expression)
            return metric_math.evaluate(expression, self._scope())

    def _insights(self, expression: str) -> insights.QueryResult:
        over = self._over
        query = insights_syntax.parse(expression)
        return insights.run(query, self._store, period=over.period, start=over.start, end=over.end)

    def _single_series(self, expression: str) -> Series:
        query = insights_syntax.parse(expression)
        if query.group_by and query.limit > 1:
            raise ExpressionError("A query with GROUP BY returns several time series: an alarm needs ORDER BY too")
        found = self._insights(expression)
        self._partial = self._partial or found.partial
        return found.series[0].values if found.series else {}

    def _scope(self) -> metric_math.Scope:
        metrics = {
            query.id: _statistic(self._store, query.metric, self._over) for query in self._alarm.queries if query.metric
        }
        return metric_math.Scope(lookup=self.value, metrics=metrics, times=self._over.times)
