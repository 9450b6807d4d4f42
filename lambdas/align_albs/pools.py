"""Which pool a load balancer belongs on, and whether that pool can be used: pure judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.align_albs.model import COMPLETE_STATES

if TYPE_CHECKING:
    from lambdas.align_albs.model import Alb, Pool
    from lambdas.common.settings import AlignSettings

POOL_TAG = "ipam-pool"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The pool that a load balancer belongs on, and whether its tag says so.

    `refused` is the pool that the tag names without being allowed to, or empty; with no other pool, `pool` is empty.
    """

    pool: str
    by_tag: bool = False
    refused: str = ""


def wanted_pool(alb: Alb, settings: AlignSettings, *, tag_prefix: str) -> Wanted | None:
    """Find the pool: the one that the tag names, if it may, else the Region's; None where nobody wants one."""
    of_region = settings.pools.get(alb.region, "")
    named = alb.tags.get(f"{tag_prefix}:{POOL_TAG}", "").strip()
    if named and settings.lets_tags_name(named):
        return Wanted(pool=named, by_tag=True)
    if named or of_region:
        return Wanted(pool=of_region, refused=named)
    return None


def faults(pool: Pool | None, *, alb: Alb) -> list[str]:
    """Say what keeps a pool from giving a load balancer its addresses; empty where nothing does.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#ip-pools
    """
    if pool is None:
        return [f"account {alb.account} neither owns it nor has it shared with it"]
    found = {
        f"it is in a {pool.scope_type} scope, not in a public one": pool.scope_type != "public",
        f"its addresses are {pool.family}, not ipv4": pool.family != "ipv4",
        f"its locale is {pool.locale}, not {alb.region}": pool.locale != alb.region,
        f"it gives addresses to {pool.service or 'no service'}, not to ec2": pool.service != "ec2",
        f"it is in state {pool.state}": pool.state not in COMPLETE_STATES,
        "it has no provisioned CIDR": pool.space is not None and pool.space.size == 0,
    }
    return [fault for fault, is_so in found.items() if is_so]
