"""Keeps load balancers on their pools: looks at those that an event hints at, or at all of them."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdas.align_albs.alignment import align
from lambdas.align_albs.plan import REMEDIATION, Terms
from lambdas.align_albs.run import Run
from lambdas.common import accounts, clock, discovery, events, fanout, reach, settings
from lambdas.common.aws_clients import AGENT
from lambdas.common.events import POOL_ID, REGION, Kind
from lambdas.common.targets import Target, is_target, mode_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.events import Wakeup
    from lambdas.common.settings import AlignSettings, Settings

ALB_ARN = r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/[A-Za-z0-9-]+/[0-9a-f]+"
RESERVE_SECONDS = 30.0
"""Kept at the end of an invocation for what is under way."""
DEFAULT_SECONDS = 120.0


def handler(event: object, context: object) -> dict[str, object] | None:
    """Answer an EventBridge event, or an SQS batch of them."""
    remaining = events.seconds_left(context, otherwise=DEFAULT_SECONDS)
    return events.handle(event, partial(look_where_hinted, deadline=time.monotonic() + remaining - RESERVE_SECONDS))


def look_where_hinted(wakeup: Wakeup, *, deadline: float) -> None:
    """Align the load balancers that the wakeup hints at; RunFailedError at the end when something failed.

    An event that names load balancers is about these, our own message about a place. A pool that has grown, and the
    schedule, are about every account: in an organisation each place gets a message, and a worker for itself.
    """
    conf = settings.load()
    if conf.align_albs is None:
        return
    now = clock.latest(REMEDIATION, wakeup.time, anybodys=wakeup.is_anybodys)
    own, home = accounts.own(), accounts.home_region()
    hinted = {target: named for target, named in _hints(wakeup).items() if is_target(conf, target, own=own, home=home)}
    regions = _regions(wakeup, conf.align_albs, conf.regions or (home,))
    if hinted or not regions:
        _align_all(hinted, now=now, deadline=deadline)
    elif conf.organization is None:
        _align_all({Target(account=own, region=region): None for region in regions}, now=now, deadline=deadline)
    else:
        known = discovery.accounts_looked_after(conf, own=own, home=home)
        fanout.fan_out(
            fanout.rest_of(wakeup, swept(conf, regions)),
            lambda region: [Target(account=account, region=region) for account in known],
            now=now,
            until=deadline,
        )


def places(conf: Settings, *, own: str, home: str) -> list[Target]:
    """Give every place that a sweep looks at."""
    known, regions = discovery.accounts_looked_after(conf, own=own, home=home), swept(conf, conf.regions or (home,))
    return [Target(account=account, region=region) for account in known for region in regions]


def swept(conf: Settings, regions: Collection[str]) -> list[str]:
    """Leave out, in an organisation, Regions where no load balancer can be moved, because none has a pool there.

    What a tag names there is refused, which the event of its setting tells: not a sweep of thousands of places.
    """
    align = conf.align_albs
    if conf.organization is None or align is None:
        return list(regions)
    return [region for region in regions if region in align.pools or align.allowed_pools]


def align_there(
    target: Target,
    named: AbstractSet[str] | None,
    *,
    now: datetime,
    deadline: float,
    alone: bool = True,
    approved: str = "",
) -> None:
    """Align these load balancers by the settings of this deployment; RunFailedError when something failed.

    `alone` says that no other place has its share of the time.
    """
    conf = settings.load()
    if conf.align_albs is None:
        return
    terms = Terms(settings=conf.align_albs, tag_prefix=conf.tag_prefix)
    mode = mode_in(conf, conf.align_albs.mode, target.account)
    run = Run(target=target, now=now, terms=terms, mode=mode, deadline=deadline, alone=alone, approved=approved)
    align(run, named)


def _hints(wakeup: Wakeup) -> Mapping[Target, AbstractSet[str] | None]:
    """Read what an event names: load balancers by their ARNs, or a place by our own message; None means all there."""
    if _is_our_own_move(wakeup.detail):
        return {}
    if wakeup.kind in {Kind.SWEEP, Kind.RECHECK} and (target := fanout.target_of(wakeup)) is not None:
        return {target: None}
    named: dict[Target, set[str]] = defaultdict(set)
    for arn in wakeup.named(ALB_ARN):
        region, account = arn.split(":")[3:5]
        named[Target(account=account, region=region)].add(arn)
    return named


def _is_our_own_move(detail: Mapping[str, Any]) -> bool:
    """Say whether CloudTrail tells of what we did: to look at each of thousands of moves again helps nobody."""
    agent = detail.get("userAgent")
    return detail.get("eventName") == "ModifyIpPools" and isinstance(agent, str) and AGENT in agent


def _regions(wakeup: Wakeup, align: AlignSettings, regions: Collection[str]) -> Collection[str]:
    """Find the Regions in which everything is to be looked at: on schedule all, for a pool that has grown its own.

    Of what a fan-out has left, the message itself says more.
    """
    if wakeup.kind in {Kind.SCHEDULE, Kind.FAN_OUT}:
        return regions
    grown = wakeup.detail.get("resource_id")
    if wakeup.kind is not Kind.OTHER or not isinstance(grown, str) or not re.fullmatch(POOL_ID, grown):
        return ()
    configured = [region for region in regions if align.pools.get(region) == grown]
    if configured or not align.lets_tags_name(grown):
        return configured
    return [region for region in regions if region in wakeup.named(REGION)]


def _align_all(hinted: Mapping[Target, AbstractSet[str] | None], *, now: datetime, deadline: float) -> None:
    """Align one place after the other."""

    def align_in(target: Target) -> None:
        align_there(target, hinted[target], now=now, deadline=deadline, alone=len(hinted) == 1)

    reach.visit(REMEDIATION, hinted, align_in, now=now)
