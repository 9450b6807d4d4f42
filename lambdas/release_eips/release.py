"""One release, from the decision to the end of its record.

The order is what makes it safe. The intent is in the ledger, and the lease taken, before the second look; a sign of use
that arrives before the lease is taken voids it. Nothing comes between the second look and the call but the call itself,
no retry of the SDK's either.
The record is completed before the lease is given back: a lease that is still held leads the next run here when this
one ends in between.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.common import consent, guards, ledger
from lambdas.common.announce import conclude
from lambdas.common.decision import Outcome
from lambdas.common.errors import AwsError, RunFailedError, code_of, failure_of, passes, reason_of, was_refused
from lambdas.common.guards import OutdatedError
from lambdas.common.limits import Cap
from lambdas.release_eips import aws, clocks, plan, uses
from lambdas.release_eips.run import log, remember, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.common.decision import Decision
    from lambdas.common.settings import Mode
    from lambdas.release_eips.model import Address
    from lambdas.release_eips.plan import Case
    from lambdas.release_eips.run import Run

GONE = frozenset({"InvalidAllocationID.NotFound", "InvalidAddress.NotFound", "InvalidAddressID.NotFound"})
REFUSALS = {
    "InvalidAddress.Locked": (Outcome.BLOCKED, "locked"),
    "InvalidAddress.PtrSet": (Outcome.BLOCKED, "ptr-record"),
    "InvalidIPAddress.InUse": (Outcome.SKIPPED, "reassociated"),
    "AuthFailure": (Outcome.SKIPPED, "service-managed"),
}
"""What AWS means by refusing to release an address; AuthFailure is said of what a service of AWS's holds."""

ATTEMPTS = 3
PAUSE_SECONDS = 1.0
"""Before AWS is asked again; a second of its bucket is five releases."""

FULL = "run-cap"
AGAIN = frozenset({*ledger.TRIED_AGAIN, Outcome.SKIPPED, Outcome.BLOCKED})
"""A release that was given up, for a lock or a PTR record, is tried again under the same decision, told once."""


def attempt(run: Run, case: Case, *, mode: Mode, held: str = "") -> str:
    """Release an address if nothing speaks against it, or record why not; the reason code under which that stands.

    RunFailedError where something failed that is to be tried again.
    """
    case = replace(case, evidence=run.examiner.particular(case.address, idle_since=case.idle_since))
    decision = plan.decided(case)
    if decision.outcome is not None:
        leave(run, case, decision, decision.outcome)
        remember(run, case, tried_at=run.now)
        return decision.reason
    verdict = consent.judge(decision, mode=mode, approved=run.approved, held=held, now=run.now)
    if verdict.outcome is not None:
        # Whoever rejected it has told people so, maybe under the breaker's reason.
        quietly = verdict.outcome is Outcome.REJECTED
        say(run, case, verdict.decision, verdict.outcome, verdict.reason, quietly=quietly)
        return verdict.reason
    decision = replace(verdict.decision, subject=run.id)
    cap = Cap(what="all", maximum=run.settings.max_releases_per_run, within=run.beat)
    refused = guards.begin(decision, lease=case.clock.lease, caps=[cap], again=AGAIN, now=run.now)
    if refused == "daily-cap":
        say(run, case, decision, Outcome.BLOCKED, FULL)
        return FULL
    if refused is not None:
        log.info("%s is used, or released by another run", decision.resource_id)
        return refused
    lease = guards.taken(decision, case.clock.lease, now=run.now)
    return _act(run, replace(case, clock=replace(case.clock, lease=lease)), decision)


def settle(run: Run, case: Case, outcome: Outcome, reason: str, result: Mapping[str, object]) -> None:
    """End an act: complete its record, tell, and only then give the lease back."""
    record = conclude(case.clock.lease, outcome, reason=reason, result=result, now=run.now)
    released = outcome is Outcome.DONE
    if released:
        run.released.add(case.address.allocation_id)
    try:
        after = clocks.end(case.clock, released=released, tried_at=None if released else run.now, now=run.now)
    except OutdatedError:
        log.info("another run has ended the release of %s", case.address.allocation_id)
        return
    if released and after.used_at is not None and after.used_at != case.clock.used_at:
        uses.tell_if_gone(run, record, at=after.used_at)


def leave(run: Run, case: Case, decision: Decision, outcome: Outcome) -> None:
    """Say why an address stays; one that IPAM saw in use since is in use."""
    used_at = case.evidence.used_at if case.evidence else None
    if decision.reason == "reassociated" and isinstance(used_at, datetime):
        uses.take_note(run, case.address.allocation_id, at=used_at, address=case.address)
    else:
        say(run, case, decision, outcome, decision.reason)


def _act(run: Run, case: Case, decision: Decision, *, attempts: int = ATTEMPTS, failed: Exception | None = None) -> str:
    """Look a second time, with the lease in hand, and release the address if that look says the same.

    What AWS had no time for, or did not answer (`failed`), is looked at anew before AWS is asked again. Whether changes
    may still be made is asked each time too: it can take a minute to get here.
    """
    run.mutating.wait()
    run.reading.wait()
    if (forbidden := consent.what_forbids()) is not None:
        if failed is not None:
            return _refused(run, case, decision, failed)
        settle(run, case, Outcome.BLOCKED, forbidden, {"message": "Changes were stopped before it was released."})
        return forbidden
    seen = _second_look(run, case, decision)
    if isinstance(seen, str):
        return seen
    try:
        aws.release(run.target, seen)
    except AwsError as error:
        if not was_refused(error):
            run.resumed.add(decision.id)  # AWS may have done it: what is gone at the next look was released by us
        if attempts == 1 or not passes(error):
            return _refused(run, case, decision, error)
        run.mutating.pause(PAUSE_SECONDS)
        return _act(run, case, decision, attempts=attempts - 1, failed=error)
    log.info("%s is released", case.address.public_ip, decision_id=decision.id)
    result: dict[str, object] = {"public_ip": seen.public_ip, "state": "released"}
    if seen.tags != case.address.tags:
        result["tags"] = dict(seen.tags)  # its undo gives it these
    settle(run, case, Outcome.DONE, decision.reason, result)
    return decision.reason


def _second_look(run: Run, case: Case, decision: Decision) -> Address | str:
    """Give the address as it is now, or the reason code under which it is not released."""
    try:
        seen = aws.address(run.target, case.address.allocation_id)
    except AwsError as error:
        return _refused(run, case, decision, error)
    if seen is None:
        return _gone(run, case, decision)
    return _changed(run, replace(case, address=seen)) or seen


def _changed(run: Run, case: Case) -> str | None:
    """Say under which reason code an address stays that was read anew; None: it is as it was, and known well enough."""
    if case.address.associated:
        return _used(run, case, case.address, {"message": "It is in use again."})
    second = plan.decide(case)
    if second is not None and second.outcome is not None:
        settle(run, case, second.outcome, second.reason, {"message": str(second.detail["why"])})
        return second.reason
    if case.evidence is not None and run.examiner.is_old(case.evidence):
        slow = {"message": "AWS was slow: what is known of it is too old."}
        settle(run, case, Outcome.SKIPPED, "state-changed", slow)
        return "state-changed"
    return None


def _used(run: Run, case: Case, seen: Address, said: Mapping[str, object]) -> str:
    """End the act of an address that is in use.

    The use is noted first: a run that ends in between must not forget it, as whoever ends the act later cannot know.
    """
    uses.take_note(run, seen.allocation_id, at=run.now, address=seen)
    settle(run, case, Outcome.SKIPPED, "reassociated", said)
    return "reassociated"


def _gone(run: Run, case: Case, decision: Decision) -> str:
    """End the act of an address that is there no more: released by an earlier attempt of ours, or by somebody else."""
    if decision.id in run.resumed:
        settle(run, case, Outcome.DONE, decision.reason, {"public_ip": case.address.public_ip, "state": "released"})
        return decision.reason
    settle(run, case, Outcome.SKIPPED, "state-changed", {"message": "Somebody else released it, or gave it away."})
    return "state-changed"


def _refused(run: Run, case: Case, decision: Decision, error: Exception) -> str:
    """End an act that AWS refused; where nobody knows what AWS did, the lease stays, and the next run finds out.

    Nobody knows either where it is a later call that was refused, and an earlier one had no answer.
    """
    code, failure = code_of(error), failure_of(error)
    if code in REFUSALS or code in GONE:
        seen = aws.address(run.target, case.address.allocation_id)
        if seen is None:
            return _gone(run, case, decision)
        if code in REFUSALS:
            outcome, reason = REFUSALS[code]
            if seen.associated or reason == "reassociated":
                return _used(run, case, seen, failure)
            settle(run, case, outcome, reason, failure)
            return reason
    reason = reason_of(error)
    if was_refused(error) and decision.id not in run.resumed:
        settle(run, case, Outcome.FAILED, reason, failure)
    else:
        conclude(case.clock.lease, Outcome.FAILED, reason=reason, result=failure, now=run.now)
        remember(run, case, tried_at=run.now)
    raise RunFailedError(f"{case.address.allocation_id} was not released: {failure['message']}") from error
