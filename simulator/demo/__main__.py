"""Start a simulated account, deploy the app into it, play the incident, judge the promises, say what happened."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from report import page
from simulator.client import ROOT, Simulation, SimulationError
from simulator.demo import report, tables
from simulator.demo.incident import Incident, Story
from simulator.demo.promises import Verdict, judge

if TYPE_CHECKING:
    from types import FrameType

CONFIG = Path(__file__).parent / "poolwarden.yaml"
OUTPUT = ROOT / "build" / "demo"
MAX_WIDTH = 100


def main() -> int:
    """Play the demo; 0 only if every promise held."""
    signal.signal(signal.SIGTERM, _interrupted)
    console = Console(width=None if sys.stdout.isatty() else MAX_WIDTH, highlight=False)
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - started:5.1f} s  {text}")

    say("starting a simulated AWS account and deploying Poolwarden into it with the CDK CLI")
    try:
        with Simulation.start(config=CONFIG) as simulation:
            incident = Story(simulation, say).play()
            verdicts = judge(simulation, incident)
            result = _result(simulation, incident, verdicts, seconds=round(time.monotonic() - started, 1))
            items = simulation.ledger()
            told = report.read(simulation, verdicts)
    except SimulationError as error:
        console.print(error, style="bold", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted: the simulated account is stopped, nothing is left behind")
        return 130
    _write(result)
    page.write(OUTPUT / "report.html", told)
    for table in (
        tables.alarms(incident.alarms),
        tables.decisions(items),
        tables.pools(incident.before, list(incident.acts.values())[-1]),
        tables.promises(verdicts),
    ):
        console.print(table)
    console.print(f"report: {OUTPUT / 'report.html'}", soft_wrap=True)
    return 0 if result["held"] else 1


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _result(simulation: Simulation, incident: Incident, verdicts: list[Verdict], *, seconds: float) -> dict[str, Any]:
    after = list(incident.acts.values())[-1]
    return {
        "held": all(verdict.held for verdict in verdicts),
        "seconds": seconds,
        "promises": [verdict.document() for verdict in verdicts],
        "pools": [
            {"before": old.document(), "after": new.document()} for old, new in zip(incident.before, after, strict=True)
        ],
        "alarms": incident.alarms,
        "invocations": incident.invocations,
        "decisions": simulation.ledger(),
        "notifications": simulation.outbox(),
    }


def _write(result: dict[str, Any]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "result.json").write_text(json.dumps(result, indent=2, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
