"""What is counted: metrics in CloudWatch's embedded metric format, which a function writes into its log.

Namespace `Poolwarden`. `Decisions`, by Remediation, Outcome and Reason: each time that a decision is told as new, with
its id beside it in the log. `Sweeps`, by FunctionName: each scheduled run that came to its end.
`LoadBalancersOffPool`, by Account and Region: those that a look at all of them found to be otherwise than they should,
where there are any: a metric is paid for in each hour in which it is written, and there may be thousands of places.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.common.ledger import Record
    from lambdas.common.targets import Target

NAMESPACE = "Poolwarden"
DECISIONS = "Decisions"
SWEEPS = "Sweeps"
OFF_POOL = "LoadBalancersOffPool"


def count_decision(record: Record) -> None:
    """Count a decision."""
    dimensions = {"Remediation": record.remediation, "Outcome": record.outcome, "Reason": record.reason}
    _write(DECISIONS, 1, dimensions, decision_id=record.decision_id)


def count_sweep() -> None:
    """Count a scheduled run of this function; away from Lambda nobody reads the log."""
    if function := os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        _write(SWEEPS, 1, {"FunctionName": function})


def measure_off_pool(number: int, target: Target) -> None:
    """Write down how many load balancers somewhere are not as they should be; nothing where all are."""
    if number:
        _write(OFF_POOL, number, {"Account": target.account, "Region": target.region})


def _write(name: str, value: int, dimensions: Mapping[str, str], **beside: str) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as metric:
        for key, text in dimensions.items():
            metric.add_dimension(name=key, value=text)
        for key, text in beside.items():
            metric.add_metadata(key=key, value=text)
