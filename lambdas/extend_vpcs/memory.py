"""What the ledger knows of earlier extensions of a VPC by the same pool, and what that means for the next one.

AWS takes a request at once and adds the CIDR later, or does not: what came to nothing is known by its record, as AWS
lists an association that failed for a while only.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from lambdas.common import consent, ledger
from lambdas.common.decision import Action, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.common.ledger import Record

TRIES: tuple[tuple[str, ...], ...] = ((), ("another block",))
"""What tells the tries of one extension in a day apart: the first choice and one other; then somebody has to look."""


def recalled(decision: Decision, *, now: datetime) -> Decision:
    """Give a decision to extend a VPC as it stands with what became of it before.

    What somebody took away is not added again. Of the tries, each a decision of its own that counts against the caps,
    the one is due that never came to nothing, or did so the longest ago: one that is under way, or that a person has
    rejected, stays the one that is due, whatever the day.
    """
    tries = [replace(decision, judged=(*decision.judged, *more)) for more in TRIES]
    acts = [list(_acts_of(each)) for each in tries]
    for act in chain.from_iterable(acts):
        if act.outcome in {Outcome.DONE, Outcome.UNDONE}:
            return _taken_away(decision, act)
    lost = [max((act.last_seen for act in made if _came_to_nothing(act)), default="") for made in acts]
    due = lost.index(min(lost))
    return tries[due] if lost[due] < f"{now:%Y-%m-%d}" else _given_up(decision)


def _acts_of(decision: Decision) -> Iterator[Record]:
    """Give the acts that came of a decision; one that a person approved is under the id of its proposal."""
    for number in range(1, consent.ROUNDS + 1):
        proposal = replace(decision, proposal=number)
        if (act := ledger.read(proposal.id)) is not None:
            yield act
        if ledger.read(proposal.id, f"{Outcome.PROPOSED}#{proposal.reason}") is None:
            return


def _came_to_nothing(act: Record) -> bool:
    """Say whether AWS took a request, which gave an association, and the VPC did not get the CIDR."""
    result = act.detail.get("result", {})
    return act.outcome in {Outcome.FAILED, Outcome.SKIPPED} and "association" in result


def _taken_away(decision: Decision, act: Record) -> Decision:
    """Say that a VPC was extended so before, and that somebody took it away again."""
    added = act.detail["result"]["cidr"]
    why = f"{added} was added before, and somebody took it away again: it is left as it is until its CIDRs change."
    return _left(decision, Outcome.REJECTED, decision.reason, "taken away", why)


def _given_up(decision: Decision) -> Decision:
    """Say that AWS has taken as many requests as are made in a day, and carried out none."""
    why = (
        "Twice today AWS took the request for a block and did not add it: it is asked again tomorrow (UTC), or once "
        "the VPC's CIDRs have changed."
    )
    return _left(decision, Outcome.BLOCKED, "association-failed", "given up", why)


def _left(decision: Decision, outcome: Outcome, reason: str, judged: str, why: str) -> Decision:
    before = {name: value for name, value in decision.detail.items() if name not in {"cidr", "after"}}
    return replace(
        decision,
        action=Action.NONE,
        subject="",
        outcome=outcome,
        reason=reason,
        judged=(*decision.judged, judged),
        detail={**before, "why": why},
    )
