"""What `poolwarden status` finds of what waits for a person, however much else was decided."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from cli import status
from cli.hub import Hub, Resource
from lambdas.common import consent, ledger, settings
from lambdas.common.decision import Action, Decision, Outcome
from lambdas.notify import aws
from tests.lambdas.account import SETTINGS
from tests.lambdas.conftest import in_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The tables of a hub in this process."""
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    monkeypatch.setenv("POOLWARDEN_SETTINGS", str(tmp_path / "settings.json"))
    settings.load.cache_clear()
    with in_process(monkeypatch):
        yield
    settings.load.cache_clear()


def decision(resource_id: str, action: Action, reason: str) -> Decision:
    return Decision(
        remediation="release_eips",
        resource_id=resource_id,
        account="111122223333",
        region="eu-west-1",
        action=action,
        reason=reason,
        judged=(reason,),
        detail={},
    )


def waiting() -> list[str]:
    """The resources of the proposals that the status shows."""
    caller: Any = SimpleNamespace(now=NOW)
    return [str(each["resource_id"]) for each in status._proposals(caller, SETTINGS)]


@pytest.mark.usefixtures("account")
def test_a_proposal_is_found_behind_any_number_of_addresses_that_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aws, "MOST_ITEMS", 2)
    proposed = consent.judge(
        decision("eipalloc-0a", Action.RELEASE_ADDRESS, "idle"), mode="approve", approved="", now=NOW
    )
    ledger.note(proposed.decision, Outcome.PROPOSED, now=NOW)
    for number, reason in enumerate(("service-managed", "within-grace", "protected")):
        left_alone = decision(f"eipalloc-{number}", Action.NONE, reason)
        ledger.note(left_alone, Outcome.SKIPPED, now=NOW + timedelta(minutes=number))

    assert waiting() == ["eipalloc-0a"]


class Metrics:
    """CloudWatch, in which each function ran once."""

    def get_paginator(self, _operation: str) -> Metrics:
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        queries = [each["Id"] for each in asked["MetricDataQueries"] if each["Id"].startswith("invocations_")]
        return [{"MetricDataResults": [{"Id": each, "Timestamps": [NOW], "Values": [1.0]} for each in queries]}]


def test_the_runs_of_each_function_are_told_of_the_one_that_tells_people_too() -> None:
    caller: Any = SimpleNamespace(now=NOW, account="123456789012", client=lambda _: Metrics())
    resources = [
        Resource(type="AWS::Lambda::Function", name="NotifyFunction68ABB939", id="hub-notify"),
        Resource(type="AWS::Lambda::Function", name="OperateFunction36841F17", id="hub-operate"),
        Resource(type="AWS::Logs::LogGroup", name="NotifyLogs1234ABCD", id="hub-notify-logs"),
    ]
    hub = Hub(status="", updated="", outputs={"OperateFunction": "hub-operate"}, resources=resources)

    told = status._functions(caller, hub, SETTINGS)

    assert {(each["name"], each["function"], each["mode"], each["runs"]) for each in told} == {
        ("operate", "hub-operate", None, 1),
        ("notify", "hub-notify", None, 1),
    }
