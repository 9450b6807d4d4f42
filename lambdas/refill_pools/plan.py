"""Which pool needs what, from where, and why not: pure judgement over plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.common.decision import Action, Decision, Lease, Outcome
from lambdas.refill_pools import origin, request
from lambdas.refill_pools.model import FAILED_STATES, PENDING_STATES
from lambdas.refill_pools.need import shortage, useful_lengths, worth_asking_for
from lambdas.refill_pools.space import block_size, netmask_length, route_prefixes, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.common.settings import PoolRule
    from lambdas.refill_pools.model import Pool, PoolSpace
    from lambdas.refill_pools.need import Shortage
    from lambdas.refill_pools.origin import Origin
    from lambdas.refill_pools.space import Range

REMEDIATION = "refill_pools"
CIDRS_PER_POOL = 50  # https://docs.aws.amazon.com/vpc/latest/ipam/quotas-ipam.html
CONTIGUOUS_BLOCKS = 2  # likewise
REFUSED_BLOCKS = 2  # the first choice and one other; after two refusals somebody has to look


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """All that the judgement of one pool rests on.

    `source` is None for a pool without a source pool; `scope_taken` is then what anything in its scope has.
    `reserved` are blocks that other pools are getting at this moment, `contiguous_blocks` the number of blocks of
    Amazon's contiguous IPv4 addresses that all pools have, `demanded` the netmask length of a block that was
    asked for and not given, `demanded_size` how many addresses somebody needs the pool to have in all. `lease` is the
    pool's own; the block that it is held for, if any, is preferred over any other, so that an act that was interrupted
    is taken up again as it was.
    """

    space: PoolSpace
    rule: PoolRule
    lease: Lease
    tag_prefix: str
    source: PoolSpace | None = None
    scope_taken: tuple[Range, ...] = ()
    reserved: tuple[Range, ...] = ()
    demanded: int | None = None
    demanded_size: int = 0
    contiguous_blocks: int = 0
    external_authority: bool = False


def decide(case: Case) -> Decision | None:
    """Judge one pool; None when there is nothing to do, and nothing to say."""
    space = case.space
    if not space.pool.usable or not space.provisioned:
        return _left_alone(case)
    need = shortage(space, case.rule, case.lease, case.demanded, case.demanded_size)
    if need is None:
        return None
    return _hindrance(case, need) or _choice(case, need)


def wanted_of_source(case: Case, rule: PoolRule) -> int | None:
    """Say which netmask length the source pool should get, by its own rule, so that it can give what is needed."""
    need = shortage(case.space, case.rule, case.lease, case.demanded, case.demanded_size)
    if need is None or case.source is None:
        return None
    return worth_asking_for(useful_lengths(case.space, case.rule, need), case.source, rule)


def quota_of(pool: Pool) -> str:
    """Name the quota that a pool meets first."""
    return "contiguous-quota" if pool.contiguous else "cidr-quota"


def _left_alone(case: Case) -> Decision | None:
    """Say that a pool is not what can be judged; nothing of one that is still being made, or unmade."""
    pool = case.space.pool
    if pool.state.startswith("delete-") or pool.state.endswith("-in-progress") or case.space.in_state(PENDING_STATES):
        return None
    lack = "has no provisioned CIDR yet" if pool.usable else f"is in state {pool.state}"
    why = f"The pool {lack}, so that there is nothing to judge its need by: it is left alone."
    return _saying(case, Outcome.SKIPPED, "not-ready", why, (pool.state,))


def _hindrance(case: Case, need: Shortage) -> Decision | None:
    """Find what keeps a pool that needs more from getting any, before anything is chosen."""
    for find in (_owner_says_no, _under_way, _refused_before, _no_source):
        if (decision := find(case, need)) is not None:
            return decision
    return None


def _owner_says_no(case: Case, need: Shortage) -> Decision | None:
    pool = case.space.pool
    protect = f"{case.tag_prefix}:protect"
    if pool.tags.get(protect) == "true":
        return _blocked(case, need, "protected", f"The tag {protect} = true keeps it from being changed.")
    if pool.planned_for:
        why = f"It plans the addresses of {pool.planned_for}: its CIDRs are that VPC's. Add a CIDR to the VPC."
        return _blocked(case, need, "vpc-planning-pool", why)
    if case.external_authority:
        why = f"Another product decides the CIDRs of its scope {pool.scope_id}. Ask there for more."
        return _blocked(case, need, "external-authority", why)
    return None


def _under_way(case: Case, need: Shortage) -> Decision | None:
    pending = case.space.in_state(PENDING_STATES)
    if not pending:
        return None
    cidrs = ", ".join(each.cidr for each in pending)
    why = f"{_lack(case, need)} {cidrs} is being provisioned to it already."
    return _saying(case, Outcome.SKIPPED, "in-flight", why, tuple(each.cidr for each in pending))


def _refused_before(case: Case, need: Shortage) -> Decision | None:
    """Do not ask again and again for what AWS refuses: failed CIDRs stay in the pool's list."""
    space = case.space
    failed = space.in_state(FAILED_STATES)
    cidrs = ", ".join(each.cidr for each in failed)
    if len(space.present) >= CIDRS_PER_POOL:
        why = f"It has {len(space.present)} CIDRs, the quota of CIDRs per pool. Have the quota raised."
        return _blocked(case, need, "cidr-quota", why)
    if any(each.failure_code == "limit-exceeded" for each in failed):
        why = f"AWS refused {cidrs} because a quota is reached. Have it raised, then deprovision what failed."
        return _blocked(case, need, quota_of(space.pool), why)
    if space.pool.contiguous and case.contiguous_blocks >= CONTIGUOUS_BLOCKS:
        why = f"Your pools have {case.contiguous_blocks} contiguous blocks, the quota of an account. Have it raised."
        return _blocked(case, need, "contiguous-quota", why)
    if len(failed) >= REFUSED_BLOCKS:
        why = f"AWS failed to provision {cidrs}. Find out why, then deprovision what failed."
        return _blocked(case, need, "provision-failed", why)
    return None


def _no_source(case: Case, need: Shortage) -> Decision | None:
    pool, source = case.space.pool, case.source
    if source is None:
        if pool.scope_type == "public" and pool.public_ip_source != "amazon":
            why = "It is a pool of addresses that you bring to AWS: a person must authorise each of its CIDRs."
            return _blocked(case, need, "needs-authorization", why)
        if pool.contiguous and not origin.may_buy(case.rule):
            why = "A contiguous block costs money: it is bought only where a rule names the pool's id or scope: public."
            return _blocked(case, need, "no-supply", why)
        if origin.given_by_aws(case.space, case.rule) or origin.supply_cidrs(case.rule, pool):
            return None
        why = f"It has no source pool, and its rule names no supply of {pool.family} to take a block from."
        return _blocked(case, need, "no-supply", why)
    if not source.pool.usable:
        why = f"Its source pool {source.pool.id} is in state {source.pool.state}."
        return _blocked(case, need, "not-ready", why, (source.pool.state,))
    return None


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
        return _blocked(case, need, "no-supply", why)
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
    return _blocked(case, need, where.exhausted, why, (f"/{lengths[0]}", found))


def _origin(case: Case) -> Origin:
    """Find where the pool's blocks come from.

    The pool's own CIDRs and those that failed are taken out by themselves: allocations show late.
    """
    own = [cidr.block for cidr in case.space.cidrs if cidr.state != "deprovisioned"]
    taken = [*own, *case.reserved]
    if case.source is not None:
        return origin.source_pool(case.source, taken)
    return origin.supply(case.rule, case.space.pool, [*taken, *case.scope_taken])


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
    after = _figures(space.size + size, space.used, [*have, cidr])
    share = f"{after['available_percent']} % of {after['addresses']} addresses"
    bought = f" It costs money: AWS bills each of its {size} addresses by the hour, in use or not."
    why = f"{_lack(case, need)} {cidr} brings it to {share}.{bought if pool.contiguous else ''}"
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
            **_about(case),
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


def _blocked(case: Case, need: Shortage, reason: str, why: str, judged: tuple[str, ...] = ()) -> Decision:
    return _saying(case, Outcome.BLOCKED, reason, f"{_lack(case, need)} {why}", judged)


def _saying(case: Case, outcome: Outcome, reason: str, why: str, judged: tuple[str, ...]) -> Decision:
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
        detail={**_about(case), "why": why},
    )


def _about(case: Case) -> dict[str, object]:
    """Say which pool it is and how it stands, for whoever reads the record."""
    space, pool = case.space, case.space.pool
    told = {"name": pool.tags.get("Name"), "owner": pool.tags.get(f"{case.tag_prefix}:owner")}
    resource = {"locale": pool.locale, "scope": pool.scope_id, **{k: v for k, v in told.items() if v}}
    before = _figures(space.size, space.used, [each.cidr for each in space.provisioned])
    return {"resource": resource, "before": before, "actor": "poolwarden"}


def _figures(size: int, used: int, cidrs: list[str]) -> dict[str, object]:
    """Give a pool's figures; percentages are shown, never judged by."""
    available = round((size - used) * 100 / size, 1) if size else 0
    return {"addresses": size, "allocated": used, "available_percent": available, "cidrs": cidrs}


def _lack(case: Case, need: Shortage) -> str:
    """Say in a sentence what the pool lacks."""
    before = _figures(case.space.size, case.space.used, [])
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
