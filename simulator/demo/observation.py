"""What the demo reads from outside: pools, decisions, messages and calls, through AWS's APIs and the control plane."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.client import Simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool as AWS describes it: provisioned CIDRs, and what is allocated from them (CIDR and resource)."""

    name: str
    pool_id: str
    source: str | None
    cidrs: tuple[IPv4Network, ...]
    allocations: tuple[tuple[IPv4Network, str], ...]

    @property
    def size(self) -> int:
        """Addresses provisioned."""
        return sum(cidr.num_addresses for cidr in self.cidrs)

    @property
    def available_percent(self) -> float:
        """The share of the pool's addresses that nobody has been allocated."""
        taken = sum(cidr.num_addresses for cidr, _ in self.allocations)
        return 100.0 * (self.size - taken) / self.size if self.size else 0.0

    def document(self) -> dict[str, Any]:
        """The pool for result.json."""
        return {
            "name": self.name,
            "pool_id": self.pool_id,
            "cidrs": [str(cidr) for cidr in self.cidrs],
            "addresses": self.size,
            "allocations": len(self.allocations),
            "available_percent": round(self.available_percent, 1),
        }


def read_pools(simulation: Simulation, names: Mapping[str, str]) -> list[Pool]:
    """Read the named pools (name → id) in their order."""
    ec2 = simulation.client("ec2")
    described = {
        pool["IpamPoolId"]: pool
        for page in ec2.get_paginator("describe_ipam_pools").paginate()
        for pool in page["IpamPools"]
    }
    return [_read_pool(ec2, name, described[pool_id]) for name, pool_id in names.items()]


def _read_pool(ec2: Any, name: str, described: Mapping[str, Any]) -> Pool:  # noqa: ANN401 - a boto3 client
    pool_id = described["IpamPoolId"]
    cidrs = [
        entry
        for page in ec2.get_paginator("get_ipam_pool_cidrs").paginate(IpamPoolId=pool_id)
        for entry in page["IpamPoolCidrs"]
    ]
    allocations = [
        entry
        for page in ec2.get_paginator("get_ipam_pool_allocations").paginate(IpamPoolId=pool_id)
        for entry in page["IpamPoolAllocations"]
    ]
    return Pool(
        name=name,
        pool_id=pool_id,
        source=described.get("SourceIpamPoolId"),
        cidrs=tuple(IPv4Network(entry["Cidr"]) for entry in cidrs if entry["State"] == "provisioned"),
        allocations=tuple((IPv4Network(entry["Cidr"]), entry["ResourceType"]) for entry in allocations),
    )


def overlaps(pools: list[Pool]) -> list[str]:
    """Each pair of CIDRs that two sibling pools, or one pool twice, hold; each CIDR outside its source pool."""
    found = []
    by_id = {pool.pool_id: pool for pool in pools}
    held = [(pool, cidr) for pool in pools for cidr in pool.cidrs]
    for index, (pool, cidr) in enumerate(held):
        if pool.source in by_id and not any(cidr.subnet_of(outer) for outer in by_id[pool.source].cidrs):
            found.append(f"{cidr} of {pool.name} is not inside {by_id[pool.source].name}")
        for other, other_cidr in held[index + 1 :]:
            if pool.source == other.source and cidr.overlaps(other_cidr):
                found.append(f"{cidr} of {pool.name} overlaps {other_cidr} of {other.name}")
    for pool in pools:
        taken = [cidr for cidr, _ in pool.allocations]
        found += [
            f"allocations {first} and {second} of {pool.name} overlap"
            for index, first in enumerate(taken)
            for second in taken[index + 1 :]
            if first.overlaps(second)
        ]
    return found
