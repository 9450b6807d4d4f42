"""A simulated account from outside: started as a process of its own, driven over HTTP. For the demo and the tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

ROOT = Path(__file__).resolve().parent.parent
READY = "ready "
START_SECONDS = 240.0
"""The large scenario, deployed, is there in less than a minute and a half; a busy machine takes longer."""

STOP_SECONDS = 20.0
CONTROL_SECONDS = 600.0

_NOTHING_OF_THE_USERS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's settings, as configuration key, environment variable, default and conversion: none that a person has."""


class SimulationError(Exception):
    """The account could not be started, or refused a control call; the message says what it said."""


class Simulation:
    """One running account. Use it as a context manager: whatever happens, no process is left behind."""

    def __init__(self, *, account: str = "123456789012", region: str = "us-east-1") -> None:
        self.account = account
        self.region = region
        self.endpoint = ""
        self._session = boto3.Session(botocore_session=botocore.session.Session(session_vars=_NOTHING_OF_THE_USERS))
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    def start(
        cls,
        *,
        config: Path | None = None,
        scenario: str | None = None,
        account: str = "123456789012",
        region: str = "us-east-1",
        clock: datetime | None = None,
        options: Sequence[str] = (),
    ) -> Self:
        """Start an account on a free port, and wait for it.

        The app is deployed with the configuration, or with the one that suits the scenario; without either the
        account is empty. Its time begins at `clock`, which has a zone, or else now.
        Errors: `SimulationError` with what the process said.
        """
        simulation = cls(account=account, region=region)
        command = [sys.executable, "-m", "simulator", "--port", "0", "--account", account, "--region", region]
        command += ["--config", str(config)] if config else []
        command += ["--scenario", scenario] if scenario else []
        command += [] if config or scenario else ["--no-deploy"]
        command += ["--clock", clock.isoformat()] if clock else []
        simulation._process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            simulation._await_ready()
        except BaseException:
            simulation.stop()
            raise
        return simulation

    @classmethod
    def at(cls, endpoint: str, *, account: str = "123456789012", region: str = "us-east-1") -> Self:
        """An account that somebody else started and will stop."""
        simulation = cls(account=account, region=region)
        simulation.endpoint = endpoint
        return simulation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """End the account as Ctrl-C would, or by force when that takes too long; its exit status."""
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
        return process.returncode

    def client(self, service: str, *, account: str | None = None, region: str | None = None) -> Any:  # noqa: ANN401
        """A boto3 client of the administrator of an account."""
        with self._one_at_a_time:  # a boto3 session is for one thread, its clients are for all
            return self._session.client(
                service,
                config=Config(retries={"total_max_attempts": 1}),
                **self._administrator(account or self.account, region or self.region),
            )

    def settle(self) -> dict[str, Any]:
        """Let everything under way come to its end."""
        answer: dict[str, Any] = self._control("POST", "settle", {})
        return answer

    def advance(self, seconds: float, *, step: float | None = None) -> dict[str, Any]:
        """Move the clock on; schedules fire."""
        body = {"seconds": seconds} if step is None else {"seconds": seconds, "step": step}
        answer: dict[str, Any] = self._control("POST", "advance", body)
        return answer

    def scale(self, load_balancer: str, *, nodes_per_zone: int) -> list[dict[str, str | None]]:
        """Let AWS scale a load balancer, named by ARN; its nodes then, as zone, network_interface, public_ip, pool."""
        body = {"load_balancer": load_balancer, "nodes_per_zone": nodes_per_zone}
        nodes: list[dict[str, str | None]] = self._control("POST", "scale", body)["nodes"]
        return nodes

    def fault(self, service: str, operation: str, code: str | None, **members: Any) -> None:  # noqa: ANN401 - see `Fault`
        """Let the next calls of an operation fail, or, without a code, come late."""
        fault = {"service": service, "operation": operation, "code": code, **members}
        self._control("POST", "faults", [fault])

    def clear_faults(self) -> None:
        """Lift all faults."""
        self._control("DELETE", "faults")

    def change_settings(self, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - see `account_settings`
        """Set the named settings; every setting as it is then."""
        answer: dict[str, Any] = self._control("POST", "settings", settings)
        return answer

    def lock_address(self, allocation_id: str, *, locked: bool = True) -> None:
        """Lock an address, as AWS Support does, so that it cannot be released; or unlock it."""
        self._control("POST", "lock-address", {"allocation_id": allocation_id, "locked": locked})

    def give_address(self, public_ip: str, *, account: str, region: str) -> None:
        """Let Amazon give an address, which somebody released, to another account."""
        self._control("POST", "give-address", {"public_ip": public_ip, "account": account, "region": region})

    def reset_settings(self) -> None:
        """Set everything as it was at the start."""
        self._control("DELETE", "settings")

    def calls(self) -> list[dict[str, Any]]:
        """Every AWS API call since the start."""
        entries: list[dict[str, Any]] = self._control("GET", "calls")
        return entries

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        self._control("DELETE", "calls")

    def permissions(self) -> list[dict[str, Any]]:
        """What sessions of roles asked of IAM since the start, and whether they were allowed."""
        entries: list[dict[str, Any]] = self._control("GET", "permissions")
        return entries

    def outbox(self) -> list[dict[str, Any]]:
        """Every delivery to a subscriber."""
        entries: list[dict[str, Any]] = self._control("GET", "outbox")
        return entries

    def outputs(self, stack: str = "PoolwardenHub") -> Mapping[str, str]:
        """The outputs of a deployed stack."""
        described = self.client("cloudformation").describe_stacks(StackName=stack)
        return {output["OutputKey"]: output["OutputValue"] for output in described["Stacks"][0]["Outputs"]}

    def ledger(self) -> list[dict[str, Any]]:
        """Every item of the ledger, oldest first."""
        connection = self._administrator(self.account, self.region)
        table = self._session.resource("dynamodb", **connection).Table(self.outputs()["LedgerTableName"])
        pages = table.meta.client.get_paginator("scan").paginate(TableName=table.name)
        items = [item for page in pages for item in page["Items"]]
        return sorted(items, key=lambda item: str(item["time"]))

    def _administrator(self, account: str, region: str) -> dict[str, Any]:
        """What makes a boto3 client or resource this account's administrator."""
        return {
            "endpoint_url": self.endpoint,
            "aws_access_key_id": account,
            "aws_secret_access_key": "simulated",  # the simulated account checks none
            "region_name": region,
        }

    def _await_ready(self) -> None:
        assert self._process is not None  # noqa: S101 - called by `start` alone
        assert self._process.stdout is not None  # noqa: S101
        timeout = threading.Timer(START_SECONDS, self._process.kill)
        timeout.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timeout.cancel()
        if not line.startswith(READY):
            _, said = self._process.communicate()
            raise SimulationError(said.strip() or "the simulated account ended without a word")
        self.endpoint = line.removeprefix(READY).strip()
        threading.Thread(target=_drain, args=(self._process.stderr,), daemon=True).start()

    def _control(self, method: str, action: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - our own loopback endpoint
            f"{self.endpoint}/_simulator/{action}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=CONTROL_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SimulationError(error.read().decode()) from None


def _drain(pipe: Any) -> None:  # noqa: ANN401 - a text pipe
    """Pass on what the account says, so that its pipe never fills."""
    try:
        for line in pipe:
            sys.stderr.write(line)
    except ValueError:
        return  # closed by `stop`
