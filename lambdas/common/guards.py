"""What keeps concurrent, repeated and crashed runs from doing anything twice: one DynamoDB table.

Partition key `guard`, TTL attribute `expires`. `lease#<remediation>#<resource>` says which decision may change a
resource. `acts#<remediation>#<account>/<region>` names what is being changed in a place: a resource that is gone, or
not looked after any more, leads nobody to its lease. `turn#…` and `cap#…` are what decisions share (see `limits`);
`need#<resource>` is somebody's open need (see `needs`). Everything else is a mark: something that was done and need
not be done again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.common import ledger, limits
from lambdas.common.aws_clients import client
from lambdas.common.decision import Lease
from lambdas.common.dynamo import attributes, write_if
from lambdas.common.environment import required
from lambdas.common.guard_items import read_items, transact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateTypeDef

    from lambdas.common.decision import Decision, Outcome
    from lambdas.common.limits import Cap, Turn

LEASE_TIME = timedelta(minutes=15)
"""For how long a call may have gone through without AWS's lists showing it, with plenty to spare.

Longer than any function of ours may run, too: a lease that is over tells that whoever took it can act no more.
"""

HELD = f"decision_id = :held AND {ledger.SAME_ATTEMPT}"
"""The condition under which a lease is still held as it was read; `held` gives its values."""


class OutdatedError(Exception):
    """What a decision was chosen from has changed since it was looked at: look again, and choose again."""


def leases(remediation: str, resource_ids: Iterable[str]) -> dict[str, Lease]:
    """Read the leases of these resources (consistently); one that was never held is a fresh one."""
    return {resource: as_lease(item) for resource, item in lease_items(remediation, resource_ids).items()}


def lease_key(remediation: str, resource_id: str) -> str:
    """Give the key of the item that is a resource's lease; a remediation may keep more there, under other names."""
    return f"lease#{remediation}#{resource_id}"


def acts_key(remediation: str, place: str) -> str:
    """Give the key of the item that names what is being changed in a place, which is a `Target`'s name."""
    return f"acts#{remediation}#{place}"


def lease_items(
    remediation: str, resource_ids: Iterable[str], *, acts: str = "", among: AbstractSet[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Read the items of these resources' leases (consistently), by resource; one that there is not has just its key.

    With `acts`, the key of a place, those of what is being changed there are read too: of all of it, or of what is
    `among` these resources.
    """
    guards = {lease_key(remediation, resource): resource for resource in resource_ids}
    found = read_items([*guards, *([acts] if acts else [])])
    acting = {each for item in found if item["guard"] == acts for each in item.get("acting", ())}
    acting = (acting if among is None else acting & among) - set(guards.values())
    others = {lease_key(remediation, resource): resource for resource in sorted(acting)}
    items = {item["guard"]: item for item in [*found, *read_items(list(others))]}
    return {resource: items.get(guard, {"guard": guard}) for guard, resource in {**guards, **others}.items()}


def begin(
    decision: Decision,
    *,
    lease: Lease,
    turn: Turn | None = None,
    caps: Sequence[Cap] = (),
    acts: str = "",
    again: AbstractSet[Outcome] = ledger.TRIED_AGAIN,
    now: datetime,
) -> str | None:
    """Write the intent into the ledger, take the lease and the turn, count the caps: all of it or nothing.

    Without a `turn` nothing shared is taken from. With `acts`, the key of a place, the resource is named there until
    the lease is given back with the same. `again` are the outcomes after which this very decision may begin anew.
    `lease` and `turn` are as they were read before the decision was taken: an act on the same resource that began or
    ended since then makes it void. None when begun, also when this very decision begins once more. Otherwise the reason
    code: `in-flight` (another decision holds the lease, or this one is under way already) or `daily-cap`. OutdatedError
    when somebody else took from the shared resource first.
    """
    if any(cap.maximum < 1 for cap in caps):
        return "daily-cap"
    intent = ledger.intent(decision, attempt=_attempt(decision, lease), again=again, now=now)
    resource = [intent, _take(decision, lease=lease, now=now)]
    counts = [limits.count(decision, cap, now=now) for cap in caps]
    taking = [limits.advance(turn, now=now)] if turn else []
    naming = [_name(acts, "ADD", lease, now=now)] if acts else []
    refused = transact([*resource, *counts, *taking, *naming])
    if not refused:
        return None
    if refused[0] < len(resource):
        return "in-flight"
    if refused[0] < len(resource) + len(counts):
        return "daily-cap"
    raise OutdatedError(decision.resource_id)


def taken(decision: Decision, lease: Lease, *, now: datetime) -> Lease:
    """Give a lease as it is once a decision has begun with it."""
    return replace(
        lease,
        decision_id=decision.id,
        subject=decision.subject,
        reason=decision.reason,
        held_until=now + LEASE_TIME,
        attempt=_attempt(decision, lease),
    )


def free(lease: Lease, *, succeeded: bool, unfinished: bool, acts: str = "", now: datetime) -> Lease:
    """Give back a lease whose act has come to its end; the lease as it is then.

    `acts` is what `begin` got: the resource is no longer named there. Where another run gave the lease back already,
    nothing is written: it comes to the same, or it is held anew, for the same decision maybe.
    """
    freed = replace(
        lease,
        generation=lease.generation + 1,
        decision_id="",
        subject=lease.subject if succeeded else "",
        reason="",
        held_until=lease.held_until if succeeded else None,
        unfinished=unfinished,
        recent=_remembered(lease, succeeded=succeeded, now=now),
    )
    values = {
        **held(lease),
        ":generation": freed.generation,
        ":unfinished": freed.unfinished,
        ":recent": freed.recent,
        ":expires": ledger.expires_at(now),
    }
    removed = ["decision_id", "#reason", *([] if succeeded else ["subject", "held_until"])]
    update: UpdateTypeDef = {
        "TableName": required("GUARDS_TABLE"),
        "Key": attributes({"guard": lease.guard}),
        "UpdateExpression": (
            "SET generation = :generation, unfinished = :unfinished, recent = :recent, expires = :expires "
            f"REMOVE {', '.join(removed)}"
        ),
        "ConditionExpression": HELD,
        "ExpressionAttributeNames": {"#reason": "reason"},
        "ExpressionAttributeValues": attributes(values),
    }
    if acts:
        # Both or neither: a name that is taken away later could be that of the next act already.
        transact([{"Update": update}, _name(acts, "DELETE", lease, now=now)])
    else:
        write_if(client("dynamodb").update_item, **update)
    return freed


def held(lease: Lease) -> dict[str, object]:
    """Give the values that the condition `HELD` compares with."""
    return {":held": lease.decision_id, ":attempt": lease.attempt}


def finish(lease: Lease, *, now: datetime) -> Lease:
    """Note that the last act, one step of several, needs no further step; the lease as it is then.

    Where somebody has taken the lease since it was read, that stands.
    """
    write_if(
        client("dynamodb").update_item,
        TableName=required("GUARDS_TABLE"),
        Key=attributes({"guard": lease.guard}),
        UpdateExpression="SET unfinished = :no, expires = :expires",
        ConditionExpression="generation = :generation AND attribute_not_exists(decision_id)",
        ExpressionAttributeValues=attributes(
            {":no": False, ":generation": lease.generation, ":expires": ledger.expires_at(now)}
        ),
    )
    return replace(lease, unfinished=False)


def in_doubt(lease: Lease, *, now: datetime) -> bool:
    """Say whether AWS may have done what a lease is about, as it was read, without showing it yet.

    A refusal to do it once more says nothing then.
    """
    return bool(lease.decision_id) and lease.fresh(now)


def _remembered(lease: Lease, *, succeeded: bool, now: datetime) -> dict[str, datetime]:
    """Give what lists may not show yet when the lease's act has come to its end."""
    recent = {subject: until for subject, until in lease.recent.items() if now < until}
    if succeeded and lease.subject and lease.held_until is not None:
        recent[lease.subject] = lease.held_until
    return recent


def _attempt(decision: Decision, lease: Lease) -> int:
    """Say in which generation a decision has its lease: one that goes on has it in the same as before."""
    return lease.attempt if lease.decision_id == decision.id else lease.generation


def _take(decision: Decision, *, lease: Lease, now: datetime) -> TransactWriteItemTypeDef:
    # Who read it before this very decision took it does not know that AWS was asked, and would believe a refusal.
    as_read = "attribute_not_exists(decision_id)"
    seen: dict[str, object] = {}
    if lease.decision_id:
        as_read = "decision_id = :id AND subject = :subject AND held_until = :seen"
        seen = {":seen": lease.held_until}
    values = {
        **seen,
        ":generation": lease.generation,
        ":attempt": _attempt(decision, lease),
        ":id": decision.id,
        ":subject": decision.subject,
        ":why": decision.reason,
        ":until": now + LEASE_TIME,
        ":expires": ledger.expires_at(now),
    }
    return {
        "Update": {
            "TableName": required("GUARDS_TABLE"),
            "Key": attributes({"guard": lease.guard}),
            "UpdateExpression": (
                "SET generation = :generation, decision_id = :id, subject = :subject, #reason = :why, "
                "held_until = :until, attempt = :attempt, expires = :expires"
            ),
            # An expired lease is not free: whoever comes next first finds out how its act ended.
            "ConditionExpression": f"(attribute_not_exists(generation) OR generation = :generation) AND {as_read}",
            "ExpressionAttributeNames": {"#reason": "reason"},
            "ExpressionAttributeValues": attributes(values),
        }
    }


def _name(acts: str, verb: str, lease: Lease, *, now: datetime) -> TransactWriteItemTypeDef:
    """Name a lease's resource among what is being changed in a place (`ADD`), or no longer (`DELETE`)."""
    resource = lease.guard.split("#", maxsplit=2)[2]
    return {
        "Update": {
            "TableName": required("GUARDS_TABLE"),
            "Key": attributes({"guard": acts}),
            "UpdateExpression": f"SET expires = :expires {verb} acting :resources",
            "ExpressionAttributeValues": attributes({":resources": {resource}, ":expires": ledger.expires_at(now)}),
        }
    }


def as_lease(item: Mapping[str, Any]) -> Lease:
    """Read the lease in an item; one that was never held has no more than its key."""
    until = item.get("held_until")
    return Lease(
        guard=item["guard"],
        generation=item.get("generation", 0),
        decision_id=item.get("decision_id", ""),
        subject=item.get("subject", ""),
        reason=item.get("reason", ""),
        held_until=datetime.fromisoformat(until) if until else None,
        attempt=item.get("attempt", 0),
        unfinished=item.get("unfinished", False),
        recent={subject: datetime.fromisoformat(until) for subject, until in item.get("recent", {}).items()},
    )
