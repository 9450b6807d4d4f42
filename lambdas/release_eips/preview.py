"""What a run would do now, without doing or recording any of it: each release, each warning, and why the others stay.

Where nothing of earlier runs can be read, every idle address is seen for the first time: then what is known of it
already says what would keep it once its grace is over.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.common import accounts, limits, previews
from lambdas.common.decision import Lease, Outcome
from lambdas.common.errors import AwsError
from lambdas.common.targets import Target
from lambdas.release_eips import aws, breaker, clocks, plan, planner, release, sweep
from lambdas.release_eips.batches import Batches
from lambdas.release_eips.clocks import Beat
from lambdas.release_eips.evidence import Examiner
from lambdas.release_eips.model import Clock
from lambdas.release_eips.pace import RunTime
from lambdas.release_eips.plan import REMEDIATION
from lambdas.release_eips.run import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.common.settings import ReleaseSettings, Settings
    from lambdas.release_eips.model import Address
    from lambdas.release_eips.plan import Case

WITHOUT_END = timedelta(days=1).total_seconds()
NOTHING = Beat(last=None, acting=frozenset(), acting_time=None, ended=frozenset(), summaries=frozenset())


def preview(conf: Settings, *, now: datetime, remembered: bool) -> list[Decision]:
    """Foresee what `enforce` does in its next run; what it would only say has an outcome.

    With `remembered` the clocks of what is deployed are read too. Other accounts are looked at where the settings have
    an organisation, under the role that SPOKE_ROLE names.
    """
    if conf.release_eips is None:
        return []
    settings = replace(conf.release_eips, mode="enforce")
    foreseen: list[Decision] = []
    for target in _targets(conf):
        # All places share the cap of a run.
        before = sum(each.outcome is None for each in foreseen)
        foreseen += _there(target, settings, conf.tag_prefix, now=now, remembered=remembered, before=before)
    # An account that cannot be worked in is one finding, however many Regions it has.
    return list({(each.id, each.reason): each for each in foreseen}.values())


def _targets(conf: Settings) -> list[Target]:
    own, home = accounts.own(), accounts.home_region()
    if conf.organization is not None:
        return planner.places_with_work(conf, own=own, home=home)
    return [Target(account=own, region=region) for region in conf.regions or (home,)]


def _there(
    target: Target, settings: ReleaseSettings, tag_prefix: str, *, now: datetime, remembered: bool, before: int
) -> list[Decision]:
    """Foresee what happens in one account and Region, `before` addresses having been released elsewhere.

    Where nobody can look, that is what happens.
    """
    time = RunTime(at=now, seconds=WITHOUT_END)
    owners = dict.fromkeys((target.account, accounts.own(), *settings.dns_accounts))
    run = Run(
        target=target,
        id="preview",
        time=time,
        settings=settings,
        tag_prefix=tag_prefix,
        examiner=Examiner(target=target, time=time, account_ids=tuple(owners), batches=Batches(time=time)),
    )
    try:
        return list(_foreseen(run, remembered=remembered, before=before))
    except AwsError as error:
        return [previews.unreadable(REMEDIATION, target, error)]


def _foreseen(run: Run, *, remembered: bool, before: int) -> Iterator[Decision]:
    beat = clocks.read_beat(run.target) if remembered else NOTHING
    listing = aws.addresses(run.target)
    run.time.learn(listing.at)
    ids = {each.allocation_id for each in listing.addresses}
    known = clocks.read(ids) if remembered else {each: Clock(lease=Lease(guard="")) for each in ids}
    yield from _of_services(run, listing.addresses, known, beat)
    idle = list(_idle(run, listing.addresses, known, beat))
    undecided = []
    for case in idle:
        decision = plan.decide(case)
        if decision is None:
            undecided.append(case)
        else:
            yield decision if remembered else _with_outlook(run, case, decision)
    due = []
    for unexamined in sorted(undecided, key=sweep.turn):
        case, decision = sweep.examined(run, unexamined)
        if decision.outcome is None:
            due.append((case, decision))
        else:
            yield decision
            yield from _unreadable(run, case)
    yield from _of_due(run, beat, due, of=len(ids), remembered=remembered, before=before)


def _of_services(run: Run, addresses: Iterable[Address], known: Mapping[str, Clock], beat: Beat) -> Iterator[Decision]:
    """Say which addresses in use are services', as a run does."""
    for address in addresses:
        clock = known[address.allocation_id]
        ticks = clock.idle_since is not None and not clock.stopped
        if (
            address.associated
            and address.service_managed
            and not ticks
            and not _is_under_way(run, address, clock, beat)
        ):
            yield plan.of_service(run.case(address, clock))


def _idle(run: Run, addresses: Iterable[Address], known: Mapping[str, Clock], beat: Beat) -> Iterator[Case]:
    """Give the idle addresses with their clocks as a run would set them; none whose release may be under way."""
    for address in addresses:
        clock = known[address.allocation_id]
        if _is_under_way(run, address, clock, beat) or not plan.is_governed(address, run.settings):
            continue
        at = max(run.now, beat.last or run.now)
        if plan.starts_anew(clock, last=beat.last, now=at, settings=run.settings):
            if clock.used_at is not None and clock.used_at > at:
                continue
            clock = Clock(lease=clock.lease, idle_since=at)
        yield run.case(address, clock)


def _is_under_way(run: Run, address: Address, clock: Clock, beat: Beat) -> bool:
    return address.allocation_id in beat.acting and clock.lease.fresh(run.now)


def _with_outlook(run: Run, case: Case, decision: Decision) -> Decision:
    """Add to a first look what would become of the address if it stayed idle as long as it must."""
    if decision.reason != "within-grace":
        return decision
    settings = run.settings
    clock = replace(case.clock, idle_since=run.now - settings.grace, warned_at=run.now - settings.warn_before)
    evidence = run.examiner.particular(case.address, idle_since=run.now)
    then = plan.decided(replace(case, clock=clock, evidence=evidence))
    outlook = "it would be released" if then.outcome is None else f"it would stay ({then.reason}): {then.detail['why']}"
    why = f"First seen now, so that its grace of {settings.grace.days} days begins; after that {outlook}."
    return replace(decision, detail={**decision.detail, "why": why, "evidence": dict(evidence.read)})


def _unreadable(run: Run, case: Case) -> Iterator[Decision]:
    """Say once what cannot be read for a whole target, as a run does."""
    for found in case.evidence.unread if case.evidence else ():
        if found.what not in run.told:
            run.told.add(found.what)
            yield plan.unreadable(run.target, found)


def _of_due(
    run: Run, beat: Beat, due: Sequence[tuple[Case, Decision]], *, of: int, remembered: bool, before: int
) -> Iterator[Decision]:
    """Hold what is due where it is too much at once; else release as many as the cap allows."""
    answered = breaker.answers(run, beat.summaries)[0] if remembered else {}
    held, through = breaker.sort(run, due, answered, of=of)
    yield from _held(run, held, of=of)
    earlier = limits.counted(REMEDIATION, ["all"], within=run.beat, now=run.now)["all"] if remembered else 0
    count = before + earlier
    for case, _ in through:
        evidence = run.examiner.particular(case.address, idle_since=case.idle_since)
        decision = plan.decided(replace(case, evidence=evidence))
        if decision.outcome is None and count >= run.settings.max_releases_per_run:
            decision = replace(decision, outcome=Outcome.BLOCKED, reason=release.FULL)
        count += decision.outcome is None
        yield decision


def _held(run: Run, held: Collection[tuple[Case, Decision]], *, of: int) -> Iterator[Decision]:
    """Ask about each address that is held, and about all of them where that is not done already."""
    for _, decision in held:
        yield replace(decision, outcome=Outcome.PROPOSED, reason=breaker.REASON)
    ids = {case.address.allocation_id: decision.id for case, decision in held}
    cost = sum(plan.usd_month(case.address) for case, _ in held)
    if plan.is_tripped(run.settings.breaker, due=len(held), of=of):
        yield replace(plan.summary(run.target, ids, of=of, usd_month=cost), outcome=Outcome.PROPOSED)
