"""A load balancer's item among the guards: its lease, and beside it what was seen of its addresses (`seen`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.align_albs.model import Memory
from lambdas.align_albs.plan import REMEDIATION
from lambdas.common import ledger
from lambdas.common.aws_clients import client
from lambdas.common.decision import Lease
from lambdas.common.dynamo import attributes
from lambdas.common.environment import required
from lambdas.common.guards import as_lease, lease_key, read_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What the table holds of some load balancers, by ARN; each has a lease, which may never have been held."""

    leases: dict[str, Lease]
    memories: dict[str, Memory]


def read(arns: Iterable[str]) -> Kept:
    """Read what is kept of these load balancers (consistently)."""
    guards = {lease_key(REMEDIATION, arn): arn for arn in arns}
    items = {guards[item["guard"]]: item for item in read_items(list(guards))}
    return Kept(
        leases={arn: as_lease(items.get(arn, {"guard": guard})) for guard, arn in guards.items()},
        memories={arn: _memory(item["seen"]) for arn, item in items.items() if "seen" in item},
    )


def blank(arns: Iterable[str]) -> Kept:
    """Give what is known of load balancers that nobody has looked at before."""
    return Kept(leases={arn: Lease(guard=lease_key(REMEDIATION, arn)) for arn in arns}, memories={})


def keep(arn: str, memory: Memory, *, now: datetime) -> None:
    """Remember this, instead of what was remembered, for as long as the ledger keeps what it is about."""
    seen = {
        "pool": memory.pool,
        "before": sorted(memory.before),
        "converging": memory.converging,
        "spilled": sorted(memory.spilled),
        "spills": memory.spills,
        "kept_off": memory.kept_off,
    }
    client("dynamodb").update_item(
        TableName=required("GUARDS_TABLE"),
        Key=attributes({"guard": lease_key(REMEDIATION, arn)}),
        UpdateExpression="SET seen = :seen, expires = :expires",
        ExpressionAttributeValues=attributes({":seen": seen, ":expires": ledger.expires_at(now)}),
    )


def _memory(seen: Mapping[str, Any]) -> Memory:
    return Memory(
        pool=seen["pool"],
        before=frozenset(seen["before"]),
        converging=seen["converging"],
        spilled=frozenset(seen["spilled"]),
        spills=seen["spills"],
        kept_off=seen["kept_off"],
    )
