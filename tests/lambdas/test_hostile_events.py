"""Whatever wakes a function: nothing changes that is not due, each failure is told to AWS, no secret is logged."""

from __future__ import annotations

import importlib
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from lambdas.common.errors import RunFailedError
from lambdas.common.events import EventError
from lambdas.common.settings import REMEDIATIONS, load
from tests.lambdas.hostile import SECRET, changed_events, quiet_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lambdas.hostile import Witness

FUNCTIONS = (*REMEDIATIONS, "notify", "operate")
CONTEXT = SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: 600_000)
REFUSED = (EventError, RunFailedError)
"""What a function ends with on purpose: Lambda tries again, and puts the event into the dead-letter queue."""


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    with quiet_account() as found:
        yield found


def hold(function: str, event: Any, witness: Witness) -> None:
    """Wake a function, and hold it to what is promised of any event."""
    handler = importlib.import_module(f"lambdas.{function}.handler").handler
    witness.clear()
    try:
        answer = handler(event, CONTEXT)
    except REFUSED:
        answer = None
    assert witness.changes == []
    if answer is not None and "batchItemFailures" in answer:
        delivered = {record["messageId"] for record in event["Records"]}
        assert {failure["itemIdentifier"] for failure in answer["batchItemFailures"]} <= delivered
    assert SECRET not in witness.log.getvalue()
    for line in witness.log.getvalue().splitlines():
        assert isinstance(json.loads(line), dict), "one entry, one line"


@pytest.mark.usefixtures("witness")
def test_every_remediation_is_on() -> None:
    off = [name for name in REMEDIATIONS if getattr(load(), name) is None]
    assert not off, "their settings are missing in `ON`, in hostile.py"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whatever_the_event_says_nothing_changes_that_is_not_due(function: str, witness: Witness) -> None:
    @settings(max_examples=settings().max_examples // 4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(event=changed_events())
    def holds(event: Any) -> None:
        hold(function, event, witness)

    holds()
