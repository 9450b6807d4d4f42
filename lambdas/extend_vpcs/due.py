"""What is due for VPCs that are nearly full: the next try of an extension, or why one is left as it is.

It is asked before blocks are shared out: one that is left is to take none from the others, and no pool is to grow for
it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.common import consent
from lambdas.common.decision import Outcome
from lambdas.extend_vpcs.caps import counted, counts_already, postponed, used_up
from lambdas.extend_vpcs.memory import recalled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.common.settings import ExtendSettings, Mode


def due(prospects: Iterable[Decision], settings: ExtendSettings, *, mode: Mode, now: datetime) -> dict[str, Decision]:
    """Give what has become of each prospect, by VPC: the try that is due, or with an outcome why the VPC is left.

    While observing it is only said what would be done. Caps count for what begins unasked: what is proposed may well be
    approved tomorrow.
    """
    tries = {each.resource_id: recalled(each, now=now) for each in prospects}
    if mode != "observe":
        tries = {vpc_id: _unless_rejected(each) for vpc_id, each in tries.items()}
    if mode == "enforce":
        tries = _within_caps(tries, settings, now=now)
    return tries


def _unless_rejected(decision: Decision) -> Decision:
    refused = consent.rejected(decision) if decision.outcome is None else None
    return decision if refused is None else replace(refused, outcome=Outcome.REJECTED)


def _within_caps(tries: dict[str, Decision], settings: ExtendSettings, *, now: datetime) -> dict[str, Decision]:
    """Leave for tomorrow what may not begin today; what only goes on may."""
    beginning = {vpc_id: each for vpc_id, each in tries.items() if each.outcome is None}
    counts = counted(settings, beginning, now=now)
    late = {
        vpc_id: postponed(each)
        for vpc_id, each in beginning.items()
        if used_up(settings, vpc_id, counts) and not counts_already(each, now=now)
    }
    return {**tries, **late}
