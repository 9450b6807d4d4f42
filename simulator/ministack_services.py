"""Everything but EC2 and load balancing, answered by MiniStack in this process, on the simulated clock.

MiniStack is made to run by itself: threads that poll, real time, in-process delivery without retries. This module is
the one place that says what is different here.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

from simulator.clock import CLOCK

if TYPE_CHECKING:
    from datetime import tzinfo
    from time import struct_time

    from simulator.aws_call import AwsCall
    from simulator.errors import Response

_KEPT_ENVIRONMENT = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR"})
"""What this process keeps of its environment: above all no credentials and no AWS settings."""

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

_DATED_SERVICES = ("eventbridge", "lambda_svc", "ssm")
"""Those among them that ask `datetime` for the time."""

_WORKER_THREADS = 64

_UNKNOWN_SERVICE = b'{"error": "Unsupported service: '
"""How MiniStack's answer begins when it does not know a service: a form that no SDK reads."""

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
    os.environ.update(_settings(port=port, account=account, region=region))


def _settings(*, port: int = 0, account: str = "", region: str = "") -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
        "LAMBDA_EXECUTOR": "local",
    }


class _SimulatedTime(ModuleType):
    """The `time` module, except that now is the simulated clock's."""

    def __init__(self) -> None:
        super().__init__("time")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any member of the module
        return getattr(time, name)

    @staticmethod
    def time() -> float:
        return CLOCK.time()

    @staticmethod
    def gmtime(seconds: float | None = None) -> struct_time:
        return time.gmtime(CLOCK.time() if seconds is None else seconds)


class _SimulatedDatetime(datetime):
    """`datetime`, except that now is the simulated clock's."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(CLOCK.time(), tz)


class _PerRequest:
    """MiniStack's switch for enforcing policies, thrown for each request instead of once for all."""

    def __bool__(self) -> bool:
        from simulator.principals import enforced  # noqa: PLC0415 - imports MiniStack, so not before `configure`

        return enforced.get()


def install() -> None:
    """Put MiniStack on our clock, our delivery and our policy enforcement."""
    from ministack import app, services  # noqa: PLC0415 - configured only now

    from simulator import (  # noqa: PLC0415
        alarm_api,
        alarms,
        cloudformation,
        embedded_metrics,
        metric_data,
        organizations_api,
        permissions,
        trail,
    )
    from simulator.delivery import eventbridge, functions, sns, sqs  # noqa: PLC0415
    from simulator.function_runtime import RUNTIME  # noqa: PLC0415

    logging.getLogger().setLevel(logging.ERROR)
    app.AUTH = _PerRequest()
    simulated = _SimulatedTime()
    for name in _TIMED_SERVICES:
        importlib.import_module(f"{services.__name__}.{name}").time = simulated  # type: ignore[attr-defined]
    for name in _DATED_SERVICES:
        importlib.import_module(f"{services.__name__}.{name}").datetime = _SimulatedDatetime  # type: ignore[attr-defined]
    functions.install(on_metric=alarms.publish_function_metric)
    eventbridge.install()
    sns.install()
    sqs.install()
    alarms.install()
    alarm_api.install()
    metric_data.install()
    embedded_metrics.install()
    permissions.install()
    organizations_api.install()
    cloudformation.install()
    trail.install()
    RUNTIME.install(hidden=_settings())


def start(loop: asyncio.AbstractEventLoop) -> None:
    """Tell MiniStack the loop that serves requests."""
    from ministack import app  # noqa: PLC0415

    app._MAIN_LOOP = loop
    loop.set_default_executor(ThreadPoolExecutor(_WORKER_THREADS, thread_name_prefix="request"))


def stop() -> None:
    """End the functions' processes and remove what was written for them."""
    logging.disable()  # what is ended in the middle of its work has nothing more to say
    from ministack.core import lambda_runtime  # noqa: PLC0415

    from simulator.function_runtime import RUNTIME  # noqa: PLC0415

    lambda_runtime.reset()
    RUNTIME.remove()


async def answer(call: AwsCall, *, raw_path: bytes, raw_headers: list[tuple[bytes, bytes]]) -> Response:
    """Let MiniStack carry out `call`; its answer, whole."""
    from ministack import app  # noqa: PLC0415

    from simulator.errors import error_response  # noqa: PLC0415

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
    body = b"".join(message.get("body", b"") for message in sent[1:])
    if body.startswith(_UNKNOWN_SERVICE):
        message = f"{call.service} is not simulated"
        return error_response(call, code="NotImplemented", message=message, status=501)
    return start_message["status"], headers, body
