"""What IPAM finds wrong with address space, for the digest: what each reader sees of it, and how much more it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lambdas.notify.conditions import CONDITIONS
from lambdas.notify.digest import MOST_LINES, OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.notify.conditions import Condition, Resource

NOBODYS = ""
"""The account by which resources are counted that no contact hears of."""


class Standing:
    """Takes resources one by one; what it keeps grows with readers and conditions, and not with resources.

    `contacts` are the addresses of contacts by their account. `looked_at` counts all resources; `conditions` are those
    that are kept of each condition, in the order in which they came, and `more` how many are not, by the condition's
    alarm and the owning account, as `digest.Known` takes them.
    """

    def __init__(self, contacts: Mapping[str, str]) -> None:
        self._contacts = contacts
        self._shown: Counter[tuple[str, str]] = Counter()
        self.looked_at = 0
        self.conditions: list[tuple[Condition, list[Resource]]] = [(condition, []) for condition in CONDITIONS]
        self.more: Counter[tuple[str, str]] = Counter()

    def add(self, resource: Resource) -> None:
        """Look at one."""
        self.looked_at += 1
        for condition, kept in self.conditions:
            if not condition.holds(resource):
                continue
            if self._is_shown(condition, resource):
                kept.append(resource)
            else:
                self.more[condition.alarm, self._account(resource)] += 1

    def _is_shown(self, condition: Condition, resource: Resource) -> bool:
        """Say whether it has a line in somebody's digest: each reader sees those that came first."""
        readers = {OPERATORS, self._contacts.get(self._account(resource), OPERATORS)}
        lacking = [reader for reader in readers if self._shown[condition.alarm, reader] < MOST_LINES]
        self._shown.update((condition.alarm, reader) for reader in lacking)
        return bool(lacking)

    def _account(self, resource: Resource) -> str:
        owner = str(resource.get("ResourceOwnerId"))
        return owner if owner in self._contacts else NOBODYS
