"""Further IPv4 CIDRs of VPCs: from pools, as far as AWS allows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.ipam.test_metrics import usages

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


@pytest.fixture
def pool(account: Account, scope: str) -> str:
    return account.pool(scope, "10.64.0.0/16", Locale="us-east-1")


def vpc_of(account: Account, cidr: str) -> str:
    return str(account.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])


def states(account: Account, vpc: str) -> dict[str, str]:
    (found,) = account.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    return {each["CidrBlock"]: each["CidrBlockState"]["State"] for each in found["CidrBlockAssociationSet"]}


@pytest.mark.parametrize("block", [{"Ipv4NetmaskLength": 24}, {"CidrBlock": "10.64.1.0/24"}])
def test_a_vpc_gets_a_further_cidr_from_its_pool_and_gives_it_back(
    account: Account, pool: str, block: dict[str, Any]
) -> None:
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    made = account.ec2.associate_vpc_cidr_block(VpcId=vpc, Ipv4IpamPoolId=pool, **block)["CidrBlockAssociation"]
    assert (made["CidrBlock"], made["CidrBlockState"]["State"]) == ("10.64.1.0/24", "associating")
    assert states(account, vpc) == {"10.64.0.0/24": "associated", "10.64.1.0/24": "associated"}
    assert {each["ResourceId"] for each in account.allocations(pool)} == {vpc}
    account.settle()
    assert usages("VpcIPUsage")[vpc] == 0
    account.ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    assert states(account, vpc)["10.64.1.0/24"] == "disassociated"
    account.settle()
    assert [each["Cidr"] for each in account.allocations(pool)] == ["10.64.0.0/24"]


@pytest.mark.parametrize(
    ("first", "further", "admitted"),
    [
        ("10.64.0.0/24", "10.65.0.0/24", True),
        ("10.64.0.0/24", "10.64.0.128/25", False),
        ("10.64.0.0/24", "10.0.0.0/24", True),
        ("10.1.0.0/24", "10.0.0.0/24", False),
        ("10.0.0.0/24", "10.1.0.0/24", True),
        ("10.64.0.0/24", "172.16.0.0/24", False),
        ("10.64.0.0/24", "192.168.0.0/24", False),
        ("10.64.0.0/24", "100.64.0.0/24", True),
        ("10.64.0.0/24", "198.19.0.0/24", False),
        ("172.16.0.0/24", "172.31.0.0/24", False),
        ("172.16.0.0/24", "172.17.0.0/24", True),
        ("192.168.0.0/24", "10.64.0.0/24", False),
        ("100.64.0.0/24", "10.64.0.0/24", False),
        ("198.19.0.0/24", "198.19.1.0/24", True),
        ("10.64.0.0/24", "169.254.0.0/24", False),
        ("10.64.0.0/24", "10.66.0.0/15", False),
        ("10.64.0.0/24", "10.65.0.0/29", False),
    ],
)
def test_a_vpc_gets_what_awss_table_lets_it_have(account: Account, first: str, further: str, *, admitted: bool) -> None:
    vpc = vpc_of(account, first)
    if admitted:
        account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=further)
    else:
        with pytest.raises(ClientError, match=r"InvalidVpc\.Range|InvalidParameterValue"):
            account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=further)
    assert (further in states(account, vpc)) is admitted


@pytest.mark.parametrize(("destination", "admitted"), [("10.66.0.0/24", False), ("10.66.0.0/16", True)])
def test_a_cidr_may_be_part_of_where_a_route_leads_and_no_more(
    account: Account, destination: str, *, admitted: bool
) -> None:
    vpc = vpc_of(account, "10.64.0.0/24")
    (table,) = account.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    gateway = account.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    account.ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=destination, GatewayId=gateway)
    if admitted:
        account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.66.0.0/24")
    else:
        with pytest.raises(ClientError, match="conflicts with a route"):
            account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.66.0.0/24")


def test_who_asked_for_a_peering_waits_and_peers_do_not_overlap(account: Account) -> None:
    vpc, peer = vpc_of(account, "10.64.0.0/24"), vpc_of(account, "10.66.0.0/24")
    asked = account.ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]
    with pytest.raises(ClientError, match="not accepted yet"):
        account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.65.0.0/24")
    account.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=asked["VpcPeeringConnectionId"])
    with pytest.raises(ClientError, match="a peer of the VPC"):
        account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.66.0.0/25")
    account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.65.0.0/24")


def test_a_cidr_with_a_subnet_stays_and_so_does_the_first_one(account: Account) -> None:
    vpc = vpc_of(account, "10.64.0.0/24")
    made = account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.65.0.0/24")["CidrBlockAssociation"]
    subnet = account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.65.0.0/28")["Subnet"]["SubnetId"]
    with pytest.raises(ClientError, match=r"InvalidCidrBlock\.InUse"):
        account.ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    account.ec2.delete_subnet(SubnetId=subnet)
    account.ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    (found,) = account.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    (first,) = [each for each in found["CidrBlockAssociationSet"] if each["CidrBlock"] == "10.64.0.0/24"]
    with pytest.raises(ClientError, match="primary"):
        account.ec2.disassociate_vpc_cidr_block(AssociationId=first["AssociationId"])


def test_a_refused_cidr_leaves_nothing_in_its_pool(account: Account, pool: str) -> None:
    vpc = vpc_of(account, "192.168.0.0/24")
    with pytest.raises(ClientError, match="is restricted"):
        account.ec2.associate_vpc_cidr_block(VpcId=vpc, Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)
    assert account.allocations(pool) == []
