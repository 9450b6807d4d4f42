"""The kill switch of a deployed app."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.client import Simulation


def switch(simulation: Simulation, value: str) -> None:
    """Write the parameter: `observe` stops changes, `deployed` lets them be made again."""
    simulation.client("ssm").put_parameter(Name="/poolwarden/mode", Value=value, Overwrite=True)
