"""What a failed call asked a pool for, as CloudTrail tells it: a hint, from whoever may call AWS.

The names inside `requestParameters` differ from action to action and are documented for few of them, so that the
members are found by their names wherever they are, in any case of letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

LARGEST_DEPTH = 32
CALLS = frozenset({"CreateVpc", "AssociateVpcCidrBlock", "AllocateIpamPoolCidr", "CreateSubnet", "AllocateAddress"})
"""The calls that take addresses from a pool."""

POOL_MEMBERS = frozenset({"ipampoolid", "ipv4ipampoolid", "ipv6ipampoolid"})


OTHER_CAUSES = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "DryRunOperation",
    "InternalError",
    "LimitExceeded",
    "OptInRequired",
    "Throttling",
    "Unavailable",
    "UnauthorizedOperation",
)
"""What the codes of calls end with that failed, whatever the pool has: a call that was only to be tried (which is how
AWS answers one that would have succeeded), or that its caller may not make, or not so often."""


def failed(detail: Mapping[str, Any]) -> bool:
    """Say whether it is one of these calls, and failed for what may be a want of space: AWS has many codes for that."""
    code, name = detail.get("errorCode"), detail.get("eventName")
    wants_space = isinstance(code, str) and bool(code) and not code.endswith(OTHER_CAUSES)
    return wants_space and isinstance(name, str) and name in CALLS


def called_at(detail: Mapping[str, Any]) -> datetime | None:
    """Give when the call was made (aware), which stays the same however often, and late, its event is delivered."""
    try:
        time = datetime.fromisoformat(detail["eventTime"])
    except (KeyError, TypeError, ValueError):
        return None
    return time if time.tzinfo is not None else None


def names(detail: Mapping[str, Any], pool_id: str) -> bool:
    """Say whether the call was to take addresses from this pool."""
    members = _members(detail.get("requestParameters"))
    return any(value == pool_id and name.lower() in POOL_MEMBERS for name, value in members)


def length(detail: Mapping[str, Any], *, family: str, bits: int) -> int | None:
    """Give the netmask length of the block that was asked for of this family; None where the event has none."""
    if detail.get("eventName") == "AllocateAddress":
        return bits
    names = {"netmasklength", f"{family}netmasklength"}
    found = (_number(value) for name, value in _members(detail.get("requestParameters")) if name.lower() in names)
    possible = [number for number in found if number is not None and 0 < number <= bits]
    return min(possible, default=None)


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len("128"):
        return int(value)
    return None


def _members(value: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Give every member of nested mappings and lists, by name."""
    if depth >= LARGEST_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name), each
            yield from _members(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _members(each, depth + 1)
