"""What a run would do now, without doing or recording any of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.common import accounts, guards, previews
from lambdas.common.decision import Outcome
from lambdas.common.errors import AwsError
from lambdas.extend_vpcs.extension import Run, caps, look
from lambdas.extend_vpcs.handler import places
from lambdas.extend_vpcs.memory import recalled
from lambdas.extend_vpcs.plan import REMEDIATION, Terms, plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.common.settings import ExtendSettings, Settings


def preview(conf: Settings, *, now: datetime, remembered: bool) -> list[Decision]:
    """Foresee what `enforce` does, in the order in which it does it; what it would only say has an outcome.

    With `remembered` the guards and the ledger of what is deployed are read too: what is under way, what counts against
    the caps, what people took away again, and what AWS failed to do. Other accounts are looked at where the settings
    have an organisation, under the role that SPOKE_ROLE names.
    """
    if conf.extend_vpcs is None:
        return []
    terms = Terms(settings=conf.extend_vpcs, tag_prefix=conf.tag_prefix)
    foreseen: list[Decision] = []
    for target in places(conf, conf.regions or (accounts.home_region(),), own=accounts.own()):
        run = Run(target=target, now=now, terms=terms, mode="enforce")
        try:
            foreseen += plan(look(run, None, remembered=remembered), terms, now=now).decisions
            foreseen += run.unread
        except AwsError as error:
            foreseen.append(previews.unreadable(REMEDIATION, target, error))
    if remembered:
        foreseen = [recalled(each, now=now) if each.outcome is None else each for each in foreseen]
    capped = _capped(foreseen, terms.settings, remembered=remembered, now=now)
    # An account that cannot be worked in is one finding, however many Regions it has.
    return list({each.id: each for each in capped}.values())


def _capped(
    decisions: Iterable[Decision], settings: ExtendSettings, *, remembered: bool, now: datetime
) -> Iterator[Decision]:
    """Say of what is over a day's caps that it waits for tomorrow."""
    counted: dict[str, int] = {}
    for decision in decisions:
        limits = caps(settings, decision.resource_id) if decision.outcome is None else ()
        if remembered:
            unread = [cap.what for cap in limits if cap.what not in counted]
            counted |= guards.counted(REMEDIATION, unread, now=now)
        if any(counted.get(cap.what, 0) >= cap.maximum for cap in limits):
            yield replace(decision, outcome=Outcome.BLOCKED, reason="daily-cap")
            continue
        counted |= {cap.what: counted.get(cap.what, 0) + 1 for cap in limits}
        yield decision
