"""Taking a block away again that a refill added: pure judgement, from what the pool shows now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

LISTED = 5


class Standing(Enum):
    """How a block stands that is to be taken away."""

    UNUSED = auto()
    IN_USE = auto()
    GOING = auto()
    GONE = auto()
    STUCK = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """An allocation: its CIDR, and what has it, such as `vpc vpc-0123 of 111122223333`."""

    cidr: str
    by: str


def standing(states: Collection[str], uses: Sequence[Use]) -> Standing:
    """Say how a block stands: the states in which its pool lists it, and what is allocated from it."""
    if "pending-deprovision" in states:
        return Standing.GOING
    if "provisioned" not in states:
        return Standing.STUCK if "failed-deprovision" in states else Standing.GONE
    return Standing.IN_USE if uses else Standing.UNUSED


def told(cidr: str, uses: Sequence[Use]) -> str:
    """Say what uses a block, for the person who wanted it gone."""
    named = ", ".join(f"{use.cidr} by {use.by}" for use in uses[:LISTED])
    more = f" and {len(uses) - LISTED} more" if len(uses) > LISTED else ""
    return f"{cidr} is in use: {named}{more}. Release these first, then undo again."
