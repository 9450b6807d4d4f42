"""What a run would do now, without doing or recording any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import accounts, previews
from lambdas.common.errors import AwsError
from lambdas.extend_vpcs.caps import caps, counted, counts_already, postponed, used_up
from lambdas.extend_vpcs.extension import Run, look, planned, resumed
from lambdas.extend_vpcs.handler import places
from lambdas.extend_vpcs.plan import REMEDIATION, Terms, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.common.settings import ExtendSettings, Settings


def preview(conf: Settings, *, now: datetime, remembered: bool) -> list[Decision]:
    """Foresee what `enforce` does, in the order in which it does it; what it would only say has an outcome.

    With `remembered` the guards and the ledger of what is deployed are read too: what is under way, what counts against
    the caps, what people took away again or rejected, and what AWS failed to do. Other accounts are looked at where the
    settings have an organisation, under the role that SPOKE_ROLE names.
    """
    if conf.extend_vpcs is None:
        return []
    terms = Terms(settings=conf.extend_vpcs, tag_prefix=conf.tag_prefix)
    foreseen: list[Decision] = []
    for target in places(conf, conf.regions or (accounts.home_region(),), own=accounts.own()):
        run = Run(target=target, now=now, terms=terms, mode="enforce")
        try:
            foreseen += _foreseen(run, remembered=remembered)
            foreseen += run.unread
        except AwsError as error:
            foreseen.append(previews.unreadable(REMEDIATION, target, error))
    capped = _capped(foreseen, terms.settings, remembered=remembered, now=now)
    # An account that cannot be worked in is one finding, however many Regions it has.
    return list({each.id: each for each in capped}.values())


def _foreseen(run: Run, *, remembered: bool) -> list[Decision]:
    """Judge the VPCs of a place."""
    estate = look(run, None, remembered=remembered)
    if not remembered:
        return plan(estate, run.terms, now=run.now).decisions
    return [resumed(each, estate.leases[each.resource_id], now=run.now) for each in planned(run, estate).decisions]


def _capped(
    decisions: Sequence[Decision], settings: ExtendSettings, *, remembered: bool, now: datetime
) -> Iterator[Decision]:
    """Say of what is over a day's caps, once those before it have begun, that it waits for tomorrow."""
    beginning = [each.resource_id for each in decisions if each.outcome is None]
    counts = counted(settings, beginning, now=now) if remembered else {}
    for decision in decisions:
        vpc_id = decision.resource_id
        if decision.outcome is not None or (remembered and counts_already(decision, now=now)):
            yield decision
        elif used_up(settings, vpc_id, counts):
            yield postponed(decision)
        else:
            counts |= {cap.what: counts.get(cap.what, 0) + 1 for cap in caps(settings, vpc_id)}
            yield decision
