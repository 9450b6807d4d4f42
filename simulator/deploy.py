"""Filling the simulated account from outside: the app by the real CDK CLI, a scenario by its own program."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: where cdk.json and node_modules are."""

_STOP_SECONDS = 5.0
_TAIL_LINES = 40


class DeployError(Exception):
    """A program failed; the message is the end of what it printed."""


class Programs:
    """Runs one program after the other, each in a process of its own; can be stopped at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self, name: str, command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> None:
        """Run a program to its end. Errors: `DeployError`."""
        with self._lock:
            if self._stopped:
                raise DeployError("stopped")
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        output, _ = self._process.communicate()
        if self._process.returncode:
            tail = "\n".join(output.splitlines()[-_TAIL_LINES:])
            raise DeployError(f"{name} failed:\n{tail}")

    def stop(self) -> None:
        """End a program that is under way, with everything that it started."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):  # what it started may outlive it, and write on
            os.killpg(process.pid, signal.SIGKILL)


class CdkCli:
    """The CDK CLI against one endpoint, as the administrator of one account."""

    def __init__(self, programs: Programs, *, endpoint: str, account: str, region: str) -> None:
        self._programs = programs
        self._environment = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDK_DEFAULT_ACCOUNT": account,
            "CDK_DEFAULT_REGION": region,
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CI": "true",
            **_environment(),
        }
        self._target = f"aws://{account}/{region}"

    def bootstrap(self) -> None:
        """`cdk bootstrap`. Errors: `DeployError`."""
        with tempfile.TemporaryDirectory(prefix="poolwarden-bootstrap-") as elsewhere:
            self._run("bootstrap", self._target, folder=Path(elsewhere))  # where no app is, none is synthesised

    def deploy(self, *stacks: str, config: Path, output: Path, checkout: Path = ROOT) -> None:
        """`cdk deploy` of the named stacks of a checkout's app. Errors: `DeployError`.

        The assembly of all stacks is in `output`.
        """
        options = ["--require-approval", "never", "--method", "direct", "--concurrency", "4"]
        names = [*stacks, *options, "--output", str(output)]
        self._run("deploy", *names, folder=checkout, POOLWARDEN_CONFIG=str(config))

    def _run(self, command: str, *arguments: str, folder: Path = ROOT, **environment: str) -> None:
        program = ROOT / "node_modules" / ".bin" / "cdk"
        if not program.exists():
            raise DeployError("the CDK CLI is not in node_modules: run `make setup`, which installs it anew")
        cli: list[str | Path] = [program, command, *arguments]
        quiet = ["--no-notices", "--no-version-reporting", "--no-color"]
        merged = {**self._environment, **environment}
        self._programs.run(f"cdk {command}", [*cli, *quiet], folder=folder, environment=merged)


def build_scenario(
    programs: Programs, name: str, *, endpoint: str, account: str, region: str, configuration: Path
) -> None:
    """Build a scenario; the configuration that suits it is written to `configuration`. Errors: `DeployError`."""
    command = [sys.executable, "-m", "simulator.scenarios", name, "--endpoint", endpoint, "--account", account]
    command += ["--region", region, "--configuration", str(configuration)]
    programs.run(f"scenario {name}", command, folder=ROOT, environment=_environment())


def _environment() -> dict[str, str]:
    """What every program finds around it: the checkout's own programs first, and nothing of the user's AWS settings.

    What one leaves behind, such as the CDK's when it is ended, is where this process keeps its own files for a while.
    """
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOME": os.environ.get("HOME", "/tmp"),  # noqa: S108 - only where there is no home
        "TMPDIR": tempfile.gettempdir(),
    }
