"""What is promised of refills, over random pool trees, allocations, rules and schedules of events.

Each case is played from its number against a model of the account, see `case`: copies of events at once, late and
replayed ones, rechecks, calls that fail and processes that end before and after any call, lists that lag, runs without
time for more than one pool, and people who act meanwhile. Promises 2, 3, 4 and 6 are judged at each call that asks for
a CIDR.
"""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lambdas.common import aws_clients, dynamo, metrics, settings
from tests.lambdas.account import GUARDS, HOME, LEDGER, MODE, RULE
from tests.lambdas.refill_pools.promises.case import Case

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

CASES = int(os.environ.get("POOLWARDEN_CASES", "10000"))
AT_ONCE = 500
COPIES = 50


def as_it_is(value: object) -> object:
    """DynamoDB's form says nothing about promises, and takes time; moments alone must be texts."""
    match value:
        case datetime():
            return dynamo.timestamp(value)
        case dict():
            return {key: as_it_is(each) for key, each in value.items()}
        case _:
            return value


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No waiting, no logging, no serialization."""
    environment = {
        "AWS_DEFAULT_REGION": HOME,
        "LEDGER_TABLE": LEDGER,
        "GUARDS_TABLE": GUARDS,
        "MODE_PARAMETER": MODE,
        "RECHECK_QUEUE_URL": "rechecks",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(dynamo, "_wire", as_it_is)
    monkeypatch.setattr(dynamo, "_value", lambda value: value)
    monkeypatch.setattr(metrics, "_write", lambda *_, **__: None)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def made(seed: int, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case whose account is the one that the function finds."""
    case = Case(seed)
    monkeypatch.setattr(aws_clients, "_build", lambda service, *_: case.account.client(service))
    monkeypatch.setattr(settings, "load", lambda: case.settings)
    return case


@pytest.mark.parametrize("first", range(0, CASES, AT_ONCE))
def test_what_is_promised_holds_whatever_happens(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    for seed in range(first, min(first + AT_ONCE, CASES)):
        case = made(seed, monkeypatch)
        try:
            case.play()
        except AssertionError as broken:
            pytest.fail(f"case {seed}: {broken}")
        asked += len(case.account.ipam.asked_by_us())
    assert asked > AT_ONCE // 2  # promises are not kept by doing nothing


@pytest.mark.parametrize("trouble", ["crash before", "crash after", "error before", "error after"])
def test_fifty_copies_at_once_in_any_order_with_trouble_at_every_call_in_turn_are_one_cidr(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fifty_copies(made(0, monkeypatch), {})
    assert calls["provision_ipam_pool_cidr"] == 1
    turns = [(call, turn) for call, times in calls.items() for turn in {1, 2, times} if turn <= times]
    for number, (call, turn) in enumerate(turns):
        fifty_copies(made(number, monkeypatch), {(call, turn): trouble})


def fifty_copies(case: Case, trouble: dict[int | tuple[str, int], str]) -> Counter[str]:
    """Deliver copies of one event at once, and again as whoever delivers events does; the calls of those at once."""
    case.govern(RULE, cap=10)
    pool = case.low_pool()
    event = case.alarm(pool.id)
    account = case.account
    account.trouble = trouble
    account.run_together([partial(case.deliver, event)] * COPIES, case.chance)
    calls = account.counted.copy()
    account.trouble = {}
    case.deliver(event)  # whoever delivered the copy that failed tries again
    for _ in range(3):
        case.wait(120)
        case.deliver(event)
        case.deliver_rechecks()
    assert len(pool.held()) == 2, f"{trouble} {calls}"
    assert not case.broken, trouble
    return calls
