"""DynamoDB's wire form of the values that we keep, as boto3 writes and reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.aws_clients import client
from lambdas.common.dynamo import ATTEMPTS, attributes, plain, write_if, write_item
from tests.lambdas.account import GUARDS, items
from tests.lambdas.common.answers import answering, refused

VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-(10**30), 10**30) | st.sets(st.text(), min_size=1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Colour(StrEnum):
    RED = "red"


def read_by_boto3(value: object) -> Any:
    return TypeDeserializer().deserialize(attributes({"value": value})["value"])  # type: ignore[arg-type]


@given(VALUES)
def test_what_is_written_is_read_by_boto3_as_the_same(value: object) -> None:
    assert read_by_boto3(value) == value


@given(VALUES)
def test_what_boto3_writes_is_read_as_the_same(value: object) -> None:
    read = plain({"value": TypeSerializer().serialize(value)})
    assert read == plain(attributes({"value": value}))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.25, {"N": "0.25"}),
        (1e-9, {"N": "1e-09"}),
        (datetime(2026, 11, 20, 12, tzinfo=UTC), {"S": "2026-11-20T12:00:00.000Z"}),
        (Colour.RED, {"S": "red"}),
        (("a", 1), {"L": [{"S": "a"}, {"N": "1"}]}),
        (frozenset({"b", "a"}), {"SS": ["a", "b"]}),
        (True, {"BOOL": True}),
    ],
)
def test_a_value_is_written_as_its_kind(value: object, written: object) -> None:
    assert attributes({"value": value}) == {"value": written}


@pytest.mark.parametrize(
    ("stored", "value"), [("3", 3), ("3.0", 3), ("1e-09", 1e-9), (str(Decimal("0.10")), 0.1), (str(10**30), 10**30)]
)
def test_a_number_is_read_as_json_can_write_it(stored: str, value: float) -> None:
    read = plain({"value": {"N": stored}})["value"]
    assert (read, type(read)) == (value, type(value))


def test_what_dynamodb_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="stores no object"):
        attributes({"value": object()})


MET = refused("TransactionConflictException")
"""A write of an item that a transaction has hold of."""
ITEM: Any = {"TableName": GUARDS, "Item": {"guard": {"S": "a"}}}


@pytest.mark.usefixtures("aws")
def test_an_item_that_a_transaction_has_hold_of_is_written_once_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = answering(monkeypatch, "PutItem", *[MET] * (ATTEMPTS - 1))
    write_item(client("dynamodb").put_item, **ITEM)
    assert [item["guard"] for item in items(GUARDS)] == ["a"]
    assert len(waits) == ATTEMPTS - 1
    assert all(0.02 * attempt <= wait <= 0.1 * attempt for attempt, wait in enumerate(waits, start=1))


@pytest.mark.usefixtures("aws")
def test_an_item_that_is_never_free_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "PutItem", *[MET] * ATTEMPTS)
    with pytest.raises(ClientError, match="TransactionConflict"):
        write_item(client("dynamodb").put_item, **ITEM)
    assert items(GUARDS) == []


@pytest.mark.usefixtures("aws")
def test_a_condition_is_judged_once_the_item_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    unwritten = {**ITEM, "ConditionExpression": "attribute_not_exists(guard)"}
    answering(monkeypatch, "PutItem", MET)
    assert write_if(client("dynamodb").put_item, **unwritten) is not None
    answering(monkeypatch, "PutItem", MET)
    assert write_if(client("dynamodb").put_item, **unwritten) is None


@pytest.mark.usefixtures("aws")
def test_a_write_that_fails_otherwise_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = answering(monkeypatch, "PutItem", refused("InternalServerError"))
    with pytest.raises(ClientError, match="InternalServerError"):
        write_item(client("dynamodb").put_item, **ITEM)
    assert waits == []
