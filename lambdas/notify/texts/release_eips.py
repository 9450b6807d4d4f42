"""What is said of idle Elastic IPs: the resource is an address, or, where the breaker holds, an account's Region."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = {
    "breaker": (
        "So many at once may mean that something else went wrong: look first. `poolwarden status` lists a proposal for "
        "each address, too; this one is for all of them."
    ),
    "byoip": "Add byoip to `include` under release_eips if addresses that you brought may be released too.",
    "dns-record": (
        "Delete the DNS record: once the address is somebody else's, the record would lead to them. "
        "It is released when no record names it any more."
    ),
    "keep-tag": "Take the tag away if the address may be released.",
    "keep-until": (
        "It may be released after that day. A value that is no date, such as 2026-12-31, protects without end: "
        "correct it."
    ),
    "locked": "AWS has locked the address: ask AWS Support to unlock it.",
    "protected": "Take the tag {prefix}:protect from the address if it may be released.",
    "ptr-record": (
        "Remove the reverse DNS record (`aws ec2 reset-address-attribute`): AWS releases no address that has one."
    ),
    "reassociated": "Somebody began to use the address: see that it still is where they need it.",
    "run-cap": "The next run goes on. Raise max_releases_per_run if that is too slow.",
    "service-managed": "The AWS service that made the address releases it.",
    "stack-managed": "Remove the address from its CloudFormation stack: released here, the stack would drift.",
    "taken": "Somebody else has the address: it cannot be had back. Allocate another one.",
    "transfer-pending": "Accept or disable the transfer of the address (`aws ec2 describe-address-transfers`).",
}
_OF_THEIR_OWN = frozenset({"within-grace", "protected", "keep-tag", "service-managed", "byoip", "idle"})
"""Reasons for which an address is left alone that nobody has to do anything about."""

_OF_MANY = frozenset({"run-cap", "switched-off", "change-freeze", "access-denied", "api-error", "role-missing"})
"""Reasons that hold for many addresses at once: people see them as one, or know them."""


def what(item: Mapping[str, Any]) -> str:
    """Say what became of the address, or of all those that the breaker holds."""
    if _is_summary(item):
        return _of_many(item)
    address = _address(item)
    if item["action"] == "allocate_address":
        return _of_having_back(item["outcome"], address)
    if item["reason"] == "warned":
        return f"{address} is idle, release due {_day(item['detail'].get('due', 'soon'))}"  # fits into a subject
    if (item["outcome"], item["reason"]) == ("done", "reassociated"):
        return f"{address} was RELEASED while somebody began to use it"
    return {
        "done": f"{address} released",
        "observed": f"{address} would be released",
        "proposed": f"may {address} be released?",
        "failed": f"FAILED to release {address}",
        "undone": f"{address} is back",
        "rejected": f"{address} will not be released, as somebody decided",
        "expired": f"nobody decided whether {address} may be released",
    }.get(item["outcome"], f"{address} not released")


def facts(item: Mapping[str, Any]) -> str:
    """Say what the address costs, when it is due and which tag keeps it."""
    detail = item["detail"]
    if item["outcome"] == "undone":
        return f"its allocation id is {_present_id(item)} now"
    told, is_done = [], item["outcome"] == "done"
    if (cost := detail.get("cost_usd_month")) is not None:
        costs = f"{'this saves' if is_done else 'it costs'} about {cost:g} USD a month"
        told.append(costs if cost else "releasing it saves no money")
    if (day := detail.get("due")) is not None and not is_done:
        told.append(f"due on {_day(day)}")
    if pool := detail.get("before", {}).get("pool"):
        told.append(f"from the pool {pool}")
    return ", ".join(told)


def severity(item: Mapping[str, Any]) -> str | None:
    """Say that so much is due at once that something else must be wrong, or that an address in use is gone."""
    critical = (item["outcome"], item["reason"]) in {("proposed", "breaker"), ("done", "reassociated")}
    return "critical" if critical else None


def undo(item: Mapping[str, Any]) -> str:
    """Say how to have the address back."""
    if item["reason"] == "warned":
        return "once released it can be had back with its tags, as long as nobody else has it"
    if item["action"] != "release_address" or _is_summary(item):
        return ""
    return (
        f"`poolwarden undo {item['decision_id']}` allocates the same address again, with its tags, "
        "as long as nobody else has it. Tag it then, or it is released again"
    )


def stop(item: Mapping[str, Any], prefix: str) -> str:
    """Name the tags that keep an address."""
    if _is_summary(item):
        return f"tag addresses with {prefix}:protect = true"
    return f"use {item['resource_id']}, or tag it with {prefix}:protect = true or {prefix}:keep-until = YYYY-MM-DD"


def is_routine(item: Mapping[str, Any]) -> bool:
    """Leave out what the breaker holds, as its summary is told, and what is left alone as it should be."""
    outcome, reason = item["outcome"], item["reason"]
    if _is_summary(item):
        return False
    if reason == "breaker" or (outcome == "blocked" and reason in _OF_MANY):
        return True
    if outcome != "skipped":
        return False
    if reason == "reassociated":
        return bool(item["action"] == "release_address")
    return reason in _OF_THEIR_OWN or (reason == "keep-until" and _has_keep_until_date(item))


def console(item: Mapping[str, Any]) -> str:
    """Give the page of the address, or of all where it is gone or many are meant."""
    home = f"ec2/home?region={item['region']}"
    gone = item["outcome"] == "done" and item["action"] == "release_address"
    if gone or _is_summary(item):
        return f"{home}#Addresses:"
    return f"{home}#ElasticIpDetails:AllocationId={_present_id(item)}"


def _present_id(item: Mapping[str, Any]) -> str:
    """Give the allocation id of an address, which is another one once it was released and had back."""
    return str(item["detail"].get("undone", {}).get("allocation_id", item["resource_id"]))


def _of_many(item: Mapping[str, Any]) -> str:
    result = item["detail"].get("result", {})
    if "released" in result:
        early = ", as its run ended early: they are judged anew" if "state" in result else ""
        return f"{result['released']} addresses of {item['resource_id']} released, {result['left']} left{early}"
    if item["reason"] != "breaker":
        return f"the addresses of {item['resource_id']} cannot be judged"
    return f"many addresses of {item['resource_id']} are due at once, and held"


def _of_having_back(outcome: str, address: str) -> str:
    return {
        "done": f"{address} is back",
        "failed": f"FAILED to have {address} back",
    }.get(outcome, f"{address} cannot be had back")


def _is_summary(item: Mapping[str, Any]) -> bool:
    """Say whether it is about an account, or its Region, and not about one address."""
    return item["resource_id"] in {item["account"], f"{item['account']}/{item['region']}"}


def _has_keep_until_date(item: Mapping[str, Any]) -> bool:
    """Say whether the tag says until when, and not something that nobody can read."""
    tags = item["detail"].get("before", {}).get("tags", {})
    values = [value for key, value in tags.items() if key.endswith(":keep-until")]
    try:
        return bool([date.fromisoformat(value) for value in values])
    except ValueError:
        return False


def _address(item: Mapping[str, Any]) -> str:
    address = item["detail"].get("before", {}).get("public_ip")
    return f"{address} ({item['resource_id']})" if address else str(item["resource_id"])


def _day(moment: object) -> str:
    """Give the day of a date or of a time (ISO 8601)."""
    return str(moment)[:10]
