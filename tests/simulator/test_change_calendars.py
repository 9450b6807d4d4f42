from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from simulator.change_calendars.icalendar import CLOSED, OPEN, InvalidCalendarError, parse

if TYPE_CHECKING:
    from simulator.change_calendars.icalendar import Calendar


def calendar(*events: str, kind: str = "DEFAULT_OPEN", head: str = "") -> Calendar:
    lines = ["BEGIN:VCALENDAR", f"X-CALENDAR-TYPE:{kind}", head]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split(), "END:VEVENT"]
    return parse("\r\n".join([*lines, "END:VCALENDAR", ""]))


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


CHRISTMAS = "DTSTART:20261224T180000Z DTEND:20261227T060000Z"


def test_a_calendar_that_is_open_is_closed_during_its_events() -> None:
    freeze = calendar(CHRISTMAS)
    assert [freeze.state(at(24, 17, 59)), freeze.state(at(24, 18)), freeze.state(at(27, 6))] == [OPEN, CLOSED, OPEN]
    assert freeze.next_transition(at(1)) == at(24, 18)
    assert freeze.next_transition(at(25)) == at(27, 6)
    assert freeze.next_transition(at(28)) is None


def test_a_calendar_that_is_closed_is_open_during_its_events() -> None:
    window = calendar(CHRISTMAS, kind="DEFAULT_CLOSED")
    assert [window.state(at(1)), window.state(at(25))] == [CLOSED, OPEN]


def test_events_without_a_gap_are_one_freeze() -> None:
    freeze = calendar("DTSTART:20261224 DTEND:20261226", "DTSTART:20261225 DURATION:P3D")
    assert freeze.next_transition(at(24)) == at(28)


def test_a_time_is_in_the_zone_that_it_names_or_in_the_calendars() -> None:
    night = "DTSTART;TZID=America/New_York:20261201T000000 DTEND;TZID=America/New_York:20261201T010000"
    assert calendar(night).state(at(1, 5, 30)) == CLOSED
    floating = calendar("DTSTART:20261201T000000 DURATION:PT1H", head="X-WR-TIMEZONE:Asia/Seoul")
    assert floating.state(datetime(2026, 11, 30, 15, 30, tzinfo=UTC)) == CLOSED


def test_an_event_comes_again_by_its_rule() -> None:
    weekends = calendar("DTSTART:20261205 DURATION:P2D RRULE:FREQ=WEEKLY;UNTIL=20261220T000000Z")
    assert [weekends.state(at(day, 12)) for day in (5, 6, 7, 12, 13, 14, 26)] == [
        CLOSED,
        CLOSED,
        OPEN,
        CLOSED,
        CLOSED,
        OPEN,
        OPEN,
    ]
    assert weekends.next_transition(at(7, 12)) == at(12)


def test_a_long_line_is_folded() -> None:
    event = "BEGIN:VEVENT\r\nDTSTART:20261224T180000Z\r\nDTEND:20261227\r\n T060000Z\r\nEND:VEVENT"
    freeze = parse(f"BEGIN:VCALENDAR\r\nX-CALENDAR-TYPE:DEFAULT_\r\n OPEN\r\n{event}\r\nEND:VCALENDAR")
    assert [freeze.state(at(27, 5, 59)), freeze.state(at(27, 6))] == [CLOSED, OPEN]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "no iCalendar"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", "X-CALENDAR-TYPE must be"),
        ("BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nBEGIN:VEVENT\nEND:VEVENT", "no DTSTART"),
        ("BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nBEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT", "soon is no date"),
        ("BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nX-WR-TIMEZONE:Moon/Base", "Moon/Base is no time zone"),
    ],
)
def test_what_is_no_change_calendar_is_told(text: str, message: str) -> None:
    with pytest.raises(InvalidCalendarError, match=message):
        parse(text)
