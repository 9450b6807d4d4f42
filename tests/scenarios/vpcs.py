"""VPCs from IPAM pools for scenarios."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.client import Simulation


def full_vpc(simulation: Simulation, pool: str, *, account: str | None = None, **tags: str) -> str:
    """A /24 of a pool as a VPC, with subnets in seven eighths of it; IPAM finds it in the next settle."""
    ec2 = simulation.client("ec2", account=account or simulation.account)
    wire = [{"Key": key.replace("_", ":"), "Value": value} for key, value in tags.items()]
    tagged = {"TagSpecifications": [{"ResourceType": "vpc", "Tags": wire}]} if wire else {}
    vpc = ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24, **tagged)["Vpc"]
    free = IPv4Network(vpc["CidrBlock"])
    for _ in range(3):
        half, free = free.subnets()
        ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=str(half))
    return str(vpc["VpcId"])


def cidrs_of(simulation: Simulation, vpc: str, *, account: str | None = None) -> list[str]:
    """The CIDRs that a VPC has, the first one first."""
    ec2 = simulation.client("ec2", account=account or simulation.account)
    (found,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    return [
        each["CidrBlock"]
        for each in found["CidrBlockAssociationSet"]
        if each["CidrBlockState"]["State"] == "associated"
    ]
