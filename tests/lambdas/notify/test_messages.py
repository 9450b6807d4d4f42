"""What people read, word for word: a message for each outcome and kind of decision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lambdas.notify import plan
from lambdas.notify.plan import Means, message
from tests.lambdas.expected import assert_as_in
from tests.lambdas.notify.decisions import alignment, extension, release
from tests.lambdas.notify.test_plan import DONE

MEANS = Means(mode_parameter="/poolwarden/mode", tag_prefix="poolwarden")
CONTACTS = {"111122223333": "team-a@example.com"}
EXPIRES = {"expires": "2026-03-04T12:00:00.000Z"}
SAID = {"result": {"error": "AddressLimitExceeded", "message": "The maximum is reached."}}
HAD_BACK = {"undone": {"allocation_id": "eipalloc-0f"}, "undo_asked": {"actor": "jo"}}


def test_a_message_says_all_that_somebody_on_call_needs() -> None:
    cases: dict[str, Any] = {
        "a refill": DONE,
        "a refill that failed": {**DONE, "outcome": "failed", "reason": "provision-failed"},
        "a refill that AWS failed to make": {
            **DONE,
            "outcome": "failed",
            "reason": "provision-failed",
            "detail": {"result": {"failure": "limit-exceeded", "message": "The quota is reached."}},
        },
        "a pool that cannot grow": {**DONE, "outcome": "blocked", "reason": "source-exhausted", "detail": {"why": "x"}},
        "a release": release(),
        "a release to be": release(outcome="skipped", reason="warned", action="none"),
        "a release while observing": release(outcome="observed"),
        "a release that is proposed": release(outcome="proposed", detail=EXPIRES),
        "a release that is proposed without end": release(outcome="proposed"),
        "a release that failed": release(outcome="failed", reason="api-error", detail=SAID),
        "a release that nobody answered": release(outcome="expired"),
        "a release that was rejected": release(outcome="rejected"),
        "a release that was undone": release(outcome="undone", detail=HAD_BACK),
        "a release that is held": release(outcome="blocked", reason="switched-off"),
        "a release in a change freeze": release(outcome="blocked", reason="change-freeze"),
        "an address with a record": release(outcome="blocked", reason="dns-record", action="none"),
        "a reason without advice": release(outcome="blocked", reason="unheard-of", action="none"),
        "the breaker": release(
            outcome="proposed", reason="breaker", action="none", resource_id="111122223333/eu-west-1", detail=EXPIRES
        ),
        "a move": alignment(),
        "a move that is proposed": alignment(outcome="proposed", detail=EXPIRES),
        "a pool that is short": alignment(outcome="blocked", reason="pool-short", action="none"),
        "an extension": extension(),
        "without a word why": {**DONE, "detail": {}},
        "with a name and an owner": alignment(detail={"resource": {"name": "shop", "owner": "team-b"}}),
    }
    found = {name: message(item, contacts=CONTACTS, means=MEANS) for name, item in cases.items()}

    assert_as_in(Path(__file__).with_name("messages.json"), found)


@pytest.mark.parametrize(
    ("changes", "concerns"),
    [
        ({}, True),
        ({"outcome": "intended"}, False),
        ({"outcome": "pending"}, False),
        ({"outcome": "skipped", "reason": "in-flight"}, False),
        ({"outcome": "blocked", "reason": "in-flight"}, True),
        ({"outcome": "skipped", "reason": "within-grace"}, False),
        ({"detail": {"undo_of": "fedc"}}, False),
        ({"outcome": "failed", "detail": {"undo_of": "fedc"}}, True),
    ],
)
def test_people_hear_of_what_they_can_do_something_about(changes: dict[str, Any], *, concerns: bool) -> None:
    assert plan.concerns_people(release(**changes)) is concerns


def test_a_prefix_of_ones_own_is_in_every_tag_that_is_named() -> None:
    means = Means(mode_parameter="/p", tag_prefix="mine")
    proposed = message(release(outcome="proposed"), contacts={}, means=means)
    protected = message(release(outcome="blocked", reason="protected", action="none"), contacts={}, means=means)

    assert "poolwarden:" not in proposed.body
    assert "mine:protect = true" in proposed.body
    assert "Take the tag mine:protect from" in protected.body
