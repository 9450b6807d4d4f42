"""Wake `release_eips` once in this process, which imports nothing else, and say how much memory that took.

`python -m bench.wake 2026-11-20T12:00:00+00:00`
"""

from __future__ import annotations

import sys
from typing import Any

from bench import memory

PEAK = "peak "
"""What stands before the number of bytes, in a line of its own."""


class Context:
    """What the function asks of Lambda."""

    def __init__(self, identifier: str) -> None:
        self.aws_request_id = identifier

    def get_remaining_time_in_millis(self) -> int:
        """Give the time that its configuration allows."""
        return 600_000


def wake(moment: str) -> None:
    """Wake the function as its schedule does at a moment."""
    from lambdas.release_eips.handler import handler  # noqa: PLC0415 - it asks for its settings from then on

    event: dict[str, Any] = {"source": "aws.events", "detail-type": "Scheduled Event", "time": moment, "detail": {}}
    handler(event, Context(moment))
    sys.stdout.write(f"\n{PEAK}{memory.most()}\n")


if __name__ == "__main__":
    wake(sys.argv[1])
