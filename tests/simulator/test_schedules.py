from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.schedules import following, next_time

NOON = datetime(2026, 9, 23, 12, 0, tzinfo=UTC)
"""A Wednesday."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def upcoming(expression: str, after: datetime = NOON) -> datetime | None:
    found = next_time(expression, after.timestamp())
    return None if found is None else datetime.fromtimestamp(found, UTC)


@pytest.mark.parametrize(
    ("expression", "pause"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(15 minutes)", timedelta(minutes=15)),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(12 hours)", timedelta(hours=12)),
        ("rate(7 days)", timedelta(days=7)),
    ],
)
def test_a_rate_is_due_after_its_pause(expression: str, pause: timedelta) -> None:
    assert upcoming(expression) == NOON + pause


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 8 * * ? *)", "2026-09-24 08:00"),
        ("cron(30 12 * * ? *)", "2026-09-23 12:30"),
        ("cron(0 12 * * ? *)", "2026-09-24 12:00"),
        ("cron(0/20 * * * ? *)", "2026-09-23 12:20"),
        ("cron(0 9 ? * MON-FRI *)", "2026-09-24 09:00"),
        ("cron(0 9 ? * 2 *)", "2026-09-28 09:00"),
        ("cron(0 0 1 * ? *)", "2026-10-01 00:00"),
        ("cron(0 0 L * ? *)", "2026-09-30 00:00"),
        ("cron(0 0 ? * 6#1 *)", "2026-10-02 00:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00"),
        ("cron(0 0 1 1 ? 2027)", "2027-01-01 00:00"),
    ],
)
def test_a_cron_expression_is_due_at_its_next_time_in_utc(expression: str, expected: str) -> None:
    assert upcoming(expression) == at(expected)


@pytest.mark.parametrize(
    "expression",
    ["cron(0 0 1 1 ? 2020)", "rate(0 minutes)", "rate(5 weeks)", "cron(* * *)", "cron(0 0 1 * 2 *)", "at noon", ""],
)
def test_an_expression_that_says_nothing_is_never_due(expression: str) -> None:
    assert upcoming(expression) is None


def test_a_late_rate_keeps_its_beat() -> None:
    due = NOON.timestamp()
    late = due + 47 * 60
    assert following("rate(15 minutes)", due, late) == due + 60 * 60


def test_a_rate_that_is_looked_at_in_time_is_due_one_pause_later() -> None:
    due = NOON.timestamp()
    assert following("rate(15 minutes)", due, due) == due + 15 * 60


def test_a_late_cron_expression_is_due_at_its_next_time() -> None:
    assert following("cron(0 * * * ? *)", NOON.timestamp(), at("2026-09-23 14:30").timestamp()) == (
        at("2026-09-23 15:00").timestamp()
    )


@given(every=st.integers(1, 10_000), late=st.floats(0, 1e7))
def test_the_next_time_of_a_rate_is_on_the_beat_and_after_now(every: int, late: float) -> None:
    due = NOON.timestamp()
    found = following(f"rate({every} minutes)", due, due + late)
    assert found is not None
    assert found > due + late
    assert found <= due + late + every * 60
    assert (found - due) % (every * 60) == 0
