"""Load balancers and public pools for scenarios: what an engineer does with them, and what can be seen of them."""

from __future__ import annotations

import itertools
import json
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.client import Simulation

PROOF = {"CidrAuthorizationContext": {"Message": "m", "Signature": "s"}}


class Fleet:
    """The load balancers of one account, and public pools out of a range that the account brought."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.ec2 = simulation.client("ec2")
        self.elb = simulation.client("elbv2")
        there = self.ec2.describe_ipams()["Ipams"]
        regions = [{"RegionName": simulation.region}]
        ipam = there[0] if there else self.ec2.create_ipam(OperatingRegions=regions)["Ipam"]
        self.ipam, self.scope = ipam["IpamId"], ipam["PublicDefaultScopeId"]
        company = self._pool()
        self.provision(company, "130.137.0.0/16", **PROOF)
        self.regional = self._pool(SourceIpamPoolId=company, Locale=simulation.region, AwsService="ec2")
        self.provision(self.regional, "130.137.0.0/17")
        self.region_pool = ""
        self._names = (f"web-{number}" for number in itertools.count(1))
        self._blocks = (f"130.137.{number}.0" for number in itertools.count())

    def pool(self, length: int | None = 28, **tags: str) -> str:
        """A public pool, with a block of this netmask length, or none."""
        specification = [{"ResourceType": "ipam-pool", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
        pool = self._pool(
            SourceIpamPoolId=self.regional,
            Locale=self.simulation.region,
            AwsService="ec2",
            **({"TagSpecifications": specification} if tags else {}),
        )
        if length is not None:
            self.provision(pool, f"{next(self._blocks)}/{length}")
        return pool

    def provision(self, pool: str, cidr: str, **proof: Any) -> None:
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr, **proof)
        self.simulation.settle()

    def alb(self, *, zones: int = 2, **parameters: Any) -> str:
        """The ARN of a load balancer that was created a moment ago."""
        tags = parameters.pop("tags", {})
        if tags:
            parameters["Tags"] = [{"Key": f"poolwarden:{key}", "Value": value} for key, value in tags.items()]
        subnets = sorted(each["SubnetId"] for each in self.ec2.describe_subnets()["Subnets"])[:zones]
        made = self.elb.create_load_balancer(Name=next(self._names), Subnets=subnets, **parameters)
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def modify(self, arn: str, pool: str | None) -> None:
        """Change a load balancer's pool by hand."""
        change: dict[str, Any] = {"IpamPools": {"Ipv4IpamPoolId": pool}} if pool else {"RemoveIpamPools": ["ipv4"]}
        self.elb.modify_ip_pools(LoadBalancerArn=arn, **change)

    def tag(self, arn: str, **tags: str) -> None:
        self.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": f"poolwarden:{key}", "Value": tags[key]} for key in tags])

    def scale(self, arn: str, nodes_per_zone: int) -> None:
        """Let AWS scale it."""
        body = json.dumps({"load_balancer": arn, "nodes_per_zone": nodes_per_zone}).encode()
        url = f"{self.simulation.endpoint}/_simulator/scale"
        with urllib.request.urlopen(urllib.request.Request(url, method="POST", data=body)) as answer:  # noqa: S310
            assert answer.status == 200

    def govern_by_policy(self, pool: str, *, accounts: Sequence[str] = ()) -> str:
        """Enable an IPAM policy that gives new load balancers addresses of a pool; the policy's id.

        In an organisation its IPAM's administrator does so for `accounts`.
        """
        policy = str(self.ec2.create_ipam_policy(IpamId=self.ipam)["IpamPolicy"]["IpamPolicyId"])
        self.ec2.modify_ipam_policy_allocation_rules(
            IpamPolicyId=policy,
            Locale=self.simulation.region,
            ResourceType="alb",
            AllocationRules=[{"SourceIpamPoolId": pool}],
        )
        for target in [{"OrganizationTargetId": account} for account in accounts] or [{}]:
            self.ec2.enable_ipam_policy(IpamPolicyId=policy, **target)
        return policy

    def pool_of(self, arn: str) -> str | None:
        (found,) = self.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
        pool: str | None = found.get("IpamPools", {}).get("Ipv4IpamPoolId")
        return pool

    def addresses(self, arn: str) -> set[str]:
        description = f"ELB {arn.partition('loadbalancer/')[2]}"
        found = self.ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [description]}])
        return {each["Association"]["PublicIp"] for each in found["NetworkInterfaces"] if "Association" in each}

    def use_up(self, pool: str, *, leave: int) -> list[str]:
        """Take addresses out of a pool until so many are left; the ids of their allocations."""
        cidrs = self.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"]
        size = sum(2 ** (32 - int(each["Cidr"].partition("/")[2])) for each in cidrs)
        used = len(self.ec2.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"])
        return [self.ec2.allocate_address(IpamPoolId=pool)["AllocationId"] for _ in range(size - used - leave)]

    def _pool(self, **parameters: Any) -> str:
        made = self.ec2.create_ipam_pool(IpamScopeId=self.scope, AddressFamily="ipv4", **parameters)["IpamPool"]
        self.simulation.settle()
        return str(made["IpamPoolId"])
