"""Which pool needs what, from where, and why not: pure judgement over plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common.decision import Action, Decision, Outcome
from lambdas.common.space import block_size, netmask_length, route_prefixes, written
from lambdas.refill_pools import origin, request
from lambdas.refill_pools.case import REMEDIATION
from lambdas.refill_pools.explain import about, blocked, figures, lack, saying
from lambdas.refill_pools.hindrance import hindrance, left_alone
from lambdas.refill_pools.need import has_free, shortage, useful_lengths, widest_length, worth_asking_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.common.settings import PoolRule
    from lambdas.common.space import Range
    from lambdas.refill_pools.case import Case
    from lambdas.refill_pools.need import Shortage
    from lambdas.refill_pools.origin import Origin


def decide(case: Case) -> Decision | None:
    """Judge one pool; None when there is nothing to do, and nothing to say."""
    if not _can_be_judged(case):
        return left_alone(case)
    need = _need(case)
    if need is None:
        return _more_than_allowed(case)
    return hindrance(case, need) or _choice(case, need)


def has_enough(case: Case) -> bool:
    """Say whether a pool, which can be judged as it is now, lacks nothing."""
    return _can_be_judged(case) and _need(case) is None


def _can_be_judged(case: Case) -> bool:
    return case.space.pool.usable and bool(case.space.provisioned)


def _need(case: Case) -> Shortage | None:
    return shortage(case.space, case.rule, case.lease, case.demanded, case.demanded_size)


def _more_than_allowed(case: Case) -> Decision | None:
    """Say that somebody asked for a larger block than the pool's rule lets it get: nobody else will tell them."""
    asked = case.demanded
    if asked is None or has_free(case.space, asked):
        return None
    widest = widest_length(case.space, case.rule)  # smaller than asked for: else the pool would lack it
    why = (
        f"Somebody asked for a /{asked}. The largest block that its rule lets it get is a /{widest}. "
        f"Set min_netmask_length to {asked} in the rule, or ask for less."
    )
    return saying(case, Outcome.BLOCKED, "demanded", why, (f"/{asked}", f"/{widest}"))


def wanted_of_source(case: Case, rule: PoolRule) -> int | None:
    """Say which netmask length the source pool should get, by its own rule, so that it can give what is needed."""
    need = _need(case)
    if need is None or case.source is None:
        return None
    return worth_asking_for(useful_lengths(case.space, case.rule, need), case.source, rule)


def _choice(case: Case, need: Shortage) -> Decision:
    """Choose the block to add now: the largest that is useful, so that the fewest reach the target.

    One block is one call, and one call is in flight at most: where it takes several, the next one is chosen
    when this one has arrived.
    """
    bits = case.space.pool.bits
    lengths = useful_lengths(case.space, case.rule, need)
    if not lengths:
        possible = case.space.pool.netmask_lengths
        why = f"AWS gives such a pool blocks of /{possible[0]} to /{possible[-1]}, and its rule allows none of them."
        return blocked(case, need, "no-supply", why)
    if case.source is None and origin.given_by_aws(case.space, case.rule):
        return _provision_by_length(case, need, lengths[0])
    where = _origin(case)
    held = request.block_of(case.lease.subject) if case.lease.decision_id else None
    if held is not None and where.has(held):
        return _provision(case, need, where, held)
    block = where.choose(lengths, beside=[cidr.block for cidr in case.space.present], bits=bits)
    if block is not None:
        return _provision(case, need, where, block)
    found = where.largest(bits)
    least = f" (a /{lengths[-1]} at the very least)" if len(lengths) > 1 else ""
    why = f"It needs a /{lengths[0]}{least}, {found} in {where.name}."
    return blocked(case, need, where.exhausted, why, (f"/{lengths[0]}", found))


def _origin(case: Case) -> Origin:
    """Find where the pool's blocks come from.

    The pool's own CIDRs and those that failed are taken out by themselves: allocations show late.
    """
    own = [cidr.block for cidr in case.space.cidrs if cidr.state != "deprovisioned"]
    taken = [*own, *case.reserved, *case.scope_taken]
    if case.source is not None:
        return origin.source_pool(case.source, taken)
    return origin.supply(case.rule, case.space.pool, taken)


def _provision(case: Case, need: Shortage, where: Origin, block: Range) -> Decision:
    bits = case.space.pool.bits
    present = [cidr.block for cidr in case.space.present]
    prefixes = [written(each, bits) for each in route_prefixes([*present, block])]
    evidence = {**where.evidence, "route_prefixes": prefixes}
    return _asking(case, need, subject=written(block, bits), size=block.size, evidence=evidence)


def _provision_by_length(case: Case, need: Shortage, length: int) -> Decision:
    """Ask for a block that AWS chooses; the same text again as long as the same length is wanted."""
    lease, pool = case.lease, case.space.pool
    subject = request.by_length(length, case.space)
    if lease.decision_id and request.is_by_length(lease.subject) and request.length_of(lease.subject) == length:
        subject = lease.subject
    evidence = {"chosen_by": "AWS", "costs_money": pool.contiguous}
    return _asking(case, need, subject=subject, size=block_size(length, pool.bits), evidence=evidence)


def _asking(case: Case, need: Shortage, *, subject: str, size: int, evidence: Mapping[str, object]) -> Decision:
    """Decide to ask for a block of this many addresses."""
    space, pool = case.space, case.space.pool
    cidr = request.told(subject)
    have = [each.cidr for each in space.provisioned]
    after = figures(space.size + size, space.used, [*have, cidr])
    share = f"{after['available_percent']} % of {after['addresses']} addresses"
    bought = f" It costs money: AWS bills each of its {size} addresses by the hour, in use or not."
    why = f"{lack(case, need)} {cidr} brings it to {share}.{bought if pool.contiguous else ''}"
    return Decision(
        remediation=REMEDIATION,
        resource_id=pool.id,
        account=pool.account,
        region=pool.region,
        action=Action.PROVISION_CIDR,
        reason=need.reason,
        subject=subject,
        # Not the block itself: which one it is depends on what others take, and changes nothing for this pool.
        judged=(*have, f"/{netmask_length(size, pool.bits)}", f"generation {case.lease.generation}"),
        detail={
            **about(case),
            "cidr": cidr,
            "why": why,
            "after": after,
            "evidence": {
                "low_water_percent": case.rule.low_water_percent,
                "target_percent": case.rule.target_percent,
                "addresses_lacking": need.addresses,
                **evidence,
            },
        },
    )
