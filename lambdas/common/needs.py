"""Open needs: what somebody asked a pool for and did not get, kept until the pool has it or nobody waits any more.

One guard for each pool, `need#<pool>`: the netmask length of the largest block that was asked for, and until when it
counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.common.aws_clients import client
from lambdas.common.dynamo import attributes, timestamp
from lambdas.common.environment import required
from lambdas.common.errors import CONDITION_FAILED, code_of
from lambdas.common.guards import read_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OPEN_FOR = timedelta(days=1)
"""For how long somebody whose call failed is taken to wait for space: they may try again any time."""


def open_needs(pool_ids: Iterable[str], *, now: datetime) -> dict[str, int]:
    """Give the netmask length of the block that each of these pools owes, where it owes one."""
    guards = {_guard(pool_id): pool_id for pool_id in pool_ids}
    items = read_items(list(guards))
    return {
        guards[item["guard"]]: item["length"]
        for item in items
        if "length" in item and now < datetime.fromisoformat(item["until"])
    }


def record(pool_id: str, length: int, *, now: datetime) -> None:
    """Remember that a block was asked for; one that is still open for a larger block stays as it is."""
    values = {
        ":length": length,
        ":now": timestamp(now),
        ":until": now + OPEN_FOR,
        ":expires": int((now + OPEN_FOR).timestamp()),
    }
    _update(
        pool_id,
        "SET #length = :length, #until = :until, expires = :expires",
        "attribute_not_exists(#length) OR #length >= :length OR #until < :now",
        values,
        {"#length": "length", "#until": "until"},
    )


def close(pool_id: str, length: int) -> None:
    """Forget a need that is met: a block of this netmask length is there, or came."""
    _update(pool_id, "REMOVE #length", "#length >= :length", {":length": length}, {"#length": "length"})


def _update(
    pool_id: str, expression: str, condition: str, values: Mapping[str, object], names: Mapping[str, str]
) -> None:
    """Write if the condition holds; else somebody else has written what counts more."""
    try:
        client("dynamodb").update_item(
            TableName=required("GUARDS_TABLE"),
            Key=attributes({"guard": _guard(pool_id)}),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=attributes(values),
        )
    except ClientError as error:
        if code_of(error) != CONDITION_FAILED:
            raise


def _guard(pool_id: str) -> str:
    return f"need#{pool_id}"
