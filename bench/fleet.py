"""How long the plan for a Region's load balancers takes, half of which have to move."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from bench.result import OURS, Measure, Result, Row, Spread
from lambdas.align_albs.model import Alb, Fleet, Policy, Pool, Space
from lambdas.align_albs.plan import Terms, plan
from lambdas.common.decision import Lease
from lambdas.common.settings import AlignSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = (200, 2_000)
REPEATED = 9
REGION = "us-east-1"
POOL, OTHER = "ipam-pool-0", "ipam-pool-1"
ROOMY = IPv4Network("198.18.0.0/16")
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
TERMS = Terms(
    settings=AlignSettings(
        mode="enforce", pools={REGION: POOL}, allowed_pools=(), headroom_addresses=2, exclude_tags={}
    ),
    tag_prefix="poolwarden",
)
TIME = Measure(name="time", unit="ms", better="less", limit=100)


def measure(sizes: Sequence[int] = SIZES) -> Result:
    """Plan for fleets of rising size; no peer knows the pools of load balancers."""
    rows = [
        Row(
            setting=f"{size:,} load balancers",
            contender=OURS,
            figures={TIME.name: Spread.of(milliseconds(fleet(size)) for _ in range(REPEATED))},
        )
        for size in sizes
    ]
    return Result(
        title="Plan for the load balancers of a Region",
        about=(
            f"Half of them are on another pool. Processor time of {REPEATED} plans, median and quartiles. No peer to "
            "put beside it: none knows the pools of load balancers."
        ),
        measures=(TIME,),
        rows=tuple(rows),
    )


def milliseconds(seen: Fleet) -> float:
    """Time one plan."""
    began = time.process_time()
    plan(seen, TERMS)
    return (time.process_time() - began) * 1_000


def fleet(size: int) -> Fleet:
    """Make up so many load balancers in two zones each, and a pool with room for all."""
    albs = [_alb(number) for number in range(size)]
    space = Space(cidrs=(ROOMY,), size=ROOMY.num_addresses, free=ROOMY.num_addresses)
    pool = Pool(
        id=POOL,
        scope_type="public",
        family="ipv4",
        locale=REGION,
        service="ec2",
        state="create-complete",
        space=space,
    )
    return Fleet(
        albs={each.arn: each for each in albs},
        judged=frozenset(each.arn for each in albs),
        pools={POOL: pool},
        policy=Policy(),
        leases={each.arn: Lease(guard=each.arn) for each in albs},
        memories={},
    )


def _alb(number: int) -> Alb:
    return Alb(
        arn=f"arn:aws:elasticloadbalancing:{REGION}:123456789012:loadbalancer/app/web-{number}/{number:016x}",
        scheme="internet-facing",
        ip_address_type="ipv4",
        state="active",
        created=BEGUN + timedelta(minutes=number),
        pool=POOL if number % 2 else OTHER,
        zones=2,
        addresses=frozenset({f"54.0.{number % 250}.1", f"54.0.{number % 250}.2"}),
    )
