"""Which VPC gets which further CIDR, which does not and why: pure judgement over plain values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from lambdas.common.decision import Action, Decision, Outcome
from lambdas.common.space import parse
from lambdas.extend_vpcs.model import COMPLETE_STATES, LARGEST, SMALLEST
from lambdas.extend_vpcs.ranges import choose, forbidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from lambdas.common.decision import Lease
    from lambdas.common.settings import ExtendSettings
    from lambdas.extend_vpcs.model import Estate, Pool, Surroundings, Vpc

REMEDIATION = "extend_vpcs"
REASON = "nearly-full"
NOTHING_DUE: Mapping[str, Decision] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the user wants: the section `extend_vpcs`, and what the keys of our tags begin with."""

    settings: ExtendSettings
    tag_prefix: str

    def nearly_full(self, vpc: Vpc) -> bool:
        """Whether subnets have taken so much of a VPC that it is to get more, and nobody wanted it left alone."""
        excluded = vpc.tags.items() & self.settings.exclude_tags.items()
        mark = Fraction(self.settings.high_water_percent)
        return not excluded and vpc.size > 0 and vpc.taken * 100 >= vpc.size * mark


@dataclass(kw_only=True, slots=True)
class Plan:
    """What is to be done and said.

    `decisions` without an outcome are to be carried out. `needs` gives for a pool that is too short the netmask length
    of the block that it should be able to give.
    """

    decisions: list[Decision] = field(default_factory=list)
    needs: dict[str, int] = field(default_factory=dict)

    @property
    def extensions(self) -> list[Decision]:
        """The decisions that change something."""
        return [decision for decision in self.decisions if decision.outcome is None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One VPC that is nearly full, and what it can get more from; `pool` is None where we cannot see it.

    `due` is what became of its prospect, where that was asked.
    """

    terms: Terms
    vpc: Vpc
    lease: Lease
    surroundings: Surroundings
    pool_id: str
    pool: Pool | None
    due: Decision | None = None


def prospects(estate: Estate, terms: Terms, *, now: datetime) -> list[Decision]:
    """Give the extensions that are to begin, before anybody looks which blocks there are for them.

    One that is under way is none: it keeps its block, whatever has become of its reasons.
    """
    return [
        _prospect(case, length)
        for case in _cases(estate, estate.pools, terms, now=now)
        if not case.lease.decision_id and _refused(case) is None and (length := _length(case)) is not None
    ]


def plan(estate: Estate, terms: Terms, *, due: Mapping[str, Decision] = NOTHING_DUE, now: datetime) -> Plan:
    """Judge the VPCs of an estate, by their ids; blocks that one gets are not there for the next.

    `due` gives what became of prospects, by VPC: the try that is due, or with an outcome why the VPC is left as it is.
    One that is left takes no block from the others, and its pool is asked for none.
    """
    made = Plan()
    pools = dict(estate.pools)
    for each in _cases(estate, pools, terms, now=now):
        case = replace(each, due=due.get(each.vpc.id))
        decision = _refused(case) or _left(case) or _extended(made, case)
        if decision.subject and case.pool is not None:
            given = (*case.pool.allocated, parse(decision.subject))
            pools[case.pool_id] = replace(case.pool, allocated=given)
        made.decisions.append(decision)
    return made


def _cases(estate: Estate, pools: Mapping[str, Pool], terms: Terms, *, now: datetime) -> Iterator[Case]:
    """Give the VPCs that need more and came from a pool; not those to which something is on its way already.

    Each comes with its pool as that is when it is asked for: what was given to the ones before is in it.
    """
    for vpc_id, pool_id in sorted(estate.origins.items()):
        vpc, lease = estate.vpcs[vpc_id], estate.leases[vpc_id]
        hidden = lease.unshown(now) - {lease.subject if lease.decision_id else ""} - {*vpc.cidrs}
        if terms.nearly_full(vpc) and not vpc.changing and not hidden:
            yield Case(
                terms=terms,
                vpc=vpc,
                lease=lease,
                surroundings=estate.surroundings[vpc_id],
                pool_id=pool_id,
                pool=pools.get(pool_id),
            )


def _refused(case: Case) -> Decision | None:
    """Find what keeps a VPC from getting more, whatever its pool has."""
    for find in (_protected, _quota, _peering, _useless_pool):
        if (decision := find(case)) is not None:
            return decision
    return None


def _protected(case: Case) -> Decision | None:
    protect = f"{case.terms.tag_prefix}:protect"
    if case.vpc.tags.get(protect) == "true":
        return _saying(case, "protected", f"Its tag {protect} says that it must not be changed.")
    if case.pool is not None and case.pool.tags.get(protect) == "true":
        why = f"The tag {protect} of its pool {case.pool_id} says that nothing may be taken from that."
        return _saying(case, "protected", why, judged=("pool",))
    return None


def _quota(case: Case) -> Decision | None:
    most, count = case.terms.settings.max_cidrs_per_vpc, len(case.vpc.cidrs)
    if count < most:
        return None
    why = (
        f"It has {count} IPv4 CIDRs, and `max_cidrs_per_vpc` is {most}: AWS's quota is 5 unless somebody had it raised."
    )
    return _saying(case, "cidr-quota", why, judged=(f"at most {most}",))


def _peering(case: Case) -> Decision | None:
    asked = case.surroundings.asked
    if not asked:
        return None
    why = f"It has asked for {', '.join(asked)}, which nobody has accepted: until then AWS gives it no further CIDR."
    return _saying(case, "peering-pending", why, judged=asked)


def _useless_pool(case: Case) -> Decision | None:
    faults = _faults(case)
    if not faults:
        return None
    why = f"Its CIDR comes from {case.pool_id}, which cannot be used: {'; '.join(faults)}."
    return _saying(case, "pool-not-usable", why, judged=tuple(faults))


def _faults(case: Case) -> list[str]:
    """Say what keeps the pool from giving the VPC anything; empty where nothing does."""
    pool, vpc = case.pool, case.vpc
    if pool is None:
        return ["it is no pool of this account's IPAM"]
    lacking = sorted(f"{key}={value}" for key, value in pool.required_tags.items() - vpc.tags.items())
    found = {
        f"its locale is {pool.locale}, not {vpc.region}": pool.locale != vpc.region,
        f"its addresses are {pool.family}, not ipv4": pool.family != "ipv4",
        f"it is in state {pool.state}": pool.state not in COMPLETE_STATES,
        "it has no provisioned CIDR": not pool.cidrs,
        f"it wants tags that the VPC has not: {', '.join(lacking)}": bool(lacking),
        f"its rules allow no block of /{LARGEST} to /{SMALLEST}": _length(case) is None,
    }
    return [fault for fault, is_so in found.items() if is_so]


def _length(case: Case) -> int | None:
    """Give the netmask length of the block to add: as configured, else the primary CIDR's, as far as the pool gives it.

    None where it gives no block that a VPC can have.
    """
    pool = case.pool
    if pool is None:
        return None
    wanted = case.terms.settings.netmask_length or int(case.vpc.primary.rpartition("/")[2])
    widest = max(pool.min_netmask_length or LARGEST, LARGEST)
    narrowest = min(pool.max_netmask_length or SMALLEST, SMALLEST)
    return min(max(wanted, widest), narrowest) if widest <= narrowest else None


def _left(case: Case) -> Decision | None:
    """Find why a VPC is left as it is, whatever there is for it."""
    return case.due if case.due is not None and case.due.outcome is not None else None


def _extended(made: Plan, case: Case) -> Decision:
    """Give a VPC a further CIDR, or say what its pool lacks for that."""
    pool, vpc, lease = case.pool, case.vpc, case.lease
    length = _length(case)
    assert pool is not None and length is not None  # noqa: S101, PT018 - a pool without either is of no use
    kept = lease.subject if lease.decision_id else ""
    barred = [*forbidden(vpc.cidrs, case.surroundings, length), *map(parse, vpc.failed)]
    cidr = choose(vpc, pool, barred, length, kept=kept)
    if cidr is not None:
        return _extend(case, cidr)
    if choose(vpc, pool, (), length) is not None:
        why = (
            f"{pool.id} has free blocks of /{length}, and AWS lets this VPC have none of them: they are its peers', "
            "its route tables lead there, AWS keeps them apart from its CIDRs (another private range, 10.0.0.0/16 "
            "beside 10.0.0.0/15, or 172.31.0.0/16 beside 172.16.0.0/12), or AWS failed to add them."
        )
        return _saying(case, "cidr-restricted", why, judged=(f"/{length}",))
    made.needs[pool.id] = min(length, made.needs.get(pool.id, length))
    why = f"Its pool {pool.id} has no free block of /{length} for it."
    return _saying(case, "pool-short", why, judged=(f"/{length}",), needed=f"/{length}")


def _prospect(case: Case, length: int) -> Decision:
    """Decide to add a block of this netmask length, whichever it will be."""
    vpc, pool_id = case.vpc, case.pool_id
    why = f"{_full(case)} A block of /{length} of {pool_id} is to be added."
    return Decision(
        remediation=REMEDIATION,
        resource_id=vpc.id,
        account=vpc.account,
        region=vpc.region,
        action=Action.ASSOCIATE_CIDR,
        reason=REASON,
        # Not how often it was done: what a person took away again is not added again to the same CIDRs.
        judged=(pool_id, str(length), *vpc.cidrs),
        detail={**_about(case), "why": why, "after": {"pool": pool_id}},
    )


def _extend(case: Case, cidr: str) -> Decision:
    """Decide to add this block, by the try that is due."""
    vpc, pool_id = case.vpc, case.pool_id
    why = f"{_full(case)} {cidr} of {pool_id} is added, in which subnets can be made; nothing of what there is changes."
    return replace(
        case.due or _prospect(case, int(cidr.rpartition("/")[2])),
        subject=cidr,
        detail={**_about(case), "why": why, "cidr": cidr, "after": {"cidrs": [*vpc.cidrs, cidr], "pool": pool_id}},
    )


def _saying(case: Case, reason: str, why: str, *, judged: tuple[str, ...] = (), **more: object) -> Decision:
    """Decide to change nothing, and say why."""
    vpc = case.vpc
    return Decision(
        remediation=REMEDIATION,
        resource_id=vpc.id,
        account=vpc.account,
        region=vpc.region,
        action=Action.NONE,
        reason=reason,
        outcome=Outcome.BLOCKED,
        judged=(reason, case.pool_id, *vpc.cidrs, *judged),
        detail={**_about(case), "why": f"{_full(case)} {why}", "after": {"pool": case.pool_id}, **more},
    )


def _about(case: Case) -> dict[str, object]:
    """Say which VPC it is and how full, for whoever reads the record."""
    vpc = case.vpc
    known = {"name": vpc.tags.get("Name"), "owner": vpc.tags.get(f"{case.terms.tag_prefix}:owner")}
    return {
        "resource": {key: value for key, value in known.items() if value},
        "before": {"cidrs": list(vpc.cidrs)},
        "evidence": {"addresses": vpc.size, "in_subnets": vpc.taken, "subnets": len(vpc.subnets)},
        "actor": "poolwarden",
    }


def _full(case: Case) -> str:
    vpc, mark = case.vpc, case.terms.settings.high_water_percent
    share = vpc.taken * 100 / vpc.size
    return f"Its subnets have taken {share:.1f} % of its {vpc.size} addresses, and {mark:g} % is the mark."
