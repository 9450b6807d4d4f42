"""What runs would do from now on, without doing or recording any of it: each move, and those that wait for others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdas.align_albs.alignment import look, rejected
from lambdas.align_albs.handler import places
from lambdas.align_albs.plan import REMEDIATION, Terms, plan
from lambdas.align_albs.run import Run
from lambdas.common import accounts, previews
from lambdas.common.errors import AwsError

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.align_albs.model import Fleet
    from lambdas.common.decision import Decision
    from lambdas.common.settings import Settings

ROUNDS = 64


def preview(conf: Settings, *, now: datetime, remembered: bool) -> list[Decision]:
    """Foresee what `enforce` does, in the order in which it does it; what it would only say has an outcome.

    With `remembered` the guards of what is deployed are read too: which addresses were there before, and what people
    took off a pool again or rejected. Other accounts are looked at where the settings have an organisation, under the
    role that SPOKE_ROLE names.
    """
    if conf.align_albs is None:
        return []
    terms = Terms(settings=conf.align_albs, tag_prefix=conf.tag_prefix)
    foreseen = []
    for target in places(conf, own=accounts.own(), home=accounts.home_region()):
        run = Run(target=target, now=now, terms=terms, mode="enforce", deadline=math.inf)
        try:
            foreseen += _foreseen(look(run, None, remembered=remembered), terms, remembered=remembered)
            foreseen += run.unread
        except AwsError as error:
            foreseen.append(previews.unreadable(REMEDIATION, target, error))
    # An account that cannot be worked in is one finding, however many Regions it has.
    return list({each.id: each for each in foreseen}.values())


def _foreseen(fleet: Fleet, terms: Terms, *, remembered: bool) -> list[Decision]:
    """Judge, take what is decided as done, and judge again what had to wait, until nothing more is to be done.

    What a person rejected is not done, and leaves its room to the others.
    """
    told: dict[str, Decision] = {}
    for _ in range(ROUNDS):
        made = plan(fleet, terms)
        left = rejected([*made.moves, *made.waiting, *made.short]) if remembered else []
        moves = [] if left else made.moves
        told |= {each.id: each for each in left or made.decisions if each.id not in told}
        if not left and not moves:
            break
        # What AWS does to the addresses of a load balancer that moves, nobody knows before.
        fleet = fleet.after(
            {each.resource_id: each.subject for each in moves}, left={each.resource_id for each in left}
        )
    return list(told.values())
