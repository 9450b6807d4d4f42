"""What decisions share, in the guards' table: a place in the row at something taken from, and room under a cap.

`turn#<remediation>#<shared resource>` counts those who took from it. `cap#<remediation>#<what>#<date or run>` holds the
decisions that count against a day's cap: a set, so that a retry counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.common import ledger
from lambdas.common.dynamo import attributes
from lambdas.common.environment import required
from lambdas.common.guard_items import read_items

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from lambdas.common.decision import Decision

CAPS_KEPT = timedelta(days=8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A place in the row of those who take from something shared, as it was read: who is first gets it."""

    guard: str
    number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """How many decisions may act in one UTC day; `what` tells a remediation's caps apart.

    `within` names what counts instead of the day, such as a run.
    """

    what: str
    maximum: int
    within: str = ""


def turns(remediation: str, shared: Iterable[str]) -> dict[str, Turn]:
    """Read how many have taken from each of these shared resources (consistently)."""
    guards = {f"turn#{remediation}#{each}": each for each in shared}
    numbers = {item["guard"]: item["number"] for item in read_items(list(guards))}
    return {each: Turn(guard=guard, number=numbers.get(guard, 0)) for guard, each in guards.items()}


def counted(remediation: str, whats: Iterable[str], *, within: str = "", now: datetime) -> dict[str, int]:
    """Read how many decisions count against each of these caps (consistently), today or `within` something else."""
    keys = {_cap_key(remediation, what, within, now=now): what for what in whats}
    numbers = {item["guard"]: len(item["decisions"]) for item in read_items(list(keys))}
    return {what: numbers.get(key, 0) for key, what in keys.items()}


def advance(turn: Turn, *, now: datetime) -> TransactWriteItemTypeDef:
    """Give the write that takes a turn; it is refused where somebody else took it since it was read."""
    values = {":seen": turn.number, ":next": turn.number + 1, ":expires": ledger.expires_at(now)}
    return {
        "Update": {
            "TableName": required("GUARDS_TABLE"),
            "Key": attributes({"guard": turn.guard}),
            "UpdateExpression": "SET #number = :next, expires = :expires",
            "ConditionExpression": "attribute_not_exists(#number) OR #number = :seen",
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": attributes(values),
        }
    }


def count(decision: Decision, cap: Cap, *, now: datetime) -> TransactWriteItemTypeDef:
    """Give the write that counts a decision against a cap; it is refused where the cap has no room for one more."""
    values = {
        ":id": decision.id,
        ":ids": {decision.id},
        ":maximum": cap.maximum,
        ":expires": int((now + CAPS_KEPT).timestamp()),
    }
    return {
        "Update": {
            "TableName": required("GUARDS_TABLE"),
            "Key": attributes({"guard": _cap_key(decision.remediation, cap.what, cap.within, now=now)}),
            "UpdateExpression": "SET expires = :expires ADD decisions :ids",
            "ConditionExpression": (
                "attribute_not_exists(decisions) OR contains(decisions, :id) OR size(decisions) < :maximum"
            ),
            "ExpressionAttributeValues": attributes(values),
        }
    }


def _cap_key(remediation: str, what: str, within: str, *, now: datetime) -> str:
    return f"cap#{remediation}#{what}#{within or f'{now:%Y-%m-%d}'}"
