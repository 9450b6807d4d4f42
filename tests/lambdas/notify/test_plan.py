"""What people read: complete without a console, and within what SNS takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.decision import Outcome
from lambdas.notify.plan import Means, concerns_people, message, severity

if TYPE_CHECKING:
    from lambdas.notify.message import Message

MEANS = Means(mode_parameter="/poolwarden/mode", tag_prefix="poolwarden")
DONE: dict[str, Any] = {
    "decision_id": "0123456789abcdef",
    "resource_id": "ipam-pool-0a1b2c3d4e5f60718",
    "remediation": "refill_pools",
    "action": "provision_cidr",
    "outcome": "done",
    "reason": "low-water",
    "account": "123456789012",
    "region": "us-east-1",
    "time": "2026-03-01T12:00:00.000Z",
    "last_seen": "2026-03-01T12:01:00.000Z",
    "count": 1,
    "detail": {
        "cidr": "10.0.16.0/21",
        "why": "12.5 % of the pool's 4096 addresses are available, less than its low-water mark of 20 %. "
        "10.0.16.0/21 brings it to 41.7 % of 6144 addresses.",
        "resource": {"name": "prod-eu", "owner": "team-a", "locale": "eu-west-1", "scope": "ipam-scope-1"},
        "result": {"cidr": "10.0.16.0/21", "state": "provisioned"},
    },
}


def written(contacts: dict[str, str] | None = None, **changes: Any) -> Message:
    return message({**DONE, **changes}, contacts=contacts or {}, means=MEANS)


def test_a_refill_is_told_so_that_nobody_needs_a_console() -> None:
    told = written()
    assert told.subject == "Poolwarden: 10.0.16.0/21 added to ipam-pool-0a1b2c3d4e5f60718 (low-water)"
    assert told.body == (
        "What:     10.0.16.0/21 added to ipam-pool-0a1b2c3d4e5f60718. Outcome: done, reason: low-water.\n"
        "Where:    ipam-pool-0a1b2c3d4e5f60718, named prod-eu, owned by team-a, account 123456789012, us-east-1\n"
        "Why:      12.5 % of the pool's 4096 addresses are available, less than its low-water mark of 20 %. "
        "10.0.16.0/21 brings it to 41.7 % of 6144 addresses.\n"
        "Undo:     `poolwarden undo 0123456789abcdef`, as long as nothing is allocated from the CIDR. "
        "Protect the pool right after that, or it is refilled again\n"
        "Stop:     tag ipam-pool-0a1b2c3d4e5f60718 with poolwarden:protect = true; or stop every change with "
        "`aws ssm put-parameter --overwrite --name /poolwarden/mode --value observe`\n"
        "Console:  https://us-east-1.console.aws.amazon.com/ipam/home?region=us-east-1#Pools\n"
        "Record:   `poolwarden history 0123456789abcdef`, first seen 2026-03-01T12:00:00.000Z\n"
    )


def test_the_attributes_are_those_that_subscriptions_filter_by() -> None:
    assert written(contacts={"123456789012": "team-a@example.com"}).attributes == {
        "kind": "decision",
        "remediation": "refill_pools",
        "outcome": "done",
        "reason": "low-water",
        "severity": "info",
        "account": "123456789012",
        "region": "us-east-1",
        "contact": "team-a@example.com",
    }


def test_an_account_without_a_contact_has_no_such_attribute() -> None:
    assert "contact" not in written(contacts={"999999999999": "team-b@example.com"}).attributes


@pytest.mark.parametrize(
    ("outcome", "reason", "expected"),
    [
        ("done", "low-water", "info"),
        ("observed", "low-water", "info"),
        ("undone", "low-water", "info"),
        ("proposed", "low-water", "warning"),
        ("blocked", "daily-cap", "warning"),
        ("blocked", "protected", "warning"),
        ("skipped", "not-ready", "warning"),
        ("blocked", "source-exhausted", "critical"),
        ("failed", "api-error", "critical"),
    ],
)
def test_how_much_it_matters(outcome: str, reason: str, expected: str) -> None:
    assert severity({**DONE, "outcome": outcome, "reason": reason}) == expected


def test_a_failure_says_what_aws_said_and_what_comes_now() -> None:
    result = {"cidr": "10.0.16.0/21", "error": "RequestLimitExceeded", "message": "Request limit exceeded."}
    told = written(outcome="failed", reason="api-error", detail={**DONE["detail"], "result": result})
    assert told.subject.startswith("Poolwarden: FAILED to add 10.0.16.0/21 to ipam-pool-")
    assert "AWS said: RequestLimitExceeded: Request limit exceeded.\n" in told.body
    assert "What now: It is tried again by itself." in told.body
    assert "Undo:" not in told.body


def test_what_was_only_observed_says_that_nothing_changed() -> None:
    told = written(outcome="observed")
    assert "10.0.16.0/21 would be added to" in told.subject
    assert "Nothing was changed, because the mode is observe." in told.body
    assert "Undo:" not in told.body


def test_a_proposal_says_how_to_answer_it() -> None:
    body = written(outcome="proposed").body
    assert "poolwarden approve 0123456789abcdef" in body
    assert "poolwarden reject 0123456789abcdef" in body


def test_what_cannot_be_done_says_why() -> None:
    why = "It needs a /20, the largest free block is a /23 in its source pool ipam-pool-0."
    told = written(action="none", outcome="blocked", reason="source-exhausted", detail={"why": why})
    assert told.subject == "Poolwarden: ipam-pool-0a1b2c3d4e5f60718 cannot be refilled (source-exhausted)"
    assert f"Why:      {why}\n" in told.body


@pytest.mark.parametrize(
    ("asked", "actor"),
    [({"undo_asked": {"actor": "jo"}}, "jo"), ({"undo_asked": {}}, "somebody"), ({}, "somebody")],
)
def test_what_was_undone_says_who_wanted_that_and_why_it_had_been_done(asked: dict[str, Any], actor: str) -> None:
    told = written(outcome="undone", detail={**DONE["detail"], **asked})
    assert f"Why:      {actor} had it undone. It had been done for this: {DONE['detail']['why']}\n" in told.body


def test_what_has_no_reason_beside_its_code_says_none() -> None:
    bare = {"cidr": "10.0.16.0/21"}
    assert "Why:" not in written(detail=bare).body
    assert "None" not in written(outcome="undone", detail=bare).body


def test_a_thrown_switch_says_where_it_is() -> None:
    body = written(outcome="blocked", reason="switched-off").body
    assert "until the SSM parameter /poolwarden/mode says `deployed` again" in body


def test_people_hear_of_everything_that_came_out_somehow() -> None:
    silent = {outcome for outcome in Outcome if not concerns_people({**DONE, "outcome": outcome})}
    assert silent == {Outcome.INTENDED, Outcome.PENDING}
    assert not concerns_people({**DONE, "outcome": "skipped", "reason": "in-flight"})


@given(cidr=st.text(), reason=st.text(), resource=st.text(), outcome=st.sampled_from(["done", "failed", "blocked"]))
def test_every_subject_is_one_that_sns_takes(cidr: str, reason: str, resource: str, outcome: str) -> None:
    subject = written(outcome=outcome, reason=reason, resource_id=resource, detail={"cidr": cidr}).subject
    assert 0 < len(subject) <= 100
    assert subject.isascii()
    assert subject.isprintable()


def test_a_block_that_aws_chose_is_told_as_what_it_is() -> None:
    detail = {**DONE["detail"], "cidr": "/29", "result": {"cidr": "18.97.0.8/29", "state": "provisioned"}}
    told = written(detail=detail)
    assert told.subject == "Poolwarden: 18.97.0.8/29 added to ipam-pool-0a1b2c3d4e5f60718 (low-water)"
    assert "What:     18.97.0.8/29 added to" in told.body


def test_a_pool_near_its_quota_of_cidrs_is_a_warning_in_time() -> None:
    def refilled(cidrs: int) -> Message:
        return written(
            detail={**DONE["detail"], "after": {"cidrs": [f"10.0.{number}.0/24" for number in range(cidrs)]}}
        )

    assert refilled(39).attributes["severity"] == "info"
    assert refilled(40).attributes["severity"] == "warning"
    assert "with it the pool has 40 CIDRs, and AWS allows 50" in refilled(40).body
