"""Work in many accounts: one message for each account and Region, which a worker of the same function takes.

Where there are more than one run has time for, the run sends itself a message about those that are left. Each run sends
at least one batch or ends with one Region, so that it comes to an end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.common import guard_items
from lambdas.common.aws_clients import client
from lambdas.common.environment import required
from lambdas.common.events import FAN_OUT, SWEEP, Kind, message
from lambdas.common.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from lambdas.common.events import Wakeup

BATCH = 10  # SendMessageBatch takes no more

MERGED = timedelta(minutes=10)
"""An alarm that comes so soon after a fan-out adds nothing: its contributors change one by one, and each fires it."""

MERGING = frozenset({Kind.ALARM, Kind.CONTRIBUTOR})


class NotSentError(Exception):
    """SQS did not take all messages; those that it took are harmless when they are sent again."""


def is_due(remediation: str, wakeup: Wakeup) -> bool:
    """Say whether a wakeup is to be fanned out: an alarm not where that has just been done, anything else always."""
    if wakeup.kind not in MERGING:
        return True
    times = [datetime.fromisoformat(item["time"]) for item in guard_items.read_items([_guard(remediation)])]
    return all(wakeup.time >= time + MERGED for time in times)


def remember(remediation: str, *, now: datetime) -> None:
    """Note that all messages are sent; only then, or a function that ends before would have an alarm go unheard."""
    guard_items.mark(_guard(remediation), now=now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rest:
    """What a fan-out has still to do: these Regions, one after the other, and of the first only accounts past `after`.

    `after` is an account id, or empty for all.
    """

    regions: tuple[str, ...]
    after: str = ""


def rest_of(wakeup: Wakeup, regions: Collection[str]) -> Rest:
    """Read what is to be fanned out: what an earlier run left, of these Regions, or else all of them."""
    if wakeup.kind is not Kind.FAN_OUT:
        return Rest(regions=tuple(regions))
    left, after = wakeup.detail.get("regions"), wakeup.detail.get("after")
    named = [each for each in left if each in regions] if isinstance(left, list) else []
    # What is left of a Region that is looked after no longer is nothing, and says nothing of the next one.
    unbroken = bool(named) and isinstance(left, list) and named[0] == left[0]
    return Rest(regions=tuple(named), after=after if unbroken and isinstance(after, str) else "")


def fan_out(
    rest: Rest,
    places_in: Callable[[str], Iterable[Target]],
    *,
    now: datetime,
    until: float = float("inf"),
    regions_until: float = float("inf"),
) -> bool:
    """Send a message for each place of these Regions; True when all are sent.

    Past `until`, on the monotonic clock, what is left is left to another run; past `regions_until` the Regions are that
    were not begun, because to ask where there is work in one takes long. Errors: `NotSentError`, before anything is
    left to another run, so that who tries again begins where this run began.
    """
    after = rest.after
    for number, region in enumerate(rest.regions):
        waiting = sorted(each for each in places_in(region) if each.account > after)
        sent = send(waiting, now=now, until=until)
        if sent < len(waiting):
            _continue(Rest(regions=rest.regions[number:], after=waiting[sent - 1].account), now=now)
            return False
        after, further = "", rest.regions[number + 1 :]
        if further and time.monotonic() >= min(until, regions_until):
            _continue(Rest(regions=further), now=now)
            return False
    return True


def send(targets: Iterable[Target], *, now: datetime, until: float = float("inf")) -> int:
    """Send a message for each target, in order, to the function's own queue; how many were sent.

    At least one batch is sent, and none is begun past `until`, on the monotonic clock. Errors: `NotSentError`.
    """
    refused: list[str] = []
    ordered = sorted(targets)
    sent = 0
    while sent < len(ordered) and (sent == 0 or time.monotonic() < until):
        batch = ordered[sent : sent + BATCH]
        refused += _send([message(SWEEP, _place(target), now=now) for target in batch])
        sent += len(batch)
    if refused:
        raise NotSentError(f"{len(refused)} messages: {', '.join(sorted(set(refused)))}")
    return sent


def target_of(wakeup: Wakeup) -> Target | None:
    """Read which target a message names; None where it names none."""
    account, region = wakeup.detail.get("account"), wakeup.detail.get("region")
    if isinstance(account, str) and isinstance(region, str):
        return Target(account=account, region=region)
    return None


def _guard(remediation: str) -> str:
    return f"fanout#{remediation}"


def _continue(rest: Rest, *, now: datetime) -> None:
    """Leave what is left to another run."""
    detail = {"regions": list(rest.regions), "after": rest.after}
    if refused := _send([message(FAN_OUT, detail, now=now)]):
        raise NotSentError(f"the message about those that are left: {refused[0]}")


def _send(messages: list[str]) -> list[str]:
    """Send a batch of messages; the codes of those that were refused."""
    entries: list[Any] = [{"Id": str(number), "MessageBody": each} for number, each in enumerate(messages)]
    answer = client("sqs").send_message_batch(QueueUrl=required("RECHECK_QUEUE_URL"), Entries=entries)
    return [each["Code"] for each in answer.get("Failed", [])]


def _place(target: Target) -> dict[str, str]:
    return {"account": target.account, "region": target.region}
