"""When a change calendar is open: iCalendar text (RFC 5545) with events that close it, or that open it.

Systems Manager user guide, "Creating a change calendar": `X-CALENDAR-TYPE` is DEFAULT_OPEN (closed during events) or
DEFAULT_CLOSED (open during events).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import rrule  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN, CLOSED = "OPEN", "CLOSED"

MAX_TRANSITIONS = 1000
"""Begins and ends of events that are looked at for the next transition: events may follow each other without a gap."""

_TYPES = ("DEFAULT_OPEN", "DEFAULT_CLOSED")
_DATE_LENGTH = len("20261224")
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class InvalidCalendarError(ValueError):
    """Text that is no change calendar; the message says why."""


@dataclass(frozen=True, slots=True)
class Event:
    """A time, or with a recurrence rule one time after the other."""

    start: datetime
    length: timedelta
    recurrence: Any = None

    def covers(self, moment: datetime) -> bool:
        """Whether the event is on at that moment: from its start to before its end."""
        start = self._latest_start(moment)
        return start is not None and moment < start + self.length

    def next_change(self, moment: datetime) -> datetime | None:
        """The next start or end after the moment."""
        following = self.start if self.recurrence is None else self.recurrence.after(moment)
        latest = self._latest_start(moment)
        boundaries = [following, latest + self.length if latest else None]
        return min((each for each in boundaries if each is not None and each > moment), default=None)

    def _latest_start(self, moment: datetime) -> datetime | None:
        if self.recurrence is None:
            return self.start if self.start <= moment else None
        latest: datetime | None = self.recurrence.before(moment, inc=True)
        return latest


@dataclass(frozen=True, slots=True)
class Calendar:
    """A change calendar: what it is without events, and the events in which it is the opposite."""

    default: str
    events: tuple[Event, ...]

    def state(self, moment: datetime) -> str:
        """OPEN or CLOSED."""
        opposite = CLOSED if self.default == OPEN else OPEN
        return opposite if any(event.covers(moment) for event in self.events) else self.default

    def next_transition(self, moment: datetime) -> datetime | None:
        """When the state changes next; None when it never does."""
        state = self.state(moment)
        for _ in range(MAX_TRANSITIONS):
            changes = [change for event in self.events if (change := event.next_change(moment)) is not None]
            if not changes:
                return None
            moment = min(changes)
            if self.state(moment) != state:
                return moment
        return None


def parse(text: str) -> Calendar:
    """Read a change calendar. Errors: `InvalidCalendarError`."""
    lines = list(_properties(text))
    if ("BEGIN", {}, "VCALENDAR") not in lines:
        raise InvalidCalendarError("the content is no iCalendar")
    kind = next((value for name, _, value in lines if name == "X-CALENDAR-TYPE"), None)
    if kind not in _TYPES:
        raise InvalidCalendarError(f"X-CALENDAR-TYPE must be one of {', '.join(_TYPES)}, not {kind}")
    zone = _zone(next((value for name, _, value in lines if name == "X-WR-TIMEZONE"), "UTC"))
    return Calendar(kind.removeprefix("DEFAULT_"), tuple(_event(each, zone) for each in _events(lines)))


_Property = tuple[str, dict[str, str], str]
"""Name, parameters and value of a content line (RFC 5545, 3.1)."""


def _properties(text: str) -> Iterator[_Property]:
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for line in unfolded.splitlines():
        head, colon, value = line.partition(":")
        if colon:
            name, *parameters = head.split(";")
            yield name.upper(), dict(each.split("=", 1) for each in parameters if "=" in each), value.strip()


def _events(lines: list[_Property]) -> Iterator[dict[str, tuple[dict[str, str], str]]]:
    event: dict[str, tuple[dict[str, str], str]] | None = None
    for name, parameters, value in lines:
        if (name, value) == ("BEGIN", "VEVENT"):
            event = {}
        elif (name, value) == ("END", "VEVENT") and event is not None:
            yield event
            event = None
        elif event is not None:
            event[name] = (parameters, value)


def _event(properties: dict[str, tuple[dict[str, str], str]], zone: tzinfo) -> Event:
    if "DTSTART" not in properties:
        raise InvalidCalendarError("an event has no DTSTART")
    start = _time(*properties["DTSTART"], zone)
    if "DTEND" in properties:
        length = _time(*properties["DTEND"], zone) - start
    elif "DURATION" in properties:
        length = _duration(properties["DURATION"][1])
    else:  # RFC 5545, 3.6.1: a day for a date, nothing for a time
        length = timedelta(days=1) if len(properties["DTSTART"][1]) == _DATE_LENGTH else timedelta()
    if "RRULE" not in properties:
        return Event(start, length)
    try:
        return Event(start, length, rrule.rrulestr(properties["RRULE"][1], dtstart=start))
    except ValueError as error:
        raise InvalidCalendarError(f"RRULE {properties['RRULE'][1]}: {error}") from None


def _time(parameters: dict[str, str], value: str, zone: tzinfo) -> datetime:
    zone = _zone(parameters["TZID"]) if "TZID" in parameters else zone
    form = "%Y%m%d" if len(value) == _DATE_LENGTH else "%Y%m%dT%H%M%S"
    try:
        return datetime.strptime(value.removesuffix("Z"), form).replace(tzinfo=UTC if value.endswith("Z") else zone)
    except ValueError:
        raise InvalidCalendarError(f"{value} is no date or time") from None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidCalendarError(f"{name} is no time zone") from None


def _duration(value: str) -> timedelta:
    found = _DURATION.fullmatch(value)
    if not found:
        raise InvalidCalendarError(f"{value} is no duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
