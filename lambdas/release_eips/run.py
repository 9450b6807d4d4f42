"""One run over one target: what it goes by, and how it says what it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.common import ledger
from lambdas.common.announce import announce
from lambdas.common.decision import Outcome
from lambdas.common.guards import OutdatedError
from lambdas.common.observability import logger
from lambdas.release_eips import clocks, plan
from lambdas.release_eips.pace import MUTATING, READING, Pace
from lambdas.release_eips.plan import REMEDIATION, Case

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.decision import Decision
    from lambdas.common.settings import ReleaseSettings
    from lambdas.common.targets import Target
    from lambdas.release_eips.evidence import Examiner
    from lambdas.release_eips.model import Address, Clock
    from lambdas.release_eips.pace import RunTime

QUIET = frozenset({"run-cap", "breaker"})
"""Reasons, besides most of what is skipped, that are recorded and told to nobody: they may be many."""

TOLD_THOUGH_SKIPPED = frozenset({"warned", "transfer-pending", "stack-managed", "reassociated"})

SHORTEST_PERIOD = timedelta(minutes=1)

log = logger(REMEDIATION)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run over a target goes by.

    `id` is the run's own; a try of Lambda's at the same event is another run. `alone` says that no other target has its
    share of the time. `approved` is the id of the proposal that a person approved, or empty. `resumed` are decisions of
    which AWS may have carried out an earlier call: of a run that did not see to their end, or one that AWS did not
    answer. `released` are the addresses that it released. `told` is what could not be read and was told for the whole
    target.
    """

    target: Target
    id: str
    time: RunTime
    settings: ReleaseSettings
    tag_prefix: str
    examiner: Examiner
    alone: bool = True
    approved: str = ""
    resumed: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    mutating: Pace = field(default_factory=lambda: Pace(burst=MUTATING[0], per_second=MUTATING[1]))
    reading: Pace = field(default_factory=lambda: Pace(burst=READING[0], per_second=READING[1]))

    @property
    def now(self) -> datetime:
        """The moment by which everything is judged."""
        return self.time.at

    @property
    def beat(self) -> str:
        """What the cap counts in: one period of the schedule, whatever woke the runs in it; or a person's approval."""
        if self.approved:
            return f"approved {self.approved}"
        return self._beat_at(self.now)

    def has_counted(self, clock: Clock) -> bool:
        """Say whether an address was tried in this period: what began then has its place under the cap."""
        return clock.tried_at is not None and self._beat_at(clock.tried_at) == self.beat

    def _beat_at(self, moment: datetime) -> str:
        period = max(self.settings.sweep_period, SHORTEST_PERIOD)
        return f"{moment.timestamp() // period.total_seconds():.0f}"

    def case(self, address: Address, clock: Clock) -> Case:
        """Put together what an address is judged by, without evidence."""
        return Case(
            target=self.target,
            address=address,
            clock=clock,
            settings=self.settings,
            tag_prefix=self.tag_prefix,
            now=self.now,
        )


def say(run: Run, case: Case, decision: Decision, outcome: Outcome, reason: str, *, quietly: bool = False) -> None:
    """Record what is not carried out, each time that it is seen, and tell, but for what is routine."""
    said = f"{decision.id}#{outcome}#{reason}"
    routine = (outcome is Outcome.SKIPPED and reason not in TOLD_THOUGH_SKIPPED) or reason in QUIET
    record = ledger.note(decision, outcome, reason=reason, now=run.now)
    log.info("%s: %s, %s", decision.resource_id, outcome, reason, decision_id=decision.id)
    if not routine and not quietly:
        announce(record)
    values: dict[str, str | datetime] = {"said": said} if case.clock.said != said else {}
    if reason in plan.TOLD and case.clock.warned_at is None:
        values["warned_at"] = run.now
    if values:
        remember(run, case, **values)


def remember(run: Run, case: Case, **values: str | datetime) -> None:
    """Remember something of an address, unless others know better by now."""
    try:
        clocks.remember(case.clock, now=run.now, **values)
    except OutdatedError:
        log.info("%s changed since it was looked at: it is judged anew later", case.address.allocation_id)
