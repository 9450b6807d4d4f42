"""What people are told of a decision: pure text, for somebody on call who has no console open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
CRITICAL_REASONS = frozenset({"source-exhausted", "supply-exhausted"})
NOBODYS_BUSINESS = frozenset({("skipped", "in-flight")})

ADVICE = {
    "access-denied": "Give the function's role the permission that AWS names, or take the protection away.",
    "api-error": "It is tried again by itself. If it keeps failing, what AWS said is the place to begin.",
    "cidr-quota": "Have the quota of CIDRs per pool raised, or merge CIDRs of the pool.",
    "daily-cap": "It goes on tomorrow (UTC). Raise max_provisions_per_day if that is too late.",
    "provision-failed": "Another block is tried once by itself.",
    "state-changed": "Nothing is to be done: it is judged anew.",
}
"""What to do about a reason, where the decision itself does not say."""


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
    """Say whether anybody needs to hear of a ledger item."""
    return item["outcome"] in SEVERITY and (item["outcome"], item["reason"]) not in NOBODYS_BUSINESS


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
        subject=_subject(item),
        body=_body(item, means),
        attributes={name: value for name, value in attributes.items() if value},
    )


def severity(item: Mapping[str, Any]) -> str:
    """Say how much a ledger item matters: info, warning or critical."""
    return "critical" if item["reason"] in CRITICAL_REASONS else SEVERITY[item["outcome"]]


def _subject(item: Mapping[str, Any]) -> str:
    text = f"Poolwarden: {_what(item)} ({item['reason']})"
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in text)
    return plain if len(plain) <= LONGEST_SUBJECT else f"{plain[: LONGEST_SUBJECT - 3]}..."


def _what(item: Mapping[str, Any]) -> str:
    """Say in a few words what happened, or did not."""
    resource, cidr = item["resource_id"], _cidr(item)
    if cidr is None:
        return f"{resource} {'left alone' if item['outcome'] == 'skipped' else 'cannot be refilled'}"
    return {
        "done": f"{cidr} added to {resource}",
        "observed": f"{cidr} would be added to {resource}",
        "proposed": f"may {cidr} be added to {resource}?",
        "failed": f"FAILED to add {cidr} to {resource}",
        "undone": f"{cidr} taken from {resource} again",
    }.get(item["outcome"], f"{cidr} not added to {resource}")


def _cidr(item: Mapping[str, Any]) -> str | None:
    """Give the CIDR that a decision is about: the one that came of it, where AWS chose."""
    detail = item["detail"]
    cidr: str | None = detail.get("result", {}).get("cidr") or detail.get("cidr")
    return cidr


def _body(item: Mapping[str, Any], means: Means) -> str:
    lines = [
        ("What", f"{_what(item)}. Outcome: {item['outcome']}, reason: {item['reason']}."),
        ("Where", _where(item)),
        ("Why", item["detail"].get("why", "")),
        ("AWS said", _said(item)),
        ("What now", _advice(item, means)),
        ("Undo", _undo(item, means)),
        ("Stop", _stop(item, means)),
        ("Record", f"decision {item['decision_id']} in the ledger, first seen {item['time']}"),
    ]
    return "\n".join(f"{name + ':':<10}{text}" for name, text in lines if text) + "\n"


def _where(item: Mapping[str, Any]) -> str:
    about = item["detail"].get("resource", {})
    named = [f"{what} {about[key]}" for key, what in (("name", "named"), ("owner", "owned by")) if key in about]
    place = f"account {item['account']}, {item['region']}"
    return ", ".join([item["resource_id"], *named, place])


def _said(item: Mapping[str, Any]) -> str:
    result = item["detail"].get("result", {})
    return ": ".join(str(result[key]) for key in ("error", "failure", "message") if result.get(key))


def _advice(item: Mapping[str, Any], means: Means) -> str:
    if item["outcome"] == "proposed":
        return f"poolwarden approve {item['decision_id']}, or: poolwarden reject {item['decision_id']}"
    if item["outcome"] == "observed":
        return "Nothing was changed, because the mode is observe. Set the mode to enforce to have it done."
    if item["reason"] == "switched-off":
        return f"Nothing is changed until the SSM parameter {means.mode_parameter} says `deployed` again."
    return ADVICE.get(item["reason"], "")


def _undo(item: Mapping[str, Any], means: Means) -> str:
    if item["outcome"] != "done" or "cidr" not in item["detail"]:
        return ""
    return (
        f"while nothing is allocated from it: `aws ec2 deprovision-ipam-pool-cidr --region {item['region']} "
        f"--ipam-pool-id {item['resource_id']} --cidr {_cidr(item)}`. Protect the pool first "
        f"(tag {means.tag_prefix}:protect = true), or it is refilled again"
    )


def _stop(item: Mapping[str, Any], means: Means) -> str:
    if item["outcome"] not in {"done", "failed"}:
        return ""
    return (
        f"tag {item['resource_id']} with {means.tag_prefix}:protect = true, or stop every change with "
        f"`aws ssm put-parameter --overwrite --name {means.mode_parameter} --value observe`"
    )
