"""Keeps load balancers on their pools: looks at those that an event hints at, or at all of them."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdas.align_albs import aws
from lambdas.align_albs.alignment import Run, align
from lambdas.align_albs.model import Target
from lambdas.align_albs.plan import REMEDIATION, Terms
from lambdas.common import events, settings
from lambdas.common.errors import RunFailedError
from lambdas.common.events import Kind
from lambdas.common.observability import logger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.events import Wakeup
    from lambdas.common.settings import AlignSettings, Settings

ALB_ARN = r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/[A-Za-z0-9-]+/[0-9a-f]+"
POOL_ID = r"ipam-pool-[0-9a-z]+"
REGION = r"[a-z]+(?:-[a-z]+)+-\d+"
RESERVE_SECONDS = 30.0
"""Kept at the end of an invocation for what is under way."""
DEFAULT_SECONDS = 120.0

log = logger(REMEDIATION)


def handler(event: object, context: Any) -> dict[str, object] | None:  # noqa: ANN401 - Lambda's, or none in a test
    """Answer an EventBridge event, or an SQS batch of them."""
    remaining = context.get_remaining_time_in_millis() / 1000 if context else DEFAULT_SECONDS
    return events.handle(event, partial(look_where_hinted, deadline=time.monotonic() + remaining - RESERVE_SECONDS))


def look_where_hinted(wakeup: Wakeup, *, deadline: float) -> None:
    """Align the load balancers that the wakeup hints at; RunFailedError at the end when something failed."""
    conf = settings.load()
    if conf.align_albs is None:
        return
    failed = [
        target.region
        for target, named in targets(wakeup, conf, conf.align_albs).items()
        if not _survived(target, named, now=wakeup.time, deadline=deadline)
    ]
    if failed:
        raise RunFailedError(f"failed in {', '.join(failed)}")


def targets(wakeup: Wakeup, conf: Settings, align: AlignSettings) -> Mapping[Target, AbstractSet[str] | None]:
    """Find where a wakeup hints at: the ARNs of load balancers in a Region, or None for all that are there.

    Whatever names none of what we look after means nothing, but for a schedule, which means everything.
    """
    regions = conf.regions or (aws.own_region(),)
    if arns := wakeup.named(ALB_ARN):
        named: dict[Target, set[str]] = defaultdict(set)
        for arn in sorted(arns):
            if (region := arn.split(":")[3]) in regions:
                named[Target(region=region)].add(arn)
        return named
    if pools := wakeup.named(POOL_ID):
        # A pool serves one Region; whose is not told by our configuration was named by a tag.
        regions = tuple(region for region in regions if align.pools.get(region) in pools) or regions
    elif wakeup.kind is Kind.RECHECK:
        regions = tuple(region for region in regions if region in wakeup.named(REGION))
    elif wakeup.kind is not Kind.SCHEDULE:
        return {}
    return {Target(region=region): None for region in regions}


def align_there(
    target: Target, named: AbstractSet[str] | None, *, now: datetime, deadline: float, approved: str = ""
) -> None:
    """Align these load balancers by the settings of this deployment; RunFailedError when something failed."""
    conf = settings.load()
    if conf.align_albs is not None:
        terms = Terms(settings=conf.align_albs, tag_prefix=conf.tag_prefix)
        mode = conf.align_albs.mode
        align(Run(target=target, now=now, terms=terms, mode=mode, deadline=deadline, approved=approved), named)


def _survived(target: Target, named: AbstractSet[str] | None, *, now: datetime, deadline: float) -> bool:
    """Align what is in one place; whatever goes wrong there must not reach the others."""
    try:
        align_there(target, named, now=now, deadline=deadline)
    except Exception:
        log.exception("%s failed", target.region)
        return False
    return True
