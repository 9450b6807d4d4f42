"""`python -m simulator`: a simulated AWS account on this machine, with Poolwarden deployed into it."""

from __future__ import annotations

import os
import signal
import sys


def _end(number: int, _frame: object) -> None:
    """End at once: while modules are imported, an exception could be swallowed by any of them."""
    os._exit(128 + number)


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _end)  # until the server takes them over

    from simulator.command import main

    sys.exit(main())
