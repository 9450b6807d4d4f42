"""Gives VPCs that are nearly full another CIDR: looks at those that an event hints at, or at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import accounts, clock, events, fanout, reach, settings
from lambdas.common.events import ACCOUNT_ID, POOL_ID, REGION, Kind
from lambdas.common.targets import Target, is_target, looks_after, mode_in
from lambdas.extend_vpcs import aws
from lambdas.extend_vpcs.extension import Run, extend
from lambdas.extend_vpcs.plan import REMEDIATION, Terms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.events import Wakeup
    from lambdas.common.settings import Settings

VPC_ID = r"vpc-[0-9a-z]+"
EVERYWHERE = frozenset({Kind.ALARM, Kind.CONTRIBUTOR, Kind.SCHEDULE, Kind.FAN_OUT})
"""What names no VPC, and means all of them, or those that a fan-out has left."""


def handler(event: object, context: object) -> dict[str, object] | None:  # noqa: ARG001 - Lambda's signature
    """Answer an EventBridge event, an alarm's direct payload, or an SQS batch of either."""
    return events.handle(event, look_where_hinted)


def look_where_hinted(wakeup: Wakeup) -> None:
    """Extend the VPCs that the wakeup hints at; RunFailedError at the end when something failed.

    An alarm's contributor is about one VPC, our own message about a VPC or a place. The schedule, and a pool that has
    grown, are about every account: in an organisation each place with a VPC from a pool gets a message.
    """
    conf = settings.load()
    if conf.extend_vpcs is None:
        return
    now = clock.latest(REMEDIATION, wakeup.time, anybodys=wakeup.is_anybodys)
    own, home = accounts.own(), accounts.home_region()
    hinted = {target: named for target, named in _hints(wakeup).items() if is_target(conf, target, own=own, home=home)}
    regions = _regions(wakeup, conf.regions or (home,))
    if hinted or not regions:
        _extend_all(hinted, now=now)
    elif conf.organization is None:
        _extend_all({Target(account=own, region=region): None for region in regions}, now=now)
    else:
        found = places(conf, regions, own=own)
        rest = fanout.rest_of(wakeup, regions)
        fanout.fan_out(rest, lambda region: [each for each in found if each.region == region], now=now)


def places(conf: Settings, regions: Collection[str], *, own: str) -> list[Target]:
    """Give every place of these Regions that is looked after and has a VPC from a pool; the IPAM knows which."""
    if conf.organization is None:
        return [Target(account=own, region=region) for region in regions]
    return sorted(each for each in aws.places_with_vpcs(regions) if looks_after(conf, each.account, own=own))


def extend_there(target: Target, named: AbstractSet[str] | None, *, now: datetime, approved: str = "") -> None:
    """Extend these VPCs by the settings of this deployment; RunFailedError when something failed."""
    conf = settings.load()
    if conf.extend_vpcs is None:
        return
    terms = Terms(settings=conf.extend_vpcs, tag_prefix=conf.tag_prefix)
    mode = mode_in(conf, conf.extend_vpcs.mode, target.account)
    extend(Run(target=target, now=now, terms=terms, mode=mode, approved=approved), named)


def _hints(wakeup: Wakeup) -> Mapping[Target, AbstractSet[str] | None]:
    """Read what an event names: a VPC with its account and Region, or a place by our own message; None means all there.

    An alarm's contributor has the three as dimensions of the metric.
    """
    named = wakeup.named(VPC_ID) or None
    if wakeup.kind in {Kind.SWEEP, Kind.RECHECK} and (target := fanout.target_of(wakeup)) is not None:
        return {target: named}
    places = {
        Target(account=account, region=region)
        for account in wakeup.named(ACCOUNT_ID)
        for region in wakeup.named(REGION)
    }
    return dict.fromkeys(places, named) if wakeup.kind is Kind.CONTRIBUTOR and named else {}


def _regions(wakeup: Wakeup, regions: Collection[str]) -> Collection[str]:
    """Find the Regions in which everything is to be looked at: on schedule all, for a pool that has grown its own."""
    if wakeup.kind in EVERYWHERE:
        return regions
    grown = wakeup.kind is Kind.OTHER and wakeup.named(POOL_ID)
    return [region for region in regions if region in wakeup.named(REGION)] if grown else ()


def _extend_all(hinted: Mapping[Target, AbstractSet[str] | None], *, now: datetime) -> None:
    """Extend VPCs in one place after the other."""

    def extend_in(target: Target) -> None:
        extend_there(target, hinted[target], now=now)

    reach.visit(REMEDIATION, hinted, extend_in, now=now)
