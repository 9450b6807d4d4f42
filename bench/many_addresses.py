"""How much memory a look at ten thousand addresses takes, all of them idle: ours beside Cloud Custodian."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench import custodian, memory, woken
from bench.result import OURS, Measure, Result, Row, Spread
from infra.bundling import staged
from infra.config import load
from simulator.client import Simulation

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = (1_000, 10_000)
MEMORY = Measure(name="memory", unit="MB", better="less", limit=128)
CONFIG = "{mode: observe, release_eips: {}}"


def measure(sizes: Sequence[int] = SIZES) -> Result:
    """Let both look at rising numbers of addresses, nothing of which is due."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="poolwarden-bench-") as folder:
        config = Path(folder) / "poolwarden.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        with Simulation.start(config=config) as simulation:
            simulation.change_settings(addresses_per_region=max(sizes))
            there = 0
            for size in sizes:
                woken.allocate(simulation, size - there)
                there = size
                looks = {OURS: ours(simulation, config), "Cloud Custodian": peers(simulation, Path(folder) / str(size))}
                rows += [
                    Row(
                        setting=f"{size:,} idle addresses",
                        contender=contender,
                        figures={MEMORY.name: Spread.of([peak / memory.MEGABYTE])},
                    )
                    for contender, peak in looks.items()
                ]
    return Result(
        title="Memory of a look at many addresses",
        about=(
            "The whole process at its peak. Ours looks a second time, so that it reads what it remembers of each; "
            "Cloud Custodian finds what is not associated, and stops before its action (--dryrun). One run each."
        ),
        measures=(MEMORY,),
        rows=tuple(rows),
    )


def ours(simulation: Simulation, config: Path) -> int:
    """Look twice, an hour apart; the bytes of the second look."""
    asset, now = staged(load(config)), datetime.now(UTC)
    woken.release_eips(simulation, asset, at=now)
    return woken.release_eips(simulation, asset, at=now + timedelta(hours=1))


def peers(simulation: Simulation, folder: Path) -> int:
    """Look once; the bytes."""
    return woken.in_a_process(custodian.command(folder, only_look=True), woken.access(simulation))
