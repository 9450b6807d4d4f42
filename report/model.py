"""What a report shows: plain values, the same from an account in use and from the simulated one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.space import Stretch


@dataclass(frozen=True, kw_only=True, slots=True)
class CidrRow:
    """A row of the map: one CIDR of a pool, `depth` levels down the tree. `refilled` says when a refill added it."""

    pool_id: str
    pool_name: str
    depth: int
    cidr: str
    addresses: str
    available_percent: float
    refilled: str | None
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeMap:
    """The map of a scope; `kind` is private or public."""

    scope_id: str
    name: str
    kind: str
    rows: tuple[CidrRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How much of a pool was available when (`points`: time, percent), and when which CIDR was added to it."""

    pool_id: str
    name: str
    points: tuple[tuple[str, float], ...]
    refills: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionRow:
    """A ledger item as the table shows it; times are UTC, ISO 8601."""

    decision_id: str
    time: str
    last_seen: str
    count: int
    remediation: str
    resource: str
    action: str
    outcome: str
    reason: str
    account: str
    region: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A promise that the demo judged: its number, its text, whether it held, and by what that is known."""

    number: int
    text: str
    held: bool
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All of it. `savings` are (time, US dollars a month saved from then on); `told` (recipient, subject, message)."""

    title: str
    account: str
    region: str
    generated: str
    mode: str
    figures: Mapping[str, str]
    scopes: tuple[ScopeMap, ...] = ()
    courses: tuple[Course, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    savings: tuple[tuple[str, float], ...] = ()
    promises: tuple[Promise, ...] = ()
    told: tuple[tuple[str, str, str], ...] = ()
    missing: tuple[str, ...] = ()

    def charts(self) -> dict[str, Any]:
        """What the page's script draws, as JSON values."""
        return {
            "scopes": [asdict(scope) for scope in self.scopes],
            "courses": [asdict(course) for course in self.courses],
            "savings": list(self.savings),
        }
