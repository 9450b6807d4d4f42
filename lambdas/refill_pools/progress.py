"""How far a block is that was asked for, by what its pool lists: pure judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.common.decision import Outcome
from lambdas.refill_pools import request
from lambdas.refill_pools.model import FAILED_STATES, PENDING_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lambdas.refill_pools.model import PoolCidr


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a block that was asked for has come; `reason` is None where it is the act's own."""

    outcome: Outcome
    reason: str | None
    result: Mapping[str, object]


def progress(cidrs: Iterable[PoolCidr], subject: str, *, quota: str = "cidr-quota") -> Progress | None:
    """Say how far a block is that was asked for (see `request`); None while its pool does not show it.

    `quota` is the reason code of the quota that such a pool meets first. What was deprovisioned since counts as not
    shown: it may be left from an earlier refill of the same block.
    """
    shown = {each.state: each for each in request.answered(subject, cidrs)}
    for state, found in shown.items():
        result = {"cidr": found.cidr, "state": state}
        if state == "provisioned":
            return Progress(outcome=Outcome.DONE, reason=None, result=result)
        if state in PENDING_STATES:
            return Progress(outcome=Outcome.PENDING, reason=None, result=result)
        if state in FAILED_STATES:
            reason = quota if found.failure_code == "limit-exceeded" else "provision-failed"
            failure = {"failure": found.failure_code or "unknown", "message": found.failure_message or ""}
            return Progress(outcome=Outcome.FAILED, reason=reason, result={**result, **failure})
    return None
