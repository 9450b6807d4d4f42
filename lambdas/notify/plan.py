"""What people are told of a decision: pure text, for somebody on call who has no console open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.notify import texts
from lambdas.notify.message import Message, Part, console, given

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVERITY = {
    "done": "info",
    "observed": "info",
    "undone": "info",
    "rejected": "info",
    "proposed": "warning",
    "skipped": "warning",
    "blocked": "warning",
    "expired": "warning",
    "failed": "critical",
}
STOPPABLE = frozenset({"done", "observed", "proposed", "failed"})
"""Outcomes after which the same may happen again, or yet: people are told how to prevent it."""
UNDOABLE = frozenset({"done", "proposed"})
"""Outcomes with which people are told how to take a change back: what cannot be is said before it is done."""

ADVICE = {
    "access-denied": "Give the function's role the permission that AWS names, or take the protection away.",
    "api-error": "It is tried again by itself. If it keeps failing, what AWS said is the place to begin.",
    "change-freeze": "Nothing is changed until the change calendar is open again.",
    "no-trail": "Have a CloudTrail trail log management events there; until then only the schedule sees what happens.",
    "region-closed": "Enable the Region in that account, or take it out of `regions`.",
    "role-missing": "Deploy PoolwardenSpoke in the account (`make deploy-spoke`), or exclude the account.",
    "state-changed": "Nothing is to be done: it is judged anew.",
}
"""What to do about a reason that any remediation may have, where its own texts do not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What a person can do about a decision: the parameter that is the kill switch, the tag that protects."""

    mode_parameter: str
    tag_prefix: str


def concerns_people(item: Mapping[str, Any]) -> bool:
    """Say whether anybody needs a message for a ledger item: what is only part of something else is told with that.

    A change that reverses another one is told as that one, which is undone then; if it fails, it is told itself.
    """
    outcome, reason = item["outcome"], item["reason"]
    if outcome not in SEVERITY or (outcome, reason) == ("skipped", "in-flight"):
        return False
    return not is_reversal(item) and not texts.of(item).is_routine(item)


def is_reversal(item: Mapping[str, Any]) -> bool:
    """Say whether it is a change that took another one back."""
    return item["outcome"] == "done" and "undo_of" in item["detail"]


def message(item: Mapping[str, Any], *, contacts: Mapping[str, str], means: Means) -> Message:
    """Write the message for a ledger item; `contacts` gives the address of who answers for an account."""
    attributes = {
        "kind": "decision",
        "remediation": item["remediation"],
        "outcome": item["outcome"],
        "reason": item["reason"],
        "severity": severity(item),
        "account": item["account"],
        "region": item["region"],
        "contact": contacts.get(item["account"]),
    }
    return Message(
        title=f"{texts.of(item).what(item)} ({item['reason']})",
        parts=tuple(part for part in _parts(item, means) if part.text),
        attributes=given(attributes),
        about=item["decision_id"],
        resources=(item["resource_id"],),
    )


def severity(item: Mapping[str, Any]) -> str:
    """Say how much a ledger item matters: info, warning or critical."""
    return texts.of(item).severity(item) or SEVERITY[item["outcome"]]


def _parts(item: Mapping[str, Any], means: Means) -> list[Part]:
    own = texts.of(item)
    warned = item["reason"] == "warned"
    undo = own.undo(item) if warned or item["outcome"] in UNDOABLE else ""
    stop = _stop(item, means) if warned or item["outcome"] in STOPPABLE else ""
    what = own.what(item)
    end = "" if what.endswith("?") else "."
    return [
        Part(name="What", text=f"{what}{end} Outcome: {item['outcome']}, reason: {item['reason']}."),
        Part(name="Where", text=_where(item, means.tag_prefix)),
        Part(name="Why", text=_why(item)),
        Part(name="Facts", text=own.facts(item)),
        Part(name="AWS said", text=_said(item)),
        Part(name="What now", text=_advice(item, means), is_step=True),
        Part(name="Undo", text=undo, is_step=True),
        Part(name="Stop", text=stop, is_step=True),
        Part(name="Console", text=console(item["region"], own.console(item))),
        Part(name="Record", text=f"`poolwarden history {item['decision_id']}`, first seen {item['time']}"),
    ]


def _why(item: Mapping[str, Any]) -> str:
    """Say why it came so; of what was undone also who wanted that, as the old reason alone would puzzle."""
    why: str = item["detail"].get("why", "")
    if item["outcome"] != "undone":
        return why
    actor = item["detail"].get("undo_asked", {}).get("actor", "somebody")
    return f"{actor} had it undone. It had been done for this: {why}"


def _where(item: Mapping[str, Any], prefix: str) -> str:
    about = item["detail"].get("resource", {})
    tags = item["detail"].get("before", {}).get("tags", {})
    name = about.get("name") or tags.get("Name")
    owner = about.get("owner") or tags.get(f"{prefix}:owner")
    named = [f"{what} {who}" for what, who in (("named", name), ("owned by", owner)) if who]
    return ", ".join([item["resource_id"], *named, f"account {item['account']}", item["region"]])


def _said(item: Mapping[str, Any]) -> str:
    result = item["detail"].get("result", {})
    return ": ".join(str(result[key]) for key in ("error", "failure", "message") if result.get(key))


def _advice(item: Mapping[str, Any], means: Means) -> str:
    outcome, reason, own = item["outcome"], item["reason"], texts.of(item)
    if outcome == "observed":
        return "Nothing was changed, because the mode is observe. Set the mode to enforce to have it done."
    if outcome == "expired":
        return "It is proposed again if it still is to be done."
    if outcome == "rejected":
        return "It is not proposed again until something about the resource changes."
    if reason == "switched-off":
        return f"Nothing is changed until the SSM parameter {means.mode_parameter} says `deployed` again."
    advice = (own.ADVICE.get(reason) or ADVICE.get(reason, "")).format(prefix=means.tag_prefix)
    if outcome == "proposed":
        return f"{advice} {_how_to_answer(item)}" if reason == "breaker" else _how_to_answer(item)
    return advice


def _how_to_answer(item: Mapping[str, Any]) -> str:
    until = item["detail"].get("expires")
    by = f" It expires at {until}." if until else ""
    return f"`poolwarden approve {item['decision_id']}`, or `poolwarden reject {item['decision_id']}`.{by}"


def _stop(item: Mapping[str, Any], means: Means) -> str:
    return (
        f"{texts.of(item).stop(item, means.tag_prefix)}; or stop every change with "
        f"`aws ssm put-parameter --overwrite --name {means.mode_parameter} --value observe`"
    )
