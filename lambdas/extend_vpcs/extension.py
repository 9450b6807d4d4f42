"""Extending the VPCs of an account and Region, from a look at them to the end of each record.

The order is what makes it safe. Turns at the pools are read before what these have free, leases before the second look:
whatever another run takes or ends in between makes the decision void. The intent is in the ledger before the call, and
names the block: AWS takes no client token for it, so that a call that is made twice must be one that it refuses. A VPC
that is gone leads nobody to its lease: those of the VPCs that are being extended in a place are known without them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lambdas.common import accounts, consent, guards, ledger, limits, needs, reach, rechecks, rivals
from lambdas.common.announce import announce, conclude
from lambdas.common.decision import Outcome
from lambdas.common.errors import AwsError, code_of, failure_of, reason_of, was_refused
from lambdas.common.guards import OutdatedError
from lambdas.common.observability import logger
from lambdas.extend_vpcs import aws
from lambdas.extend_vpcs.caps import caps
from lambdas.extend_vpcs.due import due
from lambdas.extend_vpcs.memory import recalled
from lambdas.extend_vpcs.model import ASSOCIATED, FAILED, UNDER_WAY, Estate
from lambdas.extend_vpcs.plan import REMEDIATION, plan, prospects

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.decision import Decision, Lease
    from lambdas.common.limits import Turn
    from lambdas.common.settings import Mode
    from lambdas.common.targets import Target
    from lambdas.extend_vpcs.model import Block, Vpc
    from lambdas.extend_vpcs.plan import Plan, Terms

AGAIN = frozenset({Outcome.FAILED, Outcome.SKIPPED, Outcome.BLOCKED})
"""After these an extension of the same VPC by the same pool is tried again."""
REFUSALS = {aws.TOO_MANY_CIDRS: "cidr-quota", aws.RESTRICTED: "cidr-restricted"}
"""What AWS says no to for good, by its error code: that is how things are, and no failure."""

log = logger(REMEDIATION)


@dataclass(kw_only=True)
class Run:
    """What one run goes by, and how far it is.

    `approved` is the id of the proposal that a person approved, or empty. `turns` at pools are kept up to date as the
    run takes them; `failed` are the VPCs with which something went wrong. `unread` are the pools that the last look
    could not read, `unjudged` the VPCs that came from them.
    """

    target: Target
    now: datetime
    terms: Terms
    mode: Mode
    approved: str = ""
    turns: dict[str, Turn] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    unread: tuple[Decision, ...] = ()
    unjudged: dict[str, str] = field(default_factory=dict)


def extend(run: Run, named: AbstractSet[str] | None) -> None:
    """Bring the VPCs of these ids, None meaning all there, below the mark; RunFailedError when something failed.

    Runs that take from one pool at the same time share what it has: who comes second chooses again.
    """
    rivals.look_and_act(lambda _again: _look_and_act(run, named), lost="others took from the same pools first")
    for decision in run.unread:
        if decision.outcome is Outcome.BLOCKED:
            _say(run, decision, decision.outcome, decision.reason)
    reach.end_run(run.failed, unread=run.unread, unjudged=run.unjudged)


def look(run: Run, named: AbstractSet[str] | None, *, remembered: bool = True) -> Estate:
    """Gather what judging these VPCs takes; with `remembered` that is also what the guards know of them."""
    vpcs = aws.vpcs(run.target, named)
    # Those of VPCs that were being extended too, which may be gone.
    held = guards.lease_items(REMEDIATION, vpcs, acts=_acts(run), among=named) if remembered else {}
    blank = {vpc_id: {"guard": guards.lease_key(REMEDIATION, vpc_id)} for vpc_id in vpcs}
    leases = {vpc_id: guards.as_lease(item) for vpc_id, item in {**blank, **held}.items()}
    full = [vpc for vpc in vpcs.values() if run.terms.nearly_full(vpc)]
    origins = aws.origins(run.target, full) if full else {}
    if remembered:
        run.turns = limits.turns(REMEDIATION, set(origins.values()))
    pools, errors = aws.pools(set(origins.values()), run.target.region)
    run.unread = reach.unread(REMEDIATION, errors, account=accounts.own(), region=accounts.home_region())
    run.unjudged = {vpc_id: pool_id for vpc_id, pool_id in origins.items() if pool_id in errors}
    origins = {vpc_id: pool_id for vpc_id, pool_id in origins.items() if pool_id not in errors}
    return Estate(
        vpcs=vpcs,
        leases=leases,
        origins=origins,
        surroundings=aws.surroundings(run.target, origins.keys()) if origins else {},
        pools=pools,
    )


def planned(run: Run, estate: Estate) -> Plan:
    """Judge the VPCs of an estate by what there is, and by what became of earlier extensions of theirs."""
    found = due(prospects(estate, run.terms, now=run.now), run.terms.settings, mode=run.mode, now=run.now)
    return plan(estate, run.terms, due=found, now=run.now)


def resumed(decision: Decision, lease: Lease, *, now: datetime) -> Decision:
    """Give an extension that is under way, as its lease tells, as it stands; any other was asked about before."""
    return recalled(decision, now=now) if lease.decision_id and decision.outcome is None else decision


def _look_and_act(run: Run, named: AbstractSet[str] | None) -> None:
    estate = look(run, named)
    leases = {vpc_id: _followed(run, vpc_id, estate.vpcs.get(vpc_id), lease) for vpc_id, lease in estate.leases.items()}
    estate = replace(estate, leases=leases)
    made = planned(run, estate)
    if run.mode != "observe":
        for pool_id, length in made.needs.items():
            needs.record(pool_id, length, now=run.now)
    for decision in made.decisions:
        if decision.outcome is not None:
            _say(run, decision, decision.outcome, decision.reason)
            continue
        try:
            _extend(run, estate, decision)
        except OutdatedError:
            raise
        except Exception:
            log.exception("%s failed", decision.resource_id)
            run.failed.add(decision.resource_id)


def _followed(run: Run, vpc_id: str, vpc: Vpc | None, lease: Lease) -> Lease:
    """Bring the record of what is under way to where AWS is with it; the lease as it is then."""
    if not lease.decision_id:
        return lease
    if vpc is None:
        return _lost(run, vpc_id, lease)
    block = vpc.block(lease.subject)
    if block is None:
        # The call may never have been made, or AWS's answer is older than it: it is made again, while that can be.
        return lease if lease.fresh(run.now) else _vanished(run, lease)
    if block.state == ASSOCIATED:
        return _end(run, lease, Outcome.DONE, lease.reason, _result(block))
    if block.state in FAILED:
        run.failed.add(vpc_id)
        return _end(run, lease, Outcome.FAILED, "association-failed", _result(block))
    if block.state in UNDER_WAY:
        _wait(run, vpc_id, lease, block)
    return lease


def _vanished(run: Run, lease: Lease) -> Lease:
    """End the extension by a block that the VPC does not show; the lease as it is then.

    What AWS has answered is kept: only by that is it known that AWS was asked.
    """
    act = ledger.read(lease.decision_id)
    answered = act.detail.get("result", {}) if act else {}
    said = {"cidr": lease.subject, **answered, "state": "not shown"}
    return _end(run, lease, Outcome.SKIPPED, "state-changed", said)


def _lost(run: Run, vpc_id: str, lease: Lease) -> Lease:
    """End the extension of a VPC that is not there, once AWS's lists can be believed; the lease as it is then.

    Until then it is looked at again and again: where this was the last VPC from a pool, no sweep comes to its place.
    """
    if lease.fresh(run.now):
        _recheck(run, vpc_id)
        return lease
    said = {"cidr": lease.subject, "state": "gone", "message": f"{vpc_id} is not there any more."}
    return _end(run, lease, Outcome.BLOCKED, "state-changed", said)


def _extend(run: Run, estate: Estate, decision: Decision) -> None:
    """Carry a decision out, or record why not."""
    vpc, lease = estate.vpcs[decision.resource_id], estate.leases[decision.resource_id]
    pool_id = estate.origins[vpc.id]
    decision = resumed(decision, lease, now=run.now)
    verdict = consent.judge(decision, mode=run.mode, approved=run.approved, now=run.now)
    decision = verdict.decision
    if verdict.outcome is not None:
        _say(run, decision, verdict.outcome, verdict.reason)
        return
    if aws.vpcs(run.target, {vpc.id}).get(vpc.id) != vpc:
        log.info("%s changed between two looks: it is looked at anew", vpc.id)
        _recheck(run, vpc.id)
        return
    turn = run.turns[pool_id]
    refused = guards.begin(
        decision,
        lease=lease,
        turn=turn,
        caps=caps(run.terms.settings, vpc.id),
        acts=_acts(run),
        again=AGAIN,
        now=run.now,
    )
    if refused == "daily-cap":
        _say(run, decision, Outcome.BLOCKED, refused)
        return
    if refused is not None:
        log.info("%s is being extended by another run", vpc.id)
        _recheck(run, vpc.id)
        return
    run.turns[pool_id] = replace(turn, number=turn.number + 1)
    in_doubt = guards.in_doubt(lease, now=run.now)
    lease = guards.taken(decision, lease, now=run.now)
    _act(run, vpc, pool_id, lease, in_doubt=in_doubt)


def _act(run: Run, vpc: Vpc, pool_id: str, lease: Lease, *, in_doubt: bool) -> None:
    """Add the block that the lease is about; `in_doubt` says that AWS may have done so at an earlier call.

    Whether changes may still be made is asked last: with the second look it can take a minute to get here.
    """
    if (stopped := consent.what_forbids()) is not None:
        log.info("%s does not get %s: %s", vpc.id, lease.subject, stopped, decision_id=lease.decision_id)
        if not in_doubt:  # else the lease stays: the next look shows what AWS did
            said = {"cidr": lease.subject, "message": "Changes were stopped before AWS was asked for it."}
            _end(run, lease, Outcome.BLOCKED, stopped, said)
        return
    try:
        block = aws.associate(run.target, vpc.id, pool_id, lease.subject)
    except AwsError as error:
        said = {"cidr": lease.subject, **failure_of(error)}
        over = was_refused(error) and not in_doubt
        if over and code_of(error) in REFUSALS:
            _end(run, lease, Outcome.BLOCKED, REFUSALS[code_of(error)], said)
            return
        if over and aws.has_given(pool_id, lease.subject, run.target.region):
            _end(run, lease, Outcome.SKIPPED, "state-changed", said)
            raise OutdatedError(f"{lease.subject} of {pool_id} is somebody else's by now") from error
        # Where nobody knows what AWS did the lease stays: the next look shows it.
        _end(run, lease, Outcome.FAILED, reason_of(error), said, over=over)
        raise
    log.info("%s gets %s", vpc.id, block.cidr, decision_id=lease.decision_id)
    _wait(run, vpc.id, lease, block)


def _wait(run: Run, vpc_id: str, lease: Lease, block: Block) -> None:
    """Record that AWS is at it, and look again in a minute."""
    moved = ledger.complete(lease, Outcome.PENDING, reason=lease.reason, result=_result(block), now=run.now)
    if moved or lease.fresh(run.now):
        _recheck(run, vpc_id)


def _end(
    run: Run,
    lease: Lease,
    outcome: Outcome,
    reason: str,
    result: Mapping[str, object],
    *,
    over: bool = True,
) -> Lease:
    """End an act: complete its record, tell, and only then give the lease back where it is `over`."""
    conclude(lease, outcome, reason=reason, result=result, now=run.now)
    if not over:
        return lease
    return guards.free(lease, succeeded=outcome is Outcome.DONE, unfinished=False, acts=_acts(run), now=run.now)


def _acts(run: Run) -> str:
    """Give the key under which the extensions in the place of this run are named."""
    return guards.acts_key(REMEDIATION, run.target.name)


def _result(block: Block) -> dict[str, object]:
    return {"cidr": block.cidr, "association": block.association, "state": block.state}


def _recheck(run: Run, vpc_id: str) -> None:
    target = run.target
    rechecks.send({"account": target.account, "region": target.region, "resource_id": vpc_id}, now=run.now)


def _say(run: Run, decision: Decision, outcome: Outcome, reason: str) -> None:
    """Record what is not carried out, and tell when that is new."""
    record = ledger.note(decision, outcome, reason=reason, now=run.now)
    log.info("%s: %s, %s", decision.resource_id, outcome, reason, decision_id=decision.id)
    announce(record)
