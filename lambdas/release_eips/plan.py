"""Which address goes, which stays and why, and since when it is idle: pure judgement over plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.common.decision import Action, Decision, Outcome
from lambdas.common.dynamo import timestamp
from lambdas.common.tags import STACK_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lambdas.common.settings import Breaker, ReleaseSettings
    from lambdas.common.targets import Target
    from lambdas.release_eips.model import Address, Clock, Evidence, Unread

REMEDIATION = "release_eips"
PERIODS_WITHOUT_OBSERVATION = 3
LONGEST_OUTAGE = timedelta(hours=25)
"""A day in which nothing looked, with an hour to spare, does not begin a grace of weeks anew."""
OUTAGE_SHARE = 0.25
"""So much of the grace is the most that an outage may take of it."""

USD_MONTH = 3.65
"""An idle public IPv4 address of Amazon's: 0.005 USD an hour, 730 hours. https://aws.amazon.com/vpc/pricing/"""

UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
"""In which it is told how long an address is idle; a grace may be hours."""

TOLD = frozenset({"warned", "transfer-pending", "ptr-record", "dns-record"})
"""Reasons that people hear of with the day from which the address may go: what follows needs no other warning."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """All that the judgement of one address rests on; `now` is the time of the event that woke us."""

    target: Target
    address: Address
    clock: Clock
    settings: ReleaseSettings
    tag_prefix: str
    now: datetime
    evidence: Evidence | None = None

    @property
    def idle_since(self) -> datetime:
        """Since when it is idle; ValueError where that is not known, as nothing can be judged then."""
        if self.clock.idle_since is None:
            raise ValueError(f"it is not known since when {self.address.allocation_id} is idle")
        return self.clock.idle_since

    @property
    def due(self) -> datetime:
        """When it may be released: its grace is over, and people heard of it long enough ago."""
        warned = self.clock.warned_at or self.now
        return max(self.idle_since + self.settings.grace, warned + self.settings.warn_before)


def is_governed(address: Address, settings: ReleaseSettings) -> bool:
    """Say whether an address is one to speak of: idle, and of a kind that is included, or that a reason code tells."""
    return not address.associated and (address.kind in settings.include or address.kind == "byoip")


def longest_gap(settings: ReleaseSettings) -> timedelta:
    """Give how long nobody may have looked: after more, nobody can say that an address was idle all the time."""
    outage = min(LONGEST_OUTAGE, settings.grace * OUTAGE_SHARE)
    return max(settings.sweep_period * PERIODS_WITHOUT_OBSERVATION, outage)


def starts_anew(clock: Clock, *, last: datetime | None, now: datetime, settings: ReleaseSettings) -> bool:
    """Say whether an idle address is to be taken as idle only from now on.

    So it is when it was not known to be idle, and when nobody looked for too long; `last` is when all addresses were
    looked at.
    """
    since = clock.idle_since
    if since is None or clock.stopped:
        return True
    return now - max(since, last or since) > longest_gap(settings)


def decide(case: Case) -> Decision | None:
    """Judge an idle address; None while evidence is needed that is not gathered yet."""
    if (decision := _standing(case)) is not None:
        return decision
    if case.evidence is None:
        return None
    if (decision := _against(case, case.evidence)) is not None:
        return decision
    return _warning(case) if case.clock.warned_at is None or case.now < case.due else _release(case)


def decided(case: Case) -> Decision:
    """Judge an idle address about which there is evidence; LookupError where there is none."""
    decision = decide(case)
    if decision is None:
        raise LookupError(f"nothing can be decided about {case.address.allocation_id} without evidence")
    return decision


def proposed_as(decision: Decision, proposal_id: str, *, rounds: int) -> Decision | None:
    """Give a decision as the proposal with this id; None where the proposal is about another state."""
    candidates = (replace(decision, proposal=number) for number in range(1, rounds + 1))
    return next((each for each in candidates if each.id == proposal_id), None)


def usd_month(address: Address) -> float:
    """Say what an idle address costs a month: those of one's own cost nothing, those of a block are paid with it."""
    return USD_MONTH if address.kind == "amazon" else 0


def is_tripped(breaker: Breaker, *, due: int, of: int) -> bool:
    """Say whether so many addresses are due at once that a person should look first."""
    return due >= breaker.at_least and due >= breaker.share * of


def summary(target: Target, held: Mapping[str, str], *, of: int, usd_month: float) -> Decision:
    """Ask about all that the breaker holds at once; `held` gives the id of the decision on each address."""
    why = (
        f"{len(held)} of the {of} addresses in {target.region} of account {target.account} are due for release at "
        "once. So many may mean that something else went wrong, so that each of them waits for a person."
    )
    return Decision(
        remediation=REMEDIATION,
        resource_id=target.name,
        account=target.account,
        region=target.region,
        action=Action.NONE,
        reason="breaker",
        judged=("breaker", *sorted(held.values())),
        detail={"why": why, "held": held, "of": of, "cost_usd_month": usd_month},
    )


def unreadable(target: Target, found: Unread) -> Decision:
    """Say once for a whole account and Region that something cannot be read, and what follows."""
    why = f"{found.what} cannot be read, so that no address there is proven unused, and none is released."
    return Decision(
        remediation=REMEDIATION,
        resource_id=target.name,
        account=target.account,
        region=target.region,
        action=Action.NONE,
        reason=found.reason,
        outcome=Outcome.BLOCKED,
        judged=(found.what, found.reason),
        detail={"why": why, "result": {"message": found.message}},
    )


def of_service(case: Case) -> Decision:
    """Say that an address that is in use is a service's, and so never ours to judge."""
    return Decision(
        remediation=REMEDIATION,
        resource_id=case.address.allocation_id,
        account=case.target.account,
        region=case.target.region,
        action=Action.NONE,
        reason="service-managed",
        outcome=Outcome.SKIPPED,
        judged=("service-managed", "in use"),
        detail={"why": _managed_by(case.address), "before": _before(case.address)},
    )


def taken_back(case: Case, at: datetime) -> Decision:
    """Say that an address of which people were warned is in use, or was."""
    why = f"There is a sign of use at {timestamp(at)}: what was said about its release no longer holds."
    return _saying(case, Outcome.SKIPPED, "reassociated", why)


def _standing(case: Case) -> Decision | None:
    """Judge by the address itself and the time; None: it is to be warned of, or due, if nothing else speaks against."""
    if (decision := _kept(case)) is not None:
        return decision
    warning = case.idle_since + case.settings.grace - case.settings.warn_before
    if case.now < warning:
        why = f"It is idle since {timestamp(case.idle_since)}, which is not long enough."
        return _saying(case, Outcome.SKIPPED, "within-grace", why)
    if stack := case.address.tags.get(STACK_TAG):
        return _of_stack(case, stack)
    if case.clock.last_reason == "warned" and case.now < case.due:
        # Whom a record or a transfer was told of is not warned before it is looked at again: it may still be there.
        return _warning(case)
    return None


def _kept(case: Case) -> Decision | None:
    """Find what its owners say, or whose it is."""
    address = case.address
    if (decision := _by_our_tags(case)) is not None:
        return decision
    for key, value in case.settings.keep_tags.items():
        if address.tags.get(key) == value:
            return _saying(case, Outcome.SKIPPED, "keep-tag", f"The tag {key} = {value} keeps it.", key)
    if address.service_managed:
        return _saying(case, Outcome.SKIPPED, "service-managed", _managed_by(address))
    if address.kind not in case.settings.include:
        return _saying(case, Outcome.SKIPPED, "byoip", f"You brought it to AWS yourselves, in the pool {address.pool}.")
    return None


def _managed_by(address: Address) -> str:
    return f"A service of AWS's manages it ({address.service_managed})."


def _by_our_tags(case: Case) -> Decision | None:
    tags, prefix = case.address.tags, case.tag_prefix
    if tags.get(f"{prefix}:protect") == "true":
        return _saying(case, Outcome.SKIPPED, "protected", f"The tag {prefix}:protect = true keeps it.")
    until = tags.get(f"{prefix}:keep-until")
    if until is None:
        return None
    day = _day(until)
    if day is None:
        why = f'The tag {prefix}:keep-until = "{until}" is no date such as 2026-12-31: it is kept until that is mended.'
        return _saying(case, Outcome.BLOCKED, "keep-until", why, until)
    if case.now.date() <= day:
        return _saying(case, Outcome.SKIPPED, "keep-until", f"It is kept through {day}, by its tag.", until)
    return None


def _against(case: Case, evidence: Evidence) -> Decision | None:
    """Judge by what DescribeAddresses does not tell: first what was found, then what could not be read."""
    found = (
        (evidence.transfer, Outcome.SKIPPED, "transfer-pending", "It is offered to account {}."),
        (evidence.ptr, Outcome.BLOCKED, "ptr-record", "It has the PTR record {}."),
        (evidence.dns, Outcome.BLOCKED, "dns-record", "The DNS record {} names it."),
    )
    after = f"It may be released from {timestamp(case.due)} on, once that is gone."
    for value, outcome, reason, text in found:
        if isinstance(value, str):
            return _saying(case, outcome, reason, f"{text.format(value.rstrip('.'))} {after}", value)
    if isinstance(evidence.stack, str):
        return _of_stack(case, evidence.stack)
    for unread in evidence.unread:
        why = f"{unread.what} cannot be read, so that it is not proven unused. The reason: {unread.message}"
        return _saying(case, Outcome.BLOCKED, unread.reason, why, unread.what)
    return taken_back(case, evidence.used_at) if isinstance(evidence.used_at, datetime) else None


def _of_stack(case: Case, stack: str) -> Decision:
    return _saying(case, Outcome.SKIPPED, "stack-managed", f"The CloudFormation stack {stack} owns it.", stack)


def _warning(case: Case) -> Decision:
    prefix = case.tag_prefix
    then = "would be" if case.settings.mode == "observe" else "will be"
    why = (
        f"Nobody has used it since {timestamp(case.idle_since)}: it {then} released on {case.due.date()} unless it is "
        f"used before, or tagged {prefix}:protect = true, or {prefix}:keep-until with a day such as 2026-12-31."
    )
    return _saying(case, Outcome.SKIPPED, "warned", why)


def _release(case: Case) -> Decision:
    why = f"Nobody has used it since {timestamp(case.idle_since)}, that is for {_length(case.now - case.idle_since)}."
    if case.address.kind != "amazon":
        why += " Releasing it saves no money, but gives its pool the address back."
    decision = _decision(case, Action.RELEASE_ADDRESS, "idle", None, why, (timestamp(case.idle_since),))
    return replace(decision, detail={**decision.detail, "after": {"state": "released"}, "actor": "poolwarden"})


def _length(idle: timedelta) -> str:
    """Write how long something lasted, in the largest unit of which it is one at least."""
    unit, of = next((each for each in UNITS if idle >= each[1]), UNITS[-1])
    count = idle // of
    return f"{count} {unit if count == 1 else f'{unit}s'}"


def _saying(case: Case, outcome: Outcome, reason: str, why: str, *state: str) -> Decision:
    judged = (reason, timestamp(case.idle_since), *state)
    return _decision(case, Action.NONE, reason, outcome, why, judged)


def _decision(
    case: Case, action: Action, reason: str, outcome: Outcome | None, why: str, judged: Sequence[str]
) -> Decision:
    address = case.address
    return Decision(
        remediation=REMEDIATION,
        resource_id=address.allocation_id,
        account=case.target.account,
        region=case.target.region,
        action=action,
        reason=reason,
        outcome=outcome,
        judged=tuple(judged),
        detail={
            "why": why,
            "before": _before(address),
            "idle_since": timestamp(case.idle_since),
            "due": timestamp(case.due),
            "cost_usd_month": usd_month(address),
            "evidence": dict(case.evidence.read) if case.evidence else {},
        },
    )


def _before(address: Address) -> dict[str, object]:
    """Keep what an undo needs; an address with a PTR record is never released."""
    return {
        "public_ip": address.public_ip,
        "pool": address.pool,
        "border_group": address.border_group,
        "tags": dict(address.tags),
        "ptr": "",
    }


def _day(text: str) -> date | None:
    """Read a day as docs/configuration.md writes it in tags, 2026-12-31, and nothing else."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
