"""A preview says just what the next sweep does with idle addresses, decision by decision, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.release_eips.preview import preview
from tests.lambdas.account import LEDGER
from tests.lambdas.release_eips.function import Function, deployed
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

Told = set[tuple[str, str, str, str]]


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


@dataclass
class Account:
    """A world with the function in it."""

    world: World = field(default_factory=World)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.function = Function(self.world, **self.settings)

    def foreseen(self, *, remembered: bool = True) -> Told:
        """What a preview says will be in the ledger."""
        with self.function._in_force():
            decisions = preview(self.function.settings, now=self.world.now, remembered=remembered)
        return {(each.id, each.resource_id, each.outcome or "done", each.reason) for each in decisions}

    def ledger(self) -> Told:
        items = self.world.tables.items(LEDGER)
        return {(item["decision_id"], item["resource_id"], item["outcome"], item["reason"]) for item in items}

    def happens(self) -> Told:
        """What a sweep puts into the ledger."""
        before = self.ledger()
        self.function.sweep()
        return self.ledger() - before


def outcomes(told: Told) -> dict[str, tuple[str, str]]:
    return {resource: (outcome, reason) for _, resource, outcome, reason in told}
