"""What is said of load balancers off their pools: the resource is a load balancer's ARN, its change the pool.

Or, where nobody can look, an account or its Region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = {
    "policy-managed": (
        "An IPAM policy decides where its addresses come from: change the policy, or exclude the load balancer."
    ),
    "pool-not-usable": (
        "Name a public pool of the same Region that is ready: in `pools` under align_albs, or, where the tag "
        "{prefix}:ipam-pool names it, also in `allowed_pools`."
    ),
    "pool-short": (
        "Provision more addresses to the pool, or have a rule of refill_pools govern it; "
        "the load balancer is moved once they are there."
    ),
    "protected": "Take the tag {prefix}:protect from the load balancer if it may be moved.",
    "spilled": (
        "The pool ran out when the load balancer grew, and AWS took addresses of its own. Provision more to the pool; "
        "whoever allows only the pool's addresses does not know these."
    ),
}


def what(item: Mapping[str, Any]) -> str:
    """Say what became of the load balancer, or of all those in a place."""
    if _is_place(item):
        return f"load balancers of {item['resource_id']} are not looked at"
    name = name_of(item["resource_id"])
    if item["reason"] == "spilled":
        gone = item["outcome"] == "done"
        return f"{name} has {'no more' if gone else 'got'} addresses from outside its pool"
    if item["reason"] == "converging":
        gone = item["outcome"] == "done"
        return f"{name} {'has no more' if gone else 'still has'} addresses from before it was moved"
    pool = item["detail"].get("after", {}).get("pool")
    where = f"to {pool}" if pool else "off its pool"
    return {
        "done": f"{name} moved {where}",
        "observed": f"{name} would be moved {where}",
        "proposed": f"may {name} be moved {where}?",
        "failed": f"FAILED to move {name} {where}",
        "undone": f"{name} moved back on {_before(item)}",
        "rejected": f"{name} will not be moved {where}, as somebody decided",
        "expired": f"nobody decided whether {name} may be moved {where}",
    }.get(item["outcome"], f"{name} not moved {where if pool else 'to its pool'}")


def facts(item: Mapping[str, Any]) -> str:
    """Say where the load balancer comes from, and which of its addresses are not the pool's."""
    moved = item["action"] == "modify_ip_pools" and "pool" in item["detail"].get("before", {})
    told = [f"was on {_before(item)}"] if moved else []
    if off := item["detail"].get("addresses_off"):
        told.append(f"not from the pool: {', '.join(off)}")
    return "; ".join(told)


def severity(item: Mapping[str, Any]) -> str | None:
    """Say that convergence passes by itself."""
    return "info" if item["reason"] == "converging" else None


def undo(item: Mapping[str, Any]) -> str:
    """Say how to put the load balancer back."""
    if item["action"] != "modify_ip_pools" or item["reason"] in {"spilled", "converging"}:
        return ""
    return (
        f"`poolwarden undo {item['decision_id']}` puts it back on {_before(item)}; "
        "addresses that AWS has replaced by then do not come back. It is left there until it belongs on another pool"
    )


def stop(item: Mapping[str, Any], prefix: str) -> str:
    """Name the tag that keeps a load balancer where it is."""
    return f"tag {name_of(item['resource_id'])} with {prefix}:protect = true"


def is_routine(item: Mapping[str, Any]) -> bool:
    """Leave out what takes its time, what somebody wanted left alone, and what has come right by itself."""
    routine = {("done", "converging"), ("done", "spilled"), ("skipped", "converging"), ("skipped", "protected")}
    return (item["outcome"], item["reason"]) in routine


def console(item: Mapping[str, Any]) -> str:
    """Give the page of the load balancer, or of all where a place is meant."""
    home = f"ec2/home?region={item['region']}"
    return f"{home}#LoadBalancers:" if _is_place(item) else f"{home}#LoadBalancer:loadBalancerArn={item['resource_id']}"


def name_of(arn: str) -> str:
    """Give a load balancer's name out of its ARN (`…:loadbalancer/app/NAME/ID`)."""
    parts = arn.split("/")
    return parts[-2] if len(parts) > 2 else arn  # noqa: PLR2004 - type, name and id


def _is_place(item: Mapping[str, Any]) -> bool:
    """Say whether it is about an account, or its Region, and not about one load balancer."""
    return not item["resource_id"].startswith("arn:")


def _before(item: Mapping[str, Any]) -> str:
    pool = item["detail"].get("before", {}).get("pool")
    return str(pool) if pool else "Amazon's addresses"
