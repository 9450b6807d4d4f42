"""The kill switch of a deployed app."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.client import Simulation


PARAMETER = "/poolwarden/mode"


def switch(simulation: Simulation, value: str) -> None:
    """Write the parameter: `observe` stops changes, `deployed` lets them be made again."""
    simulation.client("ssm").put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)


def remove_switch(simulation: Simulation) -> None:
    """Delete the parameter, which counts as `observe`."""
    simulation.client("ssm").delete_parameter(Name=PARAMETER)
