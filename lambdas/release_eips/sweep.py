"""One sweep over a target: look at every address, keep the clocks, judge, warn, and release what is due."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lambdas.common import ledger, rechecks
from lambdas.common.announce import announce
from lambdas.common.decision import Outcome
from lambdas.common.errors import RunFailedError
from lambdas.common.guards import LEASE_TIME, OutdatedError
from lambdas.release_eips import aws, breaker, clocks, plan, release, uses
from lambdas.release_eips.run import log, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.release_eips.clocks import Beat
    from lambdas.release_eips.model import Address, Clock
    from lambdas.release_eips.plan import Case
    from lambdas.release_eips.run import Run

RESERVE_SECONDS = 20.0
"""A run ends so long before Lambda would end it: one release with all its retries fits in."""

WORKERS = 2
"""More would meet each other at the item that counts the cap."""

STOPS = frozenset({release.FULL, "switched-off", "change-freeze"})
"""Reasons that hold for every further release of the run."""


@dataclass(kw_only=True)
class Seen:
    """What a run saw of its target: how many addresses, the idle ones, and for which of them something failed."""

    total: int
    beat: Beat
    idle: list[Case] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def surviving(self, allocation_id: str) -> Iterator[None]:
        """Work on one address; whatever goes wrong with it must not reach the others."""
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever it is, it is told at the end of the run
            log.exception("address %s failed", allocation_id)
            self.failed.append(allocation_id)


def sweep(run: Run) -> None:
    """Look at a whole target; RunFailedError at the end when something failed, after all the rest was done."""
    seen = observe(run)
    left = work(run, seen)
    tell_failed(run, seen)
    if left:
        # Not where something failed: that is tried again itself, and would have one more run go on each time.
        log.info("%s: the time is over, another run goes on with %s", run.target.name, len(left))
        rechecks.send({"account": run.target.account, "region": run.target.region}, now=run.now)


def tell_failed(run: Run, seen: Seen) -> None:
    """RunFailedError where something failed, raised after all the rest was done."""
    if seen.failed:
        clocks.end_run(run.target, run.id, now=run.now)
        raise RunFailedError(f"failed in {run.target.name} for {', '.join(seen.failed)}")


def observe(run: Run) -> Seen:
    """Read all addresses, and bring clocks and unfinished acts up to what is seen."""
    beat = clocks.read_beat(run.target)
    listing = aws.addresses(run.target)
    run.time.learn(listing.at)
    addresses = {each.allocation_id: each for each in listing.addresses}
    known = clocks.read(addresses.keys() | beat.acting)
    seen = Seen(total=len(addresses), beat=beat)
    busy = _finish_acts(run, seen, addresses, known)
    for allocation_id, address in addresses.items():
        # What another run may be about to release is left to it; that it is in use is not: the release may not come.
        if allocation_id not in busy or address.associated:
            with seen.surviving(allocation_id):
                _tick(run, seen, address, known[allocation_id])
    if not seen.failed:
        # Only now: had this run ended before, the next one would take for seen what it never saw.
        clocks.observed(run.target, at=_observed_at(run, beat), now=run.now)
    return seen


def look_at(run: Run, allocation_ids: Collection[str]) -> None:
    """Start the clocks of those of these addresses that have just become idle, none meaning all there are.

    Nothing is judged or said of the others: where many are given up one by one, each of them leads here.
    """
    listing = aws.addresses(run.target, allocation_ids)
    run.time.learn(listing.at)
    found = {each.allocation_id: each for each in listing.addresses}
    known = clocks.read(found)
    seen = Seen(total=len(found), beat=clocks.read_beat(run.target))
    for allocation_id, address in found.items():
        _tick(run, seen, address, known[allocation_id])
    for case in seen.idle:
        decision = plan.decide(case)
        started = case.clock != known[case.address.allocation_id]
        if started and decision is not None and decision.outcome is not None:
            say(run, case, decision, decision.outcome, decision.reason)


def work(run: Run, seen: Seen) -> set[str]:
    """Judge what is idle; say what stays, and release what is due; what is left for want of time.

    Where all the time was not enough for a single one, that failed: another run would have no more.
    """
    undecided = []
    for case in seen.idle:
        with seen.surviving(case.address.allocation_id):
            decision = plan.decide(case)
            if decision is None:
                undecided.append(case)
            elif decision.outcome is not None:
                say(run, case, decision, decision.outcome, decision.reason)
    due: list[tuple[Case, Decision]] = []
    left: set[str] = set()
    for case in sorted(undecided, key=turn):
        if is_out_of_time(run):
            left.add(case.address.allocation_id)
            continue
        with seen.surviving(case.address.allocation_id):
            due += _due(run, case)
    left |= _release(run, seen, breaker.let_through(run, due, of=seen.total, summaries=seen.beat.summaries))
    if run.alone and len(left) == len(undecided):
        seen.failed += sorted(left)
    return left


def judged(run: Run, case: Case) -> tuple[Case, Decision]:
    """Judge an address by the evidence that is read for all at once."""
    case = replace(case, evidence=run.examiner.common(case.address))
    return case, plan.decided(case)


def examined(run: Run, case: Case) -> tuple[Case, Decision]:
    """Judge an address by as much evidence as it takes; one that is due is judged by all of it later."""
    evidence = run.examiner.common(case.address)
    case = replace(case, evidence=evidence)
    decision = plan.decided(case)
    if decision.reason == "warned":
        # A warning about what stays after all would be false: so look at what is read for one alone, too.
        evidence = run.examiner.completed(evidence, case.address, idle_since=case.idle_since)
        case = replace(case, evidence=evidence)
        decision = plan.decided(case)
    return case, decision


def _due(run: Run, case: Case) -> list[tuple[Case, Decision]]:
    """Say why one address stays, or warn of its release; give it back where it is due."""
    case, decision = examined(run, case)
    if decision.outcome is None:
        return [(case, decision)]
    release.leave(run, case, decision, decision.outcome)
    _tell_unread(run, case)
    return []


def _release(run: Run, seen: Seen, due: list[tuple[Case, Decision]]) -> set[str]:
    """Release what is due, some at a time, as many as the cap and the time allow; what is left for want of time.

    What may be under way is in the target's set before the first lease is taken, and stays there until a later run sees
    that it is gone: another run may be about to release it, and end before it says so.
    """
    clocks.act_on(run.target, {case.address.allocation_id for case, _ in due}, at=run.time.present)
    stop = ""
    left: set[str] = set()

    def release_one(judged: tuple[Case, Decision]) -> None:
        nonlocal stop
        case, decision = judged
        allocation_id = case.address.allocation_id
        if is_out_of_time(run, needed=run.examiner.seconds_ahead):
            left.add(allocation_id)
            return
        with seen.surviving(allocation_id):
            if stop and not (stop == release.FULL and run.has_counted(case.clock)):
                say(run, case, decision, Outcome.BLOCKED, stop)
            else:
                reason = release.attempt(run, case, mode=run.settings.mode)
                stop = stop or (reason if reason in STOPS else "")

    _each(release_one, due)
    return left


def _each(work: Callable[[tuple[Case, Decision]], None], due: list[tuple[Case, Decision]]) -> None:
    """Do the work for each, in `WORKERS` threads: a release takes longer than EC2's bucket takes for a token."""
    if WORKERS == 1 or len(due) <= WORKERS:
        for judged in due:
            work(judged)
        return
    with ThreadPoolExecutor(WORKERS) as threads:
        for _ in threads.map(work, due):
            pass


def _finish_acts(run: Run, seen: Seen, addresses: Mapping[str, Address], known: dict[str, Clock]) -> frozenset[str]:
    """Find out how the releases ended that a run began and did not see to their end; those that may be under way.

    A run that failed says so once it is over; one that was killed is over when its lease is.
    """
    busy: set[str] = set()
    over: set[str] = set()
    added = seen.beat.acting_time
    # Until then a run may be about to take its lease, and end before it finds that somebody else released the address.
    all_begun = added is None or run.now >= added + LEASE_TIME
    for allocation_id in sorted(seen.beat.acting):
        clock = known[allocation_id]
        if not clock.lease.decision_id:
            if all_begun and allocation_id not in addresses:
                with seen.surviving(allocation_id):
                    _tell_used(run, clock)
                    over.add(allocation_id)
        elif clock.lease.subject not in seen.beat.ended and clock.lease.fresh(run.now):
            busy.add(allocation_id)
        else:
            with seen.surviving(allocation_id):
                known[allocation_id] = _finish(run, clock, is_there=allocation_id in addresses)
                over |= {allocation_id} - addresses.keys()
    clocks.drop(run.target, "acting", over)
    held_by = {known[each].lease.subject for each in seen.beat.acting if known[each].lease.decision_id}
    clocks.drop(run.target, "ended", seen.beat.ended - held_by)
    return frozenset(busy)


def _tell_used(run: Run, clock: Clock) -> None:
    """Tell of a use that was seen while its address was released; whoever released it may have ended before that."""
    if clock.released and clock.used_at is not None:
        uses.tell_if_gone(run, ledger.read(clock.released), at=clock.used_at)


def _finish(run: Run, clock: Clock, *, is_there: bool) -> Clock:
    """End an act by what the account shows: an address that is gone was released, one that is there is judged anew.

    Why it failed, where that is known, says more than that it is still there.
    """
    lease = clock.lease
    record = ledger.read(lease.decision_id)
    if not is_there or record is None or record.outcome != Outcome.FAILED:
        outcome, reason = (Outcome.SKIPPED, "state-changed") if is_there else (Outcome.DONE, lease.reason)
        state = "still there" if is_there else "gone when the next run looked"
        completed = ledger.complete(lease, outcome, reason=reason, result={"state": state}, now=run.now)
        record = completed or ledger.read(lease.decision_id)
    if record is not None and record.outcome in {Outcome.DONE, Outcome.FAILED}:
        announce(record)
    run.resumed.add(lease.decision_id)
    after = clocks.end(clock, released=not is_there, tried_at=None, now=run.now)
    if not is_there and after.used_at is not None:
        uses.tell_if_gone(run, record, at=after.used_at)
    return after


def _tick(run: Run, seen: Seen, address: Address, clock: Clock) -> None:
    """Bring one clock up to what is seen now."""
    at = _observed_at(run, seen.beat)
    if address.associated:
        if clock.idle_since is not None and not clock.stopped:
            uses.take_note(run, address.allocation_id, at=max(at, clock.idle_since), address=address)
        elif address.service_managed:
            case = run.case(address, clock)
            say(run, case, plan.of_service(case), Outcome.SKIPPED, "service-managed")
        return
    if not plan.is_governed(address, run.settings):
        return
    if plan.starts_anew(clock, last=seen.beat.last, now=at, settings=run.settings):
        if clock.used_at is not None and clock.used_at > at:
            return  # the use came after what we see here, or while we looked
        try:
            clock = clocks.start(clock, at=at, now=run.now)
        except OutdatedError:
            log.info("%s changed since it was looked at: it is judged anew later", address.allocation_id)
            return
    seen.idle.append(run.case(address, clock))


def _tell_unread(run: Run, case: Case) -> None:
    """Tell once for the whole target what cannot be read: it is the same for every address there."""
    for found in case.evidence.unread if case.evidence else ():
        if found.what not in run.told:
            run.told.add(found.what)
            announce(ledger.note(plan.unreadable(run.target, found), Outcome.BLOCKED, now=run.now))


def _observed_at(run: Run, beat: Beat) -> datetime:
    """The time of this observation: not before what others have already seen."""
    return max(run.now, beat.last or run.now)


def turn(case: Case) -> tuple[str, datetime, str]:
    """Whose turn it is: what was never tried, then what was tried longest ago, so that nothing waits for ever."""
    tried = case.clock.tried_at
    return tried.isoformat() if tried else "", case.idle_since, case.address.allocation_id


def is_out_of_time(run: Run, *, needed: float = 0.0) -> bool:
    """Say whether no more can be begun for which so many seconds are `needed` beforehand."""
    return run.time.is_over(reserve=RESERVE_SECONDS + needed)
