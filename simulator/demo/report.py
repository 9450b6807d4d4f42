"""The demo's report: the operator's report of the simulated account, with what was judged and who was told what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from report.gather import Source, gather
from report.model import Promise, Report

if TYPE_CHECKING:
    from simulator.client import Simulation
    from simulator.demo.promises import Verdict

MODE = "enforce"


def read(simulation: Simulation, verdicts: list[Verdict]) -> Report:
    """Read the report while the account is still there."""
    source = Source(
        client=simulation.client,
        account=simulation.account,
        region=simulation.region,
        mode=MODE,
        now=datetime.fromisoformat(simulation.settle()["now"]),
    )
    return replace(
        gather(source, simulation.ledger(), title="Poolwarden: an incident in a simulated account"),
        promises=tuple(
            Promise(number=each.promise, text=each.text, held=each.held, evidence=each.evidence) for each in verdicts
        ),
        told=tuple((each["endpoint"], each["subject"], each["message"]) for each in simulation.outbox()),
    )
