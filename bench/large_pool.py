"""A pool as large as AWS lets one be, in a scope full of resources: what a plan may have to judge."""

from __future__ import annotations

import random
from ipaddress import IPv4Network

from lambdas.common.decision import Lease
from lambdas.common.settings import PoolMatch, PoolRule
from lambdas.common.space import BITS, Range, parse, written
from lambdas.refill_pools.case import Case
from lambdas.refill_pools.model import Pool, PoolCidr, PoolSpace

IPV4 = BITS["ipv4"]
CIDRS_PER_POOL = 50  # https://docs.aws.amazon.com/vpc/latest/ipam/quotas-ipam.html
SMALLEST = 16  # a /28, the smallest subnet
POOLS_ADDRESSES = "10.0.0.0/8"
SUPPLY = "172.16.0.0/12"


def large_case(allocations: int, *, seed: int = 0) -> Case:
    """Make a pool that is low, with as many discovered resources in its scope as it has allocations.

    It lists as many CIDRs as a pool may have, one of which it has just got rid of, so that it may get another. Half of
    what is allocated are /28s, with something larger or smaller between them; resources lie anywhere in the supply.
    """
    chance = random.Random(seed)
    each = allocations // CIDRS_PER_POOL
    size = 1 << (each * 3 * SMALLEST - 1).bit_length()
    first = parse(POOLS_ADDRESSES).start
    blocks = [Range(first + 2 * number * size, first + (2 * number + 1) * size) for number in range(CIDRS_PER_POOL)]
    states = ["deprovisioned", *["provisioned"] * (CIDRS_PER_POOL - 1)]
    cidrs = [
        PoolCidr(cidr=written(block, IPV4), block=block, state=state, id=f"ipam-pool-cidr-{number}")
        for number, (block, state) in enumerate(zip(blocks, states, strict=True))
    ]
    step = size // each
    allocated = [
        Range(start, start + chance.choice((SMALLEST, SMALLEST, step // 2, step - SMALLEST // 4)))
        for block in blocks[1:]
        for start in range(block.start, block.start + each * step, step)
    ]
    places = parse(SUPPLY).size // SMALLEST
    resources = [parse(SUPPLY).start + chance.randrange(places) * SMALLEST for _ in range(allocations)]
    for shown in (cidrs, allocated):
        chance.shuffle(shown)
    return Case(
        space=PoolSpace(pool=POOL, cidrs=tuple(cidrs), allocated=tuple(allocated)),
        rule=RULE,
        lease=Lease(guard=""),
        tag_prefix="poolwarden",
        scope_taken=tuple(Range(start, start + SMALLEST) for start in resources),
    )


POOL = Pool(
    id="ipam-pool-0",
    account="123456789012",
    region="us-east-1",
    locale="us-east-1",
    scope_id="ipam-scope-0",
    scope_type="private",
    family="ipv4",
    state="create-complete",
    source_pool_id=None,
    planned_for=None,
    public_ip_source=None,
    allocation_min_netmask_length=None,
    allocation_max_netmask_length=None,
    allocation_default_netmask_length=None,
    tags={},
)
RULE = PoolRule(
    match=PoolMatch(tags={}),
    low_water_percent=90,
    target_percent=95,
    min_netmask_length=None,
    max_netmask_length=None,
    ready_netmask_length=None,
    max_provisions_per_day=4,
    max_cidrs_per_pool=CIDRS_PER_POOL,
    max_contiguous_blocks=2,
    supply=(IPv4Network(SUPPLY),),
)
