"""Bringing the load balancers of an account and Region to their pools, from a look at them to the end of each record.

The order is what makes it safe. Turns at the pools are read before their room, leases before the second look: whatever
another run takes or ends in between makes the decision void. The intent is in the ledger, and what the load balancer
has by now is remembered, before it is moved; where its memory changed since the look, it is looked at anew. A move is
one call and has no result to wait for: after a crash the next run sees in the load balancer whether it happened, and
completes the record or makes the same call again. A load balancer that is not looked after any more is found by its
lease, when everything is looked at.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.align_albs import aws, ends, memory
from lambdas.align_albs.model import Fleet, Policy
from lambdas.align_albs.moves import move_all
from lambdas.align_albs.plan import REMEDIATION, SHORT, plan
from lambdas.common import consent, limits, metrics, needs, reach, rechecks, rivals
from lambdas.common.decision import Outcome
from lambdas.common.observability import logger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from lambdas.align_albs.plan import Plan
    from lambdas.align_albs.run import Run
    from lambdas.common.decision import Decision

LONGEST_PROVISIONING = timedelta(hours=1)
"""What is not active by then is left to the schedule."""

log = logger(REMEDIATION)


def align(run: Run, named: AbstractSet[str] | None) -> None:
    """Bring the load balancers with these ARNs, None meaning all there, to their pools.

    Runs that move load balancers to one pool at the same time share its room: who comes second counts again.
    RunFailedError at the end when something failed, or all the time was not enough for a single move. What a run does
    not come to is left to another where it did not fail: one that fails is tried again itself, each time leaving them
    to one more.
    """
    rivals.look_and_act(lambda _again: _look_and_act(run, named), lost="others moved to the same pools first")
    for decision in run.unread:
        if decision.outcome is Outcome.BLOCKED:
            run.say(decision, decision.outcome, decision.reason)
    reach.end_run(run.failed, unread=run.unread, unjudged=run.unjudged)
    if run.left:
        log.info("%d load balancers are left to the next run", run.left)
        rechecks.send({"account": run.target.account, "region": run.target.region}, now=run.now)


def look(run: Run, named: AbstractSet[str] | None, *, remembered: bool = True) -> Fleet:
    """Gather what judging these load balancers takes; with `remembered` that is also what the guards know of them.

    Those whose pool cannot be read are not judged.
    """
    target, terms = run.target, run.terms
    known = aws.albs(target)
    in_question = [alb for arn, alb in known.items() if alb.takes_pools and (named is None or arn in named)]
    judged = aws.with_tags(target, in_question)
    wanted = {alb.arn: terms.wanted(alb) for alb in judged.values() if terms.cares_for(alb)}
    belonging = {arn: pool for arn, pool in wanted.items() if pool is not None}
    off = [pool for arn, pool in belonging.items() if pool.pool and judged[arn].pool != pool.pool]
    kept = memory.read(belonging, acts=run.acts if named is None else "") if remembered else memory.blank(belonging)
    if remembered:
        run.turns = limits.turns(REMEDIATION, {pool.pool for pool in off})
    pools, errors = aws.pools({pool.pool for pool in belonging.values()}, target)
    run.unread = reach.unread(REMEDIATION, errors, account=target.account, region=target.region)
    run.unjudged = {arn: pool.pool for arn, pool in belonging.items() if pool.pool in errors}
    return Fleet(
        albs={**known, **judged},
        judged=frozenset(belonging.keys() - run.unjudged.keys()),
        pools=pools,
        policy=Policy() if all(pool.by_tag for pool in off) else aws.policy(target),
        leases=kept.leases,
        memories=kept.memories,
    )


def rejected(moves: Iterable[Decision]) -> list[Decision]:
    """Give those of these moves that a person has rejected, as they were proposed then."""
    found = [consent.rejected(move) for move in moves]
    return [replace(each, outcome=Outcome.REJECTED) for each in found if each is not None]


def _look_and_act(run: Run, named: AbstractSet[str] | None) -> None:
    fleet = _with_ended_moves(run, look(run, named))
    made = plan(fleet, run.terms)
    if named is None:
        off = {decision.resource_id for decision in made.decisions if decision.outcome is not Outcome.DONE}
        metrics.measure_off_pool(len(off), run.target)
    for arn, seen in made.memories.items():
        memory.keep_instead(arn, seen, of=fleet.memories.get(arn), now=run.now)
    fleet = replace(fleet, memories={**fleet.memories, **made.memories})
    for decision in made.decisions:
        if decision.outcome is not None and decision.reason != SHORT:
            run.say(decision, decision.outcome, decision.reason)
    made = _move_what_has_room(run, _without_what_is_over(run, fleet, made), made)
    _say_what_is_short(run, made)
    _see_to_what_waits(run, made)


def _move_what_has_room(run: Run, fleet: Fleet, made: Plan) -> Plan:
    """Carry a plan out, and share out anew the room of those that are not to be moved; the last plan.

    Without that, one that AWS or a person refuses at every try would keep its room from all others for ever. One whose
    call had no answer keeps it, as one does that waits for a person.
    """
    reached: set[str] = set()
    while True:
        if run.refused & fleet.judged:
            fleet = fleet.after(run.moved, left=run.refused)
            made = plan(fleet, run.terms)
        moves = [decision for decision in made.moves if decision.resource_id not in reached]
        if moves and run.over:
            if run.alone and not (reached or run.moved):
                run.failed |= {decision.resource_id for decision in moves}
            run.left = len(moves)
            return made
        if moves:
            reached |= move_all(run, fleet, moves)
        elif not _leave_what_was_rejected(run, made):
            return made


def _leave_what_was_rejected(run: Run, made: Plan) -> bool:
    """Say which of those without room a person has rejected, for which none is needed; whether there are any."""
    if run.mode == "observe":
        return False
    found = rejected([*made.waiting, *made.short])
    for decision in found:
        run.say(decision, Outcome.REJECTED, decision.reason)
        run.refused.add(decision.resource_id)
    return bool(found)


def _say_what_is_short(run: Run, made: Plan) -> None:
    """Say who finds no room, and ask for it where changes are wanted."""
    if run.mode != "observe":
        for pool_id, size in made.needs.items():
            needs.record_size(pool_id, size, now=run.now)
    for decision in made.decisions:
        if decision.reason == SHORT:
            run.say(decision, Outcome.BLOCKED, decision.reason)


def _see_to_what_waits(run: Run, made: Plan) -> None:
    """Look again soon at what is not ready, and at what waits for others that have moved; else say what it waits for.

    Where the others have not moved, such as while observing, waiting would have no end.
    """
    for alb in made.unfinished:
        if run.now < alb.created + LONGEST_PROVISIONING:
            rechecks.send({"resource_id": alb.arn}, now=run.now)
    for decision in made.waiting:
        verdict = consent.judge(decision, mode=run.mode, approved=run.approved, now=run.now)
        if verdict.outcome is not None:
            run.say(verdict.decision, verdict.outcome, verdict.reason)
        elif run.moved:
            rechecks.send({"resource_id": decision.resource_id}, now=run.now)


def _with_ended_moves(run: Run, fleet: Fleet) -> Fleet:
    """Complete what another run, or this one a minute ago, did and did not see to its end."""
    freed = {
        arn: ends.finish(run, lease)
        for arn, lease in fleet.leases.items()
        if lease.decision_id and arn in fleet.albs and fleet.albs[arn].pool == lease.subject
    }
    return replace(fleet, leases={**fleet.leases, **freed})


def _without_what_is_over(run: Run, fleet: Fleet, made: Plan) -> Fleet:
    """End acts that never happened, and that nobody wants any more; of what could not be judged nobody knows that."""
    kept = {decision.resource_id for decision in made.moves} | run.failed | run.unjudged.keys()
    freed = {
        arn: ends.give_up(run, lease)
        if arn in fleet.judged
        else ends.end_unseen(run, lease, is_there=arn in fleet.albs)
        for arn, lease in fleet.leases.items()
        if lease.decision_id and arn not in kept and not lease.fresh(run.now)
    }
    return replace(fleet, leases={**fleet.leases, **freed})
