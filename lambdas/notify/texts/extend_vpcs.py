"""What is said of VPCs that are nearly full: the resource is a VPC, its change a CIDR that it gets or loses again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.notify.texts import cidrs

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = {
    "association-failed": (
        "It is tried once more with another block, and again the next day (UTC), as far as the daily caps go. If it "
        "keeps failing, look at the VPC's CIDRs in the console."
    ),
    "cidr-quota": (
        "Have the quota of IPv4 CIDRs per VPC raised (Service Quotas, Amazon VPC) and `max_cidrs_per_vpc` with it, or "
        "delete subnets that nobody needs."
    ),
    "cidr-restricted": (
        "Provision a CIDR to the pool that the VPC may have: of its own private range, outside 10.0.0.0/16 and "
        "172.31.0.0/16, and none that its peers have or its route tables lead to."
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


stop = cidrs.stop
is_routine = cidrs.is_routine


def what(item: Mapping[str, Any]) -> str:
    """Say what became of the CIDR, or of the VPC where there is none."""
    vpc, cidr = item["resource_id"], item["detail"].get("cidr")
    if _is_place(item):
        return f"VPCs of {vpc} are not looked at"
    if item["action"] == "disassociate_cidr":
        return cidrs.of_taking_back(item["outcome"], cidr, vpc)
    if item["action"] == "none" or cidr is None:
        return f"{vpc} is nearly full and gets no further CIDR"
    return cidrs.of_adding(item["outcome"], cidr, vpc)


def facts(item: Mapping[str, Any]) -> str:
    """Say how many CIDRs the VPC has with it, and what was not looked at."""
    after = item["detail"].get("after", {}).get("cidrs", ())
    if not after:
        return ""
    return (
        f"with it the VPC has {len(after)} CIDRs. It overlaps no peer and no route table of the VPC; routes in transit "
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


def console(item: Mapping[str, Any]) -> str:
    """Give the page of the VPC, or of all where a place is meant."""
    home = f"vpcconsole/home?region={item['region']}"
    return f"{home}#vpcs:" if _is_place(item) else f"{home}#VpcDetails:VpcId={item['resource_id']}"


def _is_place(item: Mapping[str, Any]) -> bool:
    """Say whether it is about an account, or its Region, and not about one VPC."""
    return not item["resource_id"].startswith("vpc-")
