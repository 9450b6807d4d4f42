"""Releases Elastic IPs that nobody uses: looks at the accounts and Regions that an event hints at."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lambdas.common import accounts, events, fanout, reach, settings
from lambdas.common.errors import AwsError, RunFailedError
from lambdas.common.events import Kind
from lambdas.common.observability import logger
from lambdas.common.targets import Target, is_target, mode_in
from lambdas.release_eips import aws, planner, signs, sweep, uses
from lambdas.release_eips.batches import Batches
from lambdas.release_eips.evidence import Examiner
from lambdas.release_eips.pace import RunTime
from lambdas.release_eips.plan import REMEDIATION
from lambdas.release_eips.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from lambdas.common.events import Wakeup
    from lambdas.release_eips.signs import Sign

WITHOUT_LAMBDA = 900.0
"""How many seconds a run may last that no Lambda service ends."""

PLANNING_SHARE = 0.5
"""Of a run's time, in which it begins with another Region; the IPAM's pages of that one take some of the rest."""
RESERVE_SECONDS = 30.0
"""At the end of a run's time, in which no further messages are sent."""

EVERYWHERE = frozenset({Kind.ALARM, Kind.CONTRIBUTOR, Kind.SCHEDULE, Kind.FAN_OUT})
"""What wakes the function without naming a place means all places, or those that a fan-out has left."""

log = logger(REMEDIATION)


def handler(event: object, context: Any) -> dict[str, object] | None:  # noqa: ANN401 - Lambda's context
    """Answer an EventBridge event, an alarm's direct payload, or an SQS batch of either."""
    return events.handle(
        event, lambda wakeup: look_where_hinted(wakeup, seconds=events.seconds_left(context, otherwise=WITHOUT_LAMBDA))
    )


def look_where_hinted(wakeup: Wakeup, *, seconds: float) -> None:
    """Sweep each target that the wakeup hints at; RunFailedError at the end when one of them failed.

    A call in CloudTrail is about addresses, whose clocks it stops or starts; whatever else comes is about targets. In
    an organisation each of these gets a message, and a worker for itself.
    """
    conf = settings.load()
    if conf.release_eips is None:
        return
    own, home = accounts.own(), accounts.home_region()
    if wakeup.kind is Kind.API_CALL:
        sign = signs.read(wakeup)
        if sign is not None and is_target(conf, sign.target, own=own, home=home):
            _at(sign.target, lambda run: heed(run, sign), now=wakeup.time, seconds=seconds)
        return
    target = fanout.target_of(wakeup)
    if target is not None:
        if not is_target(conf, target, own=own, home=home):
            log.warning("%s is not looked after: the message that names it is left alone", target.name)
            return
        _at(target, sweep.sweep, now=wakeup.time, seconds=seconds)
    elif wakeup.kind not in EVERYWHERE:
        log.warning("an event that names no place, and is none that means all of them, is left alone")
    elif conf.organization is None:
        regions = conf.regions or (home,)
        hinted = [region for region in regions if region in _regions(wakeup)] or regions
        _sweep_here([Target(account=own, region=each) for each in hinted], wakeup, seconds=seconds)
    elif fanout.is_due(REMEDIATION, wakeup):
        rest = fanout.rest_of(wakeup, conf.regions or (home,))
        start = time.monotonic()
        until, regions_until = start + seconds - RESERVE_SECONDS, start + PLANNING_SHARE * seconds
        work_in = planner.work_by_region(conf, own=own, home=home)
        if fanout.fan_out(rest, work_in, now=wakeup.time, until=until, regions_until=regions_until):
            fanout.remember(REMEDIATION, now=wakeup.time)


def _sweep_here(targets: Sequence[Target], wakeup: Wakeup, *, seconds: float) -> None:
    """Sweep one target after the other; whatever goes wrong with one must not reach the others."""
    failed = []
    together = RunTime(at=wakeup.time, seconds=seconds)
    batches = Batches(time=together)
    for target in targets:
        try:
            left = seconds - together.elapsed
            _at(target, sweep.sweep, now=wakeup.time, seconds=left, batches=batches, alone=len(targets) == 1)
        except Exception:
            log.exception("the sweep of %s failed", target.name)
            failed.append(target.name)
    if failed:
        raise RunFailedError(f"failed for {', '.join(failed)}")


def _at(
    target: Target,
    work: Callable[[Run], None],
    *,
    now: datetime,
    seconds: float,
    batches: Batches | None = None,
    alone: bool = True,
) -> None:
    """Work in a target; where nobody can work there, say why instead."""
    try:
        work(begun(target, now=now, seconds=seconds, batches=batches, alone=alone))
    except AwsError as error:
        reason = reach.obstacle(error)
        if reason is None:
            raise
        log.warning("%s: %s", target.name, reason)
        reach.report(target, REMEDIATION, reason, error, role=accounts.spoke_role(), now=now)


def heed(run: Run, sign: Sign) -> None:
    """Stop the clocks of addresses that somebody uses; start those of addresses that may be idle now."""
    if sign.is_use:
        found = {each.allocation_id for each in aws.at(run.target, sign.public_ips)}
        for allocation_id in sorted(sign.allocation_ids | found):
            uses.take_note(run, allocation_id, at=run.now)
    else:
        # DisassociateAddress names an association, which is gone: only a look at all tells which address is idle.
        sweep.look_at(run, sign.allocation_ids)


def begun(
    target: Target,
    *,
    now: datetime,
    seconds: float,
    approved: str = "",
    batches: Batches | None = None,
    alone: bool = True,
) -> Run:
    """Begin a run over a target; `approved` is the id of the proposal that a person approved, or empty.

    `batches` is what the same invocation reads for other targets too, where there are any; `alone` says that none has
    its share of the time.
    """
    conf = settings.load()
    release = conf.release_eips
    if release is None:
        raise LookupError("release_eips is not in the settings")
    run_time = RunTime(at=now, seconds=seconds)
    owners = dict.fromkeys((target.account, accounts.own(), *release.dns_accounts))
    return Run(
        target=target,
        # Not the request's: Lambda may deliver an event twice, and one run is then at work while the other looks.
        id=str(uuid.uuid4()),
        time=run_time,
        settings=replace(release, mode=mode_in(conf, release.mode, target.account)),
        tag_prefix=conf.tag_prefix,
        examiner=Examiner(
            target=target, time=run_time, account_ids=tuple(owners), batches=batches or Batches(time=run_time)
        ),
        alone=alone,
        approved=approved,
    )


def _regions(wakeup: Wakeup) -> Collection[str]:
    """The Regions that an alarm's contributor or our own message names."""
    return wakeup.named(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")
