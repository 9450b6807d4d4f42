"""Items of the guards' table: all of them are read, all or none are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.common import guard_items, ledger
from lambdas.common.dynamo import attributes
from lambdas.common.guard_items import BusyError
from tests.lambdas.account import GUARDS, items
from tests.lambdas.common.answers import answering, cancelled, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MET = cancelled("None", "TransactionConflict")
"""A transaction that met another one that has hold of the same items, which none does in moto."""
pytestmark = pytest.mark.usefixtures("aws")


def put(guard: str) -> TransactWriteItemTypeDef:
    """Write an item where there is none."""
    item = attributes({"guard": guard})
    return {"Put": {"TableName": GUARDS, "Item": item, "ConditionExpression": "attribute_not_exists(guard)"}}


def names(guards: list[str]) -> list[str]:
    return sorted(item["guard"] for item in guard_items.read_items(guards))


def test_all_is_written_or_nothing_and_it_is_told_what_stood_against_it() -> None:
    assert guard_items.transact([put("a"), put("b")]) == []
    assert guard_items.transact([put("c"), put("a"), put("d"), put("b")]) == [1, 3]
    assert sorted(item["guard"] for item in items(GUARDS)) == ["a", "b"]


def test_many_items_are_read_in_one_go() -> None:
    for each in ("mark-0", "mark-99", "mark-100", "mark-299"):
        guard_items.mark(each, now=NOW)
    assert names([f"mark-{number}" for number in range(300)]) == ["mark-0", "mark-100", "mark-299", "mark-99"]
    assert names([]) == []


def test_a_mark_says_when_it_was_made_and_expires_with_the_ledger() -> None:
    guard_items.mark("fanout#refill_pools", now=NOW)

    (item,) = guard_items.read_items(["fanout#refill_pools", "fanout#align_albs"])
    assert item == {
        "guard": "fanout#refill_pools",
        "time": "2026-03-01T12:00:00.000Z",
        "expires": ledger.expires_at(NOW),
    }


def test_a_transaction_that_meets_a_rival_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "TransactWriteItems", MET, MET)
    assert guard_items.transact([put("a")]) == []
    assert names(["a"]) == ["a"]


def test_a_transaction_that_meets_rivals_for_ever_waits_ever_longer_and_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = answering(monkeypatch, "TransactWriteItems", *[MET] * 100)
    with pytest.raises(BusyError, match="6 times in a row"):
        guard_items.transact([put("a")])
    assert len(waits) == 6
    assert all(0.02 * attempt <= wait <= 0.1 * attempt for attempt, wait in enumerate(waits, start=1))


@pytest.mark.parametrize(
    "failure",
    [cancelled("None", "ValidationError"), refused("TransactionCanceledException"), refused("InternalServerError")],
    ids=["invalid", "without reasons", "broken"],
)
def test_a_transaction_that_fails_otherwise_is_a_failure(
    failure: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "TransactWriteItems", failure)
    with pytest.raises(ClientError):
        guard_items.transact([put("a")])


def unread(given: Callable[[], Any]) -> Any:
    """An answer that has the first of the items, and leaves the other keys unread."""
    answer = given()
    (found,) = answer["Responses"].values()
    keys = [{"guard": item["guard"]} for item in found[1:]]
    return {"Responses": {GUARDS: found[:1]}, "UnprocessedKeys": {GUARDS: {"Keys": keys, "ConsistentRead": True}}}


def test_what_dynamodb_left_unread_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("a", "b", "c"):
        guard_items.mark(each, now=NOW)
    answering(monkeypatch, "BatchGetItem", unread, unread)
    assert names(["a", "b", "c"]) == ["a", "b", "c"]


def test_items_that_stay_unread_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    guard_items.mark("a", now=NOW)

    def nothing(_: Any) -> Any:
        return {"Responses": {}, "UnprocessedKeys": {GUARDS: {"Keys": [{"guard": {"S": "a"}}]}}}

    answering(monkeypatch, "BatchGetItem", *[nothing] * 6)
    with pytest.raises(BusyError, match=r"^DynamoDB left leases unread again and again: the table is too busy$"):
        guard_items.read_items(["a"])
    answering(monkeypatch, "BatchGetItem", *[nothing] * 5)
    assert names(["a"]) == ["a"]
