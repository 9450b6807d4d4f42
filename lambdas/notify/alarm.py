"""What people are told when an alarm finds a condition that nothing remedies: which resources, and what to do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from lambdas.notify.message import Message, Part, console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lambdas.notify.conditions import Condition, Resource

MOST_NAMED = 30


class Passing:
    """Resources that pass by: all are given on, and what is kept is how many they were, and the first `MOST_NAMED`."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = resources
        self.first: list[Resource] = []
        self.more = 0

    def __iter__(self) -> Iterator[Resource]:
        """Give them on, once."""
        for resource in self._resources:
            if len(self.first) < MOST_NAMED:
                self.first.append(resource)
            else:
                self.more += 1
            yield resource


def message(
    condition: Condition,
    resources: Sequence[Resource],
    *,
    found: Mapping[str, str],
    account: str,
    region: str,
    more: int = 0,
) -> Message:
    """Write the message for a condition that holds for these resources, and for so many `more`.

    `found` are the dimensions that the alarm names, `account` and `region` those of the alarm: the IPAM's.
    """
    where = ", ".join(found.values()) or "some scope"
    named = tuple(line(resource) for resource in resources[:MOST_NAMED])
    count = len(resources) + more
    unnamed = count - len(named)
    seen = f"{count} {condition.what}" if resources else f"Maybe {condition.what}"
    unlisted = "" if resources else " IPAM's metric says so, while its lists show none: look again in some minutes."
    parts = [
        Part(name="What", text=f"{seen}. Alarm: {condition.alarm}, for {where}.{unlisted}"),
        Part(name="Where", text=f"seen by the IPAM of account {account}, {region}"),
        Part(name="Which", items=(*named, *([f"and {unnamed} more"] if unnamed else []))),
        Part(name="What now", text=condition.advice, is_step=True),
        Part(name="Console", text=console(region, f"ipam/home?region={region}#Resources")),
    ]
    return Message(
        title=f"{seen} ({where})",
        parts=tuple(part for part in parts if part.text or part.items),
        attributes={"kind": "alarm", "severity": "warning", "account": account, "region": region},
        about=condition.alarm,
        resources=tuple(str(resource.get("ResourceId")) for resource in resources[:MOST_NAMED]),
    )


def line(resource: Resource) -> str:
    """Name a resource's CIDR so that its owner can be found."""
    cidr, kind, name = (resource.get(key, "") for key in ("ResourceCidr", "ResourceType", "ResourceName"))
    usage = resource.get("IpUsage")
    share = f", {usage:.0%} in use" if usage is not None and kind != "eip" else ""
    named = f" ({name})" if name else ""
    owner, region = resource.get("ResourceOwnerId", "unknown"), resource.get("ResourceRegion", "unknown")
    return f"{cidr} of {kind} {resource.get('ResourceId', '')}{named}, account {owner}, {region}{share}"


def sameness(resources: Iterable[Resource]) -> str:
    """Give a word that is the same for the same resources, in whatever order.

    Their hashes are added up: to sort the resources, all would have to be kept.
    """
    keys = (f"{resource.get('ResourceId')} {resource.get('ResourceCidr')}" for resource in resources)
    total = sum(int.from_bytes(hashlib.sha256(key.encode()).digest()) for key in keys)
    return hashlib.sha256(str(total).encode()).hexdigest()[:16]


def contributor(detail: Mapping[str, Any]) -> dict[str, str]:
    """Give the dimensions of the contributor in an alarm's event; none where the event is about the whole alarm."""
    attributes = detail.get("alarmContributor", {}).get("attributes", {})
    return {str(name): str(value) for name, value in attributes.items()}


def is_raised(detail: Mapping[str, Any]) -> bool:
    """Say whether the event is about something that became worse, not better."""
    return bool(detail.get("state", {}).get("value") == "ALARM")
