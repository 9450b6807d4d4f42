"""What is said of refills: the resource is a pool, its change a CIDR that is provisioned or deprovisioned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.notify.texts import cidrs

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = {
    "cidr-quota": (
        "Have the quota of CIDRs per pool raised (Service Quotas, Amazon VPC IPAM) and `max_cidrs_per_pool` with it, "
        "or merge CIDRs of the pool."
    ),
    "contiguous-quota": (
        "Have the quota of contiguous public IPv4 blocks raised (Service Quotas, Amazon VPC IPAM) and "
        "`max_contiguous_blocks` with it."
    ),
    "daily-cap": "It goes on tomorrow (UTC). Raise max_provisions_per_day if that is too late.",
    "external-authority": "Ask whoever runs the IPAM product that the scope is under for more space.",
    "needs-authorization": "Bring another CIDR of your own to AWS by hand, with its proof of ownership (BYOIP).",
    "no-metric": (
        "Look whether IPAM publishes metrics for the pool; until then only the schedule sees that it runs low."
    ),
    "no-supply": "Name CIDRs under `supply` in the pool's rule, or widen the netmask lengths that the rule allows.",
    "not-ready": "Look at the state of the pool and of its CIDRs: it is refilled once both are usable.",
    "protected": "Take the tag {prefix}:protect from the pool if it may be refilled.",
    "provision-failed": "Another block is tried once by itself.",
    "source-exhausted": "Provision a larger CIDR to the source pool, or have a rule refill it too.",
    "supply-exhausted": "Add a CIDR to `supply` in the pool's rule; what is listed is used up.",
    "vpc-planning-pool": "Add a CIDR to its VPC: such a pool has just the CIDRs that its VPC has.",
}


CIDRS_PER_POOL = 50  # https://docs.aws.amazon.com/vpc/latest/ipam/quotas-ipam.html
NEARLY_ALL = 40
"""So many CIDRs that there are a few refills left to have the quota raised."""


stop = cidrs.stop
is_routine = cidrs.is_routine


def what(item: Mapping[str, Any]) -> str:
    """Say what became of the CIDR, or of the pool where there is none."""
    resource, cidr = item["resource_id"], _cidr(item)
    if cidr is None:
        return f"{resource} {'left alone' if item['outcome'] == 'skipped' else 'cannot be refilled'}"
    if item["action"] == "deprovision_cidr":
        return cidrs.of_taking_back(item["outcome"], cidr, resource)
    return cidrs.of_adding(item["outcome"], cidr, resource)


def facts(item: Mapping[str, Any]) -> str:
    """Say when the pool comes near its quota of CIDRs; its other figures are in why it is refilled."""
    after = _cidrs_after(item)
    if after < NEARLY_ALL:
        return ""
    return f"with it the pool has {after} CIDRs, and AWS allows {CIDRS_PER_POOL} unless somebody had that quota raised"


def severity(item: Mapping[str, Any]) -> str | None:
    """Say that a pool cannot grow any more, or not much longer before somebody has its quota of CIDRs raised."""
    if item["reason"] in {"source-exhausted", "supply-exhausted"}:
        return "critical"
    return "warning" if item["outcome"] == "done" and _cidrs_after(item) >= NEARLY_ALL else None


def undo(item: Mapping[str, Any]) -> str:
    """Say how to take the CIDR from the pool again."""
    if _cidr(item) is None or item["action"] == "deprovision_cidr":
        return ""
    return (
        f"`poolwarden undo {item['decision_id']}`, as long as nothing is allocated from the CIDR. "
        "Protect the pool right after that, or it is refilled again"
    )


def console(item: Mapping[str, Any]) -> str:
    """Give the page of the pools: that of a single one has no address that AWS has published."""
    return f"ipam/home?region={item['region']}#Pools"


def _cidrs_after(item: Mapping[str, Any]) -> int:
    return len(item["detail"].get("after", {}).get("cidrs", ()))


def _cidr(item: Mapping[str, Any]) -> str | None:
    """Give the CIDR that a decision is about: the one that came of it, where AWS chose."""
    detail = item["detail"]
    cidr: str | None = detail.get("result", {}).get("cidr") or detail.get("cidr")
    return cidr
