from __future__ import annotations

from typing import Any

import pytest

from simulator.cloudwatch.validation import InvalidAlarm, validate
from tests.simulator.cloudwatch.samples import (
    FUNCTION,
    POOLS_QUERY,
    TOPIC,
    cpu_alarm,
    pools_alarm,
    query_alarm,
    stat,
    without,
)

RATE = {"Id": "e1", "Expression": "m1 * 100", "ReturnData": True}


@pytest.mark.parametrize(
    "definition",
    [
        cpu_alarm(),
        cpu_alarm(Period=86_400, EvaluationPeriods=7),
        cpu_alarm(Period=10, AlarmActions=[TOPIC, FUNCTION], InsufficientDataActions=[TOPIC]),
        {**without(cpu_alarm(), "Statistic"), "ExtendedStatistic": "p99.9"},
        query_alarm(stat("m1", "Errors", returned=True)),
        query_alarm(stat("m1", "Errors"), RATE),
        pools_alarm(AlarmActions=[TOPIC, FUNCTION], OKActions=[TOPIC]),
        pools_alarm('SELECT MIN(PercentAvailable) FROM "AWS/IPAM"', InsufficientDataActions=[TOPIC]),
        pools_alarm(POOLS_QUERY, EvaluationPeriods=36),
        pools_alarm('SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID LIMIT 1'),
        query_alarm(
            {"Id": "q1", "Expression": 'SELECT SUM(Errors) FROM "App"', "Period": 60, "ReturnData": False},
            {"Id": "e1", "Expression": "FILL(q1, 0) + 1"},
        ),
    ],
)
def test_what_aws_accepts_is_accepted(definition: dict[str, Any]) -> None:
    validate(definition)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (cpu_alarm(AlarmName=""), "AlarmName must have 1 to 255"),
        (cpu_alarm(AlarmName="two\nlines"), "no ASCII control characters"),
        (without(cpu_alarm(), "Threshold"), "Threshold must not be null"),
        (without(cpu_alarm(), "EvaluationPeriods"), "EvaluationPeriods must not be null"),
        (cpu_alarm(EvaluationPeriods=0), "EvaluationPeriods must be greater than or equal to 1"),
        (cpu_alarm(DatapointsToAlarm=0), "DatapointsToAlarm must be greater than or equal to 1"),
        (cpu_alarm(DatapointsToAlarm=2), "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        (cpu_alarm(ComparisonOperator="Above"), "Value 'Above' at 'comparisonOperator' failed to satisfy"),
        (cpu_alarm(TreatMissingData="maybe"), "TreatMissingData must be one of"),
        (without(cpu_alarm(), "MetricName"), "MetricName must not be null"),
        (without(cpu_alarm(), "Namespace"), "Namespace must not be null"),
        (without(cpu_alarm(), "Period"), "Period must not be null"),
        (without(cpu_alarm(), "Statistic"), "Statistic must not be null"),
        (cpu_alarm(Statistic="Median"), "Value 'Median' at 'statistic' failed to satisfy"),
        (cpu_alarm(ExtendedStatistic="p99"), "must not both be set"),
        ({**without(cpu_alarm(), "Statistic"), "ExtendedStatistic": "IQM"}, "IQM is not supported"),
        (cpu_alarm(Period=45), "Period must be 10, 20, 30 or a multiple of 60"),
        (cpu_alarm(Period=90), "Period must be 10, 20, 30 or a multiple of 60"),
        (cpu_alarm(Period=300, EvaluationPeriods=289), "more than a day (EvaluationPeriods * Period must be <= 86400)"),
        (cpu_alarm(Period=86_400, EvaluationPeriods=8), "more than a week"),
        (cpu_alarm(Dimensions=[{"Name": f"d{index}", "Value": "x"} for index in range(31)]), "more than 30 dimensions"),
        (cpu_alarm(AlarmActions=["not-an-arn"]), "Invalid arn syntax: not-an-arn"),
        (cpu_alarm(OKActions=[TOPIC] * 6), "OKActions must not have more than 5 actions"),
    ],
)
def test_a_wrong_alarm_on_one_metric_is_refused(definition: dict[str, Any], message: str) -> None:
    _refused(definition, message)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (
            query_alarm(stat("m1", "Errors", returned=True), MetricName="Errors"),
            "MetricName should not be set if list of Metrics is set.",
        ),
        (query_alarm(stat("m1", "Errors")), "Exactly one element of the metrics list should return data."),
        (
            query_alarm(stat("m1", "Errors", returned=True), stat("m2", "Errors", returned=True)),
            "Exactly one element of the metrics list should return data.",
        ),
        (query_alarm(stat("M1", "Errors", returned=True)), "The Id 'M1' must"),
        (query_alarm(stat("m1", "Errors", returned=True), stat("m1", "Errors")), "The Id 'm1' must be unique"),
        (query_alarm({"Id": "e1"}), "must have either MetricStat or Expression"),
        (query_alarm({**stat("m1", "Errors", returned=True), "Expression": "1"}), "must have either MetricStat or"),
        (query_alarm(stat("m1", "Errors", returned=True, Stat="")), "MetricStat.Stat must not be null"),
        (query_alarm(stat("m1", "", returned=True)), "MetricStat.Metric.MetricName must not be null"),
        (query_alarm(stat("m1", "Errors"), stat("m2", "Errors", Period=300), RATE), "must use the same period"),
        (
            query_alarm(*(stat(f"m{index}", "Errors") for index in range(11)), RATE),
            "cannot contain more than 10 individual metrics",
        ),
        (query_alarm({"Id": "e1", "Expression": "1 + " * 600 + "1"}), "1 to 2048 characters"),
        (query_alarm({"Id": "e1", "Expression": "m1 +"}), "Error in expression 'e1': Expected a number"),
        (query_alarm({"Id": "e1", "Expression": "m9 * 2"}), "Error in expression 'e1': Undefined variable 'm9'"),
        (query_alarm({"Id": "e1", "Expression": "RATE(m1)"}, stat("m1", "A")), "Function RATE is not supported"),
        (query_alarm({"Id": "e1", "Expression": "1 + 1"}), "An alarm needs exactly one time series"),
        (query_alarm({"Id": "e1", "Expression": "METRICS()"}, stat("m1", "A")), "exactly one time series"),
        (
            query_alarm({"Id": "e1", "Expression": "e2 * 2"}, {"Id": "e2", "Expression": "e1", "ReturnData": False}),
            "Circular dependency through",
        ),
        (
            query_alarm(stat("m1", "A", returned=True), {"Id": "e2", "Expression": "(", "ReturnData": False}),
            "Error in expression 'e2'",
        ),
        (query_alarm({"Id": "e1", "Expression": "SUM(SEARCH('x', 'Sum', 60))"}), "SEARCH is not supported on Metric"),
    ],
)
def test_a_wrong_list_of_metrics_is_refused(definition: dict[str, Any], message: str) -> None:
    _refused(definition, message)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (query_alarm({"Id": "q1", "Expression": POOLS_QUERY}), "Period must not be null"),
        (query_alarm({"Id": "q1", "Expression": POOLS_QUERY, "Period": 30}), "less than 60 seconds period"),
        (pools_alarm(EvaluationPeriods=37), "cannot be checked across more than 3 hours"),
        (pools_alarm("SELECT MIN(x) FROM AWS/IPAM"), "Error in expression 'q1': Unexpected character '/' at position"),
        (pools_alarm(f"{POOLS_QUERY} LIMIT 501"), "from 1 to 500"),
        (pools_alarm("SELECT MIN(x) FROM y GROUP BY PoolID"), "needs ORDER BY too"),
        (pools_alarm(InsufficientDataActions=[FUNCTION]), "InsufficientData actions are not supported"),
        (
            pools_alarm(AlarmActions=["arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:x:y"]),
            "Autoscaling actions are not available for Multi Time Series alarms",
        ),
    ],
)
def test_a_wrong_query_is_refused(definition: dict[str, Any], message: str) -> None:
    _refused(definition, message)


@pytest.mark.parametrize(
    "definition",
    [
        cpu_alarm(ComparisonOperator="GreaterThanUpperThreshold"),
        cpu_alarm(ThresholdMetricId="ad1"),
        cpu_alarm(EvaluateLowSampleCountPercentile="ignore"),
    ],
)
def test_what_is_not_simulated_says_so(definition: dict[str, Any]) -> None:
    with pytest.raises(InvalidAlarm) as raised:
        validate(definition)
    assert raised.value.code == "NotImplemented"


def _refused(definition: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidAlarm) as raised:
        validate(definition)
    assert raised.value.code == "ValidationError"
    assert message in raised.value.message
