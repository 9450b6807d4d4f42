"""Which state a row of datapoints means, whatever the metric: M out of N, and what missing data does to it.

User guide, "Configuring how CloudWatch alarms treat missing data", whose two tables are in the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.cloudwatch.definition import TreatMissingData

StateValue = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

EXTRA_PERIODS = 2
"""Periods beyond EvaluationPeriods that the evaluation range reaches back, in case newer data is missing.

AWS publishes no rule; its examples have a range of 5 for 3 evaluation periods.
"""


def breaches(value: float, comparison_operator: str, threshold: float) -> bool:
    """Whether a value is on the wrong side of the threshold."""
    match comparison_operator:
        case "GreaterThanThreshold":
            return value > threshold
        case "GreaterThanOrEqualToThreshold":
            return value >= threshold
        case "LessThanThreshold":
            return value < threshold
        case "LessThanOrEqualToThreshold":
            return value <= threshold
    raise ValueError(f"unknown comparison operator {comparison_operator!r}")


def judge(
    breaching: Sequence[bool | None],
    *,
    evaluation_periods: int,
    datapoints_to_alarm: int,
    treat_missing_data: TreatMissingData,
    current: StateValue,
) -> StateValue:
    """Judge the evaluation range: whether each period, from old to new, breaches; None: data is missing."""
    real = [found for found in breaching if found is not None]
    bad = sum(real[-evaluation_periods:])
    filled = max(0, evaluation_periods - len(real))
    if treat_missing_data == "breaching":
        bad += filled
    if bad >= datapoints_to_alarm:
        return "ALARM"
    if not filled or treat_missing_data in ("breaching", "notBreaching") or False in real:
        return "OK"
    if treat_missing_data == "ignore":
        return current
    return "ALARM" if _only_old_breaches(breaching, datapoints_to_alarm) else "INSUFFICIENT_DATA"


def _only_old_breaches(breaching: Sequence[bool | None], datapoints_to_alarm: int) -> bool:
    """Whether the oldest datapoint, breaching like all others, is at least `datapoints_to_alarm` periods old.

    Waiting for the next datapoint is over then: "Avoiding premature transitions to alarm state".
    """
    oldest = next((index for index, found in enumerate(breaching) if found is not None), len(breaching))
    return len(breaching) - oldest >= datapoints_to_alarm
