"""Too many at once: hold all of them, ask once about the whole, and let through what a person approved so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import consent, guards, ledger
from lambdas.common.announce import announce, conclude
from lambdas.common.consent import Answer
from lambdas.common.decision import Outcome
from lambdas.release_eips import clocks, plan
from lambdas.release_eips.run import say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lambdas.common.decision import Decision, Lease
    from lambdas.release_eips.plan import Case
    from lambdas.release_eips.run import Run

REASON = "breaker"
WEIGHTS = (Answer.OPEN, Answer.APPROVED, Answer.REJECTED)

Due = tuple["Case", "Decision"]


def let_through(run: Run, due: Sequence[Due], *, of: int, summaries: Collection[str]) -> list[Due]:
    """Give what may be released; where too much is due at once, that is what a person has approved before.

    `of` is the number of addresses that the target has, `summaries` the ids of what was asked before.
    """
    answered, over = answers(run, summaries)
    if not (summaries and is_being_released(run)):
        clocks.drop(run.target, "summaries", over)
    if plan.is_tripped(run.settings.breaker, due=len(due), of=of):
        # Nobody is asked again about what somebody rejected by itself.
        answered |= {decision.id: Answer.REJECTED for _, decision in due if consent.rejected(decision) is not None}
    held, through = sort(run, due, answered, of=of)
    for case, decision in held:
        verdict = consent.judge(decision, mode=run.settings.mode, approved="", held=REASON, now=run.now)
        say(run, case, verdict.decision, verdict.outcome or Outcome.PROPOSED, verdict.reason, quietly=True)
    if plan.is_tripped(run.settings.breaker, due=len(held), of=of):
        _ask(run, held, of=of)
    return through


def sort(run: Run, due: Sequence[Due], answered: Mapping[str, Answer], *, of: int) -> tuple[list[Due], list[Due]]:
    """Give what is held, and what may be released, by what people answered about each decision.

    What people were asked about stays held until they answer or the question is over, also where it is not too much
    any more: they were told that it waits for them.
    """
    unanswered = [each for each in due if answered.get(each[1].id) in {None, Answer.OPEN}]
    if plan.is_tripped(run.settings.breaker, due=len(unanswered), of=of):
        return unanswered, [each for each in due if answered.get(each[1].id) is Answer.APPROVED]
    asked = [each for each in due if answered.get(each[1].id) is Answer.OPEN]
    return asked, [each for each in due if answered.get(each[1].id) in {None, Answer.APPROVED}]


def is_being_released(run: Run) -> bool:
    """Say whether a run may be at a release of the whole; the record of one that could not see to its end is ended.

    What such a one left is judged like all else.
    """
    lease = guards.leases(plan.REMEDIATION, [run.target.name])[run.target.name]
    if not lease.decision_id or lease.fresh(run.now):
        return bool(lease.decision_id)
    record = ledger.read(lease.decision_id)
    end(run, lease, record.detail["held"] if record else {}, given_up=Outcome.BLOCKED, state="ended early")
    return False


def end(
    run: Run, lease: Lease, held: Mapping[str, str], *, given_up: Outcome, reason: str = REASON, **said: str
) -> None:
    """End the record of a release of the whole, and give its lease back.

    Where nothing at all was released it ends as `given_up`, for this `reason`, so that it can be approved again.
    """
    acts = [ledger.read(each) for each in held.values()]
    released = sum(each is not None and each.outcome == Outcome.DONE for each in acts)
    outcome, why = (Outcome.DONE, REASON) if released else (given_up, reason)
    result = {"released": released, "left": len(held) - released, **said}
    conclude(lease, outcome, reason=why, result=result, now=run.now)
    guards.free(lease, succeeded=True, unfinished=False, now=run.now)


def _ask(run: Run, held: Sequence[Due], *, of: int) -> None:
    """Propose all that is held as a whole, and tell that."""
    ids = {case.address.allocation_id: decision.id for case, decision in held}
    whole = plan.summary(run.target, ids, of=of, usd_month=sum(plan.usd_month(case.address) for case, _ in held))
    verdict = consent.judge(whole, mode=run.settings.mode, approved="", held=REASON, now=run.now)
    record = ledger.note(verdict.decision, verdict.outcome or Outcome.PROPOSED, now=run.now)
    if verdict.outcome is Outcome.PROPOSED:
        clocks.summarise(run.target, {verdict.decision.id})
    announce(record)  # last: what people hear of is remembered then


def answers(run: Run, summaries: Collection[str]) -> tuple[dict[str, Answer], set[str]]:
    """Give how the question about each decision that was held stands, and the ids of the questions that are over.

    An approval counts until the question would have expired, and only where changes need no other: in `approve`, each
    further change is a proposal again. Where several questions are about one decision, a rejection counts more than an
    approval, and that more than no answer.
    """
    answered: dict[str, Answer] = {}
    over = set()
    for summary_id in summaries:
        proposal = consent.proposal(summary_id)
        record = ledger.read(summary_id, f"{Outcome.PROPOSED}#{REASON}")
        if proposal is None or record is None or proposal.is_over(run.now):
            over.add(summary_id)
        elif proposal.answer is not Answer.APPROVED or run.settings.mode == "enforce":
            for each in record.detail["held"].values():
                answered[each] = max(proposal.answer, answered.get(each, Answer.OPEN), key=WEIGHTS.index)
    return answered, over
