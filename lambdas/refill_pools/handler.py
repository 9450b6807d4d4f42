"""Keeps IPAM pools filled: looks at each pool that an event hints at, or at every one that a rule governs."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ParamSpec

from lambdas.common import accounts, clock, events, guards, limits, needs, settings
from lambdas.common.errors import RunFailedError
from lambdas.common.observability import logger
from lambdas.common.targets import mode_in
from lambdas.refill_pools import aws, demand, follow, unmeasured
from lambdas.refill_pools.case import REMEDIATION
from lambdas.refill_pools.refill import reconcile
from lambdas.refill_pools.run import Run, governed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.events import Wakeup
    from lambdas.common.settings import RefillSettings, Settings
    from lambdas.refill_pools.model import Pool

P = ParamSpec("P")

BEGINNING_SHARE = 0.5
"""Of a run's time, in which it begins with another pool; the last one's scope takes some of the rest to read."""

log = logger(REMEDIATION)


def handler(event: object, context: Any) -> dict[str, object] | None:  # noqa: ANN401 - Lambda's context
    """Answer an EventBridge event, an alarm's direct payload, or an SQS batch of either."""
    return events.handle(
        event, lambda wakeup: look_where_hinted(wakeup, seconds=events.seconds_left(context, otherwise=math.inf))
    )


def look_where_hinted(wakeup: Wakeup, *, seconds: float) -> None:
    """Reconcile the pools that the wakeup names; RunFailedError at the end when something failed.

    `seconds` are left to the function.

    An alarm over many pools and a schedule name none and mean all of them. Whatever else names none, means
    none.
    """
    named = wakeup.named(events.POOL_ID)
    everywhere = not named and wakeup.kind in {events.Kind.ALARM, events.Kind.SCHEDULE}
    if not (named or everywhere):
        return
    look(
        named if not everywhere else None,
        now=wakeup.time,
        anybodys=wakeup.is_anybodys,
        until=time.monotonic() + BEGINNING_SHARE * seconds,
        rechecking=wakeup.kind is events.Kind.RECHECK,
        hurt=wakeup.detail if wakeup.kind is events.Kind.API_CALL and demand.failed(wakeup.detail) else None,
    )


def look(
    named: AbstractSet[str] | None,
    *,
    now: datetime,
    until: float = math.inf,
    anybodys: bool = False,
    rechecking: bool = False,
    hurt: Mapping[str, Any] | None = None,
    approved: str = "",
) -> None:
    """Reconcile the governed pools of these ids, None meaning all; RunFailedError at the end when something failed.

    Past `until`, on the monotonic clock, what was not begun is left to another run. `anybodys` is for the clock: see
    there. `hurt` is what CloudTrail says of a call that these pools could not serve, `approved` the id of the proposal
    that a person approved.
    """
    conf = settings.load()
    if conf.refill_pools is None:
        return
    happened, now = now, clock.latest(REMEDIATION, now, anybodys=anybodys)
    if rechecking and named is not None:
        named = _not_seen_to(named, now=now)
        if not named:
            return
    pools = aws.pools()
    rules = governed(conf.refill_pools, pools)
    chosen = sorted(rules if named is None else rules.keys() & named)
    if hurt is not None:
        asked = demand.called_at(hurt) or happened
        if now < asked + needs.OPEN_FOR:
            _record_needs(hurt, [pools[pool_id] for pool_id in chosen], asked=asked)
    run = Run(
        now=now,
        rechecking=rechecking,
        approved=approved,
        tag_prefix=conf.tag_prefix,
        settings=_here(conf, conf.refill_pools),
        pools=pools,
        rules=rules,
        needs=needs.open_needs(rules, now=now),
        sizes=needs.open_sizes(rules, now=now),
        # Turns before leases: who takes a lease in between has also taken a turn, and then ours is void.
        turns=limits.turns(REMEDIATION, {pools[pool_id].draws_from for pool_id in rules}),
        leases=guards.leases(REMEDIATION, rules.keys() | (pools.keys() if named is None else named)),
    )
    given_up = sorted(pool_id for pool_id, lease in run.leases.items() if lease.decision_id and pool_id not in rules)
    failed = [
        *_reconcile_each(run, chosen, until=until),
        *(pool_id for pool_id in given_up if not _survived(pool_id, _close, run, pool_id)),
    ]
    if named is None and not _survived("metrics of pools", unmeasured.report, run):
        failed.append("the metrics of pools")
    if failed:
        raise RunFailedError(f"failed for {', '.join(failed)}")


def _reconcile_each(run: Run, chosen: Sequence[str], *, until: float) -> list[str]:
    """Reconcile these pools while there is time, at least one, and leave the others to another run; which failed."""
    failed: list[str] = []
    for number, pool_id in enumerate(chosen):
        if number and time.monotonic() >= until:
            left = chosen[number:]
            log.info("%s pools are left to another run", len(left))
            return failed if _survived("the message about them", aws.leave, left, now=run.now) else [*failed, *left]
        if not _survived(pool_id, reconcile, run, run.pools[pool_id], run.rules[pool_id]):
            failed.append(pool_id)
    return failed


def _here(conf: Settings, refill: RefillSettings) -> RefillSettings:
    """Lower the mode to that of our own account, whose pools these are.

    Which account that is, is asked only where accounts have modes of their own: it takes a call.
    """
    if conf.organization is None or not conf.organization.modes:
        return refill
    return replace(refill, mode=mode_in(conf, refill.mode, accounts.own()))


def _not_seen_to(pool_ids: AbstractSet[str], *, now: datetime) -> frozenset[str]:
    """Leave out the pools whose acts took no more than a look at their progress."""
    leases = guards.leases(REMEDIATION, pool_ids)
    return frozenset(pool_id for pool_id in pool_ids if not follow.is_seen_to(pool_id, leases[pool_id], now=now))


def _close(run: Run, pool_id: str) -> None:
    run.leases[pool_id] = follow.close(pool_id, run.leases[pool_id], now=run.now)


def _record_needs(hurt: Mapping[str, Any], pools: Iterable[Pool], *, asked: datetime) -> None:
    """Remember what a failed call wanted of these pools at this time, where the event has the size."""
    for pool in pools:
        length = demand.length(hurt, family=pool.family, bits=pool.bits)
        if length is not None and demand.names(hurt, pool.id):
            needs.record(pool.id, length, now=asked)


def _survived(what: str, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> bool:
    """Do one thing, mostly to one pool; whatever goes wrong with it must not reach the others."""
    try:
        work(*args, **kwargs)
    except Exception:
        log.exception("%s failed", what)
        return False
    return True
