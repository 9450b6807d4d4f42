"""What is counted: metrics in CloudWatch's embedded metric format, which a function writes into its log.

Namespace `Poolwarden`. `Decisions`, by Remediation, Outcome and Reason: each time that a decision is told as new, with
its id beside it in the log. `Sweeps`, by FunctionName: each scheduled run that came to its end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

if TYPE_CHECKING:
    from lambdas.common.ledger import Record

NAMESPACE = "Poolwarden"
DECISIONS = "Decisions"
SWEEPS = "Sweeps"


def count_decision(record: Record) -> None:
    """Count a decision."""
    with single_metric(name=DECISIONS, unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="Remediation", value=record.remediation)
        metric.add_dimension(name="Outcome", value=record.outcome)
        metric.add_dimension(name="Reason", value=record.reason)
        metric.add_metadata(key="decision_id", value=record.decision_id)


def count_sweep() -> None:
    """Count a scheduled run of this function."""
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    if function is None:  # not on Lambda: nobody reads the log
        return
    with single_metric(name=SWEEPS, unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="FunctionName", value=function)
