"""Creating and deleting load balancers, and the interfaces and addresses that they have in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account


def test_a_load_balancer_is_provisioning_for_a_while_however_often_one_looks(account: Account) -> None:
    arn = account.arn()
    assert [account.described(arn)["State"]["Code"] for _ in range(2)] == ["provisioning"] * 2
    account.settle(119)
    assert account.described(arn)["State"]["Code"] == "provisioning"
    account.settle(1)
    assert account.described(arn)["State"]["Code"] == "active"


def test_an_alb_has_a_service_managed_address_in_each_zone_on_an_interface_of_its_own(account: Account) -> None:
    arn = account.arn(Subnets=account.subnets(3))
    interfaces = account.interfaces(arn)
    assert [interface["SubnetId"] for interface in interfaces] == account.subnets(3)
    assert {interface["RequesterId"] for interface in interfaces} == {"amazon-elb"}
    assert all(interface["RequesterManaged"] for interface in interfaces)
    addresses = account.ec2.describe_addresses()["Addresses"]
    assert {address["ServiceManaged"] for address in addresses} == {"alb"}
    assert sorted(address["PublicIp"] for address in addresses) == account.public_ips(arn)
    assert [address["NetworkInterfaceId"] for address in addresses] == [
        interface["NetworkInterfaceId"] for interface in interfaces
    ]


def test_the_addresses_come_from_the_pool_as_allocations_of_type_eip(account: Account) -> None:
    pool = account.contiguous_pool()
    arn = account.arn(pool=pool)
    assert account.described(arn)["IpamPools"] == {"Ipv4IpamPoolId": pool}
    assert account.pools_of(arn) == [pool, pool]
    allocations = account.allocations(pool)
    assert [allocation["Cidr"].removesuffix("/32") for allocation in allocations] == account.public_ips(arn)
    assert {allocation["ResourceType"] for allocation in allocations} == {"eip"}


def test_what_the_pool_lacks_comes_silently_from_amazon(account: Account) -> None:
    pool = account.contiguous_pool()
    account.allocate(IpamPoolId=pool)
    arn = account.arn(pool=pool, Subnets=account.subnets(4))
    assert account.pools_of(arn) == ["amazon", pool, pool, pool]
    assert account.described(arn)["IpamPools"] == {"Ipv4IpamPoolId": pool}


def test_amazons_addresses_belong_to_the_service_and_the_pools_to_the_account(account: Account) -> None:
    pool = account.contiguous_pool()
    owners = {
        interface["Association"]["IpOwnerId"]
        for interface in (*account.interfaces(account.arn("amazons")), *account.interfaces(account.arn(pool=pool)))
    }
    assert owners == {"amazon-elb", "123456789012"}


@pytest.mark.parametrize("scheme", ["internal", "internet-facing"])
def test_only_an_internet_facing_load_balancer_has_public_addresses(account: Account, scheme: str) -> None:
    balancer = account.balancer(Scheme=scheme)
    assert balancer["Scheme"] == scheme
    assert balancer["DNSName"].startswith("internal-") is (scheme == "internal")
    assert len(account.interfaces(balancer["LoadBalancerArn"])) == 2
    assert len(account.public_ips(balancer["LoadBalancerArn"])) == (0 if scheme == "internal" else 2)


@pytest.mark.parametrize(
    ("ip_address_type", "public", "ipv6"),
    [("ipv4", True, False), ("dualstack", True, True), ("dualstack-without-public-ipv4", False, True)],
)
def test_the_ip_address_type_decides_what_addresses_there_are(
    account: Account, ip_address_type: str, *, public: bool, ipv6: bool
) -> None:
    arn = account.arn(Subnets=account.dualstack_subnets(), IpAddressType=ip_address_type)
    interfaces = account.interfaces(arn)
    assert {"Association" in interface for interface in interfaces} == {public}
    assert {bool(interface["Ipv6Addresses"]) for interface in interfaces} == {ipv6}


def test_the_interfaces_are_in_the_security_groups_of_the_load_balancer(account: Account) -> None:
    vpc = account.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group, other = (
        account.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("web", "edge")
    )
    arn = account.arn(SecurityGroups=[group])
    assert {each["GroupId"] for interface in account.interfaces(arn) for each in interface["Groups"]} == {group}
    account.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[other])
    assert {each["GroupId"] for interface in account.interfaces(arn) for each in interface["Groups"]} == {other}


def test_the_same_again_is_the_same_load_balancer_and_with_other_settings_a_refusal(account: Account) -> None:
    first = account.balancer()
    assert account.balancer()["LoadBalancerArn"] == first["LoadBalancerArn"]
    assert len(account.interfaces(first["LoadBalancerArn"])) == 2
    assert refusal(account.balancer, Scheme="internal") == "DuplicateLoadBalancerName"


def test_deleting_frees_interfaces_and_addresses_and_the_pool_gets_them_back(account: Account) -> None:
    pool = account.contiguous_pool()
    arn = account.arn(pool=pool)
    for _ in range(2):  # a load balancer that is gone already is deleted
        account.elb.delete_load_balancer(LoadBalancerArn=arn)
    assert account.interfaces(arn) == []
    assert account.addresses() == []
    account.settle()
    assert account.allocations(pool) == []
    assert refusal(account.described, arn=arn) == "LoadBalancerNotFound"


def test_deletion_protection_protects_the_addresses_too(account: Account) -> None:
    arn = account.arn()
    account.elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )
    assert refusal(account.elb.delete_load_balancer, LoadBalancerArn=arn) == "OperationNotPermitted"
    assert len(account.public_ips(arn)) == 2


def test_a_mistake_is_refused_and_leaves_nothing_behind(account: Account) -> None:
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"Subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]}, "SubnetNotFound"),
        ({"SecurityGroups": ["sg-0123456789abcdef0"]}, "InvalidSecurityGroup"),
        ({"name": "x" * 33}, "ValidationError"),
        ({"name": "under_score"}, "ValidationError"),
        ({"name": "-web"}, "ValidationError"),
        ({"name": "internal-web"}, "ValidationError"),
        ({"IpAddressType": "dualstack"}, "InvalidConfigurationRequest"),
        ({"IpAddressType": "ipv6"}, "ValidationError"),
        ({"Scheme": "public"}, "ValidationError"),
        ({"Type": "classic"}, "ValidationError"),
        ({"Type": "gateway", "Scheme": "internal"}, "ValidationError"),
        ({"CustomerOwnedIpv4Pool": "coip"}, "ValidationError"),
        ({"Tags": [{"Key": "a"}, {"Key": "a"}]}, "DuplicateTagKeys"),
        ({"Tags": [{"Key": "aws:a"}]}, "ValidationError"),
        ({"Tags": [{"Key": str(number)} for number in range(51)]}, "TooManyTags"),
        ({"pool": "ipam-pool-0123456789abcdef0"}, "InvalidConfigurationRequest"),
        ({"pool": "pool"}, "ValidationError"),
    ]
    for parameters, code in mistakes:
        assert (parameters, refusal(account.balancer, **parameters)) == (parameters, code)
    assert account.elb.describe_load_balancers()["LoadBalancers"] == []
    assert account.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_an_alb_wants_two_zones_each_with_one_subnet_that_has_room(account: Account) -> None:
    [subnet] = account.subnets(1)
    assert refusal(account.balancer, Subnets=[subnet]) == "ValidationError"
    assert refusal(account.balancer, Subnets=[subnet, subnet]) == "InvalidConfigurationRequest"
    assert refusal(account.balancer, Subnets=[subnet, account.other_subnet()]) == "InvalidConfigurationRequest"
    vpc = account.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    narrow = [
        account.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/28", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    subnets = [each["Subnet"]["SubnetId"] for each in narrow]
    for name in ("one", "two", "three", "four"):
        account.arn(name, Subnets=subnets)
    assert refusal(account.balancer, name="five", Subnets=subnets) == "InvalidSubnet"
