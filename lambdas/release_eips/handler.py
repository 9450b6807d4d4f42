"""Releases Elastic IPs that nobody uses: looks at the accounts and Regions that an event hints at."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambdas.common import accounts, events, settings
from lambdas.common.errors import RunFailedError
from lambdas.common.events import Kind
from lambdas.common.observability import logger
from lambdas.release_eips import aws, signs, sweep, uses
from lambdas.release_eips.evidence import Examiner
from lambdas.release_eips.model import Target
from lambdas.release_eips.pace import RunTime
from lambdas.release_eips.plan import REMEDIATION
from lambdas.release_eips.run import Run

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from lambdas.common.events import Wakeup
    from lambdas.common.settings import ReleaseSettings, Settings
    from lambdas.release_eips.signs import Sign

WITHOUT_LAMBDA = 900.0
"""How many seconds a run may last that no Lambda service ends."""

log = logger(REMEDIATION)


def handler(event: object, context: Any) -> dict[str, object] | None:  # noqa: ANN401 - Lambda's context
    """Answer an EventBridge event, an alarm's direct payload, or an SQS batch of either."""
    # The same for every attempt at one event: what an earlier attempt began is this run's own.
    run_id = getattr(context, "aws_request_id", "") or str(uuid.uuid4())
    remaining = getattr(context, "get_remaining_time_in_millis", lambda: WITHOUT_LAMBDA * 1000)
    return events.handle(event, lambda wakeup: look_where_hinted(wakeup, run_id=run_id, seconds=remaining() / 1000))


def look_where_hinted(wakeup: Wakeup, *, run_id: str, seconds: float) -> None:
    """Sweep each target that the wakeup hints at; RunFailedError at the end when one of them failed.

    A call in CloudTrail is about addresses, whose clocks it stops or starts; whatever else comes is about targets.
    """
    conf = settings.load()
    if conf.release_eips is None:
        return
    targets = targets_of(conf)
    if wakeup.kind is Kind.API_CALL:
        sign = signs.read(wakeup)
        if sign is not None and (target := Target(account=sign.account, region=sign.region)) in targets:
            heed(begun(target, now=wakeup.time, run_id=run_id, seconds=seconds), sign)
        return
    hinted = [each for each in targets if each.region in _regions(wakeup)] or targets
    failed = []
    for target in hinted:
        try:
            sweep.sweep(begun(target, now=wakeup.time, run_id=run_id, seconds=seconds))
        except Exception:
            log.exception("the sweep of %s failed", target.name)
            failed.append(target.name)
    if failed:
        raise RunFailedError(f"failed for {', '.join(failed)}")


def targets_of(conf: Settings) -> list[Target]:
    """Give the accounts and Regions that are looked after."""
    return [Target(account=accounts.own(), region=region) for region in conf.regions or (accounts.home_region(),)]


def heed(run: Run, sign: Sign) -> None:
    """Stop the clocks of addresses that somebody uses; start those of addresses that may be idle now."""
    if sign.is_use:
        found = {each.allocation_id for each in aws.at(run.target, sign.public_ips)}
        for allocation_id in sorted(sign.allocation_ids | found):
            uses.take_note(run, allocation_id, at=run.now)
    elif sign.allocation_ids:
        named = (aws.address(run.target, each) for each in sorted(sign.allocation_ids))
        sweep.look_at(run, [each for each in named if each is not None])
    else:
        # DisassociateAddress names an association, which is gone: only a look at all tells which address is idle.
        sweep.sweep(run)


def begun(
    target: Target,
    *,
    now: datetime,
    run_id: str,
    seconds: float,
    approved: str = "",
) -> Run:
    """Begin a run over a target; `approved` is the id of the proposal that a person approved, or empty."""
    conf = settings.load()
    release = conf.release_eips
    if release is None:
        raise LookupError("release_eips is not in the settings")
    time = RunTime(began=now, seconds=seconds)
    owners = dict.fromkeys((target.account, accounts.own(), *release.dns_accounts))
    return Run(
        target=target,
        id=run_id,
        time=time,
        settings=release,
        tag_prefix=conf.tag_prefix,
        examiner=Examiner(target=target, time=time, account_ids=tuple(owners)),
        beat=f"approved {approved}" if approved else _beat(now, release),
        approved=approved,
    )


def _beat(now: datetime, release: ReleaseSettings) -> str:
    """Name the period of the schedule that a moment is in: all runs within it share one cap, whatever woke them."""
    return f"{now.timestamp() // max(release.sweep_period, timedelta(minutes=1)).total_seconds():.0f}"


def _regions(wakeup: Wakeup) -> Collection[str]:
    """The Regions that an alarm's contributor or our own message names."""
    return wakeup.named(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")
