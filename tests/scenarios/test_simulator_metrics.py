"""What GetMetricData and its neighbours tell of the metrics in the simulated account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.simulated_account import unique

if TYPE_CHECKING:
    from tests.scenarios.simulated_account import Account

pytestmark = pytest.mark.scenario


def stat(metric: str, *, stat: str = "Sum", period: int = 60, **dimensions: str) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    metric_of = {"Namespace": "Test", "MetricName": metric, "Dimensions": named}
    return {"MetricStat": {"Metric": metric_of, "Period": period, "Stat": stat}}


def data(account: Account, *queries: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """The results of queries, numbered q0, q1, ..., over the last hour and the next."""
    numbered = [{"Id": f"q{number}", **query} for number, query in enumerate(queries)]
    now, hour = account.now(), timedelta(hours=1)
    answer = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=numbered, StartTime=now - hour, EndTime=now + hour, **options
    )
    results: list[dict[str, Any]] = answer["MetricDataResults"]
    return results


def test_metrics_that_differ_in_their_dimensions_are_not_mixed(account: Account) -> None:
    metric = unique("metric")
    account.put_metric("Test", metric, 1)
    account.put_metric("Test", metric, 2, Pool="a")
    account.put_metric("Test", metric, 4, Pool="a", Scope="x")
    results = data(account, stat(metric), stat(metric, Pool="a"), stat(metric, Pool="b"))
    assert [result["Values"] for result in results] == [[1.0], [2.0], []]


def test_values_come_newest_first_unless_asked_otherwise(account: Account) -> None:
    metric = unique("metric")
    account.put_metric("Test", metric, 5, minutes=3)
    (newest_first,) = data(account, stat(metric))
    assert newest_first["Timestamps"] == sorted(newest_first["Timestamps"], reverse=True)
    (oldest_first,) = data(account, stat(metric), ScanBy="TimestampAscending")
    assert oldest_first["Timestamps"] == newest_first["Timestamps"][::-1]
    assert len(oldest_first["Timestamps"]) == 3


def test_a_period_gathers_what_falls_into_it(account: Account) -> None:
    metric = unique("metric")
    account.put_metric("Test", metric, 2, minutes=60)
    results = data(account, stat(metric, period=3600), stat(metric, stat="SampleCount", period=3600))
    assert sum(results[0]["Values"]) == 120
    assert sum(results[1]["Values"]) == 60
    assert all(time.minute == 0 for time in results[0]["Timestamps"])


def test_a_metrics_insights_query_has_a_result_for_each_group(account: Account) -> None:
    metric = unique("metric")
    for pool, percent in {"a": 80, "b": 5}.items():
        account.put_metric("Test", metric, percent, Pool=pool)
    expression = f'SELECT MIN("{metric}") FROM "Test" GROUP BY Pool ORDER BY MIN() ASC'  # noqa: S608 - no SQL
    results = data(account, {"Expression": expression, "Period": 60})
    assert [(result["Label"], result["Values"]) for result in results] == [("b", [5.0]), ("a", [80.0])]


def test_metric_math_sees_what_is_not_returned(account: Account) -> None:
    metric = unique("metric")
    account.put_metric("Test", metric, 6, Pool="a")
    account.put_metric("Test", metric, 2, Pool="b")
    hidden = {"ReturnData": False}
    results = data(
        account,
        {**stat(metric, Pool="a"), **hidden},
        {**stat(metric, Pool="b"), **hidden},
        {"Expression": "q0 / q1", "Label": "ratio"},
    )
    assert [(result["Id"], result["Label"], result["Values"]) for result in results] == [("q2", "ratio", [3.0])]


@pytest.mark.parametrize("expression", ["q0 +", "nobody * 2", "SELECT nothing", "q0", "1 + 1"])
def test_an_expression_that_means_nothing_is_refused(account: Account, expression: str) -> None:
    with pytest.raises(ClientError) as refused:
        data(account, {"Expression": expression, "Period": 60})
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_a_service_that_is_not_simulated_says_so(account: Account) -> None:
    with pytest.raises(ClientError, match="outposts is not simulated") as refused:
        account.client("outposts").list_outposts()
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_an_operation_that_is_not_simulated_says_so(account: Account) -> None:
    with pytest.raises(ClientError, match="GetAwsNetworkPerformanceData") as refused:
        account.client("ec2").get_aws_network_performance_data()
    assert refused.value.response["Error"]["Code"] == "InvalidAction"
