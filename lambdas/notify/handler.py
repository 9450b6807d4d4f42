"""Tells people what happens: each decision once, what alarms find that nothing remedies, and a digest every day."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import time
from typing import TYPE_CHECKING, Any

from lambdas.common import consent, events, settings, switch
from lambdas.common.errors import AwsError
from lambdas.common.events import EventError, Kind
from lambdas.notify import alarm, aws, digest, plan, texts
from lambdas.notify.conditions import BY_ALARM
from lambdas.notify.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lambdas.common.events import Wakeup
    from lambdas.common.settings import Settings
    from lambdas.notify.conditions import Resource
    from lambdas.notify.message import Message

TEXT = r".{1,2048}"
CODE = r"[a-z][a-z_-]{1,40}"
FORMS = {
    "decision_id": r"[0-9a-f]{16}",
    "resource_id": TEXT,
    "remediation": "|".join(texts.REMEDIATIONS),
    "action": CODE,
    "outcome": CODE,
    "reason": CODE,
    "account": r"\d{12}",
    "region": r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}",
    "time": r"\d{4}-\d\d-\d\dT[\d:.]{5,20}Z",
}
"""What a decision's texts look like: people copy commands and follow addresses that are made of them."""

RESERVE_SECONDS = 60.0
"""Kept at the end of an invocation for telling each reader of the day."""
DEFAULT_SECONDS = 300.0


def handler(event: object, context: object) -> dict[str, object] | None:
    """Answer a `Poolwarden Decision`, a change of one of our alarms' contributors, or the daily schedule."""
    remaining = events.seconds_left(context, otherwise=DEFAULT_SECONDS)
    deadline = time.monotonic() + remaining - RESERVE_SECONDS
    return events.handle(event, functools.partial(tell, event=event, deadline=deadline))


def tell(wakeup: Wakeup, *, event: object, deadline: float) -> None:
    """Tell people what an event is about; what can be left out of a digest is not looked for after the deadline."""
    # Lambda's retries and EventBridge's come with the very same event, and somebody else's is another one.
    teller = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:16]
    match wakeup.kind:
        case Kind.SCHEDULE:
            _tell_the_day(wakeup, teller, deadline)
        case Kind.ALARM | Kind.CONTRIBUTOR:
            _tell_alarm(wakeup, teller)
        case _:
            _tell_decision(wakeup, teller)


def _tell_decision(wakeup: Wakeup, teller: str) -> None:
    item = _checked(wakeup.detail)
    if not plan.concerns_people(item):
        return
    conf = settings.load()
    aws.publish_once(
        _message(item, conf),
        condition=f"{item['decision_id']}#{item['outcome']}#{item['reason']}",
        teller=teller,
        minimum_severity=conf.minimum_severity,
        now=wakeup.time,
    )


def _tell_alarm(wakeup: Wakeup, teller: str) -> None:
    """Tell what an alarm found: all that it holds for, because what comes in a moment belongs to the same message."""
    condition = BY_ALARM.get(str(wakeup.detail.get("alarmName")))
    if condition is None:
        raise EventError(f"no alarm that is told of: {str(wakeup.detail.get('alarmName'))[:100]}")
    if not alarm.is_raised(wakeup.detail):
        return
    found = alarm.contributor(wakeup.detail)
    scopes = [found["ScopeID"]] if "ScopeID" in found else aws.scopes()
    passing = alarm.Passing(
        each
        for scope in scopes
        for each in aws.resource_cidrs(scope, resource_type=condition.resource_type)
        if condition.holds(each)
    )
    sameness = alarm.sameness(passing)
    message = alarm.message(
        condition, passing.first, more=passing.more, found=found, account=wakeup.account, region=wakeup.region
    )
    aws.publish_once(
        message,
        condition=f"{condition.alarm}#{'+'.join(scopes)}#{wakeup.time:%Y-%m-%d}#{sameness}",
        teller=teller,
        minimum_severity=settings.load().minimum_severity,
        now=wakeup.time,
    )


def _tell_the_day(wakeup: Wakeup, teller: str, deadline: float) -> None:
    conf, now = settings.load(), wakeup.time
    items = aws.decisions_since(
        texts.REMEDIATIONS, now - digest.STILL, without=digest.USUAL, choose=functools.partial(digest.chosen, now=now)
    )
    standing, unread = _standing(conf.contacts, deadline)
    known = digest.Known(
        items=items,
        forbids=consent.what_forbids(),
        conditions=standing.conditions,
        more=standing.more,
        now=now,
        unread=unread,
    )
    for reader, message in digest.digests(known, contacts=conf.contacts):
        aws.publish_once(
            message,
            condition=f"digest#{now:%Y-%m-%d}#{reader}",
            teller=teller,
            minimum_severity=conf.minimum_severity,
            to_slack=reader == digest.OPERATORS,
            now=now,
        )


def _standing(contacts: Mapping[str, str], deadline: float) -> tuple[Standing, str]:
    """Look through what IPAM sees in all scopes, and say what was not looked at: the rest of the digest needs none."""
    standing = Standing(contacts)
    try:
        for resource in _all_resources():
            if time.monotonic() > deadline:
                return standing, f"IPAM's resources after the first {standing.looked_at:,}. There was no more time."
            standing.add(resource)
    except AwsError as error:
        return Standing(contacts), f"IPAM's resources. AWS said: {error}"
    return standing, ""


def _all_resources() -> Iterator[Resource]:
    return (each for scope in aws.scopes() for each in aws.resource_cidrs(scope))


def _checked(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    wrong = [name for name, form in FORMS.items() if not _is(form, detail.get(name))]
    if wrong or not isinstance(detail.get("detail"), dict):
        raise EventError(f"not a decision: {', '.join(wrong) or 'detail'} missing or not as we write it")
    return detail


def _is(form: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(form, value) is not None


def _message(item: Mapping[str, Any], conf: Settings) -> Message:
    """Write the message; EventError where the decision's details are not those of any decision of ours."""
    means = plan.Means(mode_parameter=switch.parameter_name(), tag_prefix=conf.tag_prefix)
    try:
        return plan.message(item, contacts=conf.contacts, means=means)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EventError(f"not a decision: its detail cannot be told of: {error!r}") from error
