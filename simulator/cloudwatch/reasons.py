"""What CloudWatch says about a state: the reason for people, and the reason data for programs.

Worded as in the examples of the user guide ("Alarm events and EventBridge", "Acting on alarm changes").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.cloudwatch.judgement import breaches
from simulator.cloudwatch.timestamps import event_time, reason_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.cloudwatch.definition import Alarm
    from simulator.cloudwatch.judgement import StateValue

INITIAL = "Unchecked: Initial alarm creation"
VANISHED = "No data was returned for this contributor"

MAX_REASON = 1_023
"""Characters of a StateReason."""

MAX_CONTRIBUTORS_IN_ALARM = 100
"""Contributors of one alarm that can be in ALARM (user guide, "Limits" of alarms)."""

_TREATMENTS = {
    "missing": "Missing",
    "ignore": "Ignore",
    "breaching": "Breaching",
    "notBreaching": "NonBreaching",
}
_RELATIONS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a judgement rests on: the datapoints that were evaluated, and how many were missing for N."""

    alarm: Alarm
    value: StateValue
    datapoints: Sequence[tuple[float, float]]
    """The newest N there are, from old to new: start of the period, value."""

    @property
    def missing(self) -> int:
        """How many of the N datapoints were not there."""
        return self.alarm.evaluation_periods - len(self.datapoints)

    @property
    def supporting(self) -> list[tuple[float, float]]:
        """Those that speak for the state, from new to old."""
        alarm = self.alarm
        return [
            (at, value)
            for at, value in reversed(self.datapoints)
            if breaches(value, alarm.comparison_operator, alarm.threshold) is (self.value == "ALARM")
        ]

    @property
    def required(self) -> int:
        """How many must support the state before it changes to it."""
        alarm = self.alarm
        spare = alarm.evaluation_periods - alarm.datapoints_to_alarm
        return alarm.datapoints_to_alarm if self.value == "ALARM" else spare + 1


def reason(evidence: Evidence) -> str:
    """Say why an alarm on one time series is in its state."""
    if evidence.value == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_datapoints(evidence.missing)} {_were(evidence.missing)} unknown."
    if not evidence.supporting:
        return _filled_only(evidence)
    shown = ", ".join(f"{value!r} ({reason_time(at)})" for at, value in evidence.supporting)
    return _short(f"Threshold Crossed: {_crossed(evidence, f' [{shown}]')}{_minimum(evidence)}.")


def contributor_reason(evidence: Evidence) -> str:
    """Say why a contributor is in its state; it names the newest datapoint only."""
    if not evidence.supporting:
        return _filled_only(evidence)
    at, value = evidence.supporting[0]
    crossed = "crossed" if evidence.value == "ALARM" else "did not cross"
    newest = f"The most recent datapoint which {crossed} the threshold: [{value!r} ({reason_time(at)})]"
    return f"Threshold Crossed: {_crossed(evidence, '')}. {newest}{_minimum(evidence)}."


def contributors_reason(*, in_alarm: int, series: int) -> str:
    """Say how many contributors put the alarm into its state."""
    if not in_alarm:
        return f"{series} time series evaluated to OK"
    if in_alarm >= MAX_CONTRIBUTORS_IN_ALARM:
        return f"{MAX_CONTRIBUTORS_IN_ALARM}+ time series evaluated to ALARM"
    return f"{in_alarm} out of {series} time series evaluated to ALARM"


def no_series_reason(alarm: Alarm) -> str:
    """Say that a query found nothing at all."""
    treatment = _TREATMENTS[alarm.treat_missing_data]
    return f"No time series were returned by the query. Treat missing data is configured as [{treatment}]."


def reason_data(evidence: Evidence, *, now: float, sample_counts: Mapping[float, float]) -> str:
    """Write the evidence as JSON; `sample_counts`, by period start, are those of an alarm on one metric."""
    alarm = evidence.alarm
    metric = alarm.watched.metric if len(alarm.queries) == 1 else None
    datapoints = evidence.datapoints
    data: dict[str, Any] = {"version": "1.0", "queryDate": event_time(now)}
    if datapoints:
        data["startDate"] = event_time(datapoints[0][0])
    if metric and metric.unit:
        data["unit"] = metric.unit
    if metric:
        data["statistic"] = metric.stat
    data["period"] = int(alarm.period)
    data["recentDatapoints"] = [value for _, value in datapoints]
    data["threshold"] = alarm.threshold
    data["evaluatedDatapoints"] = [
        {
            "timestamp": event_time(at),
            **({"sampleCount": sample_counts[at]} if at in sample_counts else {}),
            "value": value,
        }
        for at, value in evidence.supporting[: evidence.required]
    ]
    return json.dumps(data, separators=(",", ":"))


def contributors_reason_data(now: float) -> str:
    """Write the reason data of an alarm with contributors: it says nothing about them."""
    return json.dumps({"version": "1.0", "queryDate": event_time(now)}, separators=(",", ":"))


def _crossed(evidence: Evidence, shown: str) -> str:
    alarm = evidence.alarm
    count = len(evidence.supporting)
    head = f"{count} out of the last {alarm.evaluation_periods} datapoints" if alarm.out_of_n else _datapoints(count)
    negation = "" if evidence.value == "ALARM" else "not "
    relation = f"{_were(count)} {negation}{_RELATIONS[alarm.comparison_operator]} the threshold"
    return f"{head}{shown} {relation} ({alarm.threshold!r}){_filled(evidence)}"


def _filled_only(evidence: Evidence) -> str:
    periods = evidence.alarm.evaluation_periods
    noun = "period" if periods == 1 else "periods"
    received = _datapoints(len(evidence.datapoints)) if evidence.datapoints else "no datapoints"
    were = _were(len(evidence.datapoints))
    return f"Threshold Crossed: {received} {were} received for {periods} {noun}{_filled(evidence)}."


def _filled(evidence: Evidence) -> str:
    treatment = evidence.alarm.treat_missing_data
    if not evidence.missing or treatment not in ("breaching", "notBreaching"):
        return ""
    missing = "missing datapoint" if evidence.missing == 1 else "missing datapoints"
    return f" and {evidence.missing} {missing} {_were(evidence.missing)} treated as [{_TREATMENTS[treatment]}]"


def _minimum(evidence: Evidence) -> str:
    if not evidence.alarm.out_of_n:
        return ""
    change = "OK -> ALARM" if evidence.value == "ALARM" else "ALARM -> OK"
    return f" (minimum {_datapoints(evidence.required)} for {change} transition)"


def _datapoints(count: int) -> str:
    return f"{count} datapoint" if count == 1 else f"{count} datapoints"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _short(text: str) -> str:
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 3] + "..."
