"""Somebody at the operator's command line, in front of a simulated account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.client import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.client import Simulation


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Somebody with this configuration, and these credentials of a simulated account."""

    simulation: Simulation
    config: Path
    credentials: dict[str, str]

    def types(self, *arguments: str, status: int = 0) -> str:
        """What a command prints, having ended with this status."""
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": self.simulation.endpoint,
            "AWS_REGION": self.simulation.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "POOLWARDEN_CONFIG": str(self.config),
            **self.credentials,
        }
        ran = subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == status, (ran.stdout, ran.stderr)
        return ran.stdout or ran.stderr

    def asks(self, *arguments: str, status: int = 0) -> Any:
        """What a command answers to a program."""
        return json.loads(self.types(*arguments, "--json", status=status))
