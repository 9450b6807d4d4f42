"""One refill, from what is seen of a pool to the end of its record.

The order is what makes it safe. The lease is read before the pool, so that whatever ends in between voids the
decision. The intent is in the ledger, and the lease and the turn taken, before the one call, under a token that is the
decision's own. Nothing waits for the CIDR to arrive: the next run that sees it completes the record and gives the
lease back (see `follow`), and so does the next run after a crash, wherever that was.

There is one look, not two: what another run of ours does after it makes the transaction fail, and what anybody else
does in the moment between the look and the call, AWS refuses. See docs/decisions/0005-one-look.md.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.common import consent, guards, ledger, needs, rivals
from lambdas.common.announce import announce, conclude
from lambdas.common.decision import Outcome
from lambdas.common.errors import AwsError, RunFailedError, failure_of, reason_of
from lambdas.common.limits import Cap
from lambdas.common.observability import logger
from lambdas.refill_pools import aws, follow, plan, request
from lambdas.refill_pools.case import REMEDIATION, Case
from lambdas.refill_pools.gather import case_of
from lambdas.refill_pools.hindrance import quota_of
from lambdas.refill_pools.need import has_free
from lambdas.refill_pools.progress import Progress, progress

if TYPE_CHECKING:
    from lambdas.common.decision import Decision, Lease
    from lambdas.common.settings import PoolRule
    from lambdas.refill_pools.model import Pool, PoolSpace
    from lambdas.refill_pools.run import Run

log = logger(REMEDIATION)


def reconcile(run: Run, pool: Pool, rule: PoolRule, *, seen: PoolSpace | None = None) -> None:
    """Bring a pool one step nearer to what its rule asks; RunFailedError when a step ended as failed.

    Pools that run low together choose from one source at the same time: who comes second chooses again. `seen` is what
    this run has read of the pool already.
    """

    def step(again: bool) -> None:  # noqa: FBT001 - as `look_and_act` calls it
        if again:
            run.look_again()
        _step(run, pool, rule, None if again else seen)

    rivals.look_and_act(step, lost=f"others took from the source of {pool.id} first")


def _step(run: Run, pool: Pool, rule: PoolRule, seen: PoolSpace | None) -> None:
    case = case_of(run, pool, rule, seen=seen)
    _close_needs(run, case)
    lease = case.lease
    if lease.unfinished and not lease.decision_id and plan.has_enough(case):
        # Others gave back what was still lacking: from now on it is low below its mark again, not below its target.
        lease = run.leases[pool.id] = guards.finish(lease, now=run.now)
        case = replace(case, lease=lease)
    shown = progress(case.space.cidrs, lease.subject, quota=quota_of(pool)) if lease.subject else None
    if lease.decision_id:
        _resume(run, case, shown)
    elif shown is None and lease.subject and lease.fresh(run.now):
        log.info("pool %s does not show %s, which it has: it is looked at later", pool.id, lease.subject)
    elif (decision := plan.decide(case)) is not None:
        if decision.reason != "source-exhausted":
            _apply(run, case, decision)
        elif _is_being_refilled(case):
            # What its source lacks may be what another run has just taken for this very pool.
            log.info("pool %s is being refilled by another run", pool.id)
        elif _source_is_refilled(run, case):
            log.info("pool %s waits for its source pool %s, which is refilled first", pool.id, pool.source_pool_id)
            run.waiting.add(pool.id)
            aws.send_recheck(pool.id, now=run.now)
        else:
            _apply(run, case, decision)


def _close_needs(run: Run, case: Case) -> None:
    """Forget what somebody needs of the pool once it has a block, or altogether the addresses, of that size."""
    pool_id = case.space.pool.id
    length, addresses = run.needs.get(pool_id), run.sizes.get(pool_id)
    if length is not None and has_free(case.space, length):
        needs.close(pool_id, length, now=run.now)
        del run.needs[pool_id]
    if addresses is not None and case.space.size >= addresses:
        needs.close_size(pool_id, addresses, now=run.now)
        del run.sizes[pool_id]


def _source_is_refilled(run: Run, case: Case) -> bool:
    """Have the source pool refilled first, where a rule governs it; say whether a block is on its way to it.

    It may find its own source short in turn, and so on up the tree, each pool by a decision and a lease of its own.
    """
    if case.source is None:
        return False
    source = case.source.pool
    rule = run.rules.get(source.id)
    length = plan.wanted_of_source(case, rule) if rule else None
    if rule is None or length is None:
        return False
    run.demanded[source.id] = min(length, run.demanded.get(source.id, length))
    reconcile(run, source, rule, seen=case.source)
    return source.id in run.waiting or run.leases[source.id].fresh(run.now)


def _resume(run: Run, case: Case, shown: Progress | None) -> None:
    """Take up an act that another run, or this one a minute ago, did not see to its end."""
    if shown is not None:
        _follow(run, case, shown)
    elif (decision := plan.decide(case)) is not None and _is_held_for(case.lease, decision):
        _apply(run, case, decision)
    elif not case.lease.fresh(run.now):
        _give_up(run, case)
    # Otherwise what was asked for may have been granted without showing yet: a later run will know.


def _is_held_for(lease: Lease, decision: Decision) -> bool:
    return (lease.decision_id, lease.subject) == (decision.id, decision.subject)


def _apply(run: Run, case: Case, decision: Decision) -> None:
    """Carry a decision out, or record why not."""
    pool = case.space.pool
    asked_at = time.monotonic()
    verdict = consent.judge(decision, mode=run.settings.mode, approved=run.approved, now=run.now)
    decision = verdict.decision
    if verdict.outcome is not None and case.lease.decision_id and not case.lease.fresh(run.now):
        _give_up(run, case)  # it was begun when it was allowed; the next look judges anew
        return
    if verdict.outcome is not None:
        if decision.reason != "in-flight" or not _is_being_refilled(case):
            _say(run, decision, verdict.outcome, verdict.reason)
        return
    caps = (
        Cap(what="all", maximum=run.settings.max_provisions_per_day),
        Cap(what=pool.id, maximum=case.rule.max_provisions_per_day),
    )
    turn = run.turns[pool.draws_from]
    refused = guards.begin(decision, lease=case.lease, turn=turn, caps=caps, now=run.now)
    if refused is not None and case.lease.decision_id and not case.lease.fresh(run.now):
        _give_up(run, case)  # also where another day's cap refuses to go on with it
    elif refused == "daily-cap":
        _say(run, decision, Outcome.BLOCKED, refused)
    elif refused is not None:
        log.info("pool %s is being refilled by another run", pool.id)
    else:
        run.turns[pool.draws_from] = replace(turn, number=turn.number + 1)
        run.leases[pool.id] = guards.taken(decision, case.lease, now=run.now)
        is_old = time.monotonic() - asked_at > consent.GOOD_FOR_SECONDS
        if is_old and (forbidden := consent.what_forbids()) is not None:
            _stop(run, case, decision, forbidden)
        else:
            _provision(run, pool, decision)


def _stop(run: Run, case: Case, decision: Decision, forbidden: str) -> None:
    """End a refill that was stopped, for this reason code, between its intent and its call, and tell."""
    if guards.in_doubt(case.lease, now=run.now):
        _say(run, decision, Outcome.BLOCKED, forbidden)  # the lease stays: the next look shows what AWS did
        return
    pool_id, why = case.space.pool.id, "Changes were stopped before it was asked for."
    result = {"cidr": request.told(decision.subject), "state": "not asked for", "message": why}
    end = Progress(outcome=Outcome.BLOCKED, reason=forbidden, result=result)
    # Where it was one step of several, it still is.
    unfinished = case.lease.unfinished
    run.leases[pool_id] = follow.settle(pool_id, run.leases[pool_id], end, unfinished=unfinished, now=run.now)


def _is_being_refilled(case: Case) -> bool:
    """Say whether what is in flight is ours: another run has taken the lease since this one looked."""
    pool = case.space.pool
    return guards.leases(REMEDIATION, [pool.id])[pool.id] != case.lease


def _provision(run: Run, pool: Pool, decision: Decision) -> None:
    run.reading.forget_pool(pool.id)
    try:
        aws.provision(pool, decision.subject, token=f"poolwarden-{decision.id}")
    except AwsError as error:
        # The lease stays: the call may have gone through all the same, and only its repetition is safe.
        failure = {"cidr": request.told(decision.subject), **failure_of(error)}
        conclude(run.leases[pool.id], Outcome.FAILED, reason=reason_of(error), result=failure, now=run.now)
        raise RunFailedError(f"{failure['cidr']} was not provisioned to {pool.id}: {failure['message']}") from error
    log.info("%s is asked for, for pool %s", decision.subject, pool.id, decision_id=decision.id)
    asked = {"cidr": request.told(decision.subject), "state": "pending-provision"}
    ledger.complete(run.leases[pool.id], Outcome.PENDING, reason=decision.reason, result=asked, now=run.now)
    aws.send_recheck(pool.id, now=run.now)


def _follow(run: Run, case: Case, shown: Progress) -> None:
    """See to an act that AWS shows, and go on where it was one step of several."""
    pool = case.space.pool
    lease = follow.follow(pool.id, case.lease, shown, rechecking=run.rechecking, now=run.now)
    run.leases[pool.id] = lease
    if shown.outcome is Outcome.DONE and case.lease.reason == "demanded":
        came = request.length_of(str(shown.result["cidr"]))
        if run.needs.get(pool.id, came) >= came:  # else somebody asked for more meanwhile
            run.needs.pop(pool.id, None)
    if shown.outcome is Outcome.FAILED:
        raise RunFailedError(f"{shown.result['cidr']} was not provisioned to {pool.id}: {shown.reason}")
    if not lease.decision_id and (lease.unfinished or pool.id in run.sizes):
        reconcile(run, pool, case.rule)


def _give_up(run: Run, case: Case) -> None:
    pool = case.space.pool
    run.leases[pool.id] = follow.give_up(pool.id, case.lease, now=run.now)


def _say(run: Run, decision: Decision, outcome: Outcome, reason: str) -> None:
    """Record what is not carried out, and tell when that is new."""
    record = ledger.note(decision, outcome, reason=reason, now=run.now)
    log.info("pool %s: %s, %s", decision.resource_id, outcome, reason, decision_id=decision.id)
    announce(record)
