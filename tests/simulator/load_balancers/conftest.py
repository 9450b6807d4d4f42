"""An account with load balancers, inside this process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from moto import mock_aws

from simulator import load_balancers
from simulator.clock import CLOCK
from simulator.load_balancers.settings import SETTINGS, PoolChange
from tests.simulator.elastic_ips.conftest import Account as AddressesAccount
from tests.simulator.elastic_ips.wire_shapes import check_answer
from tests.simulator.ipam.conftest import HOME, session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@cache
def elb_client(region: str) -> Any:
    """A client whose every answer is held against the shape that it should have."""
    client = session().client("elbv2", region_name=region)
    client.meta.events.register("after-call.elastic-load-balancing-v2", check_answer)
    return client


class Account(AddressesAccount):
    """What most tests of load balancers begin with."""

    @property
    def elb(self) -> Any:
        return elb_client(HOME)

    def unchecked_elb(self) -> Any:
        """A client that sends what boto3 itself would refuse."""
        return session().client("elbv2", region_name=HOME, config=Config(parameter_validation=False))

    def subnets(self, count: int = 2) -> list[str]:
        """Default subnets, each in a zone of its own."""
        found = self.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        return [subnet["SubnetId"] for subnet in sorted(found, key=lambda each: each["AvailabilityZone"])][:count]

    def dualstack_subnets(self) -> list[str]:
        """Two subnets with IPv6 CIDRs, in two zones."""
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        [block] = vpc["Ipv6CidrBlockAssociationSet"]
        prefix = block["Ipv6CidrBlock"].removesuffix("00::/56")
        return [
            self.ec2.create_subnet(
                VpcId=vpc["VpcId"],
                CidrBlock=f"10.0.{number}.0/24",
                Ipv6CidrBlock=f"{prefix}0{number}::/64",
                AvailabilityZone=f"{HOME}{zone}",
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate("ab")
        ]

    def balancer(self, name: str = "web", *, pool: str | None = None, **parameters: Any) -> dict[str, Any]:
        """A new load balancer as CreateLoadBalancer answers it: an ALB in two zones unless parameters say otherwise."""
        if "Subnets" not in parameters and "SubnetMappings" not in parameters:
            parameters["Subnets"] = self.subnets()
        if pool:
            parameters["IpamPools"] = {"Ipv4IpamPoolId": pool}
        return dict(self.elb.create_load_balancer(Name=name, **parameters)["LoadBalancers"][0])

    def arn(self, name: str = "web", **parameters: Any) -> str:
        """The ARN of a new load balancer."""
        return str(self.balancer(name, **parameters)["LoadBalancerArn"])

    def described(self, arn: str) -> dict[str, Any]:
        return dict(self.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0])

    def interfaces(self, arn: str) -> list[dict[str, Any]]:
        """The network interfaces of a load balancer, by their description."""
        description = f"ELB {arn.partition('loadbalancer/')[2]}"
        found = self.ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [description]}])
        return list(found["NetworkInterfaces"])

    def public_ips(self, arn: str) -> list[str]:
        """The public addresses of a load balancer, in no order that means anything."""
        return sorted(
            interface["Association"]["PublicIp"] for interface in self.interfaces(arn) if "Association" in interface
        )

    def pools_of(self, arn: str) -> list[str]:
        """Where each public address of a load balancer is from: a pool's id, or `amazon`."""
        found = self.ec2.describe_addresses(PublicIps=self.public_ips(arn))["Addresses"]
        return sorted(address["PublicIpv4Pool"] for address in found)

    def modify(self, arn: str, pool: str | None) -> dict[str, Any]:
        """Give a load balancer a pool, or take it away."""
        change: dict[str, Any] = {"IpamPools": {"Ipv4IpamPoolId": pool}} if pool else {"RemoveIpamPools": ["ipv4"]}
        return dict(self.elb.modify_ip_pools(LoadBalancerArn=arn, **change))

    def zones(self, answer: dict[str, Any]) -> Sequence[str]:
        """The subnets in an answer's AvailabilityZones."""
        return [zone["SubnetId"] for zone in answer["AvailabilityZones"]]


@pytest.fixture
def account() -> Iterator[Account]:
    load_balancers.install()
    CLOCK.forget_timers()
    with mock_aws():
        yield Account()


@pytest.fixture
def lingering() -> Iterator[None]:
    """Addresses that stay when the pool changes."""
    SETTINGS.pool_change = PoolChange.LINGERS
    yield
    SETTINGS.pool_change = PoolChange.REPLACES
