"""The ledger's items: what is only said, and acts that are completed in place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from lambdas.common import ledger
from lambdas.common.decision import Lease, Outcome
from tests.lambdas.account import LEDGER, items
from tests.lambdas.common.beginning import NOW, begin, decision, lease_of

pytestmark = pytest.mark.usefixtures("aws")


def test_what_is_only_said_is_counted_and_keeps_its_first_time() -> None:
    said = replace(decision(), outcome=Outcome.BLOCKED)
    ledger.note(said, Outcome.BLOCKED, now=NOW)
    record = ledger.note(said, Outcome.BLOCKED, now=NOW + timedelta(hours=1))
    assert (record.time, record.last_seen, record.count) == ("2026-03-01T12:00:00.000Z", "2026-03-01T13:00:00.000Z", 2)
    ledger.note(said, Outcome.BLOCKED, reason="daily-cap", now=NOW)
    ledger.note(said, Outcome.OBSERVED, now=NOW)
    assert sorted((item["outcome"], item["reason"]) for item in items(LEDGER)) == [
        ("blocked", "daily-cap"),
        ("blocked", "low-water"),
        ("observed", "low-water"),
    ]


def test_what_was_said_does_not_stop_the_act() -> None:
    wanted = decision()
    ledger.note(wanted, Outcome.OBSERVED, now=NOW)
    ledger.note(wanted, Outcome.BLOCKED, reason="switched-off", now=NOW)
    assert begin(wanted) is None
    assert ledger.complete(
        lease_of(wanted.resource_id), Outcome.DONE, reason="low-water", result={"state": "provisioned"}, now=NOW
    )
    record = ledger.read(wanted.id)
    assert record is not None
    assert (record.outcome, record.detail["result"]) == ("done", {"state": "provisioned"})
    assert len({item["decision_id"] for item in items(LEDGER)}) == 1
    assert len(items(LEDGER)) == 3


def test_an_act_that_is_over_is_not_completed_otherwise() -> None:
    wanted = decision()
    begin(wanted)
    ledger.complete(lease_of(wanted.resource_id), Outcome.DONE, reason="low-water", result={}, now=NOW)
    assert ledger.complete(lease_of(wanted.resource_id), Outcome.FAILED, reason="api-error", result={}, now=NOW) is None
    assert ledger.complete(lease_of(wanted.resource_id), Outcome.DONE, reason="low-water", result={}, now=NOW) is None
    assert [item["outcome"] for item in items(LEDGER)] == ["done"]


def test_a_failure_that_aws_told_of_is_not_written_over_by_the_call_of_a_slower_run() -> None:
    wanted = decision()
    begin(wanted)
    lease = lease_of(wanted.resource_id)
    told = {"state": "failed", "association": "vpc-cidr-assoc-1"}
    ledger.complete(lease, Outcome.FAILED, reason="association-failed", result=told, now=NOW)

    assert ledger.complete(lease, Outcome.FAILED, reason="api-error", result={"error": "Timeout"}, now=NOW) is None

    record = ledger.read(wanted.id)
    assert record is not None
    assert (record.reason, record.detail["result"]) == ("association-failed", told)


@pytest.mark.parametrize(("result", "waits"), [({"state": "failed-provision"}, False), ({"code": "timeout"}, True)])
def test_what_aws_failed_is_not_waited_for_any_more_but_what_it_did_not_answer_is(
    result: dict[str, object], *, waits: bool
) -> None:
    wanted = decision()
    begin(wanted)
    ledger.complete(lease_of(wanted.resource_id), Outcome.FAILED, reason="api-error", result=result, now=NOW)

    pending = ledger.complete(
        lease_of(wanted.resource_id), Outcome.PENDING, reason="low-water", result={"state": "pending"}, now=NOW
    )

    assert (pending is not None) is waits
    assert ledger.complete(
        lease_of(wanted.resource_id), Outcome.DONE, reason="low-water", result={"state": "provisioned"}, now=NOW
    )


def test_an_act_that_was_never_begun_is_not_completed() -> None:
    assert (
        ledger.complete(
            Lease(guard="lease#none", decision_id="0" * 16), Outcome.DONE, reason="low-water", result={}, now=NOW
        )
        is None
    )
    assert items(LEDGER) == []


def test_an_item_is_written_as_docs_ledger_says() -> None:
    ledger.note(decision(), Outcome.OBSERVED, now=NOW)
    (item,) = items(LEDGER)
    assert set(item) == {
        "decision_id", "record", "resource_id", "remediation", "action", "outcome", "reason",
        "account", "region", "time", "last_seen", "count", "detail", "expires",
    }  # fmt: skip
    assert item["detail"]["cidrs"] == ["10.0.0.0/24"]
    assert float(item["detail"]["before"]["available_percent"]) == 12.5
    table = boto3.resource("dynamodb").Table(LEDGER)
    assert table.get_item(Key={"decision_id": decision().id, "record": "observed#low-water"})["Item"]["count"] == 1
