"""Which load balancer is moved to which pool, which is not and why: pure judgement over plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.align_albs.model import PROVISIONING, WORKING_STATES, Memory
from lambdas.align_albs.pools import faults, wanted_pool
from lambdas.align_albs.presence import findings, remembered
from lambdas.align_albs.room import Room
from lambdas.common.decision import Action, Decision, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdas.align_albs.model import Alb, Fleet
    from lambdas.align_albs.pools import Wanted
    from lambdas.align_albs.presence import Finding
    from lambdas.common.settings import AlignSettings

REMEDIATION = "align_albs"
NO_POOL = "Amazon's addresses"
SHORT = "pool-short"


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the user wants: the section `align_albs`, and what the keys of our tags begin with."""

    settings: AlignSettings
    tag_prefix: str

    def cares_for(self, alb: Alb) -> bool:
        """Whether a load balancer is one that is kept on its pool."""
        excluded = alb.tags.items() & self.settings.exclude_tags.items()
        return alb.takes_pools and alb.state in WORKING_STATES | {PROVISIONING} and not excluded

    def wanted(self, alb: Alb) -> Wanted | None:
        """Find the pool that it belongs on."""
        return wanted_pool(alb, self.settings, tag_prefix=self.tag_prefix)

    def needs(self, alb: Alb) -> int:
        """Count the addresses that must be free in the pool so that it may move there."""
        return alb.zones * (1 + self.settings.headroom_addresses)


@dataclass(kw_only=True, slots=True)
class Plan:
    """What is to be done and said.

    `decisions` without an outcome are moves, in the order in which the room was counted for them; `waiting` are moves
    for the next run, once these have happened, and `short` are moves that no pool has room for, of each of which
    `decisions` says so. `unfinished` are the load balancers that are only being made. `needs` gives for a pool that is
    too short how many addresses it should have in all. `memories` are those that changed.
    """

    decisions: list[Decision] = field(default_factory=list)
    waiting: list[Decision] = field(default_factory=list)
    short: list[Decision] = field(default_factory=list)
    unfinished: list[Alb] = field(default_factory=list)
    needs: dict[str, int] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)

    @property
    def moves(self) -> list[Decision]:
        """The decisions that change something."""
        return [decision for decision in self.decisions if decision.outcome is None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One load balancer to be judged, and the pool that it belongs on."""

    fleet: Fleet
    terms: Terms
    alb: Alb
    wanted: Wanted

    @property
    def is_there(self) -> bool:
        """Whether it is on that pool."""
        return bool(self.wanted.pool) and self.alb.pool == self.wanted.pool

    @property
    def memory(self) -> Memory | None:
        """What was seen of its addresses before."""
        return self.fleet.memories.get(self.alb.arn)

    @property
    def needed(self) -> int:
        """How many addresses must be free so that it may move."""
        return self.terms.needs(self.alb)


def plan(fleet: Fleet, terms: Terms) -> Plan:
    """Judge the load balancers of a fleet, the oldest first."""
    made = Plan()
    movable: list[Case] = []
    for case in _cases(fleet, terms):
        alb = case.alb
        if alb.state == PROVISIONING:
            made.unfinished.append(alb)
        if case.is_there:
            _look_at_addresses(made, case)
        elif alb.state != PROVISIONING:
            _forget(made, case)
            refused = _refused(case)
            if refused is None:
                movable.append(case)
            else:
                made.decisions.append(refused)
    _share_out(made, fleet, movable)
    return made


def _cases(fleet: Fleet, terms: Terms) -> Iterator[Case]:
    for alb in sorted((fleet.albs[arn] for arn in fleet.judged), key=lambda each: (each.created, each.arn)):
        wanted = terms.wanted(alb) if terms.cares_for(alb) else None
        if wanted is not None:
            yield Case(fleet=fleet, terms=terms, alb=alb, wanted=wanted)


def _look_at_addresses(made: Plan, case: Case) -> None:
    """Compare the addresses that it has with its pool's CIDRs, where these are known."""
    alb, pool = case.alb, case.fleet.pools.get(case.alb.pool)
    if pool is None or pool.space is None:
        return
    now = remembered(alb, pool.space, case.memory)
    if now != case.memory:
        made.memories[alb.arn] = now
    if alb.state != PROVISIONING:
        found = findings(alb, pool.space, earlier=case.memory, now=now)
        made.decisions += [_off_pool_addresses(case, finding) for finding in found]


def _forget(made: Plan, case: Case) -> None:
    """Drop what was remembered of the addresses of a load balancer that has left the pool since."""
    memory = case.memory
    if memory is not None and memory.pool != case.alb.pool:
        made.memories[case.alb.arn] = Memory(pool=case.alb.pool, kept_off=memory.kept_off)


def _refused(case: Case) -> Decision | None:
    """Find what keeps a load balancer from being moved, whatever room there is."""
    for find in (_protected, _no_pool, _useless_pool, _kept_off, _governed):
        if (decision := find(case)) is not None:
            return decision
    return None


def _protected(case: Case) -> Decision | None:
    protect = f"{case.terms.tag_prefix}:protect"
    if case.alb.tags.get(protect) != "true":
        return None
    why = f"{_belongs(case)} Its tag {protect} says that it must not be changed."
    return _saying(case, Outcome.BLOCKED, "protected", why)


def _no_pool(case: Case) -> Decision | None:
    if case.wanted.pool:
        return None
    why = (
        f"Its tag names {case.wanted.refused}, which is not among the pools that a tag may name (`allowed_pools`), "
        f"and no pool is configured for {case.alb.region}."
    )
    return _saying(case, Outcome.BLOCKED, "pool-not-usable", why, judged=(case.wanted.refused,))


def _useless_pool(case: Case) -> Decision | None:
    found = faults(case.fleet.pools.get(case.wanted.pool), alb=case.alb)
    if not found:
        return None
    why = f"{_belongs(case)} That pool cannot be used: {'; '.join(found)}."
    return _saying(case, Outcome.BLOCKED, "pool-not-usable", why, judged=tuple(found), evidence={"faults": found})


def _kept_off(case: Case) -> Decision | None:
    if case.memory is None or case.memory.kept_off != case.wanted.pool:
        return None
    why = (
        f"{_belongs(case)} Somebody took it off that pool again (undo): it is left where it is until it belongs on "
        "another pool, or is put on its pool by hand."
    )
    return _saying(case, Outcome.REJECTED, "off-pool", why)


def _governed(case: Case) -> Decision | None:
    """Leave a load balancer to the IPAM policy that gives it its addresses, or may do so; its tag counts for more."""
    policy = case.fleet.policy
    judged = (policy.standing, policy.id)
    if case.wanted.by_tag or policy.standing == "none":
        return None
    if policy.standing == "governs":
        why = (
            f"{_belongs(case)} The IPAM policy {policy.id} has rules for load balancers there: two owners would fight. "
            f"The tag {case.terms.tag_prefix}:ipam-pool on the load balancer would count for more."
        )
        return _saying(case, Outcome.SKIPPED, "policy-managed", why, judged=judged)
    why = f"{_belongs(case)} AWS does not let us see whether an IPAM policy gives it its addresses: {policy.said}"
    return _saying(case, Outcome.BLOCKED, "access-denied", why, judged=judged)


def _share_out(made: Plan, fleet: Fleet, movable: Sequence[Case]) -> None:
    """Give each pool's room to those that belong on it, and say who finds none.

    Who only has to wait for the others of this run to have moved, whose headroom is not needed then, waits.
    """
    rooms = {pool_id: Room.of(fleet, pool_id) for pool_id in {case.wanted.pool for case in movable}}
    waiting: list[Case] = []
    for case in movable:
        room = rooms[case.wanted.pool]
        if room.take(case.alb.zones, case.needed):
            made.decisions.append(_move(case, room))
        else:
            waiting.append(case)
    short: list[Case] = []
    for case in waiting:
        room = rooms[case.wanted.pool]
        if room.wait(case.alb.zones, case.needed):
            made.waiting.append(_move(case, room))
        else:
            short.append(case)
    for case in short:
        room = rooms[case.wanted.pool]
        made.needs[case.wanted.pool] = room.size + room.lacking
        made.short.append(_move(case, room))
        made.decisions.append(_short(case, room))


def _move(case: Case, room: Room) -> Decision:
    alb, space = case.alb, case.fleet.pools[case.wanted.pool].space
    off = sorted(space.outside(alb.addresses) if space else alb.addresses)
    now = f" They are {', '.join(sorted(alb.addresses))} now." if alb.addresses else ""
    return Decision(
        remediation=REMEDIATION,
        resource_id=alb.arn,
        account=alb.account,
        region=alb.region,
        action=Action.MODIFY_IP_POOLS,
        reason="off-pool",
        subject=case.wanted.pool,
        judged=(alb.pool, case.wanted.pool, f"generation {case.fleet.leases[alb.arn].generation}"),
        detail={
            **_about(case),
            "why": f"{_belongs(case)} Its public addresses may change when it moves.{now}",
            "addresses_off": off,
            "evidence": _figures(case, room),
        },
    )


def _short(case: Case, room: Room) -> Decision:
    why = (
        f"{_belongs(case)} Its move needs {case.needed} free addresses there, 1 + "
        f"{case.terms.settings.headroom_addresses} for each of its {case.alb.zones} zones, and "
        f"{max(0, room.available)} are free. For all that are to move there, the pool lacks {room.lacking}."
    )
    evidence = {**_figures(case, room), "lacking": room.lacking}
    more = {"needed": case.needed, "evidence": evidence}
    return _saying(case, Outcome.BLOCKED, SHORT, why, judged=(f"needs {case.needed}",), **more)


def _off_pool_addresses(case: Case, finding: Finding) -> Decision:
    listed = sorted(finding.addresses)
    if not listed:
        why = f"It is on {case.alb.pool}, and the addresses that it had from elsewhere are gone."
    elif finding.reason == "converging":
        why = f"It is on {case.alb.pool}, and still has addresses from before: {', '.join(listed)}."
    else:
        why = f"It is on {case.alb.pool}, but got addresses from elsewhere: {', '.join(listed)}."
    return _saying(case, finding.outcome, finding.reason, why, judged=finding.judged, addresses_off=listed)


def _saying(
    case: Case, outcome: Outcome, reason: str, why: str, *, judged: tuple[str, ...] = (), **more: object
) -> Decision:
    """Decide to change nothing, and say why."""
    alb = case.alb
    return Decision(
        remediation=REMEDIATION,
        resource_id=alb.arn,
        account=alb.account,
        region=alb.region,
        action=Action.NONE,
        reason=reason,
        outcome=outcome,
        judged=(reason, alb.pool, case.wanted.pool, *judged),
        detail={**_about(case), "why": why, **more},
    )


def _about(case: Case) -> dict[str, object]:
    """Say which load balancer it is, how it stands and where it belongs, for whoever reads the record."""
    alb = case.alb
    owner = alb.tags.get(f"{case.terms.tag_prefix}:owner")
    return {
        "resource": {"owner": owner} if owner else {},
        "before": {"pool": alb.pool or None, "addresses": sorted(alb.addresses)},
        "after": {"pool": case.wanted.pool or None},
        "actor": "poolwarden",
    }


def _figures(case: Case, room: Room) -> dict[str, object]:
    zones, needed = case.alb.zones, case.needed
    return {"zones": zones, "needed": needed, "free": room.free, "owed": room.owed, "size": room.size}


def _belongs(case: Case) -> str:
    """Say in a sentence where a load balancer is and where it belongs."""
    alb, wanted = case.alb, case.wanted
    by = "its tag" if wanted.by_tag else f"the configuration for {alb.region}"
    ignored = f" (its tag names {wanted.refused}, which `allowed_pools` does not)" if wanted.refused else ""
    return f"It belongs on {wanted.pool} by {by}{ignored}, and is on {alb.pool or NO_POOL}."
