"""What people decide about addresses: let what was proposed be released, have one back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.common import consent, guards, ledger, reversal
from lambdas.common.announce import announce, conclude
from lambdas.common.decision import Action, Outcome
from lambdas.common.errors import AwsError, code_of, failure_of, reason_of, was_refused
from lambdas.common.guards import LEASE_TIME
from lambdas.common.targets import Target
from lambdas.release_eips import aws, breaker, clocks, plan, release, sweep
from lambdas.release_eips.handler import begun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from lambdas.common.decision import Decision, Lease
    from lambdas.common.ledger import Record
    from lambdas.common.settings import Mode
    from lambdas.release_eips.model import Address
    from lambdas.release_eips.plan import Case
    from lambdas.release_eips.run import Run

SECONDS = 100.0
"""How long an approval may take: less than the function's time, as what remains is for the next sweep."""

TAKEN = frozenset({"AuthFailure", "InvalidAddress.NotFound", "InvalidAddressID.NotFound"})
"""How EC2 says that an address is not to be had: another account has it, or Amazon has forgotten whose it was."""

AGAIN = frozenset({Outcome.FAILED, Outcome.PENDING})
"""After these an address may be asked for again; while it is pending, nothing has been allocated."""

OWN_TAGS = "aws:"
"""Tags with this prefix are AWS's own: nobody else may set them."""


def approve(proposal: Record, *, now: datetime) -> None:
    """Judge anew and release, where that is still the decision that a person approved.

    The breaker's proposal about a whole Region stands for each address that it holds.
    """
    target = Target(account=proposal.account, region=proposal.region)
    run = begun(target, now=now, run_id=str(uuid.uuid4()), seconds=SECONDS, approved=proposal.decision_id)
    if proposal.resource_id == target.name:
        _release_whole(run, proposal)
        return
    held = breaker.REASON if proposal.reason == breaker.REASON else ""
    for case, decision in _due(run, {proposal.resource_id}):
        if plan.proposed_as(decision, proposal.decision_id, rounds=consent.ROUNDS) is not None:
            release.attempt(run, case, mode=run.settings.mode, held=held)


def _release_whole(run: Run, proposal: Record) -> None:
    """Release what the breaker holds, as much as one run may; in `enforce`, the next sweeps go on with the rest.

    Of one whose run ended in the middle, the record is ended, and what it had begun is seen to.
    """
    if (forbidden := consent.what_forbids()) is not None:
        announce(ledger.note_on(proposal, Outcome.BLOCKED, reason=forbidden, now=run.now))
        return
    held = proposal.detail["held"]
    now_whole = plan.summary(run.target, held, of=proposal.detail["of"], usd_month=proposal.detail["cost_usd_month"])
    whole = plan.proposed_as(now_whole, proposal.decision_id, rounds=consent.ROUNDS)
    if whole is None or breaker.is_being_released(run):
        return
    lease = guards.leases(plan.REMEDIATION, [run.target.name])[run.target.name]
    if guards.begin(whole, lease=lease, now=run.now) is not None:
        sweep.observe(run)
        return
    lease = replace(lease, decision_id=whole.id)
    # A person approved them all at once: no proposal of its own is asked for.
    mode: Mode = "enforce" if run.settings.mode != "observe" else "observe"
    for case, decision in _due(run, held):
        if run.time.is_over(reserve=sweep.RESERVE_SECONDS):
            break
        if held[case.address.allocation_id] == decision.id:
            release.attempt(run, case, mode=mode)
    result = {"released": len(run.released), "left": len(held) - len(run.released)}
    conclude(whole.id, Outcome.DONE, reason=breaker.REASON, result=result, now=run.now)
    guards.free(lease, succeeded=True, unfinished=False, now=run.now)


def _due(run: Run, chosen: Collection[str]) -> Iterator[tuple[Case, Decision]]:
    """Give those of the chosen addresses that are due now; of the others it is recorded why they are not."""
    cases = [case for case in sweep.observe(run).idle if case.address.allocation_id in chosen]
    run.examiner.wanted = {case.address.public_ip for case in cases}
    clocks.act_on(run.target, {case.address.allocation_id for case in cases}, at=run.time.present)
    for case in cases:
        case, decision = sweep.judged(run, case)  # noqa: PLW2901 - the case with its evidence
        if decision.outcome is None:
            yield case, decision
        else:
            release.leave(run, case, decision, decision.outcome)


def undo(done: Record, *, lease: Lease, now: datetime) -> Record:
    """Allocate the same address again, with its tags; pending while IPAM has not noticed that it was released.

    Gives the record to tell of: of the undo while it is pending or cannot be, of the release once it is undone.
    """
    target = Target(account=done.account, region=done.region)
    before = done.detail["before"]
    public_ip = str(before["public_ip"])
    last_tags = done.detail["result"].get("tags", before["tags"])
    tags = {key: value for key, value in last_tags.items() if not key.startswith(OWN_TAGS)}
    decision = reversal.reversal(
        done, Action.ALLOCATE_ADDRESS, subject=public_ip, lease=lease, detail={"before": before}
    )
    ours = next(iter(aws.at(target, [public_ip])), None)
    was_pending = reversal.is_under_way(decision, lease) and _is_pending(decision)
    if ours is not None and (not reversal.is_under_way(decision, lease) or was_pending or ours.service_managed):
        return reversal.leave(decision, _had_by(ours), lease=lease, now=now)
    if ours is None and (standing := reversal.begin(done, decision, lease=lease, again=AGAIN, now=now)) is not None:
        return standing
    in_doubt = guards.in_doubt(lease, now=now) and not was_pending
    lease = replace(lease, decision_id=decision.id, subject=decision.subject, held_until=now + LEASE_TIME)
    try:
        if ours is not None:
            aws.tag(target, ours.allocation_id, {key: tags[key] for key in tags if ours.tags.get(key) != tags[key]})
            allocation_id = ours.allocation_id
        else:
            allocation_id = aws.allocate_again(
                target, public_ip=public_ip, pool=before["pool"], border_group=before["border_group"], tags=tags
            )
    except AwsError as error:
        return _not_had(done, decision, lease, error, in_doubt=in_doubt, now=now)
    result = {"public_ip": public_ip, "allocation_id": allocation_id}
    return reversal.finish(done, decision, lease=lease, result=result, now=now)


def _had_by(found: Address) -> str:
    """Say who has an address that no undo of ours has had back."""
    if found.service_managed:
        return f"A service of AWS's has {found.public_ip} now ({found.service_managed}): it is left to it."
    return f"You have {found.public_ip} already, as {found.allocation_id}: there is nothing left to undo."


def _is_pending(decision: Decision) -> bool:
    """Say whether AWS is known to have done nothing yet for an undo that is under way."""
    record = ledger.read(decision.id)
    return record is not None and record.outcome == Outcome.PENDING


def _not_had(
    done: Record, decision: Decision, lease: Lease, error: Exception, *, in_doubt: bool, now: datetime
) -> Record:
    """Say why an address is not back: somebody else has it, IPAM does not know yet that it is free, or AWS failed.

    `in_doubt` says that AWS may have allocated it at an earlier call: then it may be we who have it.
    """
    failure = failure_of(error)
    before = done.detail["before"]
    holder = None
    if str(before["pool"]).startswith("ipam-pool-"):
        target = Target(account=done.account, region=done.region)
        holder = aws.holder_in_pool(target, pool=before["pool"], public_ip=before["public_ip"])
    if holder == done.resource_id:
        waiting = {"message": "IPAM has not noticed yet that the address was released. It is tried again by itself."}
        ledger.complete(decision.id, Outcome.PENDING, reason=decision.reason, result=waiting, now=now)
        return ledger.read(decision.id) or done
    if not was_refused(error) or in_doubt:
        what = f"{before['public_ip']} was not allocated again"
        raise reversal.unanswered(decision, error, what=what, result=failure, now=now) from error
    if holder is not None or code_of(error) in TAKEN:
        return reversal.fail(decision, lease=lease, outcome=Outcome.BLOCKED, reason="taken", result=failure, now=now)
    return reversal.fail(decision, lease=lease, reason=reason_of(error), result=failure, now=now)
