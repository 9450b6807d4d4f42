"""What `poolwarden status` finds of what waits for a person, however much else was decided."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from cli import status
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
