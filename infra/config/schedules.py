"""EventBridge's schedule expressions, checked before AWS would refuse them in the middle of a deploy.

The grammar is the one of "Setting a schedule pattern for scheduled rules" in the EventBridge user guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

EXAMPLES = "rate(15 minutes) or cron(0 8 * * ? *)"
RATE = re.compile(r"rate\(([0-9]{1,5}) (minute|hour|day)(s?)\)")
SECONDS = re.compile(r"rate\([0-9]+ seconds?\)")
CRON = re.compile(r"cron\(([^()]*)\)")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
WEEKS_OF_A_MONTH = range(1, 6)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One of the six fields of a cron expression: its numbers, their names in order, its wildcards."""

    name: str
    lowest: int
    highest: int
    wildcards: str
    names: tuple[str, ...] = ()

    def allowed(self) -> str:
        """Say what the field may hold."""
        names = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.lowest}-{self.highest}{names}, and {' '.join(self.wildcards)}"

    def accepts(self, text: str) -> bool:
        """Whether the field may hold this text."""
        if text == "?":
            return "?" in self.wildcards
        items = text.split(",")
        # EventBridge takes one `#` expression in a field, no list of them.
        return all(self._accepts_item(item) for item in items) and ("#" not in text or len(items) == 1)

    def _accepts_item(self, item: str) -> bool:
        if "L" in self.wildcards and item == "L":
            return True
        if "W" in self.wildcards and item.endswith("W"):
            return self._number(item.removesuffix("W")) is not None
        if "#" in self.wildcards and "#" in item:
            day, _, week = item.partition("#")
            return self._number(day) is not None and week in map(str, WEEKS_OF_A_MONTH)
        if "#" in self.wildcards and item.endswith("L"):
            return self._number(item.removesuffix("L")) is not None
        return self._accepts_span(item)

    def _accepts_span(self, item: str) -> bool:
        """Judge `*`, a value or a range, with a step where the field has them."""
        span, slash, step = item.partition("/")
        if slash and ("/" not in self.wildcards or not re.fullmatch("[1-9][0-9]{0,3}", step)):
            return False
        if span == "*":
            return True
        first, dash, last = span.partition("-")
        start = self._number(first)
        if not dash:
            return start is not None
        end = self._number(last)
        return start is not None and end is not None and start <= end

    def _number(self, text: str) -> int | None:
        if text in self.names:
            return self.lowest + self.names.index(text)
        if re.fullmatch("[0-9]{1,4}", text) and self.lowest <= int(text) <= self.highest:
            return int(text)
        return None


FIELDS = (
    Field(name="minutes", lowest=0, highest=59, wildcards=",-*/"),
    Field(name="hours", lowest=0, highest=23, wildcards=",-*/"),
    Field(name="day-of-month", lowest=1, highest=31, wildcards=",-*?/LW"),
    Field(name="month", lowest=1, highest=12, wildcards=",-*/", names=MONTHS),
    Field(name="day-of-week", lowest=1, highest=7, wildcards=",-*?L#", names=DAYS),
    Field(name="year", lowest=1970, highest=2199, wildcards=",-*/"),
)


def schedule(value: object) -> str:
    """Accept a schedule expression that EventBridge takes; ValueError says what is wrong with another."""
    if isinstance(value, str):
        if SECONDS.fullmatch(value):
            raise ValueError("is not a schedule that EventBridge takes: its units are minutes, hours and days")
        if rate := RATE.fullmatch(value):
            _check_rate(rate)
            return value
        if cron := CRON.fullmatch(value):
            _check_cron(cron[1].split())
            return value
    raise ValueError(f"is not a schedule: write an EventBridge expression such as {EXAMPLES}")


def period(expression: str) -> timedelta:
    """Say how far apart two runs of a valid schedule are at most, rounded up to an hour, a day, a week, ... for cron.

    A cron expression that names years may never run again; a year is then as good a bound as any.
    """
    if rate := RATE.fullmatch(expression):
        return int(rate[1]) * timedelta(**{f"{rate[2]}s": 1})
    _, hours, days, months, weekdays, years = expression.removeprefix("cron(").removesuffix(")").split()
    if years != "*" or months != "*":
        return timedelta(days=366)
    if days not in {"*", "?"}:
        return timedelta(days=31)
    if weekdays not in {"*", "?"}:
        return timedelta(days=31 if "#" in weekdays or "L" in weekdays else 7)
    return timedelta(hours=1) if hours == "*" else timedelta(days=1)


def _check_rate(rate: re.Match[str]) -> None:
    number, unit, plural = int(rate[1]), rate[2], rate[3]
    if number == 0 or rate[1].startswith("0"):
        raise ValueError("is not a schedule: the number of a rate is a whole number from 1, without leading zeros")
    if (number > 1) != bool(plural):
        right = unit if number == 1 else f"{unit}s"
        raise ValueError(f"is not a schedule that EventBridge takes: write rate({number} {right})")


def _check_cron(fields: list[str]) -> None:
    if len(fields) != len(FIELDS):
        names = ", ".join(field.name for field in FIELDS)
        raise ValueError(f"has {len(fields)} fields: a cron expression of EventBridge has six: {names}")
    for field, text in zip(FIELDS, fields, strict=True):
        if not field.accepts(text):
            raise ValueError(f'cannot have "{text}" as its {field.name}: allowed are {field.allowed()}')
    if (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError("must have ? as exactly one of its day-of-month and day-of-week")
