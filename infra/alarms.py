"""The alarms that say where to look. They watch every series of a metric, those of pools to come included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Iterable

PERIOD_SECONDS = 300

LOW_POOLS_QUERY = 'SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID ORDER BY MIN() ASC'
"""One contributor for each pool. Both GROUP BY and ORDER BY are needed for an alarm over many series. The plain
`FROM` matches any set of dimensions: a `SCHEMA(...)` that AWS does not publish would match nothing for ever and look
healthy."""


class LowPoolAlarms(Construct):
    """One alarm for each distinct low-water mark.

    A contributor that is in ALARM already does not fire again, so a pool with a lower mark needs an alarm with that
    threshold. These alarms have no actions: their events wake the remediation, and people hear what it did.
    """

    def __init__(self, scope: Construct, construct_id: str, *, low_water_percents: Iterable[float]) -> None:
        super().__init__(scope, construct_id)
        self.names = tuple(self._alarm(percent) for percent in sorted(set(low_water_percents)))

    def _alarm(self, percent: float) -> str:
        name = f"Poolwarden-PoolsBelow{percent:g}Percent"
        cloudwatch.CfnAlarm(
            self,
            f"Below{percent:g}".replace(".", "Point"),
            alarm_name=name,
            alarm_description=f"Pools with less than {percent:g} % available; refill_pools answers this alarm",
            metrics=[
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id="available", expression=LOW_POOLS_QUERY, period=PERIOD_SECONDS, return_data=True
                )
            ],
            comparison_operator="LessThanThreshold",
            threshold=percent,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            treat_missing_data="notBreaching",
        )
        return name
