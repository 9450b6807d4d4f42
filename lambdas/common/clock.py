"""The time, as the events tell it: it never goes back, whatever is delivered late or replayed.

A function takes the time from what woke it. An event that is hours late, or comes from an archive, would count against
the cap of a day that is over, and find leases fresh that are not. So the latest time that a remediation has seen is a
guard, `clock#<remediation>`, and an older event happens then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.common.aws_clients import client
from lambdas.common.dynamo import attributes, timestamp, write_if
from lambdas.common.environment import required
from lambdas.common.guards import read_items

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP = timedelta(minutes=1)
"""As exact as the guard is within a day: it is not written for less."""

BELIEVED = timedelta(days=7)
"""What is further ahead than this was set by an event with a wrong time, and must not stop everything."""

KEPT = timedelta(days=30)


def latest(remediation: str, now: datetime) -> datetime:
    """Give the time of an event, or the latest that was seen before if that is later."""
    guard = f"clock#{remediation}"
    seen = next((datetime.fromisoformat(item["time"]) for item in read_items([guard])), None)
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
