"""What is said of VPCs that are nearly full: the resource is a VPC, its change a CIDR that it gets or loses again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = {
    "association-failed": "It is tried again by itself. If it keeps failing, look at the VPC's CIDRs in the console.",
    "cidr-quota": (
        "Have the quota of IPv4 CIDRs per VPC raised (Service Quotas, Amazon VPC) and `max_cidrs_per_vpc` with it, or "
        "delete subnets that nobody needs."
    ),
    "cidr-restricted": (
        "Provision a CIDR to the pool that the VPC may have: of its own private range, and none that its peers have or "
        "its route tables lead to."
    ),
    "daily-cap": (
        "It goes on tomorrow (UTC). Raise max_extensions_per_day or max_extensions_per_vpc_per_day if that is too late."
    ),
    "peering-pending": "Accept or delete the peering connections that the VPC has asked for.",
    "pool-not-usable": "Mend the pool, or give the VPC the tags that the pool demands.",
    "pool-short": (
        "Provision more addresses to the pool, or have a rule of refill_pools govern it; "
        "the VPC is extended once they are there."
    ),
    "protected": "Take the tag {prefix}:protect from the VPC, or from its pool, if it may be extended.",
}


def what(item: Mapping[str, Any]) -> str:
    """Say what became of the CIDR, or of the VPC where there is none."""
    vpc, cidr = item["resource_id"], item["detail"].get("cidr")
    if not vpc.startswith("vpc-"):
        return f"VPCs of {vpc} are not looked at"
    if item["action"] == "disassociate_cidr":
        return {
            "done": f"{cidr} taken from {vpc} again",
            "failed": f"FAILED to take {cidr} from {vpc} again",
        }.get(item["outcome"], f"{cidr} not taken from {vpc} again")
    if item["action"] == "none" or cidr is None:
        return f"{vpc} is nearly full and gets no further CIDR"
    return {
        "done": f"{cidr} added to {vpc}",
        "observed": f"{cidr} would be added to {vpc}",
        "proposed": f"may {cidr} be added to {vpc}?",
        "failed": f"FAILED to add {cidr} to {vpc}",
        "undone": f"{cidr} taken from {vpc} again",
        "rejected": f"{cidr} will not be added to {vpc}, as somebody decided",
        "expired": f"nobody decided whether {cidr} may be added to {vpc}",
    }.get(item["outcome"], f"{cidr} not added to {vpc}")


def facts(item: Mapping[str, Any]) -> str:
    """Say how many CIDRs the VPC has with it, and what was not looked at."""
    cidrs = item["detail"].get("after", {}).get("cidrs", ())
    if not cidrs:
        return ""
    return (
        f"with it the VPC has {len(cidrs)} CIDRs. It overlaps no peer and no route table of the VPC; routes in transit "
        "and Direct Connect gateways, firewalls and lists of allowed addresses nobody here can see"
    )


def severity(item: Mapping[str, Any]) -> str | None:
    """Say that it matters as much as its outcome says."""
    del item
    return None


def undo(item: Mapping[str, Any]) -> str:
    """Say how to take the CIDR from the VPC again."""
    if item["action"] != "associate_cidr":
        return ""
    return (
        f"`poolwarden undo {item['decision_id']}`, as long as no subnet is in the CIDR. "
        "The VPC is left as it is then until its CIDRs change"
    )


def stop(item: Mapping[str, Any], prefix: str) -> str:
    """Name the tag that keeps further CIDRs from a VPC."""
    return f"tag {item['resource_id']} with {prefix}:protect = true"


def is_routine(item: Mapping[str, Any]) -> bool:
    """Every decision about a VPC is told."""
    del item
    return False


def console(item: Mapping[str, Any]) -> str:
    """Give the page of the VPC."""
    return f"vpcconsole/home?region={item['region']}#VpcDetails:VpcId={item['resource_id']}"
