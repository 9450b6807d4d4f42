"""Bringing the load balancers of an account and Region to their pools, from a look at them to the end of each record.

The order is what makes it safe. Turns at the pools are read before their room, leases before the second look: whatever
another run takes or ends in between makes the decision void. The intent is in the ledger, and what the load balancer
has by now is remembered, before it is moved; where its memory changed since the look, it is looked at anew. A move is
one call and has no result to wait for: after a crash the next run sees in the load balancer whether it happened, and
completes the record or makes the same call again. A load balancer that is not looked after any more is found by its
lease, when everything is looked at.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.align_albs import aws, ends, memory
from lambdas.align_albs.model import Fleet, Memory, Policy
from lambdas.align_albs.plan import REMEDIATION, Terms, plan
from lambdas.common import consent, guards, ledger, metrics, needs, reach, rechecks, rivals
from lambdas.common.announce import announce
from lambdas.common.decision import Outcome
from lambdas.common.errors import AwsError, code_of, failure_of, reason_of
from lambdas.common.guards import LEASE_TIME, OutdatedError
from lambdas.common.observability import logger

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.align_albs.model import Alb
    from lambdas.align_albs.plan import Plan
    from lambdas.common.decision import Decision, Lease
    from lambdas.common.guards import Turn
    from lambdas.common.settings import Mode
    from lambdas.common.targets import Target

LONGEST_PROVISIONING = timedelta(hours=1)
"""What is not active by then is left to the schedule."""
PACE_SECONDS = 0.2
"""Between two moves. AWS gives no rate for ModifyIpPools; five a second is EC2's for changes."""

AGAIN = ledger.TRIED_AGAIN - {Outcome.INTENDED}
"""What is intended may be just about to happen: there is no token by which AWS knows a move that it is asked twice."""

log = logger(REMEDIATION)


@dataclass(kw_only=True)
class Run:
    """What one run goes by, and how far it is.

    `deadline` is on the monotonic clock: what is not begun by then is left to another run. `approved` is the id of the
    proposal that a person approved, or empty. `turns` are kept up to date as the run takes them. `moved_at` is when it
    last changed something, `moved` how many it moved, `failed` are the load balancers with which something went wrong.
    `unread` are the pools that the last look could not read, `unjudged` the load balancers that belong on them.
    """

    target: Target
    now: datetime
    terms: Terms
    mode: Mode
    deadline: float
    approved: str = ""
    turns: dict[str, Turn] = field(default_factory=dict)
    moved_at: float = float("-inf")
    moved: int = 0
    failed: set[str] = field(default_factory=set)
    unread: tuple[Decision, ...] = ()
    unjudged: dict[str, str] = field(default_factory=dict)

    @property
    def acts(self) -> str:
        """The key under which the moves in its place are named."""
        return guards.acts_key(REMEDIATION, self.target.name)

    @property
    def over(self) -> bool:
        """Whether its time is up."""
        return time.monotonic() >= self.deadline

    def pace(self) -> None:
        """Wait until the next change may be made."""
        time.sleep(max(0.0, self.moved_at + PACE_SECONDS - time.monotonic()))
        self.moved_at = time.monotonic()


def align(run: Run, named: AbstractSet[str] | None) -> None:
    """Bring the load balancers with these ARNs, None meaning all there, to their pools.

    Runs that move load balancers to one pool at the same time share its room: who comes second counts again.
    RunFailedError at the end when something failed.
    """
    rivals.look_and_act(lambda _again: _look_and_act(run, named), lost="others moved to the same pools first")
    for decision in run.unread:
        if decision.outcome is Outcome.BLOCKED:
            _say(run, decision, decision.outcome, decision.reason)
    reach.end_run(run.failed, unread=run.unread, unjudged=run.unjudged)


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
        run.turns = guards.turns(REMEDIATION, {pool.pool for pool in off})
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


def _look_and_act(run: Run, named: AbstractSet[str] | None) -> None:
    fleet = _with_ended_moves(run, look(run, named))
    made = plan(fleet, run.terms)
    if named is None:
        off = {decision.resource_id for decision in made.decisions if decision.outcome is not Outcome.DONE}
        metrics.measure_off_pool(len(off), run.target)
    for arn, seen in made.memories.items():
        memory.keep_instead(arn, seen, of=fleet.memories.get(arn), now=run.now)
    fleet = replace(fleet, memories={**fleet.memories, **made.memories})
    if run.mode != "observe":
        for pool_id, size in made.needs.items():
            needs.record_size(pool_id, size, now=run.now)
    for decision in made.decisions:
        if decision.outcome is not None:
            _say(run, decision, decision.outcome, decision.reason)
    _give_up_what_is_over(run, fleet, made)
    _move_all(run, fleet, made.moves)
    _see_to_what_waits(run, made)


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
            _say(run, verdict.decision, verdict.outcome, verdict.reason)
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


def _give_up_what_is_over(run: Run, fleet: Fleet, made: Plan) -> None:
    """End acts that never happened, and that nobody wants any more; of what could not be judged nobody knows that."""
    kept = {decision.resource_id for decision in made.moves} | run.failed | run.unjudged.keys()
    for arn, lease in fleet.leases.items():
        if lease.decision_id and arn not in kept and not lease.fresh(run.now):
            if arn in fleet.judged:
                ends.give_up(run, lease)
            else:
                ends.end_unseen(run, lease, is_there=arn in fleet.albs)


def _move_all(run: Run, fleet: Fleet, moves: list[Decision]) -> None:
    """Look a second time at as many as AWS describes in one call, and move those that are as they were."""
    for first in range(0, len(moves), aws.BATCH):
        batch = moves[first : first + aws.BATCH]
        seen = aws.again(run.target, [fleet.albs[decision.resource_id] for decision in batch])
        for position, decision in enumerate(batch, start=first):
            if run.over:
                log.info("%d load balancers are left to the next run", len(moves) - position)
                rechecks.send({"account": run.target.account, "region": run.target.region}, now=run.now)
                return
            _move_if_unchanged(run, fleet, seen.get(decision.resource_id), decision)


def _move_if_unchanged(run: Run, fleet: Fleet, seen: Alb | None, decision: Decision) -> None:
    """Move one load balancer; whatever goes wrong with it must not reach the others."""
    arn = decision.resource_id
    if seen is None:
        log.info("%s is gone", arn)
        return
    if seen != fleet.albs[arn]:
        log.info("%s changed between two looks: it is looked at anew", arn)
        rechecks.send({"resource_id": arn}, now=run.now)
        return
    try:
        _move(run, fleet, seen, decision)
    except OutdatedError:
        raise
    except Exception:
        log.exception("%s failed", arn)
        run.failed.add(arn)


def _move(run: Run, fleet: Fleet, alb: Alb, decision: Decision) -> None:
    """Carry a decision out, or record why not."""
    lease = fleet.leases[alb.arn]
    verdict = consent.judge(decision, mode=run.mode, approved=run.approved, now=run.now)
    decision = verdict.decision
    if verdict.outcome is not None and lease.decision_id and not lease.fresh(run.now):
        ends.give_up(run, lease)  # it was begun when it was allowed; the next look judges anew
        return
    if verdict.outcome is not None:
        _say(run, decision, verdict.outcome, verdict.reason)
        return
    turn = run.turns[decision.subject]
    if guards.begin(decision, lease=lease, turn=turn, acts=run.acts, again=AGAIN, now=run.now) is not None:
        if lease.decision_id and not lease.fresh(run.now):
            ends.give_up(run, lease)
        log.info("%s is being moved by another run", alb.arn)
        rechecks.send({"resource_id": alb.arn}, now=run.now)
        return
    run.turns[decision.subject] = replace(turn, number=turn.number + 1)
    in_doubt = guards.in_doubt(lease, now=run.now)
    held_until = run.now + LEASE_TIME
    lease = replace(
        lease, decision_id=decision.id, subject=decision.subject, reason=decision.reason, held_until=held_until
    )
    _act(run, alb, lease, decision, known=fleet.memories.get(alb.arn), in_doubt=in_doubt)


def _act(run: Run, alb: Alb, lease: Lease, decision: Decision, *, known: Memory | None, in_doubt: bool) -> None:
    """Move a load balancer of which `known` was remembered when it was judged.

    `in_doubt` says that AWS may have done so at an earlier call. Whether changes may still be made is asked once more:
    somebody may have stopped them since it was judged.
    """
    before = frozenset(map(str, decision.detail["addresses_off"]))  # type: ignore[call-overload]
    if not memory.keep_instead(alb.arn, Memory(pool=decision.subject, before=before), of=known, now=run.now):
        log.info("what is remembered of %s changed: it is looked at anew", alb.arn)
        ends.give_up(run, lease)
        rechecks.send({"resource_id": alb.arn}, now=run.now)
        return
    run.pace()
    if (forbidden := consent.what_forbids()) is not None:
        if in_doubt:
            _say(run, decision, Outcome.BLOCKED, forbidden)  # the lease stays: the next look shows what AWS did
        else:
            ends.stop(run, lease, forbidden)
        return
    try:
        aws.put_on_pool(run.target, alb.arn, decision.subject)
    except AwsError as error:
        if code_of(error) == aws.GONE:
            log.info("%s is gone", alb.arn)
            ends.give_up(run, lease)
            return
        # The lease stays: the call may have gone through all the same, and the next look shows it.
        failure = {"pool": decision.subject, **failure_of(error)}
        reason = reason_of(error)
        record = ledger.complete(decision.id, Outcome.FAILED, reason=reason, result=failure, now=run.now)
        if record is not None:
            announce(record)
        raise
    run.moved += 1
    log.info("%s moved to %s", alb.arn, decision.subject, decision_id=decision.id)
    ends.finish(run, lease)


def _say(run: Run, decision: Decision, outcome: Outcome, reason: str) -> None:
    """Record what is not carried out, and tell when that is new."""
    record = ledger.note(decision, outcome, reason=reason, now=run.now)
    log.info("%s: %s, %s", decision.resource_id, outcome, reason, decision_id=decision.id)
    announce(record)
