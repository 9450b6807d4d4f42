"""Four addresses that nobody uses at first sight, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.client import Simulation

IDLE, PROTECTED, IN_USE, NAMED = "idle", "protected", "in use", "named by DNS"
OWNER = {"Key": "poolwarden:owner", "Value": "team-web"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Allocation ids by what is special about each, and the idle one as it was at the beginning."""

    ids: dict[str, str]
    idle: dict[str, Any]

    def kept(self, simulation: Simulation) -> set[str]:
        """Which of them the account still has."""
        left = {each["AllocationId"] for each in simulation.client("ec2").describe_addresses()["Addresses"]}
        return {name for name, allocation_id in self.ids.items() if allocation_id in left}

    def idle_again(self, simulation: Simulation) -> dict[str, Any] | None:
        """The idle one as the account has it now, under whatever id."""
        found = simulation.client("ec2").describe_addresses()["Addresses"]
        return next((each for each in found if each["PublicIp"] == self.idle["PublicIp"]), None)


def allocate(simulation: Simulation) -> Addresses:
    """Allocate them, and give three of them something that speaks for them."""
    ec2 = simulation.client("ec2")
    tags = {IDLE: [OWNER], PROTECTED: [{"Key": "poolwarden:protect", "Value": "true"}]}
    made = {name: _allocate(ec2, name, tags.get(name, [])) for name in (IDLE, PROTECTED, IN_USE, NAMED)}
    ec2.associate_address(AllocationId=made[IN_USE]["AllocationId"], NetworkInterfaceId=_interface(ec2))
    _name(simulation, made[NAMED]["PublicIp"])
    ids = {name: each["AllocationId"] for name, each in made.items()}
    (idle,) = ec2.describe_addresses(AllocationIds=[ids[IDLE]])["Addresses"]
    return Addresses(ids=ids, idle=idle)


def _allocate(ec2: Any, name: str, tags: list[dict[str, str]]) -> dict[str, Any]:  # noqa: ANN401 - a boto3 client
    named = [{"Key": "Name", "Value": name}, *tags]
    made: dict[str, Any] = ec2.allocate_address(
        Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": named}]
    )
    return made


def _interface(ec2: Any) -> str:  # noqa: ANN401 - a boto3 client
    vpc = ec2.create_vpc(CidrBlock="192.168.0.0/24")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="192.168.0.0/28")["Subnet"]["SubnetId"]
    return str(ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"])


def _name(simulation: Simulation, public_ip: str) -> None:
    route53 = simulation.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="demo")["HostedZone"]["Id"]
    record = {"Name": "www.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": public_ip}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
