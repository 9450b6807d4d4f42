"""What is deployed of `operate`: the one function that may take changes back, and make those that people approve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.remediation import Remediation
from infra.wildcards import TO_COME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_lambda as lambda_

    from infra.platform import Platform

TIMEOUT = Duration.minutes(5)
"""An approved release reads all hosted zones first, five pages a second: that alone may take more than three minutes.

Less than the time of a lease; `lambdas/operate/aws.py` looks again once it is over, and the CLI waits for longer.
"""

MEMORY_MB = 512
"""Which Lambda gives a third of a CPU with: enough to read zones as fast as Route 53 lets us."""


class Operated(Protocol):
    """A remediation as far as people decide about it."""

    @property
    def function(self) -> lambda_.Function:
        """What reconciles."""
        ...

    def for_people(self) -> tuple[iam.PolicyStatement, ...]:
        """What `operate` needs to take its changes back, and to make those that somebody approved."""
        ...


class Operate(Construct):
    """Woken by people, and by its own messages about what is not over. It has no schedule and no events.

    What it may do comes from the remediations: what reverses their changes in every mode, and, where a person may have
    to approve, what makes them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
        remediations: Iterable[Operated],
    ) -> None:
        super().__init__(scope, construct_id)
        remediation = Remediation(
            self,
            "Operate",
            name="operate",
            description="Carries out what people decide: approve, reject, undo",
            platform=platform,
            schedule=None,
            timeout=TIMEOUT,
            memory_mb=MEMORY_MB,
        )
        self.watched = remediation.watched
        self.function = remediation.function
        self.watched.allow(
            iam.PolicyStatement(
                sid="ReadDecisions", actions=["dynamodb:Query"], resources=[platform.records.ledger.table_arn]
            )
        )
        for each in remediations:
            self.watched.allow(*each.for_people(), wildcards=TO_COME)
