"""An account with load balancers and public pools: what an engineer does in it, and what can be seen there."""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from lambdas.align_albs.handler import handler
from lambdas.common.dynamo import timestamp
from simulator.clock import CLOCK
from simulator.load_balancers import scaling
from tests.lambdas.account import HOME, LEDGER, items
from tests.lambdas.refill_pools.world import engineers_ec2

if TYPE_CHECKING:
    from collections.abc import Callable

ALIGN: dict[str, Any] = {
    "mode": "enforce",
    "pools": {},
    "allowed_pools": [],
    "headroom_addresses": 2,
    "exclude_tags": {},
    "sweep_period": 3600,
}
ACTIVE_AFTER = 120


@cache
def engineers_elb() -> Any:
    """One client for all tests: building one takes as long as a test."""
    return boto3.client("elbv2")


class World:
    """The account from outside. `pool` is the Region's, with 16 addresses unless a test asks for another."""

    configure: Callable[..., None]

    def __init__(self) -> None:
        self.ec2: Any = engineers_ec2()
        self.elb: Any = engineers_elb()
        ipam = self.ec2.create_ipam(OperatingRegions=[{"RegionName": HOME}])["Ipam"]
        self.scope = str(ipam["PublicDefaultScopeId"])
        self._names = (f"web-{number}" for number in itertools.count(1))
        company = self._create()
        self.provision(company, "130.137.0.0/16", CidrAuthorizationContext={"Message": "m", "Signature": "s"})
        self.source = self._create(SourceIpamPoolId=company, Locale=HOME, AwsService="ec2")
        self.provision(self.source, "130.137.0.0/17")
        self._free = (f"130.137.{number}.0" for number in itertools.count())
        self.pool = self.public_pool()

    def public_pool(self, length: int = 28) -> str:
        """A public pool of this Region for EC2's services, with so large a block of addresses of our own."""
        pool = self.empty_pool()
        self.provision(pool, f"{next(self._free)}/{length}")
        return pool

    def empty_pool(self) -> str:
        """One without any CIDR."""
        return self._create(SourceIpamPoolId=self.source, Locale=HOME, AwsService="ec2")

    def grow(self, pool: str, length: int = 28) -> None:
        """Give a pool another block."""
        self.provision(pool, f"{next(self._free)}/{length}")

    def provision(self, pool: str, cidr: str, **proof: Any) -> None:
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr, **proof)
        CLOCK.advance(600)

    def alb(
        self,
        *,
        zones: int = 2,
        pool: str = "",
        wait: bool = True,
        tags: dict[str, str] | None = None,
        **parameters: Any,
    ) -> str:
        """The ARN of a new load balancer, active unless a test does not wait."""
        found = self.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        made = self.elb.create_load_balancer(
            Name=next(self._names),
            Subnets=sorted(each["SubnetId"] for each in found)[:zones],
            **({"IpamPools": {"Ipv4IpamPoolId": pool}} if pool else {}),
            **({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}),
            **parameters,
        )
        if wait:
            CLOCK.advance(ACTIVE_AFTER)
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def tag(self, arn: str, **tags: str) -> None:
        self.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": f"poolwarden:{key}", "Value": tags[key]} for key in tags])

    def modify(self, arn: str, pool: str) -> None:
        """Change a load balancer's pool by hand."""
        change: dict[str, Any] = {"IpamPools": {"Ipv4IpamPoolId": pool}} if pool else {"RemoveIpamPools": ["ipv4"]}
        self.elb.modify_ip_pools(LoadBalancerArn=arn, **change)

    def scale(self, arn: str, nodes_per_zone: int) -> None:
        """Let AWS scale it."""
        scaling.scale({"load_balancer": arn, "nodes_per_zone": nodes_per_zone})

    def pool_of(self, arn: str) -> str:
        """The pool that a load balancer is configured with, or nothing."""
        (found,) = self.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
        return str(found.get("IpamPools", {}).get("Ipv4IpamPoolId", ""))

    def addresses(self, arn: str) -> set[str]:
        description = f"ELB {arn.partition('loadbalancer/')[2]}"
        found = self.ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [description]}])
        return {each["Association"]["PublicIp"] for each in found["NetworkInterfaces"] if "Association" in each}

    def free(self, pool: str) -> int:
        """How many addresses a pool has left."""
        cidrs = self.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"]
        size = sum(2 ** (32 - int(each["Cidr"].partition("/")[2])) for each in cidrs)
        return int(size) - len(self.ec2.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"])

    def use_up(self, pool: str, *, leave: int) -> list[str]:
        """Take addresses out of a pool until so many are left; the ids of their allocations."""
        count = self.free(pool) - leave
        return [self.ec2.allocate_address(IpamPoolId=pool)["AllocationId"] for _ in range(count)]

    def _create(self, **parameters: Any) -> str:
        made = self.ec2.create_ipam_pool(IpamScopeId=self.scope, AddressFamily="ipv4", **parameters)["IpamPool"]
        CLOCK.advance(600)
        return str(made["IpamPoolId"])


def schedule() -> dict[str, Any]:
    return event("Scheduled Event", {})


def called(name: str, arn: str) -> dict[str, Any]:
    """What EventBridge gets of a call that concerned a load balancer."""
    return event("AWS API Call via CloudTrail", {"eventName": name, "requestParameters": {"loadBalancerArn": arn}})


def refilled(pool: str, *, locale: str = HOME) -> dict[str, Any]:
    """What refill_pools says when a pool has grown."""
    detail = {"resource": {"locale": locale}}
    return event(
        "Poolwarden Decision",
        {"remediation": "refill_pools", "outcome": "done", "resource_id": pool, "detail": detail},
    )


def event(kind: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"source": "test", "detail-type": kind, "time": timestamp(CLOCK.now()), "detail": detail}


def wake(event: dict[str, Any]) -> dict[str, object] | None:
    return handler(event, None)


def entries(arn: str | None = None) -> list[tuple[str, str, str]]:
    """The ledger's items, of one load balancer or of all: action, outcome and reason."""
    chosen = [item for item in items(LEDGER) if arn in (None, item["resource_id"])]
    return sorted((item["action"], item["outcome"], item["reason"]) for item in chosen)
