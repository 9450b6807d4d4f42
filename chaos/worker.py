"""What a process does that plays one episode and ends, forked from one that is prepared and did nothing else.

What an episode leaves behind, such as a client that has learned to wait, must not be part of the next one.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.episode import Result

PREPARED = "chaos.prepared"


def leave_interrupts_to_others() -> None:
    """Go on when the terminal interrupts everybody: whoever handed out the seeds sums up and ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def play(seed: int) -> Result:
    """Play the episode of a seed, without what the functions write into their logs."""
    importlib.import_module(PREPARED)
    from chaos.episode import Episode  # noqa: PLC0415 - the process that hands out the seeds needs no moto

    with contextlib.redirect_stdout(io.StringIO()):
        return Episode(seed).play()
