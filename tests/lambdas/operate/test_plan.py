"""What a person may ask, and what keeps it from being carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.common.consent import Answer, Proposal
from lambdas.common.events import EventError
from lambdas.common.ledger import Record
from lambdas.operate import plan
from lambdas.operate.plan import Request, Wish

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = "0123456789abcdef"


def asked(**changes: Any) -> dict[str, object]:
    return {"action": "undo", "decision_id": ID, "actor": "jo", **changes}


def record(outcome: str, *, action: str = "release_address", key: str = "act", **detail: Any) -> Record:
    return Record(
        decision_id=ID,
        record=key,
        resource_id="eipalloc-1",
        remediation="release_eips",
        action=action,
        outcome=outcome,
        reason="idle",
        account="123456789012",
        region="us-east-1",
        time="2026-03-01T12:00:00.000Z",
        last_seen="2026-03-01T12:00:00.000Z",
        count=1,
        detail=detail,
    )


PROPOSED = record("proposed", key="proposed#idle")
REJECTED = "it was rejected; it is proposed again once the resource changes"
EXPIRED = "it expired at 2026-03-02 12:00 UTC; it is proposed again if it still stands"


def proposal(answer: Answer = Answer.OPEN, *, left: timedelta = timedelta(hours=1)) -> Proposal:
    return Proposal(decision_id=ID, answer=answer, until=NOW + left, by={})


def refusal(records: list[Record], found: Proposal | None, wish: Wish = Wish.APPROVE) -> str | None:
    return plan.unanswerable(records, found, wish=wish, now=NOW)


@pytest.mark.parametrize("action", ["approve", "reject", "undo"])
def test_a_request_is_read(action: str) -> None:
    assert plan.read(asked(action=action, actor=" Jo Smith ")) == Request(
        wish=Wish(action), decision_id=ID, actor="Jo Smith"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"action": "delete"}, "action is one of approve, reject, undo, not 'delete'"),
        ({"action": None}, "action is one of approve, reject, undo, not None"),
        ({"action": ["undo"]}, "action is one of approve, reject, undo, not ['undo']"),
        ({"decision_id": ID[:-1]}, f"decision_id is 16 hexadecimal digits, not '{ID[:-1]}'"),
        ({"decision_id": f"{ID}\n"}, f"decision_id is 16 hexadecimal digits, not '{ID}\\n'"),
        ({"decision_id": 7}, "decision_id is 16 hexadecimal digits, not 7"),
        ({"decision_id": "x" * 99}, f"decision_id is 16 hexadecimal digits, not '{'x' * 59}"),
        ({"actor": ""}, "actor is who asks, a line of at most 200 characters, not ''"),
        ({"actor": "  "}, "actor is who asks, a line of at most 200 characters, not '  '"),
        ({"actor": 7}, "actor is who asks, a line of at most 200 characters, not 7"),
        ({"actor": "jo\nroot"}, "actor is who asks, a line of at most 200 characters, not 'jo\\nroot'"),
        ({"actor": "\x1b[31mjo"}, "actor is who asks, a line of at most 200 characters, not '\\x1b[31mjo'"),
        ({"actor": "j" * 201}, f"actor is who asks, a line of at most 200 characters, not '{'j' * 59}"),
    ],
)
def test_what_is_no_request_is_told_what_is_wrong(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(EventError) as failure:
        plan.read(asked(**changes))
    assert str(failure.value) == said


def test_an_actor_of_two_hundred_characters_is_still_one() -> None:
    assert plan.read(asked(actor="j" * 200)).actor == "j" * 200


def test_what_was_proposed_and_what_was_done_are_told_apart() -> None:
    done = record("done")

    assert plan.proposed([done, PROPOSED]) is PROPOSED
    assert plan.proposed([done]) is None
    assert plan.acted([PROPOSED, done]) is done
    assert plan.acted([PROPOSED]) is None


@pytest.mark.parametrize(
    ("records", "found", "why"),
    [
        ([PROPOSED], proposal(), None),
        ([PROPOSED, record("intended")], proposal(), None),  # begun and cut short: it may go on
        ([PROPOSED], proposal(Answer.APPROVED), None),
        *[
            # what was approved and given up is proposed again, and so may be approved again
            ([PROPOSED, record(outcome)], proposal(answer), None)
            for outcome in ("failed", "skipped", "blocked")
            for answer in (Answer.APPROVED, Answer.OPEN)
        ],
        ([PROPOSED, record("failed")], proposal(Answer.REJECTED), REJECTED),
        ([PROPOSED, record("failed")], proposal(Answer.APPROVED, left=timedelta()), EXPIRED),
        ([record("failed")], None, "it was never proposed"),
        ([PROPOSED, record("done")], proposal(), "it is done already (idle)"),
        ([PROPOSED, record("pending")], proposal(), "it is pending already (idle)"),
        ([], None, "there is no decision with this id in the ledger"),
        ([], proposal(), "there is no decision with this id in the ledger"),
        ([record("blocked", key="blocked#idle")], None, "it was never proposed"),
        ([PROPOSED], None, "it was never proposed"),
        (
            [PROPOSED],
            proposal(Answer.REJECTED),
            REJECTED,
        ),
        (
            [PROPOSED],
            proposal(Answer.EXPIRED),
            "it expired at 2026-03-02 13:00 UTC; it is proposed again if it still stands",
        ),
        (
            [PROPOSED],
            proposal(left=timedelta()),
            EXPIRED,
        ),
    ],
)
def test_a_proposal_is_answered_while_it_is_open(records: list[Record], found: Proposal | None, why: str) -> None:
    assert refusal(records, found) == why


def test_what_was_approved_cannot_be_rejected_any_more() -> None:
    assert refusal([PROPOSED], proposal(), Wish.REJECT) is None
    assert refusal([PROPOSED], proposal(Answer.APPROVED), Wish.REJECT) == "it was approved already"


def test_what_failed_before_it_was_proposed_can_be_rejected() -> None:
    assert refusal([PROPOSED, record("failed")], proposal(), Wish.REJECT) is None


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([record("done")], None),
        ([record("done", action="modify_ip_pools")], None),
        ([], "there is no decision with this id in the ledger"),
        ([PROPOSED], "it changed nothing: there is nothing to undo"),
        ([record("done", action="none")], "it changed nothing: there is nothing to undo"),
        (
            [record("done", action="allocate_address", undo_of="fedc")],
            "it is itself an undo; what it undid is decision fedc",
        ),
        (
            [record("done", action="modify_ip_pools", undo_of="fedc")],
            "it is itself an undo; what it undid is decision fedc",
        ),
        ([record("undone")], "it is undone already"),
        ([record("failed")], "it is failed (idle): only what is done can be undone"),
        ([record("intended")], "it is intended (idle): only what is done can be undone"),
    ],
)
def test_only_a_change_that_was_done_is_undone_and_only_once(records: list[Record], why: str | None) -> None:
    assert plan.irreversible(records) == why


@pytest.mark.parametrize(
    ("words", "answer", "left", "lost"),
    [
        ([], Answer.APPROVED, 1, True),
        (["blocked"], Answer.APPROVED, 1, False),
        (["observed"], Answer.APPROVED, 1, False),
        (["skipped"], Answer.APPROVED, 1, False),
        ([], Answer.OPEN, 1, False),
        ([], Answer.REJECTED, 1, False),
        ([], Answer.APPROVED, 0, False),
        ([], None, 1, False),
    ],
)
def test_an_approval_that_came_to_no_word_is_lost(
    words: list[str], answer: Answer | None, left: int, *, lost: bool
) -> None:
    answered = datetime(2026, 3, 1, 12, tzinfo=UTC)
    found = replace(proposal(answer, left=timedelta(hours=left)), answered=answered) if answer else None
    records = [PROPOSED, *(record(word, key=f"{word}#idle") for word in words)]

    assert plan.is_lost(records, found, now=NOW) is lost


def test_what_was_said_before_an_approval_is_no_word_of_what_came_of_it() -> None:
    found = replace(proposal(Answer.APPROVED), answered=datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC))

    assert plan.is_lost([PROPOSED, record("blocked", key="blocked#switched-off")], found, now=NOW)
    assert not plan.is_lost([PROPOSED], replace(found, answered=None), now=NOW)


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (
            record("undone", why="It was idle.", undone={"decision_id": ID, "allocation_id": "eipalloc-2"}),
            f"It is undone: decision_id {ID}, allocation_id eipalloc-2.",
        ),
        (record("undone", undone={"decision_id": ID, "pool": None}), f"It is undone: decision_id {ID}."),
        (record("blocked", result={"message": "Address not found."}), "Address not found."),
        (record("pending"), f"AWS is at it: `poolwarden history {ID}` says how it ends."),
        (record("done", why="It was idle."), "It was idle."),
        (record("pending", result={"message": "AWS takes it away."}), "AWS takes it away."),
        (record("rejected"), ""),
        (record("done", why="They wait for a person.", result={"released": 3, "left": 0}), "3 of 3 were released."),
        (
            record("done", why="They wait for a person.", result={"released": 3, "left": 1}),
            "3 of 4 were released, 1 left: why is recorded, and told, of each by itself.",
        ),
    ],
)
def test_whoever_asked_is_told_what_came_of_it(came: Record, said: str) -> None:
    assert plan.came_of_it(came) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "switched-off",
            (
                "The kill switch is on, or cannot be read: nothing is changed until it says `deployed`. "
                "Approve it again then."
            ),
        ),
        (
            "change-freeze",
            (
                "The change calendar is closed, or cannot be read: nothing is changed until it is open. "
                "Approve it again then."
            ),
        ),
        (
            "run-cap",
            "As many addresses were released in this run as max_releases_per_run allows. Approve it again.",
        ),
        ("daily-cap", "As much was done today as the configuration allows. Approve it again tomorrow (UTC)."),
        ("ptr-record", "It was idle."),
    ],
)
def test_whoever_approved_is_told_what_holds_it_and_not_why_it_should_be_done(reason: str, said: str) -> None:
    assert plan.came_of_it(replace(record("blocked", why="It was idle."), reason=reason)) == said
    assert plan.came_of_it(replace(record("done", why="It was idle."), reason=reason)) == "It was idle."
    some = record("blocked", why="It was idle.", result={"released": 1, "left": 0})
    assert plan.came_of_it(replace(some, reason=reason)) == "1 of 1 were released."
