"""The time, as the events tell it: it never goes back, whatever is delivered late or replayed.

A function takes the time from what woke it. An event that is hours late, or comes from an archive, would count against
the cap of a day that is over, and take a lease that others find to be over at once. So where AWS's answer has a later
time, it is that. The latest time that a remediation has seen is a guard besides, `clock#<remediation>`, and an older
event happens then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.common.aws_clients import client
from lambdas.common.dynamo import attributes, timestamp, write_if
from lambdas.common.environment import required
from lambdas.common.guard_items import read_dated

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP = timedelta(minutes=1)
"""As exact as the guard is within a day: it is not written for less."""

AHEAD = timedelta(minutes=1)
"""How much later than the date of AWS's answer, which is to the second, an event's time may be."""

BELIEVED = timedelta(days=7)
"""What is further ahead than this was set by an event with a wrong time, and must not stop everything."""

KEPT = timedelta(days=30)


def by_aws() -> datetime:
    """Give the time as AWS has it, which nobody who asks for something can set.

    Our own table tells it: what needs the time can do nothing without that table anyway.
    """
    _, date = read_dated(["now"])
    return date or datetime.now(tz=UTC)


def latest(remediation: str, now: datetime, *, anybodys: bool = False) -> datetime:
    """Give the time of an event, the time as AWS has it, or the latest that was seen before: the last of them.

    `anybodys` says that the event may be of whoever puts events on the bus: they could make another day of this one,
    for which caps count anew. Its time counts as far as it is AWS's, too.
    """
    guard = f"clock#{remediation}"
    items, date = read_dated([guard])
    if date is not None:
        now = min(max(now, date), date + AHEAD) if anybodys else max(now, date)
    seen = next((datetime.fromisoformat(item["time"]) for item in items), None)
    if seen is not None and now < seen <= now + BELIEVED:
        return seen
    if seen is None or now >= seen + STEP or now.date() != seen.date():
        _move(guard, {":now": timestamp(now), ":wrong": timestamp(now + BELIEVED)}, now=now)
    return now


def _move(guard: str, values: Mapping[str, object], *, now: datetime) -> None:
    """Move the clock on; another run may have moved it further."""
    write_if(
        client("dynamodb").update_item,
        TableName=required("GUARDS_TABLE"),
        Key=attributes({"guard": guard}),
        UpdateExpression="SET #time = :now, expires = :expires",
        ConditionExpression="attribute_not_exists(#time) OR #time < :now OR #time > :wrong",
        ExpressionAttributeNames={"#time": "time"},
        ExpressionAttributeValues=attributes({**values, ":expires": int((now + KEPT).timestamp())}),
    )
