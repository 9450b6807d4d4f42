"""The time that a remediation goes by never goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from lambdas.common import clock
from tests.lambdas.account import GUARDS, items

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def date(monkeypatch: pytest.MonkeyPatch, aws: None) -> Callable[[datetime], None]:  # noqa: ARG001 - sets up
    """Set the date of AWS's answers, which have none before."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    headers: dict[str, str] = {}

    def dating(self: BaseClient, operation: str, parameters: Any) -> Any:
        answer = call(self, operation, parameters)
        answer["ResponseMetadata"]["HTTPHeaders"] = headers
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", dating)
    return lambda at: headers.update(date=format_datetime(at, usegmt=True))


def seen() -> str:
    (item,) = items(GUARDS)
    return str(item["time"])


def test_the_first_event_tells_the_time() -> None:
    assert clock.latest("refill_pools", NOON) == NOON
    assert seen() == "2026-03-02T12:00:00.000Z"


def test_a_late_event_happens_when_the_latest_one_did() -> None:
    clock.latest("refill_pools", NOON)
    assert clock.latest("refill_pools", NOON - timedelta(days=2)) == NOON
    assert clock.latest("refill_pools", NOON + timedelta(hours=1)) == NOON + timedelta(hours=1)
    assert clock.latest("refill_pools", NOON) == NOON + timedelta(hours=1)


def test_each_remediation_has_its_own_time() -> None:
    clock.latest("refill_pools", NOON)
    assert clock.latest("align_albs", NOON - timedelta(days=2)) == NOON - timedelta(days=2)


def test_it_is_not_written_for_less_than_a_minute_but_for_another_day() -> None:
    midnight = NOON + timedelta(hours=12)
    clock.latest("refill_pools", midnight - timedelta(seconds=40))
    clock.latest("refill_pools", midnight - timedelta(seconds=10))
    assert seen() == "2026-03-02T23:59:20.000Z"
    clock.latest("refill_pools", midnight)
    assert seen() == "2026-03-03T00:00:00.000Z"


def test_an_event_from_far_in_the_future_does_not_stop_everything() -> None:
    clock.latest("refill_pools", NOON + timedelta(days=3650))
    assert clock.latest("refill_pools", NOON) == NOON
    assert clock.latest("refill_pools", NOON - timedelta(hours=1)) == NOON


def test_what_comes_late_happens_now_as_aws_has_it(date: Callable[[datetime], None]) -> None:
    date(NOON)
    assert clock.latest("refill_pools", NOON - timedelta(hours=1)) == NOON
    assert seen() == "2026-03-02T12:00:00.000Z"
    assert clock.latest("refill_pools", NOON + timedelta(seconds=1)) == NOON + timedelta(seconds=1)


def test_nobody_makes_a_day_of_their_own_with_an_event(date: Callable[[datetime], None]) -> None:
    date(NOON)
    for days in (1, 2, 3):
        later = NOON + timedelta(days=days)
        assert clock.latest("refill_pools", later, anybodys=True) == NOON + timedelta(minutes=1)
    earlier = NOON - timedelta(days=1)
    assert clock.latest("align_albs", earlier, anybodys=True) == NOON
    assert clock.latest("align_albs", NOON + timedelta(seconds=2), anybodys=True) == NOON + timedelta(seconds=2)


def test_who_has_no_event_goes_by_the_time_as_aws_has_it(date: Callable[[datetime], None]) -> None:
    date(NOON)
    assert clock.by_aws() == NOON


def test_without_it_the_function_has_a_clock_too() -> None:
    before = datetime.now(tz=UTC)
    assert before <= clock.by_aws() <= datetime.now(tz=UTC)
