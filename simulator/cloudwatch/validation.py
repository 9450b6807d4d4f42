"""What PutMetricAlarm refuses.

The messages are AWS's own where those have been published; the others are in their manner.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.cloudwatch import insights, insights_syntax
from simulator.cloudwatch.actions import PER_CONTRIBUTOR, service_of
from simulator.cloudwatch.definition import read
from simulator.cloudwatch.metrics import is_statistic
from simulator.cloudwatch.retrieval import ONE_DAY, ONE_HOUR, ONE_MINUTE, check_expressions
from simulator.cloudwatch.syntax import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.cloudwatch.definition import Alarm

ONE_WEEK = 7 * ONE_DAY
HIGH_RESOLUTION_PERIODS = (10, 20, 30)
MAX_NAME = 255
MAX_METRICS = 10
MAX_ACTIONS = 5
MAX_DIMENSIONS = 30
MAX_EXPRESSION = 2_048

_OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
_BAND_OPERATORS = (
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_BASIC_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_NOT_SIMULATED = ("ThresholdMetricId", "EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria")
_SINGLE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


class InvalidAlarm(Exception):  # noqa: N818 - it is the answer to a call, not a failure of the simulation
    """A definition that AWS refuses, with the code and message of the answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def validate(definition: Mapping[str, Any]) -> None:
    """Raise InvalidAlarm, for the first thing wrong, if PutMetricAlarm would refuse the definition."""
    _check_simulated(definition)
    _check_common(definition)
    if definition.get("Metrics"):
        _check_metrics(definition)
    else:
        _check_single_metric(definition)
    _check_actions(definition)
    alarm = read(definition)
    _check_periods(alarm)
    _check_expressions(alarm)
    if alarm.by_contributor:
        _check_contributor_actions(definition)


def _invalid(message: str) -> InvalidAlarm:
    return InvalidAlarm("ValidationError", message)


def _check_simulated(definition: Mapping[str, Any]) -> None:
    for field in _NOT_SIMULATED:
        if field in definition:
            raise InvalidAlarm("NotImplemented", f"{field} of PutMetricAlarm is not simulated")
    if definition.get("ComparisonOperator") in _BAND_OPERATORS:
        raise InvalidAlarm("NotImplemented", "Alarms on anomaly detection are not simulated")
    if definition.get("EvaluateLowSampleCountPercentile") == "ignore":
        raise InvalidAlarm("NotImplemented", "Ignoring percentiles of few samples is not simulated")


def _check_common(definition: Mapping[str, Any]) -> None:
    name = definition.get("AlarmName") or ""
    if not 1 <= len(name) <= MAX_NAME or any(ord(character) < ord(" ") for character in name):
        raise _invalid(f"AlarmName must have 1 to {MAX_NAME} characters and no ASCII control characters")
    for field in ("ComparisonOperator", "EvaluationPeriods", "Threshold"):
        if definition.get(field) is None:
            raise _invalid(f"{field} must not be null")
    _check_member("comparisonOperator", definition["ComparisonOperator"], (*_OPERATORS, *_BAND_OPERATORS))
    if definition["EvaluationPeriods"] < 1:
        raise _invalid("EvaluationPeriods must be greater than or equal to 1")
    datapoints = definition.get("DatapointsToAlarm")
    if datapoints is not None and datapoints < 1:
        raise _invalid("DatapointsToAlarm must be greater than or equal to 1")
    if datapoints is not None and datapoints > definition["EvaluationPeriods"]:
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if definition.get("TreatMissingData", "missing") not in _TREATMENTS:
        raise _invalid(f"TreatMissingData must be one of {', '.join(_TREATMENTS)}")


def _check_member(field: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise _invalid(
            f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        )


def _check_single_metric(definition: Mapping[str, Any]) -> None:
    for field in ("MetricName", "Namespace", "Period"):
        if definition.get(field) is None:
            raise _invalid(f"{field} must not be null")
    statistic, extended = definition.get("Statistic"), definition.get("ExtendedStatistic")
    if statistic and extended:
        raise _invalid("Statistic and ExtendedStatistic must not both be set")
    if not statistic and not extended:
        raise _invalid("Statistic must not be null")
    if statistic:
        _check_member("statistic", statistic, _BASIC_STATISTICS)
    _check_metric(definition, stat=statistic or str(extended))


def _check_metric(metric: Mapping[str, Any], *, stat: str) -> None:
    if not is_statistic(stat):
        raise _invalid(f"The statistic {stat} is not supported")
    if len(metric.get("Dimensions") or ()) > MAX_DIMENSIONS:
        raise _invalid(f"A metric must not have more than {MAX_DIMENSIONS} dimensions")


def _check_metrics(definition: Mapping[str, Any]) -> None:
    for field in _SINGLE_METRIC:
        if definition.get(field):
            raise _invalid(f"{field} should not be set if list of Metrics is set.")
    queries = definition["Metrics"]
    names = [query.get("Id") or "" for query in queries]
    for query, name in zip(queries, names, strict=True):
        if not re.fullmatch(r"[a-z]\w{0,254}", name, re.ASCII) or names.count(name) > 1:
            raise _invalid(f"The Id '{name}' must be unique, begin with a small letter and have no symbol but _")
        _check_query(query)
    if sum("MetricStat" in query for query in queries) > MAX_METRICS:
        raise _invalid(f"Alarms on math expressions cannot contain more than {MAX_METRICS} individual metrics")
    if sum(query.get("ReturnData", True) for query in queries) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")


def _check_query(query: Mapping[str, Any]) -> None:
    stat, expression = query.get("MetricStat"), query.get("Expression")
    if (stat is None) is (expression is None):
        raise _invalid(f"The metric query '{query['Id']}' must have either MetricStat or Expression")
    if stat is not None:
        for field in ("Metric", "Period", "Stat"):
            if not stat.get(field):
                raise _invalid(f"MetricStat.{field} must not be null")
        for field in ("MetricName", "Namespace"):
            if not stat["Metric"].get(field):
                raise _invalid(f"MetricStat.Metric.{field} must not be null")
        _check_metric(stat["Metric"], stat=stat["Stat"])
    else:
        _check_expression_text(query, str(expression))


def _check_expression_text(query: Mapping[str, Any], expression: str) -> None:
    if not 1 <= len(expression) <= MAX_EXPRESSION:
        raise _invalid(f"An expression must have 1 to {MAX_EXPRESSION} characters")
    if re.search(r"\bSEARCH\s*\(", expression):
        raise _invalid("SEARCH is not supported on Metric Alarms.")
    if insights_syntax.is_query(expression) and not query.get("Period"):
        raise _invalid("Period must not be null")


def _check_periods(alarm: Alarm) -> None:
    periods = {query.period for query in alarm.queries if query.period is not None}
    for period in periods:
        if period not in HIGH_RESOLUTION_PERIODS and (period < ONE_MINUTE or period % ONE_MINUTE):
            raise _invalid("Period must be 10, 20, 30 or a multiple of 60")
    if len(periods) > 1:
        raise _invalid("Each metric of an alarm must use the same period")
    window = alarm.period * alarm.evaluation_periods
    if alarm.period < ONE_HOUR and window > ONE_DAY:
        raise _invalid(
            "Metrics cannot be checked across more than a day "
            "(EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600"
        )
    if window > ONE_WEEK:
        raise _invalid(
            "Metrics cannot be checked across more than a week "
            "(EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600"
        )
    if alarm.uses_insights:
        _check_insights_periods(alarm, window)


def _check_insights_periods(alarm: Alarm, window: float) -> None:
    if alarm.period < ONE_MINUTE:
        raise _invalid("MetricsInsights monitors do not support less than 60 seconds period")
    if window > insights.WINDOW:
        raise _invalid("MetricsInsights monitors cannot be checked across more than 3 hours")


def _check_expressions(alarm: Alarm) -> None:
    try:
        check_expressions(alarm)
    except ExpressionError as error:
        raise _invalid(str(error)) from error


def _check_actions(definition: Mapping[str, Any]) -> None:
    for field in _ACTIONS:
        arns = definition.get(field) or ()
        if len(arns) > MAX_ACTIONS:
            raise _invalid(f"{field} must not have more than {MAX_ACTIONS} actions")
        for arn in arns:
            if not service_of(arn):
                raise _invalid(f"Invalid arn syntax: {arn}")


def _check_contributor_actions(definition: Mapping[str, Any]) -> None:
    """Refuse what makes no sense for contributors, which scale nothing and are never without data."""
    if any(service_of(arn) == "autoscaling" for field in _ACTIONS for arn in definition.get(field) or ()):
        raise _invalid("Autoscaling actions are not available for Multi Time Series alarms")
    if any(service_of(arn) in PER_CONTRIBUTOR for arn in definition.get("InsufficientDataActions") or ()):
        raise _invalid(
            "InsufficientData actions are not supported for contributor-level action types in Multi Time Series alarms"
        )
