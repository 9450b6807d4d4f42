"""A thousand idle addresses among two thousand, under EC2's throttling: ours beside Cloud Custodian."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench import custodian, memory, woken
from bench.result import OURS, Measure, Result, Row, Spread
from infra.bundling import staged
from infra.config import load
from simulator.client import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSES = 2_000
IDLE = 1_000
BURST, PER_SECOND = 50, 5
"""EC2's token bucket of ReleaseAddress, for an account and Region (EC2 developer guide, "Request throttling")."""

BEST_SECONDS = (IDLE - BURST) / PER_SECOND
FAULT_AFTER = 40
HOUR = timedelta(hours=1)
ACCOUNTS = {OURS: "111111111111", "Cloud Custodian": "222222222222"}
FAULTED = {OURS: "333333333333", "Cloud Custodian": "444444444444"}

CONFIG = """
mode: enforce
release_eips:
  grace: 2h
  warn_before: 1h
  max_releases_per_run: 1000
  breaker: {share: 1, at_least: 100000}
notifications: {email: [a@example.com]}
"""

CALLS = Measure(name="calls of EC2", better="less")
THROTTLED = Measure(name="throttled calls", better="less", limit=0)
TIME = Measure(name="time", unit="s", better="less", limit=BEST_SECONDS / 0.98)
MEMORY = Measure(name="memory", unit="MB", better="less")
RELEASED = Measure(name="released although the 41st was refused", better="more", limit=IDLE - 1)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run came to; `megabytes` is the most that its process had in memory."""

    calls: int
    throttled: int
    seconds: float
    megabytes: float
    released: int


def measure() -> Result:
    """Release with each, once undisturbed and once with a refusal in the middle."""
    with tempfile.TemporaryDirectory(prefix="poolwarden-bench-") as folder:
        config = Path(folder) / "poolwarden.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        rows = []
        for contender, release in CONTENDERS.items():
            with Simulation.start(config=config, account=ACCOUNTS[contender]) as simulation:
                whole = _run(simulation, release, Path(folder))
            with Simulation.start(config=config, account=FAULTED[contender]) as simulation:
                refusal = "InvalidIPAddress.InUse"
                simulation.fault("ec2", "ReleaseAddress", refusal, status=400, after=FAULT_AFTER, times=1)
                disturbed = _run(simulation, release, Path(folder))
            figures: dict[Measure, float] = {
                CALLS: whole.calls,
                THROTTLED: whole.throttled,
                TIME: whole.seconds,
                MEMORY: whole.megabytes,
                RELEASED: disturbed.released,
            }
            spreads = {measured.name: Spread.of([value]) for measured, value in figures.items()}
            rows.append(Row(setting=f"{IDLE:,} of {ADDRESSES:,} idle", contender=contender, figures=spreads))
    return Result(
        title="Release of idle Elastic IPs",
        about=(
            "Real time on a simulated account that throttles as EC2 documents: the bucket alone takes "
            f"{BEST_SECONDS:.0f} s. One run each. Cloud Custodian releases what is not associated and looks at nothing "
            "else; ours has seen the addresses idle for their grace, gathers evidence, and looks at each again before "
            "its release."
        ),
        measures=(CALLS, THROTTLED, TIME, MEMORY, RELEASED),
        rows=tuple(rows),
    )


def _run(simulation: Simulation, release: Callable[[Simulation, Path], Callable[[], int]], folder: Path) -> Run:
    woken.allocate(simulation, ADDRESSES, in_use=ADDRESSES - IDLE)
    start = release(simulation, folder)
    simulation.change_settings(throttled=True)
    simulation.clear_calls()
    began = time.monotonic()
    megabytes = start() / memory.MEGABYTE
    seconds = time.monotonic() - began
    simulation.change_settings(throttled=False)
    calls = [call for call in simulation.calls() if call["service"] == "ec2"]
    errors = Counter(call["error"] for call in calls)
    left = len(simulation.client("ec2").describe_addresses()["Addresses"])
    return Run(
        calls=len(calls),
        throttled=errors["RequestLimitExceeded"],
        seconds=seconds,
        megabytes=megabytes,
        released=ADDRESSES - left,
    )


def _poolwarden(simulation: Simulation, folder: Path) -> Callable[[], int]:
    """Let the function see the addresses idle twice; the run that is measured is the third."""
    asset, now = staged(load(folder / "poolwarden.yaml")), datetime.now(UTC)
    for after in (timedelta(), HOUR):
        woken.release_eips(simulation, asset, at=now + after)
    return lambda: woken.release_eips(simulation, asset, at=now + 2 * HOUR)


def _custodian(simulation: Simulation, folder: Path) -> Callable[[], int]:
    command = custodian.command(folder / f"custodian-{simulation.account}")
    return lambda: woken.in_a_process(command, woken.access(simulation), may_fail=True)


CONTENDERS: dict[str, Callable[[Simulation, Path], Callable[[], int]]] = {
    OURS: _poolwarden,
    "Cloud Custodian": _custodian,
}
