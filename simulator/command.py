"""A simulated AWS account on this machine, with Poolwarden deployed into it: the command line of it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from datetime import datetime
from pathlib import Path

from infra.config import load_or_exit
from simulator.scenarios.catalogue import SCENARIOS
from simulator.server import DEFAULT_PORT, Options, PortInUseError, bind, serve

DEFAULT_CONFIG = Path(__file__).resolve().parent.parent / "poolwarden.yaml"
CONFIG_HELP = "what suits the scenario, what POOLWARDEN_CONFIG names, or poolwarden.yaml beside cdk.json"
MAX_PORT = 65_535


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A simulated AWS account.")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 takes any free port")
    parser.add_argument("--config", type=Path, help=f"what to deploy; else {CONFIG_HELP}")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), help="what is there before anything is deployed")
    parser.add_argument("--no-deploy", action="store_true", help="serve an empty account")
    parser.add_argument("--account", type=_account, default="123456789012")
    parser.add_argument("--region", type=_region, default="us-east-1")
    parser.add_argument("--throttle", action="store_true", help="apply EC2's token buckets, on real time")
    parser.add_argument("--live", action="store_true", help="everything happens by itself, in real time")
    parser.add_argument("--clock", type=_time, help="when the account's time begins, as in 2026-12-24T07:45Z; else now")
    given = parser.parse_args(arguments)
    if given.live and given.clock:
        parser.error("--clock goes with a clock that stands still, not with --live")
    config = _config(given.config, scenario=given.scenario)
    if config and not given.no_deploy:
        load_or_exit(config)
    options = Options(
        port=given.port,
        config=config.resolve() if config else None,
        deploy=not given.no_deploy,
        scenario=given.scenario,
        account=given.account,
        region=given.region,
        throttle=given.throttle,
        live=given.live,
        clock=given.clock,
    )
    try:
        listener = bind(options.port)
    except PortInUseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return serve(options, listener)


def _config(named: Path | None, *, scenario: str | None) -> Path | None:
    """Find the configuration as synth does; None for what suits the scenario, which only one on the command line beats.

    Whoever works with a scenario has its configuration in POOLWARDEN_CONFIG, for the command line of Poolwarden: one of
    an earlier scenario names pools that are not there any more.
    """
    if named or scenario:
        return named
    return Path(os.environ.get("POOLWARDEN_CONFIG") or DEFAULT_CONFIG)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 to {MAX_PORT}")
    return int(text)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time with a zone, as in 2026-12-24T07:45Z")
    return time


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no account id: 12 digits")
    return text


def _region(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no Region, as in us-east-1")
    return text
