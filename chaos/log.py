"""What happened in an episode: every AWS call of functions and people, every invocation. The oracle reads no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

PERSON = "person"


@dataclass(frozen=True, kw_only=True)
class Call:
    """An AWS call: by whom, in which invocation (`run`, none of a person's), and whether AWS carried it out.

    `answer` is what the caller got, None where it got no answer; `seen` is what the account really was like just
    before, and `ledger` what the ledger's items were, for the calls that a promise is about.
    """

    number: int
    time: datetime
    caller: str
    run: int
    operation: str
    parameters: dict[str, Any]
    took_effect: bool
    answer: dict[str, Any] | None
    seen: dict[str, Any] = field(default_factory=dict)
    ledger: tuple[dict[str, Any], ...] = ()


@dataclass(kw_only=True)
class Run:
    """An invocation of a function: `source` is the same for all attempts at one event."""

    number: int
    function: str
    source: str
    event: dict[str, Any]
    began: datetime
    ended: str = "running"
    error: str = ""
    """`done`, `failed` or `killed`."""


@dataclass
class Log:
    """All of it, in order."""

    calls: list[Call] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
