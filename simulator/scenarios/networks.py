"""Networks as product teams build them: VPCs out of pools, addresses, load balancers. All through the public API."""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.client import Simulation

ZONES = ("a", "b")
"""The Availability Zones that a network spans."""

_FIRST_FREE = 4
"""The first address of a subnet that is not AWS's own (VPC user guide, "Subnet CIDR blocks")."""


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the APIs take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tagged(kind: str, **tags: str) -> list[dict[str, Any]]:
    """The tag specification of a new resource of EC2."""
    return [{"ResourceType": kind, "Tags": tag_list(tags)}]


class Network:
    """A VPC of one account in one Region, with a subnet in each of two Availability Zones and a way to the internet."""

    def __init__(
        self, simulation: Simulation, *, account: str, region: str, pool: str, netmask_length: int = 24
    ) -> None:
        self.account, self.region = account, region
        self._simulation = simulation
        self.ec2 = simulation.client("ec2", account=account, region=region)
        vpc = self.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=netmask_length)["Vpc"]
        self.vpc: str = vpc["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self._blocks = list(IPv4Network(vpc["CidrBlock"]).subnets(prefixlen_diff=1))
        self.subnets = [self._subnet(zone, str(block)) for zone, block in zip(ZONES, self._blocks, strict=True)]

    @cached_property
    def elb(self) -> Any:  # noqa: ANN401 - boto3 is untyped
        """The load balancing API of the account."""
        return self._simulation.client("elbv2", account=self.account, region=self.region)

    def addresses(self, count: int, *, used: int, **tags: str) -> list[str]:
        """The allocation ids of this many new addresses; the first `used` are associated with a network interface."""
        specification = tagged("elastic-ip", **tags) if tags else []
        allocations = [
            str(self.ec2.allocate_address(Domain="vpc", TagSpecifications=specification)["AllocationId"])
            for _ in range(count)
        ]
        if used:
            self._associate(allocations[:used])
        return allocations

    def load_balancer(self, name: str, *, pool: str | None = None, internal: bool = False, **tags: str) -> str:
        """The ARN of a new Application Load Balancer, on a public pool if one is named."""
        options: dict[str, Any] = {"IpamPools": {"Ipv4IpamPoolId": pool}} if pool else {}
        if tags:
            options["Tags"] = tag_list(tags)
        created = self.elb.create_load_balancer(
            Name=name, Subnets=self.subnets, Scheme="internal" if internal else "internet-facing", **options
        )
        return str(created["LoadBalancers"][0]["LoadBalancerArn"])

    def _subnet(self, zone: str, block: str) -> str:
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, AvailabilityZone=f"{self.region}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def _associate(self, allocations: Sequence[str]) -> None:
        """Let one network interface with as many private addresses use them all."""
        privates = [str(self._blocks[0][_FIRST_FREE + number]) for number in range(len(allocations))]
        listed = [{"PrivateIpAddress": each, "Primary": each == privates[0]} for each in privates]
        interface = self.ec2.create_network_interface(SubnetId=self.subnets[0], PrivateIpAddresses=listed)
        for allocation, private in zip(allocations, privates, strict=True):
            self.ec2.associate_address(
                AllocationId=allocation,
                NetworkInterfaceId=interface["NetworkInterface"]["NetworkInterfaceId"],
                PrivateIpAddress=private,
            )
