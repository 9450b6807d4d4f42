"""Ledger items as the remediations write them, for what is told of them."""

from __future__ import annotations

from typing import Any

_COMMON = {
    "decision_id": "0123456789abcdef",
    "account": "111122223333",
    "region": "eu-west-1",
    "time": "2026-03-01T12:00:00.000Z",
    "last_seen": "2026-03-01T12:01:00.000Z",
    "count": 1,
}
_RELEASED = {
    **_COMMON,
    "resource_id": "eipalloc-0a1b2c3d4e5f60718",
    "remediation": "release_eips",
    "action": "release_address",
    "outcome": "done",
    "reason": "idle",
}
_ADDRESS = {
    "why": "Nobody has used it since 2026-01-20.",
    "before": {
        "public_ip": "203.0.113.7",
        "pool": "amazon",
        "border_group": "eu-west-1",
        "tags": {"Name": "build-7", "poolwarden:owner": "team-a"},
    },
    "evidence": {},
    "cost_usd_month": 3.65,
    "due": "2026-03-01",
}
ALB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188"
_MOVED = {
    **_COMMON,
    "resource_id": ALB,
    "remediation": "align_albs",
    "action": "modify_ip_pools",
    "outcome": "done",
    "reason": "off-pool",
}
_POOLS = {
    "why": "2 of its 2 addresses are not from ipam-pool-0b.",
    "before": {"pool": "ipam-pool-0a"},
    "after": {"pool": "ipam-pool-0b"},
    "addresses_off": ["203.0.113.8", "203.0.113.9"],
}
_EXTENDED = {
    **_COMMON,
    "resource_id": "vpc-0a1b2c3d",
    "remediation": "extend_vpcs",
    "action": "associate_cidr",
    "outcome": "done",
    "reason": "nearly-full",
}
_CIDR = {
    "why": "Its subnets have taken 87.5 % of its 256 addresses.",
    "cidr": "10.0.1.0/24",
    "before": {"cidrs": ["10.0.0.0/24"]},
    "after": {"cidrs": ["10.0.0.0/24", "10.0.1.0/24"], "pool": "ipam-pool-0a"},
}


def release(*, detail: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A decision about an idle address, by default that it was released."""
    return {**_RELEASED, "detail": {**_ADDRESS, **(detail or {})}, **changes}


def alignment(*, detail: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A decision about a load balancer, by default that it was moved to another pool."""
    return {**_MOVED, "detail": {**_POOLS, **(detail or {})}, **changes}


def extension(*, detail: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A decision about a VPC that is nearly full, by default that it got another CIDR."""
    return {**_EXTENDED, "detail": {**_CIDR, **(detail or {})}, **changes}
