"""What is said alike of all that gets a CIDR, or loses it again: pools and VPCs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def of_adding(outcome: str, cidr: str, resource: str) -> str:
    """Say what became of a CIDR that was to be added."""
    return {
        "done": f"{cidr} added to {resource}",
        "observed": f"{cidr} would be added to {resource}",
        "proposed": f"may {cidr} be added to {resource}?",
        "failed": f"FAILED to add {cidr} to {resource}",
        "undone": f"{cidr} taken from {resource} again",
        "rejected": f"{cidr} will not be added to {resource}, as somebody decided",
        "expired": f"nobody decided whether {cidr} may be added to {resource}",
    }.get(outcome, f"{cidr} not added to {resource}")


def of_taking_back(outcome: str, cidr: str, resource: str) -> str:
    """Say what became of a CIDR that was to be taken away again."""
    return {
        "done": f"{cidr} taken from {resource} again",
        "failed": f"FAILED to take {cidr} from {resource} again",
    }.get(outcome, f"{cidr} not taken from {resource} again")


def stop(item: Mapping[str, Any], prefix: str) -> str:
    """Name the tag that keeps further CIDRs from a pool or a VPC."""
    return f"tag {item['resource_id']} with {prefix}:protect = true"


def is_routine(item: Mapping[str, Any]) -> bool:
    """Every decision about a pool or a VPC is told."""
    del item
    return False
