"""One refill, from what is seen of a pool to the end of its record.

The order is what makes it safe. The lease is read before the pool, so that whatever ends in between voids the
decision. The intent is in the ledger, and the lease taken, before a second look; only what both looks agree
on is asked for, under a token that is the decision's own. Nothing waits for the CIDR to arrive: the next
run that sees it completes the record and gives the lease back, and so does the next run after a crash,
wherever that was.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lambdas.common import consent, guards, ledger, needs
from lambdas.common.announce import announce
from lambdas.common.decision import Outcome
from lambdas.common.errors import AwsError, RunFailedError, code_of, reason_of
from lambdas.common.guards import LEASE_TIME, Cap, OutdatedError
from lambdas.common.observability import logger
from lambdas.refill_pools import aws, plan, request
from lambdas.refill_pools.model import present
from lambdas.refill_pools.need import has_free, reaches_target, shortage
from lambdas.refill_pools.origin import supply_cidrs
from lambdas.refill_pools.plan import REMEDIATION, Case, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lambdas.common.decision import Decision, Lease
    from lambdas.common.guards import Turn
    from lambdas.common.settings import PoolRule, RefillSettings
    from lambdas.refill_pools.model import Pool
    from lambdas.refill_pools.space import Range

CHOICES = 8
LONGEST_ERROR = 500

log = logger(REMEDIATION)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run goes by.

    `rules` and `leases` are those of all governed pools, `turns` those at what these draw from; leases and turns are
    kept up to date as the run takes them and gives them back. `needs` gives the netmask length of the block that
    somebody was refused from a pool, `demanded` of the one that another pool needs from it; `waiting` are the pools
    that wait for their source pool. `approved` is the id of the proposal that a person approved, or empty.
    """

    now: datetime
    rechecking: bool
    tag_prefix: str
    settings: RefillSettings
    pools: Mapping[str, Pool]
    turns: dict[str, Turn]
    leases: dict[str, Lease]
    rules: Mapping[str, PoolRule]
    needs: dict[str, int]
    approved: str = ""
    demanded: dict[str, int] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    def read_guards(self) -> None:
        """Read turns and leases anew, in this order: see the handler."""
        self.turns.update(guards.turns(REMEDIATION, self.turns))
        self.leases.update(guards.leases(REMEDIATION, self.leases))


def reconcile(run: Run, pool: Pool, rule: PoolRule) -> None:
    """Bring a pool one step nearer to what its rule asks; RunFailedError when a step ended as failed.

    Pools that run low together choose from one source at the same time: who comes second chooses again.
    """
    for _ in range(CHOICES):
        try:
            _step(run, pool, rule)
        except OutdatedError:
            time.sleep(random.uniform(0, 0.2))  # noqa: S311 - spreads rivals, hides nothing
            run.read_guards()
        else:
            return
    raise RunFailedError(f"others took from the source of {pool.id} first, {CHOICES} times in a row")


def _step(run: Run, pool: Pool, rule: PoolRule) -> None:
    case = _look(run, pool, rule)
    _close_need(run, case)
    lease = case.lease
    shown = plan.progress(case.space, lease.subject) if lease.subject else None
    if lease.decision_id:
        _resume(run, case, shown)
    elif shown is None and lease.subject and lease.fresh(run.now):
        log.info("pool %s does not show %s, which it has: it is looked at later", pool.id, lease.subject)
    elif (decision := plan.decide(case)) is not None:
        if decision.reason == "source-exhausted" and _source_is_refilled(run, case):
            log.info("pool %s waits for its source pool %s, which is refilled first", pool.id, pool.source_pool_id)
            run.waiting.add(pool.id)
            aws.send_recheck(pool.id, now=run.now)
        else:
            _apply(run, case, decision)


def _close_need(run: Run, case: Case) -> None:
    """Forget what somebody needs of the pool once it has a block of that size."""
    pool = case.space.pool
    length = run.needs.get(pool.id)
    if length is not None and has_free(case.space, length):
        needs.close(pool.id, length)
        del run.needs[pool.id]


def _source_is_refilled(run: Run, case: Case) -> bool:
    """Have the source pool refilled first, where a rule governs it; say whether a block is on its way to it.

    It may find its own source short in turn, and so on up the tree, each pool by a decision and a lease of its own.
    """
    source = case.source.pool if case.source else None
    rule = run.rules.get(source.id) if source else None
    length = plan.wanted_of_source(case, rule) if rule else None
    if source is None or rule is None or length is None:
        return False
    run.demanded[source.id] = min(length, run.demanded.get(source.id, length))
    reconcile(run, source, rule)
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


def _look(run: Run, pool: Pool, rule: PoolRule) -> Case:
    """Gather what judging a pool takes: of one that lacks nothing, no more than its own space."""
    lease = run.leases[pool.id]
    space = aws.space(pool)
    lengths = [each[pool.id] for each in (run.needs, run.demanded) if pool.id in each]
    demanded = min(lengths, default=None)
    needy = shortage(space, rule, lease, demanded) is not None
    supplied = needy and bool(supply_cidrs(rule, pool))
    return Case(
        space=space,
        rule=rule,
        lease=lease,
        tag_prefix=run.tag_prefix,
        source=aws.space(run.pools[pool.source_pool_id]) if needy and pool.source_pool_id else None,
        scope_taken=aws.taken_in_scope(pool, run.pools.values()) if supplied else (),
        reserved=_reserved_by_others(run, pool),
        demanded=demanded,
        contiguous_blocks=_contiguous_blocks(run) if needy and pool.contiguous else 0,
        external_authority=needy and aws.has_external_authority(pool),
    )


def _contiguous_blocks(run: Run) -> int:
    """Count the contiguous blocks of all pools, which have one quota between them."""
    pools = (pool for pool in run.pools.values() if pool.contiguous and pool.state != "delete-complete")
    return sum(len(present(aws.cidrs_of(pool))) for pool in pools)


def _reserved_by_others(run: Run, pool: Pool) -> tuple[Range, ...]:
    """Give the blocks that other pools asked for, from where this one draws too, and may not show yet."""
    return tuple(
        block
        for other, lease in run.leases.items()
        if other != pool.id
        and run.pools[other].draws_from == pool.draws_from
        and lease.subject
        and (lease.decision_id or lease.fresh(run.now))
        and (block := request.block_of(lease.subject)) is not None
    )


def _apply(run: Run, case: Case, decision: Decision) -> None:
    """Carry a decision out, or record why not."""
    pool = case.space.pool
    verdict = consent.judge(decision, mode=run.settings.mode, approved=run.approved, now=run.now)
    decision = verdict.decision
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
    if refused == "daily-cap":
        _say(run, decision, Outcome.BLOCKED, refused)
    elif refused is not None and case.lease.decision_id and not case.lease.fresh(run.now):
        _give_up(run, case)
    elif refused is not None:
        log.info("pool %s is being refilled by another run", pool.id)
    else:
        run.turns[pool.draws_from] = replace(turn, number=turn.number + 1)
        run.leases[pool.id] = replace(
            case.lease,
            decision_id=decision.id,
            subject=decision.subject,
            reason=decision.reason,
            held_until=run.now + LEASE_TIME,
        )
        _act(run, case, decision)


def _is_being_refilled(case: Case) -> bool:
    """Say whether what is in flight is ours: another run has taken the lease since this one looked."""
    pool = case.space.pool
    return guards.leases(REMEDIATION, [pool.id])[pool.id] != case.lease


def _act(run: Run, case: Case, decision: Decision) -> None:
    """Look a second time, with the lease in hand, and ask for the block if that look says the same."""
    pool = case.space.pool
    # Without a source pool, one that has come into the scope since counts too.
    related = [pool.id, pool.source_pool_id] if pool.source_pool_id else []
    run = replace(run, pools={**run.pools, **aws.pools(related)})
    case = _look(run, run.pools[pool.id], case.rule)
    shown = plan.progress(case.space, decision.subject)
    if shown is not None:
        _follow(run, case, shown)
    elif (second := plan.decide(case)) is not None and _is_held_for(
        case.lease, replace(second, proposal=decision.proposal)
    ):
        _provision(run, case, decision)
    else:
        log.info("pool %s changed between two looks: %s is not asked for", pool.id, decision.subject)


def _provision(run: Run, case: Case, decision: Decision) -> None:
    pool = case.space.pool
    try:
        aws.provision(pool, decision.subject, token=f"poolwarden-{decision.id}")
    except AwsError as error:
        # The lease stays: the call may have gone through all the same, and only its repetition is safe.
        reason, text = reason_of(error), str(error)[:LONGEST_ERROR]
        failure = {"cidr": request.told(decision.subject), "error": code_of(error), "message": text}
        record = ledger.complete(decision.id, Outcome.FAILED, reason=reason, result=failure, now=run.now)
        if record is not None:
            announce(record)
        raise RunFailedError(f"{failure['cidr']} was not provisioned to {pool.id}: {text}") from error
    log.info("%s is asked for, for pool %s", decision.subject, pool.id, decision_id=decision.id)
    asked = {"cidr": request.told(decision.subject), "state": "pending-provision"}
    ledger.complete(decision.id, Outcome.PENDING, reason=decision.reason, result=asked, now=run.now)
    aws.send_recheck(pool.id, now=run.now)


def _follow(run: Run, case: Case, shown: Progress) -> None:
    """Bring the record of an act to where AWS is with it."""
    pool, lease = case.space.pool, case.lease
    if shown.outcome is Outcome.PENDING:
        moved = ledger.complete(
            lease.decision_id, Outcome.PENDING, reason=lease.reason, result=shown.result, now=run.now
        )
        if moved or (run.rechecking and lease.fresh(run.now)):
            aws.send_recheck(pool.id, now=run.now)
        return
    _settle(run, case, shown)
    if shown.outcome is Outcome.FAILED:
        raise RunFailedError(f"{shown.result['cidr']} was not provisioned to {pool.id}: {shown.reason}")
    if run.leases[pool.id].unfinished:
        reconcile(run, pool, case.rule)


def _give_up(run: Run, case: Case) -> None:
    """End an act whose block never showed, or was gone again before anybody looked."""
    result = {"cidr": request.told(case.lease.subject), "state": "not shown"}
    _settle(run, case, Progress(outcome=Outcome.SKIPPED, reason="state-changed", result=result))


def _settle(run: Run, case: Case, end: Progress) -> None:
    """End an act for good: complete its record, tell, and only then give the lease back.

    In this order, because a lease that is still held leads the next run here again when this one crashes.
    """
    lease = case.lease
    reason = end.reason or lease.reason
    record = ledger.complete(lease.decision_id, end.outcome, reason=reason, result=end.result, now=run.now)
    record = record or ledger.read(lease.decision_id)
    if record is not None:
        announce(record)
    succeeded = end.outcome is Outcome.DONE
    if succeeded and reason == "demanded" and (need := run.needs.pop(case.space.pool.id, None)) is not None:
        needs.close(case.space.pool.id, need)  # whoever asked may have taken the block already
    run.leases[case.space.pool.id] = guards.free(
        lease,
        succeeded=succeeded,
        unfinished=succeeded and reason == "low-water" and not reaches_target(case.space, case.rule),
        now=run.now,
    )


def _say(run: Run, decision: Decision, outcome: Outcome, reason: str) -> None:
    """Record what is not carried out, and tell when that is new."""
    record = ledger.note(decision, outcome, reason=reason, now=run.now)
    log.info("pool %s: %s, %s", decision.resource_id, outcome, reason, decision_id=decision.id)
    announce(record)
