"""Moving load balancers that a plan has room for, one after the other, to the end of each record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.align_albs import aws, ends, memory
from lambdas.align_albs.model import Memory
from lambdas.align_albs.plan import REMEDIATION
from lambdas.common import consent, guards, ledger, rechecks
from lambdas.common.announce import announce
from lambdas.common.decision import Outcome
from lambdas.common.errors import AwsError, code_of, failure_of, reason_of, was_refused
from lambdas.common.guards import OutdatedError
from lambdas.common.observability import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.align_albs.model import Alb, Fleet
    from lambdas.align_albs.run import Run
    from lambdas.common.decision import Decision, Lease

AGAIN = ledger.TRIED_AGAIN - {Outcome.INTENDED}
"""What is intended may be just about to happen: there is no token by which AWS knows a move that it is asked twice."""

log = logger(REMEDIATION)


def move_all(run: Run, fleet: Fleet, moves: Sequence[Decision]) -> set[str]:
    """Look a second time at as many as AWS describes in one call, and move those that are as they were.

    Gives the load balancers that the run came to before its time was up.
    """
    reached: set[str] = set()
    for first in range(0, len(moves), aws.BATCH):
        batch = moves[first : first + aws.BATCH]
        seen = aws.again(run.target, [fleet.albs[decision.resource_id] for decision in batch])
        for decision in batch:
            if run.over:
                return reached
            _move_if_unchanged(run, fleet, seen.get(decision.resource_id), decision)
            reached.add(decision.resource_id)
    return reached


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
        run.say(decision, verdict.outcome, verdict.reason)
        if verdict.outcome is Outcome.REJECTED and not guards.in_doubt(lease, now=run.now):
            run.refused.add(alb.arn)
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
    lease = guards.taken(decision, lease, now=run.now)
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
            run.say(decision, Outcome.BLOCKED, forbidden)  # the lease stays: the next look shows what AWS did
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
        if was_refused(error) and not in_doubt:
            run.refused.add(alb.arn)
        # The lease stays: the call may have gone through all the same, and the next look shows it.
        failure = {"pool": decision.subject, **failure_of(error)}
        reason = reason_of(error)
        record = ledger.complete(lease, Outcome.FAILED, reason=reason, result=failure, now=run.now)
        if record is not None:
            announce(record)
        raise
    run.moved[alb.arn] = decision.subject
    log.info("%s moved to %s", alb.arn, decision.subject, decision_id=decision.id)
    ends.finish(run, lease)
