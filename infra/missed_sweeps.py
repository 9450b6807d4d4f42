"""The alarm on a sweep that did not run, which nothing else would tell of: what nobody wakes cannot fail."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions

from infra.config.schedules import period
from lambdas.common.metrics import NAMESPACE, SWEEPS

if TYPE_CHECKING:
    from infra.function import WatchedFunction
    from infra.platform import Platform

MISSED = 3
SHORTEST_WINDOW = timedelta(hours=3)
"""Between two sweeps alarms wake the functions too: nobody needs to get up for an hour without one."""
LONGEST_PERIOD = timedelta(days=1)
LONGEST_WINDOW = timedelta(days=7)
"""What an alarm can look at: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""


def alarm_on_missed_sweeps(watched: WatchedFunction, *, schedule: str, platform: Platform) -> None:
    """Tell people when a function has come to the end of no scheduled run for three periods, and at least three hours.

    Only runs are counted, so their absence is missing data. An alarm begins without data too, and then acts on nothing:
    a new deployment whose first sweep is still to come tells nobody that it is late. Runs rarer than an alarm can look
    back have none.
    """
    window = look_back(period(schedule))
    if window is None:
        return
    length, count = window
    sweeps = cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=SWEEPS,
        dimensions_map={"FunctionName": watched.function.function_name},
        statistic="Sum",
        period=Duration.seconds(int(length.total_seconds())),
    )
    alarm = cloudwatch.Alarm(
        watched,
        "MissedSweepsAlarm",
        metric=sweeps,
        alarm_description=(
            f"{watched.node.id} has not come to the end of a scheduled run ({schedule}) for three periods, and at "
            "least three hours: look at its rule, and at its errors"
        ),
        threshold=1,
        evaluation_periods=count,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.MISSING,
    )
    alarm.add_insufficient_data_action(actions.SnsAction(platform.alarm_topic))


def look_back(every: timedelta) -> tuple[timedelta, int] | None:
    """Give an alarm's period, and how many, for what happens once in `every`; None where it cannot look so far."""
    length = min(every, LONGEST_PERIOD)
    count = min(math.ceil(max(MISSED * every, SHORTEST_WINDOW) / length), LONGEST_WINDOW // length)
    return (length, count) if count * length > every else None
