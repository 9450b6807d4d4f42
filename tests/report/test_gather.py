"""What a report counts and adds up: each change that stands, once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.common.decision import Action
from report.gather import Source, gather
from tests.lambdas.notify.decisions import alignment, release

UNDO = {Action.ALLOCATE_ADDRESS, Action.DEPROVISION_CIDR, Action.DISASSOCIATE_CIDR}
"""What only undoes."""

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Refusing:
    """A client with which nothing can be read, so that a report is about the ledger alone."""

    def get_paginator(self, operation: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)


def reported(*ledger: dict[str, Any]) -> tuple[dict[str, str], list[float]]:
    """The figures of a report, and the course of what is saved."""
    source = Source(client=lambda _: Refusing(), account="1", region="us-east-1", mode="enforce", now=NOW)
    made = gather(source, ledger, title="a report")
    return dict(made.figures), [saved for _, saved in made.savings]


def test_a_release_with_a_late_sign_of_use_is_one_release_and_one_saving() -> None:
    lost = release(reason="reassociated")
    figures, saved = reported(release(), lost)
    assert (figures["Addresses released"], figures["Saved a month"], saved) == ("1", "$3.65", [3.65])


def test_a_release_that_was_undone_saves_nothing_whatever_else_is_recorded_of_it() -> None:
    figures, saved = reported(release(outcome="undone"), release(reason="reassociated"))
    assert (figures["Addresses released"], figures["Saved a month"], saved) == ("0", "$0", [])


def test_a_move_that_was_undone_is_no_move_and_nor_is_its_undo() -> None:
    undo = alignment(decision_id="2", detail={"undo_of": "0123456789abcdef"})
    figures, _ = reported(alignment(outcome="undone"), undo)
    assert figures["Load balancers moved"] == "0"
    assert reported(alignment())[0]["Load balancers moved"] == "1"


@pytest.mark.parametrize("action", sorted({*Action} - UNDO - {Action.NONE}))
def test_whatever_a_remediation_does_is_counted(action: str) -> None:
    figures, _ = reported(alignment(action=action))
    before, _ = reported()
    assert [(before[name], figures[name]) for name in figures if figures[name] != before[name]][:1] == [("0", "1")]
