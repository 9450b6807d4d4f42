"""Items of the guards' table by their keys: read as they are now, written all or nothing.

What they hold is told in `guards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.common import ledger
from lambdas.common.aws_clients import client, date_of
from lambdas.common.dynamo import ATTEMPTS, attributes, let_rivals_pass, plain, write_item
from lambdas.common.environment import required
from lambdas.common.errors import TRANSACTION_CANCELLED, code_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

BATCH = 100  # BatchGetItem takes no more keys


class BusyError(Exception):
    """The table had no time for us, several times in a row."""


def mark(guard: str, *, now: datetime) -> None:
    """Mark something as done, for as long as the ledger keeps what it is about."""
    item = attributes({"guard": guard, "time": now, "expires": ledger.expires_at(now)})
    write_item(client("dynamodb").put_item, TableName=required("GUARDS_TABLE"), Item=item)


def read_items(guards: Sequence[str]) -> list[dict[str, Any]]:
    """Read items by their keys, consistently; those that there are."""
    return read_dated(guards)[0]


def read_dated(guards: Sequence[str]) -> tuple[list[dict[str, Any]], datetime | None]:
    """Read items by their keys, consistently; those that there are, and what time it is, where AWS told."""
    table = required("GUARDS_TABLE")
    found: list[dict[str, Any]] = []
    date = None
    for first in range(0, len(guards), BATCH):
        keys: Sequence[Any] = [attributes({"guard": guard}) for guard in guards[first : first + BATCH]]
        for _ in range(ATTEMPTS):
            answer = client("dynamodb").batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
            found += [plain(item) for item in answer["Responses"].get(table, [])]
            date = date_of(answer)
            unread = answer.get("UnprocessedKeys", {}).get(table)
            if not unread:
                break
            keys = unread["Keys"]
        else:
            raise BusyError("DynamoDB left leases unread again and again: the table is too busy")
    return found, date


def transact(writes: Sequence[TransactWriteItemTypeDef]) -> list[int]:
    """Write all or nothing; the positions of the writes whose conditions fail, none when it is written."""
    for attempt in range(1, ATTEMPTS + 1):
        refused = _transact_once(writes)
        if refused is not None:
            return refused
        let_rivals_pass(attempt)
    raise BusyError(f"a transaction met rivals {ATTEMPTS} times in a row")


def _transact_once(writes: Sequence[TransactWriteItemTypeDef]) -> list[int] | None:
    """Try the transaction; None when another one had hold of the same items at that moment."""
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except ClientError as error:
        if code_of(error) != TRANSACTION_CANCELLED:
            raise
        codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        if failed := [position for position, code in enumerate(codes) if code == "ConditionalCheckFailed"]:
            return failed
        if "TransactionConflict" in codes:
            return None
        raise
    return []
