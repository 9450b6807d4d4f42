"""Everything but EC2 and load balancing, answered by MiniStack in this process, on the simulated clock.

MiniStack is made to run by itself: threads that poll, real time, in-process delivery without retries. This module is
the one place that says what is different here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import stat
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from simulator.clock import CLOCK

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall
    from simulator.errors import Response

_KEPT_ENVIRONMENT = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR"})
"""What a deployed function may inherit from this machine: above all no credentials and no AWS settings."""

_TIMED_SERVICES = (
    "cloudwatch",
    "cloudwatch_logs",
    "dynamodb",
    "eventbridge",
    "lambda_svc",
    "scheduler",
    "sns",
    "sqs",
)
"""Services whose time is the simulated clock's. CloudFormation, S3 and STS keep real time: the CDK CLI compares their
time stamps with its own clock, and signatures carry real time."""

_WORKER_THREADS = 64

_AS_IF_ENCRYPTED = ((b"x-forwarded-proto", b"https"),)
"""Policies that refuse plain HTTP (`aws:SecureTransport`) mean the way over a network; this one is the loopback. S3
would write the scheme into the URLs that it gives out."""


def configure(*, port: int, account: str, region: str) -> None:
    """Set the environment that MiniStack reads when it is imported, and drop what functions must not inherit.

    Call it before anything imports `ministack`.
    """
    if "ministack" in sys.modules:
        raise RuntimeError("MiniStack was imported before it was configured")
    for name in [name for name in os.environ if name not in _KEPT_ENVIRONMENT]:
        del os.environ[name]
    os.environ.update(
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="127.0.0.1",
        MINISTACK_ACCOUNT_ID=account,
        MINISTACK_REGION=region,
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL="ERROR",
        LAMBDA_EXECUTOR="local",
    )


class _SimulatedTime(ModuleType):
    """The `time` module, except that `time()` is the simulated clock's."""

    def __init__(self) -> None:
        super().__init__("time")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any member of the module
        return getattr(time, name)

    @staticmethod
    def time() -> float:
        return CLOCK.time()


class _PerRequest:
    """MiniStack's switch for enforcing policies, thrown for each request instead of once for all."""

    def __bool__(self) -> bool:
        from simulator.principals import enforced  # noqa: PLC0415 - imports MiniStack, so not before `configure`

        return enforced.get()


def install() -> None:
    """Put MiniStack on our clock, our delivery and our policy enforcement."""
    from ministack import app, services  # noqa: PLC0415 - configured only now
    from ministack.core import lambda_runtime  # noqa: PLC0415

    from simulator import alarms, cloudformation, permissions  # noqa: PLC0415
    from simulator.delivery import eventbridge, functions, sns, sqs  # noqa: PLC0415

    logging.getLogger().setLevel(logging.ERROR)
    app.AUTH = _PerRequest()
    simulated = _SimulatedTime()
    for name in _TIMED_SERVICES:
        __import__(f"{services.__name__}.{name}")
        getattr(services, name).time = simulated
    functions.install(on_metric=alarms.publish_function_metric)
    eventbridge.install()
    sns.install()
    sqs.install()
    alarms.install()
    permissions.install()
    cloudformation.install()
    interpreter = _bare_interpreter()
    detect = lambda_runtime._detect_runtime_binary
    lambda_runtime._detect_runtime_binary = lambda runtime: (
        (interpreter, detect(runtime)[1]) if runtime.startswith("python") else detect(runtime)
    )


def _bare_interpreter() -> str:
    """A command that runs this Python with nothing importable but the standard library and what the zip brings.

    AWS's runtime does carry boto3; Poolwarden's functions bring their own, and must not depend on what is around.
    """
    folder = Path(tempfile.mkdtemp(prefix="poolwarden-runtime-"))
    command = folder / "python"
    base = shutil.which(getattr(sys, "_base_executable", sys.executable)) or sys.executable
    command.write_text(f'#!/bin/sh\nexec "{base}" -I -S "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    _TEMPORARY.append(folder)
    return str(command)


_TEMPORARY: list[Path] = []


def start(loop: asyncio.AbstractEventLoop) -> None:
    """Tell MiniStack the loop that serves requests."""
    from ministack import app  # noqa: PLC0415

    app._MAIN_LOOP = loop
    loop.set_default_executor(ThreadPoolExecutor(_WORKER_THREADS, thread_name_prefix="request"))


def stop() -> None:
    """End the functions' processes and remove what was written for them."""
    from ministack.core import lambda_runtime  # noqa: PLC0415

    lambda_runtime.reset()
    for folder in _TEMPORARY:
        shutil.rmtree(folder, ignore_errors=True)


async def answer(call: AwsCall, *, raw_path: bytes, raw_headers: list[tuple[bytes, bytes]]) -> Response:
    """Let MiniStack carry out `call`; its answer, whole."""
    from ministack import app  # noqa: PLC0415

    sent: list[dict[str, Any]] = []
    received = False

    async def receive() -> dict[str, Any]:
        nonlocal received
        if received:
            await asyncio.sleep(3600)
        received = True
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": call.method,
        "path": call.path,
        "raw_path": raw_path,
        "query_string": call.query.encode(),
        "headers": [*raw_headers, *_AS_IF_ENCRYPTED] if call.service != "s3" else raw_headers,
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
    await app.app(scope, receive, send)
    start_message = sent[0]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start_message["headers"]}
    return start_message["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])
