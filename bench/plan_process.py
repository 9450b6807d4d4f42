"""One contender judges one large pool, in a process of its own: what others left in memory makes it slower."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench import memory
from bench.large_pool import large_case
from bench.straightforward import choose, networks_of
from lambdas.refill_pools.plan import decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.refill_pools.case import Case

REPEATED = 5
ENOUGH_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Milliseconds of processor time of each run, the process's memory at most, and the CIDR that was chosen."""

    milliseconds: list[float]
    megabytes: float
    answer: str | None


def plan_anew(case: Case) -> str | None:
    """Plan with nothing known of the case: what was computed of its space is kept with it."""
    decision = decide(replace(case, space=replace(case.space)))
    return None if decision is None else decision.subject


CONTENDERS: dict[str, tuple[Callable[[int], Any], Callable[[Any], str | None]]] = {
    "plan": (large_case, plan_anew),
    "ipaddress": (lambda allocations: networks_of(large_case(allocations)), choose),
}
"""What each judges, made of a number of allocations, and how."""


def measured(contender: str, allocations: int) -> Measured:
    """Run a contender in a fresh process."""
    command = [sys.executable, "-m", "bench.plan_process", contender, str(allocations)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this module
    return Measured(**json.loads(answer.stdout))


def _measure(contender: str, allocations: int) -> Measured:
    make, judge = CONTENDERS[contender]
    judged = make(allocations)
    times: list[float] = []
    answer = None
    while len(times) < REPEATED and sum(times) < ENOUGH_SECONDS * 1_000:
        began = time.process_time()  # of this process alone, whatever else the machine does
        answer = judge(judged)
        times.append((time.process_time() - began) * 1_000)
    return Measured(milliseconds=times, megabytes=memory.most() / memory.MEGABYTE, answer=answer)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(vars(_measure(sys.argv[1], int(sys.argv[2])))))
