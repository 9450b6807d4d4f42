"""What a decision says of its pool: figures for the record, sentences for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common.decision import Action, Decision, Outcome
from lambdas.refill_pools.case import REMEDIATION

if TYPE_CHECKING:
    from lambdas.refill_pools.case import Case
    from lambdas.refill_pools.model import Pool
    from lambdas.refill_pools.need import Shortage


def blocked(case: Case, need: Shortage, reason: str, why: str, judged: tuple[str, ...] = ()) -> Decision:
    """Decide to change nothing although the pool lacks something, and say why."""
    return saying(case, Outcome.BLOCKED, reason, f"{lack(case, need)} {why}", judged)


def saying(case: Case, outcome: Outcome, reason: str, why: str, judged: tuple[str, ...]) -> Decision:
    """Decide to change nothing, and say why."""
    pool = case.space.pool
    return Decision(
        remediation=REMEDIATION,
        resource_id=pool.id,
        account=pool.account,
        region=pool.region,
        action=Action.NONE,
        reason=reason,
        outcome=outcome,
        judged=(*(each.cidr for each in case.space.provisioned), *judged),
        detail={**about(case), "why": why},
    )


def unmeasured(pool: Pool, *, tag_prefix: str) -> Decision:
    """Say that no alarm can see a pool."""
    why = (
        "CloudWatch has no metric PercentAvailable (AWS/IPAM) with this pool's PoolID, so that no alarm sees it run "
        "low: only the schedule looks at it."
    )
    return Decision(
        remediation=REMEDIATION,
        resource_id=pool.id,
        account=pool.account,
        region=pool.region,
        action=Action.NONE,
        reason="no-metric",
        outcome=Outcome.SKIPPED,
        judged=("no-metric",),
        detail={"resource": _resource(pool, tag_prefix), "actor": "poolwarden", "why": why},
    )


def about(case: Case) -> dict[str, object]:
    """Say which pool it is and how it stands, for whoever reads the record."""
    space = case.space
    before = figures(space.size, space.used, [each.cidr for each in space.provisioned])
    return {"resource": _resource(space.pool, case.tag_prefix), "before": before, "actor": "poolwarden"}


def _resource(pool: Pool, tag_prefix: str) -> dict[str, object]:
    told = {"name": pool.tags.get("Name"), "owner": pool.tags.get(f"{tag_prefix}:owner")}
    return {"locale": pool.locale, "scope": pool.scope_id, **{k: v for k, v in told.items() if v}}


def figures(size: int, used: int, cidrs: list[str]) -> dict[str, object]:
    """Give a pool's figures; percentages are shown, never judged by."""
    available = round((size - used) * 100 / size, 1) if size else 0
    return {"addresses": size, "allocated": used, "available_percent": available, "cidrs": cidrs}


def lack(case: Case, need: Shortage) -> str:
    """Say in a sentence what the pool lacks."""
    before = figures(case.space.size, case.space.used, [])
    share = f"{before['available_percent']} % of the pool's {before['addresses']} addresses are available"
    if need.reason == "fragmented":
        return f"{share}, but no block of the /{need.block} that must be ready."
    if need.reason == "demanded" and need.block is None:
        return f"{share}, but it is to have {need.addresses} more, as they are asked for."
    if need.reason == "demanded":
        return f"{share}, but no block of the /{need.block} that was asked for."
    mark = "target" if case.lease.unfinished else "low-water mark"
    percent = case.rule.target_percent if case.lease.unfinished else case.rule.low_water_percent
    return f"{share}, less than its {mark} of {percent:g} %."
