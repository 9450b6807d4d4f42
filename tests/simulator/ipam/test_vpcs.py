"""IPv6 CIDRs of VPCs, and subnets, from pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


@pytest.fixture
def ipv6_pool(account: Account, scope: str) -> str:
    """A private IPv6 pool for us-east-1."""
    return account.pool(scope, "fd80::/40", AddressFamily="ipv6", Locale="us-east-1")


def planning_pool(account: Account, scope: str, vpc: str, cidr: str) -> str:
    resource = {"ResourceId": vpc, "ResourceType": "vpc", "ResourceRegion": "us-east-1"}
    return account.pool(scope, cidr, SourceResource=resource)


def test_a_vpc_gets_an_ipv6_cidr_besides_its_ipv4_cidr(account: Account, ipv6_pool: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16", Ipv6IpamPoolId=ipv6_pool, Ipv6NetmaskLength=56)["Vpc"]
    [association] = vpc["Ipv6CidrBlockAssociationSet"]
    assert (association["Ipv6CidrBlock"], association["Ipv6Pool"]) == ("fd80::/56", ipv6_pool)
    [allocation] = account.allocations(ipv6_pool)
    assert (allocation["Cidr"], allocation["ResourceId"]) == ("fd80::/56", vpc["VpcId"])
    [table] = account.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"]
    assert "fd80::/56" in {route.get("DestinationIpv6CidrBlock") for route in table["Routes"]}


def test_both_families_can_come_from_pools_at_once(account: Account, scope: str, ipv6_pool: str) -> None:
    ipv4_pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    vpc = account.ec2.create_vpc(
        Ipv4IpamPoolId=ipv4_pool, Ipv4NetmaskLength=24, Ipv6IpamPoolId=ipv6_pool, Ipv6NetmaskLength=60
    )["Vpc"]["VpcId"]
    account.ec2.delete_vpc(VpcId=vpc)
    account.settle()
    assert account.allocations(ipv4_pool) == account.allocations(ipv6_pool) == []


@pytest.mark.parametrize("length", [40, 43, 57, 64])
def test_an_ipv6_length_that_a_vpc_cannot_have_leaves_no_allocation(
    account: Account, ipv6_pool: str, length: int
) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        account.ec2.create_vpc(CidrBlock="10.0.0.0/16", Ipv6IpamPoolId=ipv6_pool, Ipv6NetmaskLength=length)
    assert account.allocations(ipv6_pool) == []


def test_a_vpc_without_an_ipv4_cidr_is_refused(account: Account, ipv6_pool: str) -> None:
    with pytest.raises(ClientError, match="MissingParameter"):
        account.ec2.create_vpc(Ipv6IpamPoolId=ipv6_pool, Ipv6NetmaskLength=56)
    assert account.allocations(ipv6_pool) == []


def test_a_pool_of_the_other_family_is_refused(account: Account, ipv6_pool: str) -> None:
    with pytest.raises(ClientError, match="address family"):
        account.ec2.create_vpc(Ipv4IpamPoolId=ipv6_pool, Ipv4NetmaskLength=24)


def test_an_ipv6_cidr_can_be_associated_and_disassociated_later(account: Account, ipv6_pool: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    association = account.ec2.associate_vpc_cidr_block(VpcId=vpc, Ipv6IpamPoolId=ipv6_pool, Ipv6NetmaskLength=56)[
        "Ipv6CidrBlockAssociation"
    ]
    assert association["Ipv6CidrBlockState"]["State"] == "associating"
    assert (association["Ipv6CidrBlock"], association["Ipv6Pool"]) == ("fd80::/56", ipv6_pool)
    account.ec2.disassociate_vpc_cidr_block(AssociationId=association["AssociationId"])
    account.settle()
    assert account.allocations(ipv6_pool) == []


def test_subnets_come_from_a_pool_that_plans_their_vpc(account: Account, scope: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/20")["Vpc"]["VpcId"]
    planning = planning_pool(account, scope, vpc, "10.0.0.0/20")
    team = account.pool(scope, "10.0.1.0/24", SourceIpamPoolId=planning)
    subnet = account.ec2.create_subnet(VpcId=vpc, Ipv4IpamPoolId=team, Ipv4NetmaskLength=28)["Subnet"]
    assert subnet["CidrBlock"] == "10.0.1.0/28"
    [allocation] = account.allocations(team)
    assert (allocation["ResourceType"], allocation["ResourceId"]) == ("subnet", subnet["SubnetId"])
    account.settle()
    found = account.ec2.get_ipam_resource_cidrs(IpamScopeId=scope, IpamPoolId=team)["IpamResourceCidrs"]
    assert [(cidr["ResourceId"], cidr["ManagementState"]) for cidr in found] == [(subnet["SubnetId"], "managed")]
    account.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    account.settle()
    assert account.allocations(team) == []


def test_a_subnet_from_a_pool_avoids_subnets_that_are_there_already(account: Account, scope: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/20")["Vpc"]["VpcId"]
    account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/28")
    planning = planning_pool(account, scope, vpc, "10.0.0.0/20")
    subnet = account.ec2.create_subnet(VpcId=vpc, Ipv4IpamPoolId=planning, Ipv4NetmaskLength=28)["Subnet"]
    assert subnet["CidrBlock"] == "10.0.0.16/28"


def test_a_subnet_from_a_pool_that_plans_no_vpc_or_another_one_is_refused(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=20)["Vpc"]["VpcId"]
    other = account.ec2.create_vpc(CidrBlock="10.8.0.0/20")["Vpc"]["VpcId"]
    with pytest.raises(ClientError, match=f"IpamPool '{pool}' is missing a source resource"):
        account.ec2.create_subnet(VpcId=vpc, Ipv4IpamPoolId=pool, Ipv4NetmaskLength=28)
    planning = planning_pool(account, scope, other, "10.8.0.0/20")
    with pytest.raises(ClientError, match="another VPC"):
        account.ec2.create_subnet(VpcId=vpc, Ipv4IpamPoolId=planning, Ipv4NetmaskLength=28)


def test_deleting_a_planning_pool_by_cascade_leaves_the_subnets_alone(account: Account, scope: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/20")["Vpc"]["VpcId"]
    planning = planning_pool(account, scope, vpc, "10.0.0.0/20")
    subnet = account.ec2.create_subnet(VpcId=vpc, Ipv4IpamPoolId=planning, Ipv4NetmaskLength=28)["Subnet"]["SubnetId"]
    account.ec2.delete_ipam_pool(IpamPoolId=planning, Cascade=True)
    account.settle()
    assert account.ec2.describe_ipam_pools()["IpamPools"] == []
    [left] = account.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert left["CidrBlock"] == "10.0.0.0/28"
    account.ec2.delete_subnet(SubnetId=subnet)
    account.ec2.delete_vpc(VpcId=vpc)
    account.settle()
    assert account.ec2.describe_ipam_pools()["IpamPools"] == []


def test_a_vpc_is_pending_in_the_answer_that_made_it_and_available_afterwards(account: Account) -> None:
    made = account.ec2.create_vpc(CidrBlock="10.0.0.0/20", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    [found] = account.ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]
    assert [vpc["State"] for vpc in (made, found)] == ["pending", "available"]
    states = [vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlockState"] for vpc in (made, found)]
    assert [state["State"] for state in states] == ["associating", "associated"]
