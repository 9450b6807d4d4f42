"""The dashboard's body: what is drawn, for whatever the stack has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.test_hub import synthesised

if TYPE_CHECKING:
    from pathlib import Path

    from aws_cdk.assertions import Template


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder: Path = tmp_path_factory.mktemp("dashboard")
    return synthesised(folder, "enforce")


def widgets(template: Template) -> list[dict[str, Any]]:
    """The widgets, with names that only AWS will know as X."""
    (dashboard,) = template.find_resources("AWS::CloudWatch::Dashboard").values()
    pieces = dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
    body = json.loads("".join(piece if isinstance(piece, str) else "X" for piece in pieces))
    return list(body["widgets"])


def titles(template: Template) -> list[str]:
    return [widget["properties"]["title"] for widget in widgets(template) if "title" in widget["properties"]]


def test_it_shows_what_somebody_looks_for_first(hub: Template) -> None:
    assert titles(hub) == [
        "Poolwarden's own alarms",
        "Available addresses of each pool, in percent",
        "Decisions by outcome",
        "Decisions by reason",
        "Idle Elastic IPs of Amazon's, and what they cost",
        "Application Load Balancers off their pool",
        "Runs",
        "Errors",
        "Duration, longest",
        "Events given up on",
    ]
    assert "/poolwarden/mode --value observe" in widgets(hub)[0]["properties"]["markdown"]


def test_each_low_water_mark_is_a_line(hub: Template) -> None:
    (graph,) = [each for each in widgets(hub) if "percent" in each["properties"].get("title", "")]
    assert [line["value"] for line in graph["properties"]["annotations"]["horizontal"]] == [7.5, 20]


def test_every_function_is_in_each_graph_of_their_health(hub: Template) -> None:
    functions = len(hub.find_resources("AWS::Lambda::Function"))
    for title in ("Runs", "Errors", "Duration, longest", "Events given up on"):
        (graph,) = [each for each in widgets(hub) if each["properties"].get("title") == title]
        assert len(graph["properties"]["metrics"]) == functions


def test_its_name_is_an_output(hub: Template) -> None:
    assert list(hub.find_outputs("DashboardName")) == ["DashboardName"]
