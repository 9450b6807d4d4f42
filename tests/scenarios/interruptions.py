"""What happens to a run in the middle of its work: somebody changes something then, or its process dies."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

LONGEST_SECONDS = 600.0
Answer = dict[str, Any]


def during(
    simulation: Simulation, work: Callable[[], Answer], interruption: Callable[[], object], **intent: str
) -> Answer:
    """Do some work, and interrupt it once an intent with these members is in the ledger; what the work answers."""
    with ThreadPoolExecutor() as beside:
        working = beside.submit(work)
        _await(simulation, intent, working)
        interruption()
        return working.result()


def kill(simulation: Simulation, function: str) -> None:
    """End the process of a function at once, as a machine that fails does."""
    marks = {f"AWS_LAMBDA_FUNCTION_NAME={function}", f"AWS_ENDPOINT_URL={simulation.endpoint}"}
    (pid,) = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal() and marks <= _environ(each)]
    os.kill(pid, signal.SIGKILL)


def _await(simulation: Simulation, intent: dict[str, str], working: Future[Answer]) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end and not working.done():
        begun = [each for each in simulation.ledger() if each["outcome"] == "intended"]
        if any(intent.items() <= each.items() for each in begun):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing was begun with {intent}")


def _environ(process: Path) -> set[str]:
    try:
        return set((process / "environ").read_text(errors="replace").split("\0"))
    except OSError:
        return set()
