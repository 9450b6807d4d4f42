"""How much memory a process took at most."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

MEGABYTE = 1_000_000


def most() -> int:
    """Give the bytes that this process had in memory at most."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux counts in ru_maxrss what the process was before it became this one
        (line,) = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
