"""The dashboard's body: what is drawn, for whatever the stack has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.cloudwatch import insights_syntax

if TYPE_CHECKING:
    from aws_cdk.assertions import Template


def widgets(template: Template) -> list[dict[str, Any]]:
    """The widgets, with names that only AWS will know as X."""
    (dashboard,) = template.find_resources("AWS::CloudWatch::Dashboard").values()
    pieces = dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
    body = json.loads("".join(piece if isinstance(piece, str) else "X" for piece in pieces))
    return list(body["widgets"])


def titles(template: Template) -> list[str]:
    return [widget["properties"]["title"] for widget in widgets(template) if "title" in widget["properties"]]


def test_it_shows_what_somebody_looks_for_first(telling_hub: Template) -> None:
    assert titles(telling_hub) == [
        "Poolwarden's own alarms",
        "Available addresses of each pool, in percent",
        "Decisions by outcome",
        "Decisions by reason",
        "Idle Elastic IPs of Amazon's, and what they cost",
        "Application Load Balancers off their pool",
        "Share of each VPC that its subnets have taken",
        "Runs",
        "Errors",
        "Duration, longest",
        "Events given up on",
    ]
    assert "/poolwarden/mode --value observe" in widgets(telling_hub)[0]["properties"]["markdown"]


def test_each_query_is_one_that_metrics_insights_reads(telling_hub: Template) -> None:
    metrics = [each for widget in widgets(telling_hub) for each in widget["properties"].get("metrics", ())]
    expressions = [
        each["expression"] for line in metrics for each in line if isinstance(each, dict) and "expression" in each
    ]
    queries = [each for each in expressions if insights_syntax.is_query(each)]
    assert len(queries) == 6
    assert not any("SUM(Unassociated" in each for each in queries)
    for each in queries:
        insights_syntax.parse(each)


def test_each_low_water_mark_is_a_line(telling_hub: Template) -> None:
    (graph,) = [each for each in widgets(telling_hub) if "percent" in each["properties"].get("title", "")]
    assert [line["value"] for line in graph["properties"]["annotations"]["horizontal"]] == [7.5, 20]


def test_every_function_is_in_each_graph_of_their_health(telling_hub: Template) -> None:
    functions = len(telling_hub.find_resources("AWS::Lambda::Function"))
    for title in ("Runs", "Errors", "Duration, longest", "Events given up on"):
        (graph,) = [each for each in widgets(telling_hub) if each["properties"].get("title") == title]
        assert len(graph["properties"]["metrics"]) == functions


def test_its_name_is_an_output(telling_hub: Template) -> None:
    assert list(telling_hub.find_outputs("DashboardName")) == ["DashboardName"]
