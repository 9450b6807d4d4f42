"""Tables for people: nothing is wider than 100 columns, nothing that one needs is cut off."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from cli import tables

ARN = f"arn:aws:elasticloadbalancing:us-gov-west-1:111122223333:loadbalancer/app/{'long-name-' * 3}/0123456789abcdef"
NOW = "2026-11-20T16:00:00.000Z"


def decision(**changes: Any) -> dict[str, Any]:
    return {
        "decision_id": "0123456789abcdef",
        "remediation": "align_albs",
        "resource_id": ARN,
        "account": "111122223333",
        "region": "us-gov-west-1",
        "action": "modify_ip_pools",
        "outcome": "done",
        "reason": "pool-not-usable",
        "time": NOW,
        "last_seen": NOW,
        "count": 12,
        "detail": {"why": "It belongs on another pool. " * 9, "before": {"addresses": ["203.0.113.7"] * 20}},
        **changes,
    }


def printed(show: Any, found: Any) -> str:
    out = io.StringIO()
    show(Console(file=out, width=tables.WIDTH), found)
    assert max(map(len, out.getvalue().splitlines())) <= tables.WIDTH
    return out.getvalue()


PLAN = {
    "account": "111122223333",
    "region": "us-gov-west-1",
    "time": NOW,
    "deployed": False,
    "modes": {"align_albs": "observe", "release_eips": "approve"},
    "members": False,
    "forbidden_by": None,
    "decisions": [decision(), decision(outcome="blocked")],
    "no_trail": ["us-gov-west-1"],
    "missing_permissions": [{"permission": "elasticloadbalancing:DescribeLoadBalancers", "region": "us-gov-west-1"}],
    "errors": [{"what": "align_albs", "error": "x" * 250}],
}


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_side_of_a_table_is_cut_off(width: int) -> None:
    out = io.StringIO()
    reasons = ("service-managed", "needs-authorization")
    tables.plan(
        Console(file=out, width=width),
        {**PLAN, "decisions": [decision(reason=reason, resource_id=f"pool-{'a' * 30}") for reason in reasons]},
    )
    rows = [line for line in out.getvalue().splitlines() if line.startswith("│")]
    assert rows
    assert all(line.endswith("│") for line in rows)


def test_a_plan_says_in_which_mode_what_is_missing_and_where_nothing_wakes_us() -> None:
    text = printed(tables.plan, PLAN)
    for needed in (
        "0123456789abcdef",
        "mode observe",
        "mode approve",
        "Not deployed here",
        "--member-role",
        "no-trail",
        "elasticloadbalancing:DescribeLoadBalancers",
        "release_eips: nothing is to be done",
    ):
        assert needed in text


def test_history_shows_every_id_in_full() -> None:
    pool = {
        "remediation": "refill_pools",
        "resource_id": "ipam-pool-0123456789abcdef0",
        "reason": "needs-authorization",
    }
    items = [decision(), decision(decision_id="fedcba9876543210", outcome="blocked", **pool)]
    text = printed(tables.decisions, items)
    for whole in ("0123456789abcdef", "fedcba9876543210", pool["resource_id"], pool["reason"]):
        assert whole in text


def test_a_story_shows_a_long_arn_in_full() -> None:
    told = {
        "decision_id": "0123456789abcdef",
        "records": [decision()],
        "proposal": {"answer": "approved", "until": NOW, "by": {"actor": ARN, "request_id": "r" * 36}},
        "notified": [{"outcome": "done", "reason": "off-pool", "time": NOW}],
        "undo_of": None,
        "undone_by": "fedcba9876543210",
        "log": [{"time": NOW, "function": "notify", "message": f"told: {ARN}"}],
    }
    text = printed(tables.story, told)
    assert ARN in text.replace("\n", "")
    assert "seen 12" in text


def test_status_names_what_is_wrong() -> None:
    found = {
        "stack": {"name": "PoolwardenHub", "status": "UPDATE_COMPLETE", "updated": NOW, "account": "1", "region": "r"},
        "configuration": "differs",
        "switch": None,
        "calendar": {"name": "ReleaseFreeze", "state": "CLOSED"},
        "functions": [
            {"name": "refill_pools", "function": "f", "mode": "enforce", "last_run": None, "runs": 0, "errors": 0}
        ],
        "alarms": [{"name": "a" * 80, "state": "ALARM", "since": NOW, "what": "It keeps failing. " * 8}],
        "dead_letters": [{"queue": "PoolwardenHub-RefillPoolsDeadLetters-" + "0" * 30, "messages": 3}],
        "proposals": [{**decision(outcome="proposed"), "until": NOW}],
        "unconfirmed": [{"endpoint": "someone@example.com", "protocol": "email", "topic": "t" * 70}],
        "missing_permissions": [],
        "errors": [],
    }
    text = printed(tables.status, found)
    for needed in (
        "not the one that is deployed",
        "no such parameter",
        "CLOSED",
        "Alarms: 1 of 1",
        "someone@example.com",
    ):
        assert needed in " ".join(text.split())


@pytest.mark.parametrize("outcome", ["done", "blocked"])
def test_an_answer_says_what_became_of_it(outcome: str) -> None:
    said = {
        "decision_id": "0123456789abcdef",
        "action": "undo",
        "outcome": outcome,
        "reason": "in-use",
        "message": "x " * 99,
    }
    assert f"undo 0123456789abcdef: {outcome} (in-use)" in printed(tables.answer, said)
