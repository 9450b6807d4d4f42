"""What one run goes by, and how far it is; and how it says what it does not carry out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.align_albs.plan import REMEDIATION
from lambdas.common import guards, ledger
from lambdas.common.announce import announce
from lambdas.common.observability import logger

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.align_albs.plan import Terms
    from lambdas.common.decision import Decision, Outcome
    from lambdas.common.limits import Turn
    from lambdas.common.settings import Mode
    from lambdas.common.targets import Target

PACE_SECONDS = 0.2
"""Between two moves. AWS gives no rate for ModifyIpPools; five a second is EC2's for changes."""

log = logger(REMEDIATION)


@dataclass(kw_only=True)
class Run:
    """What one run goes by, and how far it is.

    `deadline` is on the monotonic clock: what is not begun by then is left to another run; `alone` says that no other
    place has its share of that time. `approved` is the id of the proposal that a person approved, or empty. `turns` are
    kept up to date as the run takes them. `moved_at` is when it last changed something, `moved` gives the pool of each
    load balancer that it moved, `refused` are those of which AWS or a person said that they are not moved, `left` how
    many there was no time for, `failed` those with which something went wrong.
    `unread` are the pools that the last look could not read, `unjudged` the load balancers that belong on them.
    """

    target: Target
    now: datetime
    terms: Terms
    mode: Mode
    deadline: float
    alone: bool = True
    approved: str = ""
    turns: dict[str, Turn] = field(default_factory=dict)
    moved_at: float = float("-inf")
    moved: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    left: int = 0
    failed: set[str] = field(default_factory=set)
    unread: tuple[Decision, ...] = ()
    unjudged: dict[str, str] = field(default_factory=dict)

    @property
    def acts(self) -> str:
        """The key under which the moves in its place are named."""
        return guards.acts_key(REMEDIATION, self.target.name)

    @property
    def over(self) -> bool:
        """Whether its time is up."""
        return time.monotonic() >= self.deadline

    def pace(self) -> None:
        """Wait until the next change may be made."""
        time.sleep(max(0.0, self.moved_at + PACE_SECONDS - time.monotonic()))
        self.moved_at = time.monotonic()

    def say(self, decision: Decision, outcome: Outcome, reason: str) -> None:
        """Record what is not carried out, and tell when that is new."""
        record = ledger.note(decision, outcome, reason=reason, now=self.now)
        log.info("%s: %s, %s", decision.resource_id, outcome, reason, decision_id=decision.id)
        announce(record)
