"""A day's caps on extensions: what counts against them, and what has to wait for tomorrow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.common import ledger, limits
from lambdas.common.decision import Outcome
from lambdas.common.limits import Cap
from lambdas.extend_vpcs.plan import REMEDIATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.common.settings import ExtendSettings


def caps(settings: ExtendSettings, vpc_id: str) -> tuple[Cap, Cap]:
    """Give what counts an extension: over all VPCs, and for its own."""
    return (
        Cap(what="all", maximum=settings.max_extensions_per_day),
        Cap(what=vpc_id, maximum=settings.max_extensions_per_vpc_per_day),
    )


def counted(settings: ExtendSettings, vpc_ids: Iterable[str], *, now: datetime) -> dict[str, int]:
    """Read how many extensions count today against the caps of these VPCs, by what the caps are of."""
    whats = dict.fromkeys(cap.what for vpc_id in vpc_ids for cap in caps(settings, vpc_id))
    return limits.counted(REMEDIATION, whats, now=now)


def used_up(settings: ExtendSettings, vpc_id: str, counts: Mapping[str, int]) -> bool:
    """Say whether so many count already that none of this VPC may begin."""
    return any(counts.get(cap.what, 0) >= cap.maximum for cap in caps(settings, vpc_id))


def counts_already(decision: Decision, *, now: datetime) -> bool:
    """Say whether an extension counts today, so that it may be taken up again whatever the caps.

    One that AWS was asked for yesterday, and that ended today, passes for such too: as it begins the caps are held
    all the same.
    """
    act = ledger.read(decision.id)
    return act is not None and act.last_seen >= f"{now:%Y-%m-%d}"


def postponed(decision: Decision) -> Decision:
    """Say that an extension waits for tomorrow."""
    return replace(decision, outcome=Outcome.BLOCKED, reason="daily-cap")
