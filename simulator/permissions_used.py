"""Which of their permissions roles used: every question that the evaluation of policies answered with yes."""

from __future__ import annotations

import threading
from typing import Any


class PermissionsUsed:
    """What `GET /_simulator/permissions` answers; unlike the record of calls, it is never emptied.

    An action is IAM's, not the operation's name: a transaction's items, a batch of messages and what Lambda does in
    the name of a function count as what AWS asks the policies for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[tuple[str, str, str, bool]] = set()

    def record(self, *, principal: str, action: str, resource: str, allowed: bool) -> None:
        """Note that the session `principal` asked for `action` on the resource, by ARN or `*`."""
        with self._lock:
            self._seen.add((principal, action, resource, allowed))

    def entries(self) -> list[dict[str, Any]]:
        """Everything asked for since the start, each once, in the order of the alphabet."""
        with self._lock:
            seen = sorted(self._seen)
        return [
            {"principal": principal, "action": action, "resource": resource, "allowed": allowed}
            for principal, action, resource, allowed in seen
        ]


PERMISSIONS_USED = PermissionsUsed()
"""Of this process: policies are evaluated in many places, all of them through `permissions`."""
