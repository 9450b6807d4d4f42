"""What goes on the bus, and when it does so again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.client import BaseClient

from lambdas.common import ledger
from lambdas.common.announce import EventRefusedError, announce
from lambdas.common.decision import Action, Decision, Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DECISION = Decision(
    remediation="refill_pools",
    resource_id="ipam-pool-1",
    account="123456789012",
    region="us-east-1",
    action=Action.PROVISION_CIDR,
    reason="low-water",
    judged=(),
    detail={"share": 12.5, "count": 3},
)


class Bus:
    """EventBridge, which refuses the next entries that it is told to."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.refusals = 0

    def put(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        if self.refusals:
            self.refusals -= 1
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}]}
        self.entries += entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


@pytest.fixture
def bus(aws: None, monkeypatch: pytest.MonkeyPatch) -> Bus:  # noqa: ARG001 - sets up
    bus = Bus()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def calling(self: BaseClient, operation: str, parameters: Any) -> Any:
        return bus.put(parameters["Entries"]) if operation == "PutEvents" else call(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", calling)
    return bus


def test_an_item_is_announced_as_docs_notifications_says(bus: Bus) -> None:
    announce(ledger.note(DECISION, Outcome.OBSERVED, now=NOW))
    (entry,) = bus.entries
    assert (entry["Source"], entry["DetailType"], entry["Time"]) == ("poolwarden", "Poolwarden Decision", NOW)
    assert "EventBusName" not in entry
    assert json.loads(entry["Detail"]) == {
        "decision_id": DECISION.id,
        "resource_id": "ipam-pool-1",
        "remediation": "refill_pools",
        "action": "provision_cidr",
        "outcome": "observed",
        "reason": "low-water",
        "account": "123456789012",
        "region": "us-east-1",
        "time": "2026-03-01T12:00:00.000Z",
        "last_seen": "2026-03-01T12:00:00.000Z",
        "count": 1,
        "detail": {"share": 12.5, "count": 3},
    }


def test_what_is_seen_again_is_not_announced_again(bus: Bus) -> None:
    for _ in range(3):
        announce(ledger.note(DECISION, Outcome.OBSERVED, now=NOW))
    assert len(bus.entries) == 1
    announce(ledger.note(DECISION, Outcome.BLOCKED, reason="daily-cap", now=NOW))
    assert len(bus.entries) == 2


def test_what_the_bus_refused_is_announced_when_it_is_seen_again(bus: Bus) -> None:
    bus.refusals = 1
    with pytest.raises(EventRefusedError, match="ThrottlingException"):
        announce(ledger.note(DECISION, Outcome.OBSERVED, now=NOW))
    announce(ledger.note(DECISION, Outcome.OBSERVED, now=NOW))
    assert len(bus.entries) == 1


@pytest.mark.parametrize("outcome", [Outcome.INTENDED, Outcome.PENDING])
def test_what_is_under_way_is_not_announced(bus: Bus, outcome: Outcome) -> None:
    announce(ledger.note(DECISION, outcome, now=NOW))
    assert bus.entries == []
