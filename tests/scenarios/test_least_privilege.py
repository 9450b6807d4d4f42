"""The proof of least privilege can fail: judged here on a few permissions, by `make test` on all of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.permissions import Permission
from tests.scenarios.least_privilege import Unreached, Use, findings, unreached, uses

if TYPE_CHECKING:
    from pathlib import Path

LEDGER = "arn:aws:dynamodb:us-east-1:123456789012:table/PoolwardenHub-RecordsLedgerC701FDC0-2B5E271FE5223"
READING = Permission(
    stack="PoolwardenHub",
    role="Operate",
    effect="Allow",
    action="dynamodb:GetItem",
    resource="${RecordsLedgerC701FDC0.Arn}",
    condition="",
)
READ = Use(stack="PoolwardenHub", role="Operate", action="dynamodb:GetItem", resource=LEDGER)
EXCUSE = Unreached(actions=("dynamodb:GetItem",), reason="none")


def test_a_permission_that_was_used_is_right() -> None:
    assert findings([READING], [READ], []) == []


def test_a_permission_that_was_never_used_is_found() -> None:
    (finding,) = findings([READING], [], [])
    assert finding == "unused: PoolwardenHub/Operate dynamodb:GetItem ${RecordsLedgerC701FDC0.Arn}"
    assert findings([READING], [], [EXCUSE]) == []


@pytest.mark.parametrize(
    "other",
    [
        Use(stack="PoolwardenHub", role="Notify", action=READ.action, resource=LEDGER),
        Use(stack="PoolwardenSpoke", role="Operate", action=READ.action, resource=LEDGER),
        Use(stack="PoolwardenHub", role="Operate", action="dynamodb:Query", resource=LEDGER),
        Use(stack="PoolwardenHub", role="Operate", action=READ.action, resource=f"{LEDGER}/index/by-remediation"),
        Use(stack="PoolwardenHub", role="Operate", action=READ.action, resource=LEDGER.replace("Ledger", "Guards")),
    ],
)
def test_what_another_role_did_or_did_elsewhere_is_no_use_of_it(other: Use) -> None:
    assert any(finding.startswith("unused: ") for finding in findings([READING], [other], []))


def test_an_excuse_for_what_is_used_or_for_nothing_is_found() -> None:
    (finding,) = findings([READING], [READ], [EXCUSE])
    assert finding.startswith("used, although it is listed as unreached: PoolwardenHub/Operate")
    (finding,) = findings([], [], [EXCUSE])
    assert finding == "listed as unreached, but nobody may: dynamodb:GetItem"


def test_an_excuse_holds_for_the_roles_and_resources_that_it_names() -> None:
    for roles, resource, holds in [
        (("PoolwardenHub/Operate",), "RecordsLedger", True),
        (("PoolwardenSpoke/Operate",), "RecordsLedger", False),
        (("PoolwardenHub/Operate",), "RecordsGuards", False),
    ]:
        excuse = Unreached(actions=EXCUSE.actions, reason="none", roles=roles, resource=resource)
        assert ("unused" in str(findings([READING], [], [excuse]))) is not holds


def test_what_a_test_does_with_a_functions_role_is_no_use_of_it(tmp_path: Path) -> None:
    role = "arn:aws:sts::123456789012:assumed-role/PoolwardenHub-OperateRole0CEEB3F4-AE89F4C6F173F"
    asked = {"action": READ.action, "resource": LEDGER, "allowed": True}
    sessions = {"tester": 0, "PoolwardenHub-OperateFunction36841F17-1D2F7A3A9F2E8": 1}
    for session, expected in sessions.items():
        (tmp_path / "note.json").write_text(json.dumps([{**asked, "principal": f"{role}/{session}"}]))
        assert len(uses(tmp_path)) == expected
    (tmp_path / "note.json").write_text(json.dumps([{**asked, "allowed": False, "principal": f"{role}/{session}"}]))
    assert not uses(tmp_path)


def test_every_excuse_has_its_reason() -> None:
    assert all(len(excuse.reason) > 20 for excuse in unreached())
