"""A decision about a pool, and how it begins with what stands in the guards' table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lambdas.common import guards, limits
from lambdas.common.decision import Action, Decision, Lease

if TYPE_CHECKING:
    from lambdas.common.limits import Cap, Turn

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def decision(resource: str = "ipam-pool-1", subject: str = "10.0.0.0/24", *judged: str) -> Decision:
    return Decision(
        remediation="refill_pools",
        resource_id=resource,
        account="123456789012",
        region="us-east-1",
        action=Action.PROVISION_CIDR,
        reason="low-water",
        subject=subject,
        judged=judged,
        detail={"before": {"available_percent": 12.5}, "cidrs": ("10.0.0.0/24",)},
    )


def begin(
    wanted: Decision, *, lease: Lease | None = None, turn: Turn | None = None, caps: tuple[Cap, ...] = ()
) -> str | None:
    """Begin with lease and turn as they are now, unless others are given."""
    return guards.begin(
        wanted,
        lease=lease or lease_of(wanted.resource_id),
        turn=turn or limits.turns("refill_pools", ["ipam-pool-0"])["ipam-pool-0"],
        caps=caps,
        now=NOW,
    )


def lease_of(resource: str) -> Lease:
    return guards.leases("refill_pools", [resource])[resource]
