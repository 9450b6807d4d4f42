"""Load balancers and pools as plain values, for tests of judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from lambdas.align_albs.model import Alb, Fleet, Memory, Policy, Pool, Space
from lambdas.align_albs.plan import Plan, Terms, plan
from lambdas.common.decision import Lease
from lambdas.common.settings import AlignSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REGION = "us-east-1"
ACCOUNT = "123456789012"
POOL = "ipam-pool-0region"
OTHER = "ipam-pool-0other"
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
SETTINGS = AlignSettings(
    mode="enforce", pools={REGION: POOL}, allowed_pools=(), headroom_addresses=2, exclude_tags={"keep": "out"}
)
TERMS = Terms(settings=SETTINGS, tag_prefix="poolwarden")


def terms(**changes: Any) -> Terms:
    return replace(TERMS, settings=replace(SETTINGS, **changes))


def alb(number: int = 1, **changes: Any) -> Alb:
    """An ALB in two zones with Amazon's addresses; a higher number is younger."""
    values: dict[str, Any] = {
        "arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/web-{number}/{number:016x}",
        "scheme": "internet-facing",
        "ip_address_type": "ipv4",
        "state": "active",
        "created": BEGUN + timedelta(minutes=number),
        "pool": "",
        "zones": 2,
        "addresses": frozenset({f"54.0.{number % 250}.1", f"54.0.{number % 250}.2"}),
        "tags": {},
    }
    return Alb(**{**values, **changes})


def pool(pool_id: str = POOL, *, cidr: str = "198.51.100.0/24", free: int | None = None, **changes: Any) -> Pool:
    """A usable pool with all of its addresses free unless a test says how many are."""
    size = IPv4Network(cidr).num_addresses
    values: dict[str, Any] = {
        "id": pool_id,
        "scope_type": "public",
        "family": "ipv4",
        "locale": REGION,
        "service": "ec2",
        "state": "create-complete",
        "space": Space(cidrs=(IPv4Network(cidr),), size=size, free=size if free is None else free),
    }
    return Pool(**{**values, **changes})


def fleet(
    albs: Iterable[Alb],
    pools: Iterable[Pool] = (),
    *,
    policy: Policy | None = None,
    memories: Mapping[str, Memory] | None = None,
    judged: Iterable[Alb] | None = None,
) -> Fleet:
    """These load balancers, all of them judged unless a test names some."""
    by_arn = {each.arn: each for each in albs}
    return Fleet(
        albs=by_arn,
        judged=frozenset(by_arn if judged is None else (each.arn for each in judged)),
        pools={each.id: each for each in pools},
        policy=policy or Policy(),
        leases={arn: Lease(guard=f"lease#align_albs#{arn}") for arn in by_arn},
        memories=memories or {},
    )


def said(made: Plan) -> list[tuple[str, str]]:
    """Outcome and reason of each decision; a move has no outcome yet."""
    return [(decision.outcome or "move", decision.reason) for decision in made.decisions]


def judge(
    one: Alb, *pools: Pool, policy: Policy | None = None, by: Terms = TERMS, memory: Memory | None = None
) -> Plan:
    """Judge one load balancer alone."""
    memories = {one.arn: memory} if memory else {}
    return plan(fleet([one], pools, policy=policy, memories=memories), by)
