"""The AWS CLI as a process that forks for each command line: a CLI that starts anew takes most of a second to import.

Run as a program it reads requests and writes answers, a JSON document in a line each. What a command does is done by
`awscli` in a process of its own, with the environment of the request and nothing of other commands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from awscli.clidriver import create_clidriver  # type: ignore[import-untyped] # has no types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """What became of a command."""

    status: int
    stdout: str
    stderr: str


class WarmCli:
    """A running AWS CLI. Use it as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.warm_cli"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Done:
        """Run `aws` with these arguments and this environment alone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        json.dump({"arguments": list(arguments), "environment": dict(environment)}, self._process.stdin)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Done(**json.loads(self._process.stdout.readline()))


def _serve() -> None:
    session = create_clidriver().session
    session.get_service_model("ec2")
    models = session.get_component("data_loader")
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(_forked(json.loads(line), models))}\n")
        sys.stdout.flush()


def _forked(request: dict[str, Any], models: Any) -> dict[str, Any]:
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            os.environ.clear()
            os.environ.update(request["environment"])
            _end(request["arguments"], models)
        _, ended = os.waitpid(child, 0)
        texts = {}
        for name, file in (("stdout", stdout), ("stderr", stderr)):
            file.seek(0)
            texts[name] = file.read().decode()
    return {"status": os.waitstatus_to_exitcode(ended), **texts}


def _end(arguments: list[str], models: Any) -> None:
    """Carry out the command with a new CLI, which need not read AWS's models again; end the process with its status."""
    status = 255
    try:
        driver = create_clidriver()
        driver.session.register_component("data_loader", models)
        status = driver.main(arguments)
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
