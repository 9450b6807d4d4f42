"""The alarms on conditions that nothing remedies: people hear of them, with the resources, through `notify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from infra.alarms import silent_alarm
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
        silent_alarm(
            self,
            condition.metric,
            name=condition.alarm,
            description=f"{condition.what}: {condition.advice}",
            query=condition.query,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=condition.threshold,
        )
        return condition.alarm
