"""What is read for many addresses at once: as seldom as can be, and never used once it is too old.

A target's own batches are its own. The hosted zones are the same for all the Regions of an account, and take the
longest: one invocation reads them once for all that it looks at.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from lambdas.common.errors import AwsError, message_of, reason_of
from lambdas.release_eips.model import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from lambdas.release_eips.pace import RunTime

ANEW_SECONDS = 210.0
"""A batch is read anew so long after its reading began, before another address is released by it."""

LONGEST_SECONDS = 200.0
"""What takes longer to read proves nothing: it would be too old before anything could be released by it."""


class Found(Protocol):
    """What a batch says of each address that it says something of."""

    def get(self, key: str, /) -> str | None:
        """Give what was found about one address; None where that is nothing."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What was read at once; `began` and `ended` are seconds of the invocation."""

    found: Found | Unread
    began: float
    ended: float


@dataclass(kw_only=True)
class Batches:
    """What one invocation has read, by what it is about."""

    time: RunTime
    _read: dict[Hashable, Batch] = field(default_factory=dict)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, key: Hashable, what: str, read: Callable[[], Found | Unread], *, recent: bool
    ) -> tuple[Found | Unread, timedelta]:
        """Give a batch and its age; it is read where it was not yet, or where it must be `recent` and is not.

        A first judgement may rest on an older one, as whatever is released is judged once more. What could not be read
        may be readable by now. `what` it is called for people.
        """
        with self._reading:
            batch = self._read.get(key)
            if batch is None or ((recent or isinstance(batch.found, Unread)) and self._is_old(batch)):
                batch = self._read[key] = self._batch(what, read)
            return batch.found, timedelta(seconds=self.time.elapsed - batch.began)

    def seconds_ahead(self, key: Hashable) -> float:
        """Say how long it may take to have a recent batch: as long as it took before, nothing while it is recent."""
        batch = self._read.get(key)
        return batch.ended - batch.began if batch is not None and self._is_old(batch) else 0.0

    def _is_old(self, batch: Batch) -> bool:
        """Say whether a batch counts no more; one that could not be read, however long that took, is as old as that."""
        since = batch.ended if isinstance(batch.found, Unread) else batch.began
        return self.time.elapsed - since > ANEW_SECONDS

    def _batch(self, what: str, read: Callable[[], Found | Unread]) -> Batch:
        began = self.time.elapsed
        try:
            found = read()
        except AwsError as error:
            found = Unread(what=what, reason=reason_of(error), message=message_of(error))
        ended = self.time.elapsed
        if ended - began > LONGEST_SECONDS:
            said = f"it takes longer than {LONGEST_SECONDS:.0f} seconds to read: what was read first is too old by then"
            found = Unread(what=what, reason="api-error", message=said)
        return Batch(found=found, began=began, ended=ended)
