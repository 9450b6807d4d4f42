"""Open needs: what somebody asked a pool for and did not get, kept until the pool has it or nobody waits any more.

One guard for each pool and kind of need: `need#<pool>` has the netmask length of the largest block that was asked for,
`size#<pool>` how many addresses the pool should have in all; each with until when it counts. What was met, and when,
stays: the same event can come again, or one that is older, when others have taken the block already.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from lambdas.common.aws_clients import client
from lambdas.common.dynamo import attributes, timestamp, write_if
from lambdas.common.environment import required
from lambdas.common.guard_items import read_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OPEN_FOR = timedelta(days=1)
"""For how long somebody whose call failed is taken to wait for space: they may try again any time."""


class Kind(NamedTuple):
    """A kind of need: how its guards are named, the attribute that says how much is needed, and how less compares."""

    prefix: str
    attribute: str
    less: str

    def guard(self, pool_id: str) -> str:
        """Give the key of a pool's guard."""
        return f"{self.prefix}#{pool_id}"


LENGTH = Kind("need", "length", less=">")
SIZE = Kind("size", "size", less="<")


def open_needs(pool_ids: Iterable[str], *, now: datetime) -> dict[str, int]:
    """Give the netmask length of the block that each of these pools owes, where it owes one."""
    return _open(pool_ids, LENGTH, now=now)


def open_sizes(pool_ids: Iterable[str], *, now: datetime) -> dict[str, int]:
    """Give the number of addresses that each of these pools should have in all, where somebody needs so many."""
    return _open(pool_ids, SIZE, now=now)


def record(pool_id: str, length: int, *, now: datetime) -> None:
    """Remember that a block was asked for at this time; one that is still open for a larger block stays as it is."""
    _record(pool_id, LENGTH, length, asked=now)


def record_size(pool_id: str, addresses: int, *, now: datetime) -> None:
    """Remember how many addresses a pool should have in all; an open need of more stays as it is.

    It is its size that is told and not what should be free, so that it is met once, whoever takes the addresses.
    """
    _record(pool_id, SIZE, addresses, asked=now)


def close(pool_id: str, length: int, *, now: datetime) -> None:
    """Forget a need that is met: a block of this netmask length is there, or came."""
    _close(pool_id, LENGTH, length, now=now)


def close_size(pool_id: str, addresses: int, *, now: datetime) -> None:
    """Forget a need that is met: the pool has so many addresses in all."""
    _close(pool_id, SIZE, addresses, now=now)


def _open(pool_ids: Iterable[str], kind: Kind, *, now: datetime) -> dict[str, int]:
    guards = {kind.guard(pool_id): pool_id for pool_id in pool_ids}
    return {
        guards[item["guard"]]: item[kind.attribute]
        for item in read_items(list(guards))
        if kind.attribute in item and now < datetime.fromisoformat(item["until"])
    }


def _record(pool_id: str, kind: Kind, need: int, *, asked: datetime) -> None:
    values = {
        ":need": need,
        ":asked": timestamp(asked),
        ":until": asked + OPEN_FOR,
        ":expires": int((asked + OPEN_FOR).timestamp()),
    }
    _update(
        kind.guard(pool_id),
        "SET #need = :need, #until = :until, expires = :expires",
        f"(attribute_not_exists(#need) OR #need {kind.less} :need OR (#need = :need AND #until < :until)"
        f" OR #until < :asked) AND (attribute_not_exists(#met) OR #met < :asked OR #has {kind.less} :need)",
        values,
        {"#need": kind.attribute, "#until": "until", "#met": "met", "#has": "has"},
    )


def _close(pool_id: str, kind: Kind, has: int, *, now: datetime) -> None:
    _update(
        kind.guard(pool_id),
        "SET #met = :now, #has = :has, expires = :expires REMOVE #need",
        f"#need = :has OR #need {kind.less} :has",
        {":has": has, ":now": timestamp(now), ":expires": int((now + OPEN_FOR).timestamp())},
        {"#need": kind.attribute, "#met": "met", "#has": "has"},
    )


def _update(
    guard: str, expression: str, condition: str, values: Mapping[str, object], names: Mapping[str, str]
) -> None:
    """Write if the condition holds; else somebody else has written what counts more."""
    write_if(
        client("dynamodb").update_item,
        TableName=required("GUARDS_TABLE"),
        Key=attributes({"guard": guard}),
        UpdateExpression=expression,
        ConditionExpression=condition,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=attributes(values),
    )
