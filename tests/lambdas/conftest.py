"""An account inside this process, with what a deployed function finds there: tables, switch, bus and queue."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.endpoint import Endpoint
from moto import mock_aws

from lambdas.common import settings
from simulator import ipam
from simulator.clock import CLOCK
from tests.lambdas.account import GUARDS, HOME, LEDGER, MODE, SETTINGS, create_table, engineers_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


HALF_A_DAY = 12


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Give the functions these settings, over the defaults of this file; call it again to change them."""
    path = tmp_path / "settings.json"
    monkeypatch.setenv("POOLWARDEN_SETTINGS", str(path))

    def write(**changes: Any) -> None:
        path.write_text(json.dumps({**SETTINGS, **changes}), encoding="utf-8")
        settings.load.cache_clear()

    write()
    yield write
    settings.load.cache_clear()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, configure: Callable[..., None]) -> Iterator[None]:  # noqa: ARG001 - sets up
    """An account with an IPAM service, the two tables and the kill switch at `deployed`."""
    with in_process(monkeypatch):
        yield


def _begin_a_day_before_it_ends() -> None:
    """Leave half a day at least, in which a test of a day's caps does not meet the next one by chance."""
    now = CLOCK.now()
    if now.hour >= HALF_A_DAY:
        CLOCK.advance((now.replace(hour=0, minute=0, second=0) + timedelta(days=1) - now).total_seconds())


@contextmanager
def in_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have such an account inside this process."""
    ipam.install()
    CLOCK.forget_timers()
    _begin_a_day_before_it_ends()
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": HOME,
        "LEDGER_TABLE": LEDGER,
        "GUARDS_TABLE": GUARDS,
        "MODE_PARAMETER": MODE,
        "SPOKE_ROLE": "PoolwardenSpoke-Test",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # a third of a test's time
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    one_at_a_time(monkeypatch)
    with mock_aws():
        create_table(LEDGER, "decision_id", "record", by_remediation=("remediation", "last_seen"))
        create_table(GUARDS, "guard")
        engineers_client("ssm").put_parameter(Name=MODE, Value="deployed", Type="String")
        yield


def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one call at a time into moto, whose state is not made for several threads."""
    lock = threading.RLock()
    send: Any = Endpoint._send_request  # type: ignore[attr-defined]

    def locked(self: Endpoint, *arguments: Any) -> Any:
        with lock:
            return send(self, *arguments)

    monkeypatch.setattr(Endpoint, "_send_request", locked)
