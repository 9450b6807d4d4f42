"""Faults that somebody ordered through the control plane: the next calls of an operation fail as told."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from typing import Any

from simulator import api_names

MAX_DELAY_MS = 60_000
_ACCOUNT = re.compile(r"\d{12}")


class InvalidFault(ValueError):  # noqa: N818 - it answers a control call
    """A fault that the control plane cannot take; the message names the member and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The next `times` calls of `service:operation`, after `after` of them, fail with `code` and `status`.

    Without a code the call is only delayed. With an `account` calls in others neither suffer it nor count.
    """

    service: str
    operation: str
    code: str | None = None
    status: int = 400
    times: int = 1
    after: int = 0
    delay_ms: int = 0
    account: str | None = None

    @classmethod
    def from_document(cls, document: Any) -> Fault:  # noqa: ANN401 - parsed JSON
        """Check one element of the list given to `POST /_simulator/faults`. Errors: `InvalidFault`."""
        if not isinstance(document, dict):
            raise InvalidFault(f"a fault is an object, not {document!r}")
        known = cls.__dataclass_fields__
        if unknown := sorted(set(document) - set(known)):
            raise InvalidFault(f"unknown member {unknown[0]!r}; allowed are {', '.join(known)}")
        for name in ("service", "operation"):
            if not isinstance(document.get(name), str) or not document[name]:
                raise InvalidFault(f"{name} must be a non-empty string")
        if not isinstance(document.get("code"), str | None):
            raise InvalidFault("code must be a string")
        account = document.get("account")
        if account is not None and not (isinstance(account, str) and _ACCOUNT.fullmatch(account)):
            raise InvalidFault(f"account must be a string of 12 digits, not {account!r}")
        for name, low, high in (
            ("status", 400, 599),
            ("times", 1, 1_000_000),
            ("after", 0, 1_000_000),
            ("delay_ms", 0, MAX_DELAY_MS),
        ):
            value = document.get(name, known[name].default)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise InvalidFault(f"{name} must be a whole number from {low} to {high}, not {value!r}")
        if wrong := api_names.complaint(document["service"], document["operation"]):
            raise InvalidFault(wrong)
        return cls(**document)


class Faults:
    """The faults in force, in the order in which they were given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, faults: list[Fault]) -> None:
        """Put further faults in force."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Lift all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, service: str, operation: str, *, account: str) -> Fault | None:
        """Count one call in an account against the first fault that concerns it; the fault, when it shall suffer it."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if (fault.service, fault.operation) != (service, operation) or fault.account not in (None, account):
                    continue
                if fault.after:
                    self._faults[index] = replace(fault, after=fault.after - 1)
                    return None
                if fault.times == 1:
                    del self._faults[index]
                else:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                return fault
            return None


FAULTS = Faults()
"""The faults of this account: API calls suffer them, and so do the deliveries that AWS makes itself."""
