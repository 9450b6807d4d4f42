"""The embedded metric format: metrics that functions write into their logs, as CloudWatch Logs extracts them.

User guide of CloudWatch, "Specification: Embedded metric format". A function's clock is the real one, so what it logs
counts at the account's time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import cloudwatch, lambda_svc

from simulator.clock import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def install() -> None:
    """Extract metrics from what functions log."""
    lambda_svc._emit_lambda_logs = _extracting(lambda_svc._emit_lambda_logs)


def _extracting(emit: Callable[..., None]) -> Callable[..., None]:
    def extracted(func: Mapping[str, Any], request_id: str, log_text: str, *rest: Any, **options: Any) -> None:  # noqa: ANN401 - MiniStack's signature
        emit(func, request_id, log_text, *rest, **options)
        function = parse_arn((func.get("config") or func)["FunctionArn"])
        with request_scope(function.account_id, function.region):
            for line in (log_text or "").splitlines():
                _publish(line)

    return extracted


def _publish(line: str) -> None:
    for namespace, name, dimensions, unit, values in metrics_of(line):
        for value in values:
            cloudwatch._store_datum(namespace, name, dimensions, CLOCK.time(), unit, value, None, None, None)


def metrics_of(line: str) -> Iterator[tuple[str, str, dict[str, str], str, list[float]]]:
    """Give namespace, name, dimensions, unit and values of each metric in a line of a log; none in any other line."""
    if '"_aws"' not in line:
        return
    try:
        document = json.loads(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: str(document[name]) for name in names}
                for metric in directive["Metrics"]:
                    value = document[metric["Name"]]
                    values = [float(each) for each in (value if isinstance(value, list) else [value])]
                    yield directive["Namespace"], metric["Name"], dimensions, metric.get("Unit", "None"), values
    except (ValueError, KeyError, TypeError):
        return
