"""What a plan decides, and how it may come out: plain values, so that a plan needs nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


DECISION_ID = "[0-9a-f]{16}"
"""What a decision's id looks like, as a regular expression."""


class Outcome(StrEnum):
    """How a decision came out, or how far it is."""

    INTENDED = "intended"
    PENDING = "pending"
    DONE = "done"
    PROPOSED = "proposed"
    OBSERVED = "observed"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNDONE = "undone"


class Action(StrEnum):
    """What a decision changes."""

    PROVISION_CIDR = "provision_cidr"
    DEPROVISION_CIDR = "deprovision_cidr"
    RELEASE_ADDRESS = "release_address"
    ALLOCATE_ADDRESS = "allocate_address"
    MODIFY_IP_POOLS = "modify_ip_pools"
    ASSOCIATE_CIDR = "associate_cidr"
    DISASSOCIATE_CIDR = "disassociate_cidr"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What should happen to one resource, and why.

    `outcome` is None where the action is to be carried out, else what the plan itself settles (blocked, skipped).
    `subject` is what the action is about, such as the CIDR to provision; empty where nothing is done. `judged` is
    the state that the decision rests on, as coarse as it can be: the same state gives the same id, and with it the
    same ledger item; `proposal` counts how often the same change was proposed to people, each time under an id of its
    own. Where `subject` depends on more than that state, a lease holds on to the one that was chosen.
    """

    remediation: str
    resource_id: str
    account: str
    region: str
    action: Action
    reason: str
    outcome: Outcome | None = None
    subject: str = ""
    judged: tuple[str, ...]
    detail: Mapping[str, object]
    proposal: int = 1

    @property
    def id(self) -> str:
        """The decision's stable id: 16 hexadecimal digits."""
        again = [f"proposal {self.proposal}"] if self.proposal > 1 else []
        identity = [self.remediation, self.resource_id, self.action, *self.judged, *again]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The right to change one resource, as it was read: held for the decision `decision_id`, or free (empty).

    `guard` is its key. `generation` counts the acts that came to an end, so that the same change asked for
    again later is another decision. `subject` and `reason` are the decision's. A lease that was given back
    after success keeps its subject: until `held_until`, whoever does not see it there looks at an outdated
    list. `attempt` is the generation in which it was taken, whatever was added to that since: a sign of use adds to
    that of an address. `unfinished` says that the last act was one step of several. `recent` gives the subjects of the
    acts before, those that failed left out, and until when lists may not show what came of them: one act can follow
    another so soon.
    """

    guard: str
    generation: int = 0
    decision_id: str = ""
    subject: str = ""
    reason: str = ""
    held_until: datetime | None = None
    attempt: int = 0
    unfinished: bool = False
    recent: Mapping[str, datetime] = field(default_factory=dict)

    def fresh(self, now: datetime) -> bool:
        """Say whether AWS's lists may not show yet what was asked for last."""
        return self.held_until is not None and now < self.held_until

    def unshown(self, now: datetime) -> set[str]:
        """Give the subjects of which AWS's lists may not show yet what came of them, that of the lease included."""
        before = {subject for subject, until in self.recent.items() if now < until}
        return before | ({self.subject} if self.subject and (self.decision_id or self.fresh(now)) else set())
