"""What makes two decisions the same, and what a lease hides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.common.decision import Action, Decision, Lease, Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
DECISION = Decision(
    remediation="refill_pools",
    resource_id="ipam-pool-1",
    account="123456789012",
    region="us-east-1",
    action=Action.PROVISION_CIDR,
    reason="low-water",
    judged=("10.0.0.0/20", "/21"),
    detail={},
)


def test_ids_stay_what_they_are_from_release_to_release() -> None:
    """A ledger is full of them: another way to make them would tell everything anew."""
    assert DECISION.id == "9fc8f9b870f4cbcc"
    assert replace(DECISION, proposal=2).id == "c72f750fe6cf2097"


@pytest.mark.parametrize(
    "changes",
    [
        {"remediation": "align_albs"},
        {"resource_id": "ipam-pool-2"},
        {"action": Action.NONE},
        {"judged": ("10.0.0.0/20",)},
        {"judged": ("/21", "10.0.0.0/20")},
        {"proposal": 2},
    ],
)
def test_another_state_is_another_decision(changes: dict[str, Any]) -> None:
    assert replace(DECISION, **changes).id != DECISION.id


@pytest.mark.parametrize(
    "changes",
    [{"reason": "fragmented"}, {"outcome": Outcome.BLOCKED}, {"subject": "10.0.16.0/21"}, {"detail": {"why": "x"}}],
)
def test_what_is_said_of_the_same_state_makes_no_other_decision(changes: dict[str, Any]) -> None:
    assert replace(DECISION, **changes).id == DECISION.id


@pytest.mark.parametrize(("until", "fresh"), [(None, False), (EARLIER, False), (NOW, False), (LATER, True)])
def test_a_lease_is_fresh_until_its_time_is_over(until: datetime | None, *, fresh: bool) -> None:
    assert Lease(guard="g", held_until=until).fresh(NOW) is fresh


@pytest.mark.parametrize(
    ("lease", "unshown"),
    [
        ({}, set()),
        ({"subject": "a"}, set()),
        ({"subject": "a", "held_until": LATER}, {"a"}),
        ({"subject": "a", "held_until": EARLIER}, set()),
        ({"subject": "a", "held_until": EARLIER, "decision_id": "1"}, {"a"}),
        ({"decision_id": "1"}, set()),
        ({"recent": {"b": LATER, "c": NOW, "d": EARLIER}}, {"b"}),
        ({"subject": "a", "decision_id": "1", "recent": {"b": LATER}}, {"a", "b"}),
    ],
)
def test_what_lists_may_not_show_yet_is_what_was_asked_for_of_late(lease: dict[str, Any], unshown: set[str]) -> None:
    assert Lease(guard="g", **lease).unshown(NOW) == unshown
