"""Resources of one account that others may use: what AWS RAM knows of pools and resource discoveries."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from simulator.ipam.organizations import entities_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class Sharing:
    """With whom a resource is shared, and in how many shares each principal is.

    A principal is an account's id, or the ARN or the id of an organisational unit or of an organisation (RAM user
    guide, "Sharing your AWS resources").
    """

    def __init__(self) -> None:
        self._principals: Counter[str] = Counter()

    def add(self, principals: Iterable[str]) -> None:
        """Share the resource with these too."""
        self._principals.update(map(_entity, principals))

    def remove(self, principals: Iterable[str]) -> None:
        """End one share with these; a principal that is in another one keeps the resource."""
        self._principals.subtract(map(_entity, principals))
        self._principals = +self._principals

    def includes(self, account: str) -> bool:
        """Whether the resource is shared with the account, or with something that it belongs to."""
        return bool(self._principals) and any(entity in self._principals for entity in entities_of(account))


def _entity(principal: str) -> str:
    """The id of an account, unit or organisation, also out of an ARN, such as `...:ou/o-1/ou-2`."""
    return principal.rpartition("/")[2]
