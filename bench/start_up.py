"""How long a function takes to start, imports and clients, beside a bare handler that makes one EC2 client.

Cold: in fresh processes, and without bytecode, as code is that Lambda has just unpacked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bench import packages
from bench.result import OURS, Measure, Result, Row, Spread
from lambdas.common.settings import REMEDIATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FUNCTIONS = (*REMEDIATIONS, "operate", "notify")
REPEATED = 15
LIMIT = 1.3
BARE = "bare handler, with boto3"
BARE_IN_OUR_ASSET = "bare handler, out of our trimmed asset"

TIME = Measure(name="time", unit="ms", better="less", compared=False)
RATIO = Measure(name="times the bare handler", better="less", limit=LIMIT, compared=False)

_BOTO3 = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
_BARE = "import boto3; boto3.client('ec2')"
_BARE_IN_OUR_ASSET = "import botocore.session; botocore.session.get_session().create_client('ec2')"
_OURS = """
import lambdas.{name}.handler
from lambdas.common.aws_clients import client
for service in {services!r}:
    client(service)
"""
_TIMED = "import time; began = time.process_time()\n{code}\nprint(time.process_time() - began)"
_SERVICES = """
import re, sys
import lambdas.{name}.handler
ours = [module.__file__ for name, module in sys.modules.items() if name.startswith("lambdas.") and module.__file__]
for file in ours:
    for service in re.findall(r'\\bclient\\("([a-z0-9]+)"', open(file, encoding="utf-8").read()):
        print(service)
"""
_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "simulated",
    "AWS_SECRET_ACCESS_KEY": "simulated",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "PYTHONDONTWRITEBYTECODE": "1",
}


def measure(functions: Sequence[str] = FUNCTIONS, repeated: int = REPEATED) -> Result:
    """Start each function and both bare handlers."""
    with tempfile.TemporaryDirectory(prefix="poolwarden-bench-") as folder:
        packages.copy(_BOTO3, Path(folder))
        contenders = {
            BARE: (Path(folder), _BARE),
            BARE_IN_OUR_ASSET: (packages.asset(), _BARE_IN_OUR_ASSET),
            **{name: (packages.asset(), _OURS.format(name=name, services=services_of(name))) for name in functions},
        }
        spreads = _times(contenders, repeated)
    rows = [
        Row(
            setting=name,
            contender=contender,
            figures={
                TIME.name: spreads[measured],
                RATIO.name: Spread.of([spreads[measured].median / spreads[BARE].median]),
            },
        )
        for name in functions
        for contender, measured in {OURS: name, BARE: BARE, BARE_IN_OUR_ASSET: BARE_IN_OUR_ASSET}.items()
    ]
    return Result(
        title="Cold start",
        about=(
            f"Processor time of {repeated} fresh processes each, by turns, without bytecode: imports, and a client of "
            "every service that the function can call at all. A bare handler imports boto3 and makes its EC2 client; "
            "once from the packages as they are, and once, with botocore alone, from what our asset leaves of them."
        ),
        measures=(TIME, RATIO),
        rows=tuple(rows),
    )


def _times(contenders: Mapping[str, tuple[Path, str]], repeated: int) -> dict[str, Spread]:
    """Take turns, so that whatever else the machine does meets them all; the milliseconds of each."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeated):
        for name, (folder, started) in contenders.items():
            times[name].append(float(_run(folder, _TIMED.format(code=started))) * 1_000)
    return {name: Spread.of(each) for name, each in times.items()}


@cache
def services_of(function: str) -> tuple[str, ...]:
    """Name the services for which any module that a function imports makes a client."""
    return tuple(sorted(set(_run(packages.asset(), _SERVICES.format(name=function)).split())))


def _run(folder: Path, program: str) -> str:
    """Run a program with the packages of a folder alone; what it prints."""
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-S", "-c", program],
        cwd=folder,
        env={**_ENVIRONMENT, "PYTHONPATH": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout
