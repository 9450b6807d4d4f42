"""Metrics in the embedded metric format are read out of a function's log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambdas.common.ledger import Record
from lambdas.common.metrics import count_decision, count_sweep, measure_off_pool
from lambdas.common.targets import Target
from simulator.embedded_metrics import metrics_of

LINE: dict[str, Any] = {
    "_aws": {
        "Timestamp": 1,
        "CloudWatchMetrics": [
            {"Namespace": "Shop", "Dimensions": [["Kind"], []], "Metrics": [{"Name": "Sold", "Unit": "Count"}]}
        ],
    },
    "Kind": "book",
    "Sold": [1, 2.5],
}


def test_each_set_of_dimensions_is_a_series() -> None:
    assert list(metrics_of(json.dumps(LINE))) == [
        ("Shop", "Sold", {"Kind": "book"}, "Count", [1.0, 2.5]),
        ("Shop", "Sold", {}, "Count", [1.0, 2.5]),
    ]


@pytest.mark.parametrize("line", ["", "no JSON", '{"message": "hello"}', '{"_aws": 1}', 'half of {"_aws": {'])
def test_any_other_line_has_none(line: str) -> None:
    assert list(metrics_of(line)) == []


def test_a_metric_without_a_value_is_left_out() -> None:
    assert list(metrics_of(json.dumps({**LINE, "Sold": None}))) == []


def test_what_the_functions_count_is_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "refill")
    record = Record(
        decision_id="0123456789abcdef",
        record="act",
        resource_id="ipam-pool-0a",
        remediation="refill_pools",
        action="provision_cidr",
        outcome="done",
        reason="low-water",
        account="123456789012",
        region="us-east-1",
        time="",
        last_seen="",
        count=1,
        detail={},
    )
    count_decision(record)
    count_sweep()
    measure_off_pool(2, Target(account="123456789012", region="eu-west-1"))
    measure_off_pool(0, Target(account="123456789012", region="eu-west-2"))
    lines = capsys.readouterr().out.splitlines()
    assert [found for line in lines for found in metrics_of(line)] == [
        (
            "Poolwarden",
            "Decisions",
            {"Remediation": "refill_pools", "Outcome": "done", "Reason": "low-water"},
            "Count",
            [1.0],
        ),
        ("Poolwarden", "Sweeps", {"FunctionName": "refill"}, "Count", [1.0]),
        (
            "Poolwarden",
            "LoadBalancersOffPool",
            {"Account": "123456789012", "Region": "eu-west-1"},
            "Count",
            [2.0],
        ),
    ]
    assert json.loads(lines[0])["decision_id"] == "0123456789abcdef"


def test_away_from_lambda_no_sweep_is_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    count_sweep()
    assert capsys.readouterr().out == ""
