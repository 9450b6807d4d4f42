"""An account with a pool for VPCs: what an engineer does in it, and what can be seen there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends

from lambdas.common.dynamo import timestamp
from lambdas.extend_vpcs.handler import handler
from simulator.clock import CLOCK
from tests.lambdas.account import ACCOUNT, GUARDS, HOME, LEDGER, items
from tests.lambdas.refill_pools.world import engineers_ec2

if TYPE_CHECKING:
    from collections.abc import Callable

EXTEND: dict[str, Any] = {
    "mode": "enforce",
    "high_water_percent": 80,
    "netmask_length": None,
    "max_cidrs_per_vpc": 5,
    "max_extensions_per_day": 10,
    "max_extensions_per_vpc_per_day": 1,
    "exclude_tags": {},
    "sweep_period": 3600,
}


class World:
    """The account from outside. `pool` has a /16 for VPCs of the Region."""

    configure: Callable[..., None]

    def __init__(self) -> None:
        self.ec2: Any = engineers_ec2()
        ipam = self.ec2.create_ipam(OperatingRegions=[{"RegionName": HOME}])["Ipam"]
        self.scope = str(ipam["PrivateDefaultScopeId"])
        self.pool = self.a_pool("10.64.0.0/16")

    def a_pool(self, *cidrs: str) -> str:
        made = self.ec2.create_ipam_pool(IpamScopeId=self.scope, AddressFamily="ipv4", Locale=HOME)["IpamPool"]
        pool = str(made["IpamPoolId"])
        CLOCK.advance(600)
        for cidr in cidrs:
            self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr)
        CLOCK.advance(600)
        return pool

    def vpc(self, *, pool: str = "", length: int = 24, full: bool = True, **tags: str) -> str:
        """A VPC from a pool, with subnets in seven eighths of it where it is to be full; IPAM has seen it."""
        vpc = self.ec2.create_vpc(Ipv4IpamPoolId=pool or self.pool, Ipv4NetmaskLength=length)["Vpc"]["VpcId"]
        if tags:
            self.tag(vpc, **tags)
        if full:
            self.fill(vpc)
        CLOCK.advance(1200)
        return str(vpc)

    def fill(self, vpc: str) -> None:
        """Make subnets in seven eighths of a VPC's first CIDR."""
        (first, *_) = self.blocks(vpc)
        address, _, length = first.partition("/")
        start = address.rpartition(".")[0]
        for offset, longer in ((0, 1), (128, 2), (192, 3)):
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"{start}.{offset}/{int(length) + longer}")

    def delete(self, vpc: str) -> None:
        """Delete a VPC with its subnets."""
        for subnet in self.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]:
            self.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        self.ec2.delete_vpc(VpcId=vpc)

    def tag(self, vpc: str, **tags: str) -> None:
        wire = [{"Key": key.replace("_", ":"), "Value": value} for key, value in tags.items()]
        self.ec2.create_tags(Resources=[vpc], Tags=wire)

    def blocks(self, vpc: str) -> dict[str, str]:
        """The association of each CIDR that a VPC has, the first one first."""
        (found,) = self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
        return {
            each["CidrBlock"]: each["AssociationId"]
            for each in found["CidrBlockAssociationSet"]
            if each["CidrBlockState"]["State"] == "associated"
        }

    def allocated(self, pool: str = "") -> list[str]:
        listed = self.ec2.get_ipam_pool_allocations(IpamPoolId=pool or self.pool)["IpamPoolAllocations"]
        return sorted(each["Cidr"] for each in listed)


def event(kind: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"source": "test", "detail-type": kind, "time": timestamp(CLOCK.now()), "detail": detail}


def schedule() -> dict[str, Any]:
    return event("Scheduled Event", {})


def contributor(vpc: str, *, account: str = ACCOUNT, region: str = HOME) -> dict[str, Any]:
    """What CloudWatch sends when the series of a VPC goes into ALARM."""
    attributes = {"AddressFamily": "ipv4", "OwnerID": account, "Region": region, "VpcID": vpc}
    return event(
        "CloudWatch Alarm Contributor State Change",
        {"alarmContributor": {"id": "1", "attributes": attributes}, "state": {"value": "ALARM"}},
    )


def refilled(pool: str, *, locale: str = HOME) -> dict[str, Any]:
    """What refill_pools says when a pool has grown."""
    detail = {"resource": {"locale": locale}}
    return event(
        "Poolwarden Decision",
        {"remediation": "refill_pools", "outcome": "done", "resource_id": pool, "detail": detail},
    )


def recheck(vpc: str) -> dict[str, Any]:
    """The message with which the function has itself woken again."""
    return event("Poolwarden Recheck", {"account": ACCOUNT, "region": HOME, "resource_id": vpc})


def wake(wakeup: dict[str, Any]) -> dict[str, object] | None:
    return handler(wakeup, None)


def extended(*, times: int = 2) -> None:
    """Let runs follow each other, a minute apart."""
    for _ in range(times):
        wake(schedule())
        CLOCK.advance(60)


def entries(vpc: str | None = None) -> list[tuple[str, str, str]]:
    """The ledger's items, of one VPC or of all: action, outcome and reason."""
    chosen = [item for item in items(LEDGER) if vpc in (None, item["resource_id"])]
    return sorted((item["action"], item["outcome"], item["reason"]) for item in chosen)


def fail(vpc: str) -> bool:
    """Have AWS fail to give a VPC what was asked for since it was made; whether anything new was."""
    asked = [each["cidr_block_state"] for each in associations(vpc)[1:]]
    new = [state for state in asked if state["state"] not in {"failed", "disassociated"}]
    for state in new:
        state["state"] = "failed"
    return bool(new)


def forget(vpc: str) -> None:
    """Have AWS list nothing any more of what was asked for since a VPC was made."""
    for each in associations(vpc)[1:]:
        each["cidr_block_state"]["state"] = "disassociated"


def associations(vpc: str) -> list[dict[str, Any]]:
    """What the simulated account has of a VPC's CIDRs, which only it can change."""
    found: list[dict[str, Any]] = ec2_backends[ACCOUNT][HOME].get_vpc(vpc).get_cidr_block_association_set()
    return found


def held() -> list[str]:
    """What the guards hold or name as under way."""
    return [item["guard"] for item in items(GUARDS) if "decision_id" in item or "acting" in item]
