"""VPCs and pools as plain values, for tests of judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.common.decision import Lease
from lambdas.common.settings import ExtendSettings
from lambdas.common.space import parse
from lambdas.extend_vpcs.model import Block, Estate, Pool, Surroundings, Vpc
from lambdas.extend_vpcs.plan import Plan, Terms, plan

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNT, REGION, POOL = "123456789012", "us-east-1", "ipam-pool-0a"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = ExtendSettings(
    mode="enforce",
    high_water_percent=80,
    netmask_length=None,
    max_cidrs_per_vpc=5,
    max_extensions_per_day=10,
    max_extensions_per_vpc_per_day=1,
    exclude_tags={"keep": "out"},
)


def terms(**changes: Any) -> Terms:
    return Terms(settings=replace(SETTINGS, **changes), tag_prefix="poolwarden")


def vpc(*cidrs: str, number: int = 1, taken: Iterable[str] | None = None, **changes: Any) -> Vpc:
    """A VPC with these CIDRs, the first the one that it was made with; full unless a test says what is taken."""
    own = cidrs or ("10.64.0.0/24",)
    values: dict[str, Any] = {
        "id": f"vpc-{number:08x}",
        "account": ACCOUNT,
        "region": REGION,
        "primary": own[0],
        "blocks": tuple(Block(association=f"assoc-{cidr}", cidr=cidr, state="associated") for cidr in own),
        "subnets": {f"subnet-{cidr}": cidr for cidr in (own if taken is None else taken)},
    }
    return Vpc(**{**values, **changes})


def pool(*cidrs: str, allocated: Iterable[str] = (), **changes: Any) -> Pool:
    """A pool for the Region with these CIDRs, nothing of them allocated unless a test says so."""
    values: dict[str, Any] = {
        "id": POOL,
        "family": "ipv4",
        "locale": REGION,
        "state": "create-complete",
        "cidrs": tuple(map(parse, cidrs or ("10.64.0.0/16",))),
        "allocated": tuple(map(parse, allocated)),
    }
    return Pool(**{**values, **changes})


def estate(*vpcs: Vpc, of: Pool | None, lease: Lease | None = None, **surroundings: tuple[str, ...]) -> Estate:
    """VPCs that came from one pool (None: one that nobody can see), all in the same surroundings."""
    return Estate(
        vpcs={each.id: each for each in vpcs},
        leases={each.id: lease or Lease(guard=each.id) for each in vpcs},
        origins={each.id: POOL for each in vpcs},
        surroundings={each.id: Surroundings(**surroundings) for each in vpcs},
        pools={of.id: of} if of else {},
    )


def planned(*vpcs: Vpc, of: Pool | None = None, seen: bool = True, **more: Any) -> Plan:
    """The plan for VPCs of a pool, by default one with room; not `seen`, the pool is none that anybody can see."""
    changes, due = more.pop("settings", {}), more.pop("due", {})
    found = estate(*vpcs, of=(of or pool(allocated=["10.64.0.0/24"])) if seen else None, **more)
    return plan(found, terms(**changes), due=due, now=NOW)
