"""Too many at once: hold all of them, ask once about the whole, and let through what a person approved so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import consent, guards, ledger
from lambdas.common.announce import announce
from lambdas.common.consent import Answer
from lambdas.common.decision import Outcome
from lambdas.release_eips import clocks, plan
from lambdas.release_eips.run import say

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lambdas.common.decision import Decision
    from lambdas.release_eips.plan import Case
    from lambdas.release_eips.run import Run

REASON = "breaker"

Due = tuple["Case", "Decision"]


def let_through(run: Run, due: Sequence[Due], *, of: int, summaries: Collection[str]) -> list[Due]:
    """Give what may be released; where too much is due at once, that is what a person has approved before.

    `of` is the number of addresses that the target has, `summaries` the ids of what was asked before.
    """
    if summaries:
        _finish_whole(run)
    answered, over = answers(run, summaries)
    clocks.drop(run.target, "summaries", over)
    fresh = [each for each in due if each[1].id not in answered]
    if not plan.is_tripped(run.settings.breaker, due=len(fresh), of=of):
        return [each for each in due if answered.get(each[1].id) is not Answer.REJECTED]
    for case, decision in fresh:
        verdict = consent.judge(decision, mode=run.settings.mode, approved="", held=REASON, now=run.now)
        say(run, case, verdict.decision, verdict.outcome or Outcome.PROPOSED, verdict.reason, quietly=True)
    _ask(run, fresh, of=of)
    return [each for each in due if answered.get(each[1].id) is Answer.APPROVED]


def _finish_whole(run: Run) -> None:
    """End the record of a release of the whole whose run could not: what is left is judged like all else."""
    lease = guards.leases(plan.REMEDIATION, [run.target.name])[run.target.name]
    if not lease.decision_id or lease.fresh(run.now):
        return
    early = {"state": "ended early"}
    record = ledger.complete(lease.decision_id, Outcome.DONE, reason=REASON, result=early, now=run.now)
    if record is not None:
        announce(record)
    guards.free(lease, succeeded=True, unfinished=False, now=run.now)


def _ask(run: Run, held: Sequence[Due], *, of: int) -> None:
    """Propose all that is held as a whole, and tell that."""
    ids = {case.address.allocation_id: decision.id for case, decision in held}
    whole = plan.summary(run.target, ids, of=of, usd_month=sum(plan.usd_month(case.address) for case, _ in held))
    verdict = consent.judge(whole, mode=run.settings.mode, approved="", held=REASON, now=run.now)
    announce(ledger.note(verdict.decision, verdict.outcome or Outcome.PROPOSED, now=run.now))
    if verdict.outcome is Outcome.PROPOSED:
        clocks.summarise(run.target, {verdict.decision.id})


def answers(run: Run, summaries: Collection[str]) -> tuple[dict[str, Answer], set[str]]:
    """Give what people answered for each decision that was held, and the ids of the proposals that are over.

    An approval counts until the proposal would have expired, and only where changes need no other: in `approve`, each
    further change is a proposal again.
    """
    answered: dict[str, Answer] = {}
    over = set()
    for summary_id in summaries:
        proposal = consent.proposal(summary_id)
        record = ledger.read(summary_id, f"{Outcome.PROPOSED}#{REASON}")
        if proposal is None or record is None or (run.now >= proposal.until and proposal.answer is not Answer.REJECTED):
            over.add(summary_id)
        elif proposal.answer is Answer.REJECTED or (
            proposal.answer is Answer.APPROVED and run.settings.mode == "enforce"
        ):
            answered |= dict.fromkeys(record.detail["held"].values(), proposal.answer)
    return answered, over
