"""The alarms on conditions that nothing remedies: people hear of them, with the resources, through `notify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import PERIOD_SECONDS
from lambdas.notify.conditions import CONDITIONS

if TYPE_CHECKING:
    from lambdas.notify.conditions import Condition


class TellingAlarms(Construct):
    """One alarm for each condition, over every scope or resource that there is or will be.

    They have no actions: the message of an action could not name the resources.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.names = tuple(self._alarm(condition) for condition in CONDITIONS)

    def _alarm(self, condition: Condition) -> str:
        cloudwatch.CfnAlarm(
            self,
            condition.metric,
            alarm_name=condition.alarm,
            alarm_description=f"{condition.what}: {condition.advice}",
            metrics=[
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id="found", expression=condition.query, period=PERIOD_SECONDS, return_data=True
                )
            ],
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=condition.threshold,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            treat_missing_data="notBreaching",
        )
        return condition.alarm
