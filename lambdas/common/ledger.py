"""The ledger: every decision, why it was taken and how it came out, in one DynamoDB table.

Partition key `decision_id`, sort key `record`, TTL attribute `expires`. An action has one item, `act`,
written as intended before the action and completed in place. What a decision only says (observed, blocked,
...) is an item `<outcome>#<reason>` beside it, so that it never stands in the way of the action.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.common import settings
from lambdas.common.aws_clients import client
from lambdas.common.decision import Outcome
from lambdas.common.dynamo import attributes, plain, write_if, write_item
from lambdas.common.environment import required

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

    from lambdas.common.decision import Decision, Lease

BY_REMEDIATION = "by-remediation"
"""The index with partition key `remediation` and sort key `last_seen`."""

ACT = "act"
"""The sort key of the item that an action has."""

SAME_ATTEMPT = "(attribute_not_exists(attempt) OR attempt = :attempt)"
"""The condition that an action has not begun anew under the same id since; earlier versions wrote no attempt."""

IDENTITY = ("resource_id", "remediation", "action", "account", "region")
"""What decisions and records both say of what they are about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A ledger item. Times are UTC ISO 8601; `announced` is the `<outcome>#<reason>` last put on the bus."""

    decision_id: str
    record: str
    resource_id: str
    remediation: str
    action: str
    outcome: str
    reason: str
    account: str
    region: str
    time: str
    last_seen: str
    count: int
    detail: Mapping[str, Any]
    announced: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Record:
        """Read an item as DynamoDB gives it."""
        values = plain(item)
        return cls(**{name: values[name] for name in cls.__slots__ if name in values})

    @property
    def state(self) -> str:
        """How it came out and why, in one word that changes whenever either does."""
        return f"{self.outcome}#{self.reason}"

    def as_json(self) -> str:
        """Write the item as others see it: without what only the ledger needs."""
        internal = ("record", "announced")
        return json.dumps({name: getattr(self, name) for name in self.__slots__ if name not in internal})


def note(decision: Decision, outcome: Outcome, *, reason: str | None = None, now: datetime) -> Record:
    """Record what a decision says without acting; seen again, only `last_seen` and `count` move on.

    `reason` is given where it is not the decision's own: why it is not carried out.
    """
    once = {**_identity(decision), "detail": decision.detail}
    return _note(decision.id, once, outcome, reason or decision.reason, now=now)


def note_on(
    record: Record, outcome: Outcome, *, reason: str, detail: Mapping[str, object] | None = None, now: datetime
) -> Record:
    """Record what became of a decision that is in the ledger, beside what is there; `detail` is added to its own."""
    once = {**_identity(record), "detail": {**record.detail, **(detail or {})}}
    return _note(record.decision_id, once, outcome, reason, now=now)


def _note(decision_id: str, once: Mapping[str, object], outcome: Outcome, reason: str, *, now: datetime) -> Record:
    once = {**once, "outcome": outcome, "reason": reason}
    update = _update(decision_id, f"{outcome}#{reason}", now=now, once=once)
    answer = write_item(client("dynamodb").update_item, **update, ReturnValues="ALL_NEW")
    return Record.from_item(answer["Attributes"])


TRIED_AGAIN = frozenset({Outcome.INTENDED, Outcome.FAILED})
"""How an action may have ended for it to be tried again under the same decision."""


def intent(
    decision: Decision, *, attempt: int, again: AbstractSet[Outcome] = TRIED_AGAIN, now: datetime
) -> TransactWriteItemTypeDef:
    """Give the write that records an action before it happens, for the transaction that also takes its lease.

    `attempt` is the lease's. The condition fails where the action is under way or over: only what came out as one of
    `again` is tried again.
    """
    update = _update(
        decision.id,
        ACT,
        now=now,
        once=_identity(decision),
        always={
            "outcome": Outcome.INTENDED,
            "reason": decision.reason,
            "detail": decision.detail,
            "attempt": attempt,
        },
    )
    values = attributes({f":again_{outcome}": outcome for outcome in sorted(again)})
    return {
        "Update": {
            **update,
            "ExpressionAttributeValues": {**update["ExpressionAttributeValues"], **values},
            "ConditionExpression": f"attribute_not_exists(#outcome) OR #outcome IN ({', '.join(values)})",
        }
    }


def complete(
    lease: Lease, outcome: Outcome, *, reason: str, result: Mapping[str, object], now: datetime
) -> Record | None:
    """Complete the item of the action that a lease is held for, in place; `result` is kept as `detail.result`.

    None where that is already so, or where the item was settled otherwise: somebody else was first, and may even have
    begun the same action anew since. What failed, by the `state` that AWS gave, is not waited for any more, and another
    failure of the same action says no more; a call without an answer may turn out to be under way.
    """
    yields = outcome is Outcome.PENDING or (outcome is Outcome.FAILED and "state" not in result)
    names = {"#outcome": "outcome", "#reason": "reason", "#result": "result"}
    settled = " AND NOT (#outcome = :failed AND attribute_exists(detail.#result.#state))"
    values = {
        ":outcome": outcome,
        ":reason": reason,
        ":now": now,
        ":result": result,
        ":intended": Outcome.INTENDED,
        ":pending": Outcome.PENDING,
        ":failed": Outcome.FAILED,
        ":attempt": lease.attempt,
    }
    answer = write_if(
        client("dynamodb").update_item,
        TableName=_table(),
        Key=_key(lease.decision_id, ACT),
        UpdateExpression=("SET #outcome = :outcome, #reason = :reason, last_seen = :now, detail.#result = :result"),
        ConditionExpression=(
            "#outcome IN (:intended, :pending, :failed) AND NOT (#outcome = :outcome AND #reason = :reason)"
            f" AND {SAME_ATTEMPT}{settled if yields else ''}"
        ),
        ExpressionAttributeNames={**names, "#state": "state"} if yields else names,
        ExpressionAttributeValues=attributes(values),
        ReturnValues="ALL_NEW",
    )
    return None if answer is None else Record.from_item(answer["Attributes"])


def undone(done: Record, *, by: Mapping[str, object], now: datetime) -> Record:
    """Mark an action that was done as undone; `by` says by which decision and for whom, and is kept as `detail.undone`.

    Where another run was first, its word stands.
    """
    values = {":undone": Outcome.UNDONE, ":done": Outcome.DONE, ":now": now, ":by": by}
    answer = write_if(
        client("dynamodb").update_item,
        TableName=_table(),
        Key=_key(done.decision_id, done.record),
        UpdateExpression="SET #outcome = :undone, last_seen = :now, detail.undone = :by",
        ConditionExpression="#outcome = :done",
        ExpressionAttributeNames={"#outcome": "outcome"},
        ExpressionAttributeValues=attributes(values),
        ReturnValues="ALL_NEW",
    )
    if answer is None:
        return read(done.decision_id, done.record) or done
    return Record.from_item(answer["Attributes"])


def add_detail(record: Record, name: str, value: Mapping[str, object]) -> Record:
    """Keep something more in the detail of an item that there is; the item as it is then."""
    answer = write_item(
        client("dynamodb").update_item,
        TableName=_table(),
        Key=_key(record.decision_id, record.record),
        UpdateExpression="SET detail.#name = :value",
        ConditionExpression="attribute_exists(decision_id)",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues=attributes({":value": value}),
        ReturnValues="ALL_NEW",
    )
    return Record.from_item(answer["Attributes"])


def history(decision_id: str) -> list[Record]:
    """Read all that is recorded under a decision's id, its action first (consistently)."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=_table(),
            KeyConditionExpression="decision_id = :id",
            ExpressionAttributeValues=attributes({":id": decision_id}),
            ConsistentRead=True,
        )
    )
    return [Record.from_item(item) for page in pages for item in page["Items"]]


def read(decision_id: str, record: str = ACT) -> Record | None:
    """Read an item as it is now (consistently)."""
    answer = client("dynamodb").get_item(TableName=_table(), Key=_key(decision_id, record), ConsistentRead=True)
    return Record.from_item(answer["Item"]) if "Item" in answer else None


def mark_announced(record: Record) -> None:
    """Remember that people were told of the state that `record` is in."""
    write_item(
        client("dynamodb").update_item,
        TableName=_table(),
        Key=_key(record.decision_id, record.record),
        UpdateExpression="SET announced = :state",
        ExpressionAttributeValues=attributes({":state": record.state}),
    )


def expires_at(now: datetime) -> int:
    """Give the time, in seconds since the epoch, until which something written now is kept."""
    return int((now + settings.load().ledger_retention).timestamp())


def _identity(of: Decision | Record) -> dict[str, object]:
    return {name: getattr(of, name) for name in IDENTITY}


def _update(
    decision_id: str,
    record: str,
    *,
    now: datetime,
    once: Mapping[str, object],
    always: Mapping[str, object] | None = None,
) -> UpdateTypeDef:
    """Build the write that makes an item or sees it again: `once` only fills in, `always` replaces."""
    once = {"time": now, **once}
    always = {"last_seen": now, "expires": expires_at(now), **(always or {})}
    fills = [f"#{name} = if_not_exists(#{name}, :{name})" for name in once]
    replaces = [f"#{name} = :{name}" for name in always]
    values = {f":{name}": value for name, value in {**once, **always, "one": 1}.items()}
    return {
        "TableName": _table(),
        "Key": _key(decision_id, record),
        "UpdateExpression": f"SET {', '.join(fills + replaces)} ADD #count :one",
        "ExpressionAttributeNames": {f"#{name}": name for name in (*once, *always, "count")},
        "ExpressionAttributeValues": attributes(values),
    }


def _key(decision_id: str, record: str) -> dict[str, Any]:
    return attributes({"decision_id": decision_id, "record": record})


def _table() -> str:
    return required("LEDGER_TABLE")
