"""What people decide about addresses: let what was proposed be released, have one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import consent, guards, ledger, reversal
from lambdas.common.announce import announce
from lambdas.common.decision import Action, Outcome
from lambdas.common.errors import AwsError, code_of, failure_of, reason_of, was_refused
from lambdas.common.targets import Target
from lambdas.release_eips import aws, breaker, clocks, plan, release, sweep
from lambdas.release_eips.handler import begun
from lambdas.release_eips.run import log

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from lambdas.common.decision import Decision, Lease
    from lambdas.common.ledger import Record
    from lambdas.common.settings import Mode
    from lambdas.release_eips.model import Address
    from lambdas.release_eips.plan import Case
    from lambdas.release_eips.run import Run
    from lambdas.release_eips.sweep import Seen

SECONDS = 260.0
"""How long an approval may take: less than the function's time, as what remains is for the next sweep, and enough to
read the hosted zones once."""

TAKEN = frozenset({"AuthFailure", "InvalidAddress.NotFound", "InvalidAddressID.NotFound"})
"""How EC2 says that an address is not to be had: another account has it, or Amazon has forgotten whose it was."""

GIVEN_UP = frozenset({Outcome.FAILED, Outcome.BLOCKED})
"""After these a whole may be released after all, under the same approval or another one: nothing of it was."""

AGAIN = frozenset({Outcome.FAILED, Outcome.PENDING})
"""After these an address may be asked for again; while it is pending, nothing has been allocated."""

OWN_TAGS = "aws:"
"""Tags with this prefix are AWS's own: nobody else may set them."""


def approve(proposal: Record, *, now: datetime) -> None:
    """Judge anew and release, where that is still the decision that a person approved.

    The breaker's proposal about a whole Region stands for each address that it holds.
    """
    target = Target(account=proposal.account, region=proposal.region)
    run = begun(target, now=now, seconds=SECONDS, approved=proposal.decision_id)
    if proposal.resource_id == target.name:
        _release_whole(run, proposal)
        return
    held = breaker.REASON if proposal.reason == breaker.REASON else ""
    for case in _chosen(run, sweep.observe(run), {proposal.resource_id}):
        due = _due(run, case)
        if due and plan.proposed_as(due[1], proposal.decision_id, rounds=consent.ROUNDS) is not None:
            release.attempt(run, due[0], mode=run.settings.mode, held=held)


def _release_whole(run: Run, proposal: Record) -> None:
    """Release what the breaker holds, as much as one run may; in `enforce`, the next sweeps go on with the rest.

    Of one whose run ended in the middle, what it had begun is seen to, and then its record is ended.
    """
    if (forbidden := consent.what_forbids()) is not None:
        announce(ledger.note_on(proposal, Outcome.BLOCKED, reason=forbidden, now=run.now))
        return
    held = proposal.detail["held"]
    now_whole = plan.summary(run.target, held, of=proposal.detail["of"], usd_month=proposal.detail["cost_usd_month"])
    whole = plan.proposed_as(now_whole, proposal.decision_id, rounds=consent.ROUNDS)
    if whole is None:
        return
    seen = sweep.observe(run)
    earlier = _lease(run)
    if breaker.is_being_released(run) or earlier.decision_id == whole.id:
        return
    lease = _lease(run)
    if guards.begin(whole, lease=lease, again=GIVEN_UP, now=run.now) is not None:
        return
    stopped = _release_each(run, seen, held)
    breaker.end(
        run,
        guards.taken(whole, lease, now=run.now),
        held,
        given_up=Outcome.FAILED if seen.failed else Outcome.BLOCKED,
        reason=stopped or breaker.REASON,
    )
    sweep.tell_failed(run, seen)


def _lease(run: Run) -> Lease:
    """Read the lease of a whole account and Region."""
    return guards.leases(plan.REMEDIATION, [run.target.name])[run.target.name]


def _release_each(run: Run, seen: Seen, held: Mapping[str, str]) -> str:
    """Release each of these addresses by itself, while there is time; what stopped all of them, if something did."""
    # A person approved them all at once: no proposal of its own is asked for.
    mode: Mode = "enforce" if run.settings.mode != "observe" else "observe"
    stopped = ""
    for case in _chosen(run, seen, held):
        if sweep.is_out_of_time(run, needed=run.examiner.seconds_ahead):
            break
        allocation_id = case.address.allocation_id
        with seen.surviving(allocation_id):
            due = _due(run, case)
            if due and due[1].id == held[allocation_id]:
                reason = release.attempt(run, due[0], mode=mode)
                stopped = reason if reason in sweep.STOPS else stopped
    return stopped


def _chosen(run: Run, seen: Seen, chosen: Collection[str]) -> list[Case]:
    """Give the cases of those of the chosen addresses that are idle, after what may be done to them is remembered."""
    cases = [case for case in seen.idle if case.address.allocation_id in chosen]
    clocks.act_on(run.target, {case.address.allocation_id for case in cases}, at=run.time.present)
    return cases


def _due(run: Run, case: Case) -> tuple[Case, Decision] | None:
    """Give an address with its evidence where it is due now; else it is recorded why it is not."""
    case, decision = sweep.judged(run, case)
    if decision.outcome is None:
        return case, decision
    release.leave(run, case, decision, decision.outcome)
    return None


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
    lease = guards.taken(decision, lease, now=now)
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
    holder = _holder(done)
    if holder == done.resource_id:
        waiting = {"message": "IPAM has not noticed yet that the address was released. It is tried again by itself."}
        ledger.complete(lease, Outcome.PENDING, reason=decision.reason, result=waiting, now=now)
        return ledger.read(decision.id) or done
    if not was_refused(error) or in_doubt:
        what = f"{before['public_ip']} was not allocated again"
        raise reversal.unanswered(lease, error, what=what, result=failure, now=now) from error
    if holder is not None or code_of(error) in TAKEN:
        return reversal.fail(decision, lease=lease, outcome=Outcome.BLOCKED, reason="taken", result=failure, now=now)
    return reversal.fail(decision, lease=lease, reason=reason_of(error), result=failure, now=now)


def _holder(done: Record) -> str | None:
    """Say which resource IPAM takes a released address to be with; None where it is with none, or nobody can say.

    The pool may be gone, or no longer shared: then what AWS said to the allocation is all there is to tell.
    """
    before = done.detail["before"]
    if not str(before["pool"]).startswith("ipam-pool-"):
        return None
    target = Target(account=done.account, region=done.region)
    try:
        return aws.holder_in_pool(target, pool=before["pool"], public_ip=before["public_ip"])
    except AwsError:
        log.warning("%s: nobody can say who has %s now", before["pool"], before["public_ip"])
        return None
