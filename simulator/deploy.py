"""Bootstrapping and deploying the app into the simulated account with the real CDK CLI."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: where cdk.json and node_modules are."""

_STOP_SECONDS = 5.0
_TAIL_LINES = 40


class DeployError(Exception):
    """The CDK CLI failed; the message is the end of what it printed."""


class CdkCli:
    """Runs the CDK CLI against one endpoint, as the administrator of one account; can be stopped at any time."""

    def __init__(self, *, endpoint: str, account: str, region: str, config: Path) -> None:
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
            "POOLWARDEN_CONFIG": str(config),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "HOME": os.environ.get("HOME", "/tmp"),  # noqa: S108 - only where there is no home
        }
        self._target = f"aws://{account}/{region}"
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def bootstrap(self) -> None:
        """`cdk bootstrap`. Errors: `DeployError`."""
        with tempfile.TemporaryDirectory(prefix="poolwarden-bootstrap-") as elsewhere:
            self._run("bootstrap", self._target, folder=elsewhere)  # where no app is, none is synthesised

    def deploy(self, *stacks: str, output: Path) -> None:
        """`cdk deploy` of the named stacks; the assembly of all stacks is in `output`. Errors: `DeployError`."""
        options = ["--require-approval", "never", "--method", "direct", "--concurrency", "4"]
        self._run("deploy", *stacks, *options, "--output", str(output))

    def stop(self) -> None:
        """End a run that is under way, with everything that it started."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)

    def _run(self, command: str, *arguments: str, folder: str | Path = ROOT) -> None:
        with self._lock:
            if self._stopped:
                raise DeployError("stopped")
            self._process = subprocess.Popen(  # noqa: S603 - our own pinned CLI
                [
                    ROOT / "node_modules" / ".bin" / "cdk",
                    command,
                    *arguments,
                    "--no-notices",
                    "--no-version-reporting",
                    "--no-color",
                ],
                cwd=folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        output, _ = self._process.communicate()
        if self._process.returncode:
            tail = "\n".join(output.splitlines()[-_TAIL_LINES:])
            raise DeployError(f"cdk {command} failed:\n{tail}")
