"""What people are told of a decision: pure text, for somebody on call who has no console open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.notify import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SUBJECT = 100  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
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
CRITICAL_REASONS = frozenset({"source-exhausted", "supply-exhausted", "breaker", "reassociated"})
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
class Message:
    """A message as SNS takes it; the attributes are flat strings, for subscription filters."""

    subject: str
    body: str
    attributes: Mapping[str, str]


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
    is_reversal = outcome == "done" and "undo_of" in item["detail"]
    return not is_reversal and not texts.of(item).is_routine(item)


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
        "contact": contacts.get(item["account"], ""),
    }
    return Message(
        subject=as_subject(f"{texts.of(item).what(item)} ({item['reason']})"),
        body=_body(item, means),
        attributes={name: value for name, value in attributes.items() if value},
    )


def severity(item: Mapping[str, Any]) -> str:
    """Say how much a ledger item matters: info, warning or critical."""
    return "critical" if item["reason"] in CRITICAL_REASONS else SEVERITY[item["outcome"]]


def as_subject(text: str) -> str:
    """Make a subject that SNS takes: printable ASCII, not too long."""
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in f"Poolwarden: {text}")
    return plain if len(plain) <= LONGEST_SUBJECT else f"{plain[: LONGEST_SUBJECT - 3]}..."


def _body(item: Mapping[str, Any], means: Means) -> str:
    own = texts.of(item)
    warned = item["reason"] == "warned"
    lines = [
        ("What", f"{own.what(item)}. Outcome: {item['outcome']}, reason: {item['reason']}."),
        ("Where", _where(item, means.tag_prefix)),
        ("Why", item["detail"].get("why", "")),
        ("Facts", own.facts(item)),
        ("AWS said", _said(item)),
        ("What now", _advice(item, means)),
        ("Undo", own.undo(item) if warned or item["outcome"] in UNDOABLE else ""),
        ("Stop", _stop(item, means) if warned or item["outcome"] in STOPPABLE else ""),
        ("Console", _console(item["region"], own.console(item))),
        ("Record", f"`poolwarden history {item['decision_id']}`, first seen {item['time']}"),
    ]
    return as_lines(lines)


def as_lines(lines: list[tuple[str, str]]) -> str:
    """Write what is known under its names, one to a line; what is empty is left out."""
    return "\n".join(f"{name + ':':<10}{text}" for name, text in lines if text) + "\n"


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
    particular = own.ADVICE.get(reason) or ADVICE.get(reason, "")
    advice = particular.format(prefix=means.tag_prefix)
    if outcome == "proposed" and reason != "breaker":
        return _how_to_answer(item)
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


def _console(region: str, page: str) -> str:
    """Give the address of a page in the console of the Region's partition.

    https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-endpoints.html,
    https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
    """
    domain = "console.aws.amazon.com"
    if region.startswith("cn-"):
        domain = "console.amazonaws.cn"
    elif region.startswith("us-gov-"):
        domain = "console.amazonaws-us-gov.com"
    return f"https://{region}.{domain}/{page}"
