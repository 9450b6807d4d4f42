"""A load balancer's item among the guards: its lease, and beside it what was seen of its addresses (`seen`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.align_albs.model import Memory
from lambdas.align_albs.plan import REMEDIATION
from lambdas.common import ledger
from lambdas.common.aws_clients import client
from lambdas.common.decision import Lease
from lambdas.common.dynamo import attributes, write_if, write_item
from lambdas.common.environment import required
from lambdas.common.guards import as_lease, lease_items, lease_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What the table holds of some load balancers, by ARN; each has a lease, which may never have been held."""

    leases: dict[str, Lease]
    memories: dict[str, Memory]


def read(arns: Iterable[str], *, acts: str = "") -> Kept:
    """Read what is kept of these load balancers (consistently).

    With `acts`, the key of a place, also of those that are being moved there.
    """
    items = lease_items(REMEDIATION, arns, acts=acts)
    return Kept(
        leases={arn: as_lease(item) for arn, item in items.items()},
        memories={arn: _memory(item["seen"]) for arn, item in items.items() if "seen" in item},
    )


def blank(arns: Iterable[str]) -> Kept:
    """Give what is known of load balancers that nobody has looked at before."""
    return Kept(leases={arn: Lease(guard=lease_key(REMEDIATION, arn)) for arn in arns}, memories={})


def keep(arn: str, memory: Memory, *, now: datetime) -> None:
    """Remember this, whatever was remembered, for as long as the ledger keeps what it is about."""
    write_item(client("dynamodb").update_item, **_update(arn, memory, now=now))


def keep_instead(arn: str, memory: Memory, *, of: Memory | None, now: datetime) -> bool:
    """Remember this while the memory is still the one that a look read; False where somebody wrote another since.

    A look lasts, and a person's undo that comes meanwhile says that the load balancer is to stay off its pool.
    """
    update = _update(arn, memory, now=now)
    values = update["ExpressionAttributeValues"] | (attributes({":read": _written(of)}) if of else {})
    # Or this very memory: the SDK writes it again where the first answer is lost.
    unchanged = "seen = :read" if of else "attribute_not_exists(seen)"
    condition = f"{unchanged} OR seen = :seen"
    request = {**update, "ConditionExpression": condition, "ExpressionAttributeValues": values}
    return write_if(client("dynamodb").update_item, **request) is not None


def _update(arn: str, memory: Memory, *, now: datetime) -> dict[str, Any]:
    return {
        "TableName": required("GUARDS_TABLE"),
        "Key": attributes({"guard": lease_key(REMEDIATION, arn)}),
        "UpdateExpression": "SET seen = :seen, expires = :expires",
        "ExpressionAttributeValues": attributes({":seen": _written(memory), ":expires": ledger.expires_at(now)}),
    }


def _written(memory: Memory) -> dict[str, object]:
    return {
        "pool": memory.pool,
        "before": sorted(memory.before),
        "converging": memory.converging,
        "spilled": sorted(memory.spilled),
        "spills": memory.spills,
        "kept_off": memory.kept_off,
    }


def _memory(seen: Mapping[str, Any]) -> Memory:
    return Memory(
        pool=seen["pool"],
        before=frozenset(seen["before"]),
        converging=seen["converging"],
        spilled=frozenset(seen["spilled"]),
        spills=seen["spills"],
        kept_off=seen["kept_off"],
    )
