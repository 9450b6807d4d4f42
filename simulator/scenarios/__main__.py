"""`python -m simulator.scenarios NAME --endpoint URL`: build a scenario in a running simulation that is empty yet."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulator.client import Simulation
from simulator.scenarios.catalogue import SCENARIOS


def main() -> int:
    """Build it, and write the configuration that suits it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m simulator.scenarios", description=__doc__)
    parser.add_argument("name", choices=sorted(SCENARIOS))
    parser.add_argument("--endpoint", required=True, help="where the simulation is served")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--configuration", type=Path, help="the file to write the configuration to")
    given = parser.parse_args()
    scenario = SCENARIOS[given.name]
    built = scenario.build(Simulation.at(given.endpoint, account=given.account, region=given.region))
    if given.configuration:
        given.configuration.write_text(scenario.configuration(built), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
