"""What keeps a pool that needs more from getting any, before anything is chosen: pure judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common.decision import Decision, Outcome
from lambdas.refill_pools import origin
from lambdas.refill_pools.explain import blocked, lack, saying
from lambdas.refill_pools.model import FAILED_STATES, PENDING_STATES

if TYPE_CHECKING:
    from lambdas.refill_pools.case import Case
    from lambdas.refill_pools.model import Pool
    from lambdas.refill_pools.need import Shortage

REFUSED_BLOCKS = 2  # the first choice and one other; after two refusals somebody has to look


def quota_of(pool: Pool) -> str:
    """Name the quota that a pool meets first."""
    return "contiguous-quota" if pool.contiguous else "cidr-quota"


def left_alone(case: Case) -> Decision | None:
    """Say that a pool is not what can be judged; nothing of one that is still being made, or unmade."""
    pool = case.space.pool
    if pool.state.startswith("delete-") or pool.state.endswith("-in-progress") or case.space.in_state(PENDING_STATES):
        return None
    lack = "has no provisioned CIDR yet" if pool.usable else f"is in state {pool.state}"
    why = f"The pool {lack}, so that there is nothing to judge its need by: it is left alone."
    return saying(case, Outcome.SKIPPED, "not-ready", why, (pool.state,))


def hindrance(case: Case, need: Shortage) -> Decision | None:
    """Find what keeps a pool that needs more from getting any, before anything is chosen."""
    for find in (_owner_says_no, _under_way, _refused_before, _no_source):
        if (decision := find(case, need)) is not None:
            return decision
    return None


def _owner_says_no(case: Case, need: Shortage) -> Decision | None:
    pool = case.space.pool
    protect = f"{case.tag_prefix}:protect"
    if pool.tags.get(protect) == "true":
        return blocked(case, need, "protected", f"The tag {protect} = true keeps it from being changed.")
    if pool.planned_for:
        why = f"It plans the addresses of {pool.planned_for}: its CIDRs are that VPC's. Add a CIDR to the VPC."
        return blocked(case, need, "vpc-planning-pool", why)
    if case.external_authority:
        why = f"Another product decides the CIDRs of its scope {pool.scope_id}. Ask there for more."
        return blocked(case, need, "external-authority", why)
    return None


def _under_way(case: Case, need: Shortage) -> Decision | None:
    pending = case.space.in_state(PENDING_STATES)
    if not pending:
        return None
    cidrs = ", ".join(each.cidr for each in pending)
    why = f"{lack(case, need)} {cidrs} is being provisioned to it already."
    return saying(case, Outcome.SKIPPED, "in-flight", why, tuple(each.cidr for each in pending))


def _refused_before(case: Case, need: Shortage) -> Decision | None:
    """Do not ask again and again for what AWS refuses: failed CIDRs stay in the pool's list."""
    space = case.space
    failed = space.in_state(FAILED_STATES)
    cidrs = ", ".join(each.cidr for each in failed)
    if len(space.present) >= case.rule.max_cidrs_per_pool:
        most = f"`max_cidrs_per_pool` is {case.rule.max_cidrs_per_pool}"
        why = f"It has {len(space.present)} CIDRs, and {most}: AWS's quota is 50 unless somebody had it raised."
        return blocked(case, need, "cidr-quota", why)
    if any(each.failure_code == "limit-exceeded" for each in failed):
        why = f"AWS refused {cidrs} because a quota is reached. Have it raised, then deprovision what failed."
        return blocked(case, need, quota_of(space.pool), why)
    if space.pool.contiguous and case.contiguous_blocks >= case.rule.max_contiguous_blocks:
        most = f"`max_contiguous_blocks` is {case.rule.max_contiguous_blocks}"
        blocks = f"Your pools have {case.contiguous_blocks} contiguous blocks"
        why = f"{blocks}, and {most}: the quota of an account is 2 unless somebody had it raised."
        return blocked(case, need, "contiguous-quota", why)
    if len(failed) >= REFUSED_BLOCKS:
        why = f"AWS failed to provision {cidrs}. Find out why, then deprovision what failed."
        return blocked(case, need, "provision-failed", why)
    return None


def _no_source(case: Case, need: Shortage) -> Decision | None:
    pool, source = case.space.pool, case.source
    if source is None:
        if pool.scope_type == "public" and pool.public_ip_source != "amazon":
            why = "It is a pool of addresses that you bring to AWS: a person must authorise each of its CIDRs."
            return blocked(case, need, "needs-authorization", why)
        if pool.contiguous and not origin.may_buy(case.rule):
            why = "A contiguous block costs money: it is bought only where a rule names the pool's id or scope: public."
            return blocked(case, need, "no-supply", why)
        if origin.given_by_aws(case.space, case.rule) or origin.supply_cidrs(case.rule, pool):
            return None
        why = f"It has no source pool, and its rule names no supply of {pool.family} to take a block from."
        return blocked(case, need, "no-supply", why)
    if not source.pool.usable:
        why = f"Its source pool {source.pool.id} is in state {source.pool.state}."
        return blocked(case, need, "not-ready", why, (source.pool.state,))
    return None
