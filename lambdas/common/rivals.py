"""Several runs that take from one thing at the same time: who comes second looks again, and chooses again."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from lambdas.common.errors import RunFailedError
from lambdas.common.guards import OutdatedError

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKS = 8
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 3.2
"""Waits double up to here, or ten who take from one thing would meet each other again at every look."""


def look_and_act(step: Callable[[bool], None], *, lost: str) -> None:
    """Take a step until nobody else was first; it is told whether it is taken again.

    RunFailedError, saying what was `lost`, where others were first every time.
    """
    for look in range(LOOKS):
        try:
            step(look > 0)
        except OutdatedError:
            longest = min(FIRST_WAIT_SECONDS * 2**look, LONGEST_WAIT_SECONDS)
            time.sleep(random.uniform(0, longest))  # noqa: S311 - spreads rivals, hides nothing
        else:
            return
    raise RunFailedError(f"{lost}, {LOOKS} times in a row")
