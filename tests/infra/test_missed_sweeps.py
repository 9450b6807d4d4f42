"""The alarm on sweeps that did not run: how far back it looks, and that a new deployment is not told of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from infra.missed_sweeps import look_back

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (MINUTE, (MINUTE, 180)),
        (15 * MINUTE, (15 * MINUTE, 12)),
        (40 * MINUTE, (40 * MINUTE, 5)),
        (HOUR, (HOUR, 3)),
        (DAY, (DAY, 3)),
        (2 * DAY, (DAY, 6)),
        (5 * DAY, (DAY, 7)),
        (7 * DAY, None),
        (31 * DAY, None),
    ],
)
def test_it_looks_back_three_periods_and_three_hours_or_as_far_as_an_alarm_can(
    every: timedelta, expected: tuple[timedelta, int] | None
) -> None:
    assert look_back(every) == expected


def test_the_absence_of_runs_acts_and_nothing_else(telling_hub: Template) -> None:
    alarms = telling_hub.find_resources("AWS::CloudWatch::Alarm", {"Properties": {"MetricName": "Sweeps"}})
    periods = {each["Properties"]["Period"]: each["Properties"] for each in alarms.values()}
    assert sorted(periods) == [1200, 86400]
    assert [periods[each]["EvaluationPeriods"] for each in (1200, 86400)] == [9, 3]
    for alarm in periods.values():
        assert alarm["TreatMissingData"] == "missing"
        assert "AlarmActions" not in alarm
        assert len(alarm["InsufficientDataActions"]) == 1
