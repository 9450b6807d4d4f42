"""A process that plays episodes and does nothing else."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.episode import Result


def prepare() -> None:
    """Make a process a worker."""
    from chaos import account  # noqa: PLC0415 - moto is loaded by the workers alone

    account.prepare_process()


def play(seed: int) -> Result:
    """Play the episode of a seed, without what the functions write into their logs."""
    from chaos.episode import Episode  # noqa: PLC0415 - after the process was prepared

    with contextlib.redirect_stdout(io.StringIO()):
        return Episode(seed).play()
