"""What people were told already, so that nobody hears the same thing twice: marks in the table of guards.

Whoever is about to tell something takes its mark first, under a name that is the event's own: others who come with the
same thing leave it to them, while the event itself, delivered again because telling failed, may go on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.common import ledger
from lambdas.common.aws_clients import client
from lambdas.common.dynamo import attributes, timestamp, write_if
from lambdas.common.environment import required

if TYPE_CHECKING:
    from datetime import datetime

ABANDONED_AFTER = timedelta(hours=1)
"""Lambda has given up on an event by then: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""


def take(condition: str, *, teller: str, now: datetime) -> bool:
    """Take the mark of something that is to be told; False where it was told, or somebody else is telling it."""
    values = {":teller": teller, ":abandoned": timestamp(now - ABANDONED_AFTER)}
    answer = write_if(
        client("dynamodb").put_item,
        TableName=required("GUARDS_TABLE"),
        Item=attributes({**_mark(condition, now), "teller": teller}),
        ConditionExpression=(
            "attribute_not_exists(guard) OR (attribute_exists(teller) AND (teller = :teller OR #time < :abandoned))"
        ),
        ExpressionAttributeNames={"#time": "time"},
        ExpressionAttributeValues=attributes(values),
    )
    return answer is not None


def finish(condition: str, *, now: datetime) -> None:
    """Mark something as told, for as long as the ledger keeps what it is about.

    After telling: a crash in between tells twice, which is better than never.
    """
    client("dynamodb").put_item(TableName=required("GUARDS_TABLE"), Item=attributes(_mark(condition, now)))


def key_of(condition: str) -> str:
    """Give the key of a mark, for whoever wants to know what people were told."""
    return f"told#{condition}"


def _mark(condition: str, now: datetime) -> dict[str, object]:
    return {"guard": key_of(condition), "time": now, "expires": ledger.expires_at(now)}
