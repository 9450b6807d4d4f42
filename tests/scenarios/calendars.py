"""Change calendars of SSM."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

OPEN = "BEGIN:VCALENDAR\nVERSION:2.0\nX-CALENDAR-TYPE:DEFAULT_OPEN\nEND:VCALENDAR\n"
CLOSED = OPEN.replace("DEFAULT_OPEN", "DEFAULT_CLOSED")
"""What is always open, or closed."""


def freeze(start: datetime, length: timedelta) -> str:
    """The content of a calendar that is closed for so long from then on."""
    form = "%Y%m%dT%H%M%SZ"
    event = f"BEGIN:VEVENT\nDTSTART:{start.strftime(form)}\nDTEND:{(start + length).strftime(form)}\nEND:VEVENT\n"
    return OPEN.replace("END:VCALENDAR", f"{event}END:VCALENDAR")
