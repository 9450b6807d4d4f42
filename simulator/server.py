"""Serving the simulated account: bind, deploy, say ready, serve until told to stop."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.config import load
from simulator import ministack_services
from simulator.clock import CLOCK
from simulator.deploy import ROOT, CdkCli, Programs, build_scenario

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.gateway import Gateway

LOOPBACK = "127.0.0.1"
LIVE_BEAT_SECONDS = 1.0
DEFAULT_PORT = 4566
KEPT = ROOT / "build" / "scenarios"


class PortInUseError(Exception):
    """Somebody else listens on the port; the message says so in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the account is served; see the options in docs/simulator.md."""

    port: int
    config: Path | None
    """What is deployed; None for what suits the scenario."""
    deploy: bool
    scenario: str | None
    account: str
    region: str
    throttle: bool
    live: bool
    clock: datetime | None
    """When the account's time begins, with a zone; None for now."""


def bind(port: int) -> socket.socket:
    """A socket on the loopback interface alone; port 0 takes any free one. Errors: `PortInUseError`."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        told = f"port {port} on {LOOPBACK} cannot be used: {error.strerror}; name another, with --port or make's PORT="
        raise PortInUseError(told) from None
    listener.listen(128)
    listener.setblocking(False)  # noqa: FBT003 - the socket module's signature
    return listener


def serve(options: Options, listener: socket.socket) -> int:
    """Serve the account until SIGINT or SIGTERM; the exit status of the process."""
    port = listener.getsockname()[1]
    endpoint = f"http://{LOOPBACK}:{port}"
    programs = Programs()
    if options.clock:
        CLOCK.start_at(options.clock.timestamp())
    ministack_services.configure(port=port, account=options.account, region=options.region)
    from simulator import moto_services  # noqa: PLC0415 - MiniStack reads its environment when imported
    from simulator.gateway import Gateway  # noqa: PLC0415

    moto_services.install()
    ministack_services.install()
    gateway = Gateway(account=options.account, region=options.region, throttled=options.throttle)
    try:
        return asyncio.run(_serve(options, gateway, listener, endpoint, programs))
    finally:
        programs.stop()
        ministack_services.stop()


async def _serve(options: Options, gateway: Gateway, listener: socket.socket, endpoint: str, programs: Programs) -> int:
    from hypercorn.asyncio import serve as hypercorn_serve  # noqa: PLC0415 - after MiniStack's settings
    from hypercorn.config import Config  # noqa: PLC0415

    port = listener.getsockname()[1]
    loop = asyncio.get_running_loop()
    ministack_services.start(loop)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.accesslog = config.errorlog = None
    config.include_date_header = False  # the gateway gives the account's own time
    config.graceful_timeout = 0.0
    config.h11_max_incomplete_size = 64 * 1024
    server = asyncio.create_task(hypercorn_serve(gateway, config, shutdown_trigger=stopping.wait))
    waiting = asyncio.create_task(stopping.wait())
    status = 0
    if options.deploy or options.scenario:
        filling = asyncio.create_task(asyncio.to_thread(_fill, options, programs, endpoint, port))
        await asyncio.wait({filling, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done() and (error := filling.exception()):
            print(error, file=sys.stderr)
            status = 1
            stopping.set()
    if not stopping.is_set():
        print(f"ready {endpoint}", flush=True)
        if options.live:
            threading.Thread(target=_live, args=(gateway, stopping), daemon=True).start()
    await stopping.wait()
    server.cancel()
    if options.scenario and port != DEFAULT_PORT:
        kept(options.scenario, port=port).unlink(missing_ok=True)  # any free port is another one each time
    _end(status, programs)
    return status


def kept(scenario: str, *, port: int) -> Path:
    """Where the configuration that suits a scenario is left for people, beside those of accounts on other ports."""
    return KEPT / (f"{scenario}.yaml" if port == DEFAULT_PORT else f"{scenario}-{port}.yaml")


def _fill(options: Options, programs: Programs, endpoint: str, port: int) -> None:
    """Build the scenario, then deploy into it."""
    place = {"account": options.account, "region": options.region}
    with tempfile.TemporaryDirectory(prefix="poolwarden-cdk.out-") as folder:  # others may synthesise meanwhile
        config = options.config or Path(folder) / "poolwarden.yaml"
        if options.scenario:
            suits = Path(folder) / "poolwarden.yaml"
            build_scenario(programs, options.scenario, endpoint=endpoint, configuration=suits, **place)
            _keep(suits, kept(options.scenario, port=port))
        if options.deploy:
            _deploy(CdkCli(programs, endpoint=endpoint, **place), config, Path(folder) / "assembly", **place)


def _keep(configuration: Path, path: Path) -> None:
    """Leave what suits the scenario where people can point the command line at it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    shutil.copyfile(configuration, unfinished)
    unfinished.replace(path)  # at once: somebody may be reading it


def _deploy(cli: CdkCli, config: Path, assembly: Path, *, account: str, region: str) -> None:
    from simulator import members  # noqa: PLC0415 - after MiniStack's settings

    settings = load(config)
    members.make_organization(settings, hub=account, region=region)
    cli.bootstrap()
    cli.deploy(members.HUB, config=config, output=assembly)
    members.deploy_stacks(settings, assembly, hub=account, region=region)


def _live(gateway: Gateway, stopping: asyncio.Event) -> None:
    CLOCK.run_live()
    ended = threading.Event()
    while not stopping.is_set():
        try:
            gateway.control.tick()
        except Exception:  # noqa: BLE001 - a mistake in the simulation is told, and the account goes on living
            traceback.print_exc()
        ended.wait(LIVE_BEAT_SECONDS)


def _end(status: int, programs: Programs) -> None:
    """End now: a control call or a function that is still at work must not hold the process up."""
    programs.stop()
    ministack_services.stop()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
