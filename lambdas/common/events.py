"""What wakes a function. Whatever the event says, it is only a hint about where to look.

Accepted are EventBridge events (alarms, their contributors, schedules, CloudTrail's, our own), the payload
of an alarm's direct Lambda action, and an SQS batch whose bodies are either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lambdas.common import metrics
from lambdas.common.announce import SOURCE
from lambdas.common.dynamo import timestamp
from lambdas.common.errors import RunFailedError
from lambdas.common.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

RECHECK = "Poolwarden Recheck"
SWEEP = "Poolwarden Sweep"
FAN_OUT = "Poolwarden Fan-Out"
LARGEST_DEPTH = 32

ACCOUNT_ID = r"\d{12}"
POOL_ID = r"ipam-pool-[0-9a-z]+"
REGION = r"[a-z]+(?:-[a-z]+)+-\d+"
"""What events name, as patterns for `Wakeup.named`."""

PLAUSIBLE_YEARS = range(2015, 2200)

log = logger("events")


def message(kind: str, detail: Mapping[str, object], *, now: datetime) -> str:
    """Write the event with which a function wakes itself; `kind` is one of RECHECK, SWEEP and FAN_OUT."""
    return json.dumps({"source": SOURCE, "detail-type": kind, "time": timestamp(now), "detail": detail})


class EventError(ValueError):
    """An event that a function cannot make sense of."""


class Kind(StrEnum):
    """What kind of thing woke a function, as far as that matters for where to look."""

    ALARM = "alarm"
    CONTRIBUTOR = "contributor"
    SCHEDULE = "schedule"
    API_CALL = "api call"
    RECHECK = "recheck"
    SWEEP = "sweep"
    FAN_OUT = "fan-out"
    OTHER = "other"


_KINDS = {
    "CloudWatch Alarm State Change": Kind.ALARM,
    "CloudWatch Alarm Contributor State Change": Kind.CONTRIBUTOR,
    "Scheduled Event": Kind.SCHEDULE,
    "AWS API Call via CloudTrail": Kind.API_CALL,
    RECHECK: Kind.RECHECK,
    SWEEP: Kind.SWEEP,
    FAN_OUT: Kind.FAN_OUT,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wakeup:
    """One event: when it happened (aware, UTC), and every text in it as a hint where to look.

    `account` and `region` are where it happened, empty where the event does not say.
    """

    time: datetime
    kind: Kind
    detail: Mapping[str, Any]
    account: str = ""
    region: str = ""

    @property
    def is_anybodys(self) -> bool:
        """Say whether whoever may put events on our bus can have made it: nobody can in the name of AWS's services."""
        return self.kind is Kind.OTHER

    def named(self, pattern: str) -> frozenset[str]:
        """Give the texts anywhere in the event that are, as a whole, what the regular expression says."""
        return frozenset(text for text in _texts(self.detail) if re.fullmatch(pattern, text))


def seconds_left(context: object, *, otherwise: float) -> float:
    """Give how many seconds Lambda leaves an invocation; `otherwise`, where no Lambda service ends it."""
    remaining: Callable[[], float] = getattr(context, "get_remaining_time_in_millis", lambda: otherwise * 1000)
    return remaining() / 1000


def handle(event: object, work: Callable[[Wakeup], None]) -> dict[str, object] | None:
    """Do the work that an event asks for.

    A single event fails as a whole. Of an SQS batch only the messages that failed are delivered again.
    """
    if not isinstance(event, Mapping):
        raise EventError(f"an event is a JSON object, not {type(event).__name__}")
    records = event.get("Records")
    if records is None:
        wakeup = parse(event)
        work(wakeup)
        if wakeup.kind is Kind.SCHEDULE:
            metrics.count_sweep()
        return None
    if not isinstance(records, list):
        raise EventError("Records is not a list")
    failed = [identifier for identifier, record in _messages(records) if not _handled(record, work)]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


def parse(event: Mapping[str, Any]) -> Wakeup:
    """Read an EventBridge event or an alarm's direct payload; EventError where it is neither."""
    time = _time(event.get("time"))
    alarm = event.get("alarmData")
    if isinstance(alarm, Mapping):
        kind = Kind.CONTRIBUTOR if "alarmContributor" in alarm else Kind.ALARM
        return Wakeup(time=time, kind=kind, detail=alarm, **_place(event, account="accountId"))
    kind_name, detail = event.get("detail-type"), event.get("detail")
    if not isinstance(kind_name, str) or not isinstance(detail, Mapping):
        raise EventError("neither an EventBridge event (detail-type, detail) nor an alarm's payload (alarmData)")
    kind = _KINDS.get(kind_name, Kind.OTHER)
    return Wakeup(time=time, kind=kind, detail=detail, **_place(event, account="account"))


def parse_record(record: Mapping[str, Any]) -> Wakeup:
    """Read an SQS message whose body is an event; it happens when it is received, not when it was written."""
    if record.get("eventSource") != "aws:sqs":
        raise EventError(f"a record from {record.get('eventSource')!r}, not from SQS")
    try:
        body = json.loads(record["body"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise EventError(f"a message whose body is no JSON: {error}") from None
    if not isinstance(body, Mapping):
        raise EventError(f"a message whose body is {type(body).__name__}, not a JSON object")
    written = parse(body)
    times = [written.time, *_queue_times(record.get("attributes"))]
    return replace(written, time=max(times))


def _place(event: Mapping[str, Any], *, account: str) -> dict[str, str]:
    """Tell where an event happened; `account` is the member that names the account."""
    members = {"account": event.get(account), "region": event.get("region")}
    return {name: value for name, value in members.items() if isinstance(value, str)}


def _messages(records: list[Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Tell the messages of a batch by their ids; without one a failure could not be told to SQS."""
    if not all(isinstance(each, Mapping) and isinstance(each.get("messageId"), str) for each in records):
        raise EventError("a record without a messageId")
    return [(each["messageId"], each) for each in records]


def _handled(record: Mapping[str, Any], work: Callable[[Wakeup], None]) -> bool:
    """Work on one message; whatever goes wrong with it must not reach its neighbours."""
    try:
        work(parse_record(record))
    except RunFailedError as error:
        log.error("a message failed: %s", error)  # noqa: TRY400 - logged in full where it happened
        return False
    except Exception:
        log.exception("a message failed")
        return False
    return True


def _queue_times(stamps: object) -> list[datetime]:
    """When SQS took the message and first handed it out: milliseconds since the epoch, as text."""
    if not isinstance(stamps, Mapping):
        return []
    texts = [stamps.get("SentTimestamp"), stamps.get("ApproximateFirstReceiveTimestamp")]
    return [
        datetime.fromtimestamp(int(text) / 1000, UTC)
        for text in texts
        if isinstance(text, str) and re.fullmatch(r"\d{1,14}", text)
    ]


def _time(text: object) -> datetime:
    """Read `2019-10-02T17:04:40Z` (EventBridge) or `2019-10-02T17:04:40.985+0000` (an alarm's payload)."""
    if not isinstance(text, str):
        raise EventError("an event without a time")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise EventError(f"{text[:40]!r} is not a time") from None
    if time.tzinfo is None or time.year not in PLAUSIBLE_YEARS:
        raise EventError(f"{text[:40]!r} is not a time with its offset from UTC in our century or the next")
    return time.astimezone(UTC)


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < LARGEST_DEPTH and isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each, depth + 1)
