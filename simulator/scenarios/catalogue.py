"""The scenarios by name: what `--scenario NAME` builds, and the configuration that suits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.scenarios import organisation, start_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How an estate is built in an empty simulation, and configured: `configuration` takes what `build` gives."""

    build: Callable[[Simulation], Any]
    configuration: Callable[[Any], str]


SCENARIOS = {
    "organisation": Scenario(build=organisation.build, configuration=organisation.configuration),
    "start-up": Scenario(build=start_up.build, configuration=start_up.configuration),
}
