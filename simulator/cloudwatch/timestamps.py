"""How CloudWatch writes times."""

from __future__ import annotations

from datetime import UTC, datetime


def event_time(timestamp: float) -> str:
    """Write a time as events, messages and reason data do: `2019-10-02T17:04:40.985+0000`."""
    moment = datetime.fromtimestamp(round(timestamp, 3), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def reason_time(timestamp: float) -> str:
    """Write a time as the reason of a state does: `02/10/19 16:59:00`, the day first."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%d/%m/%y %H:%M:%S}"
