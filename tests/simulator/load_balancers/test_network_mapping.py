"""SetSubnets and SetIpAddressType, and scaling: nodes come and go with their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.load_balancers.scaling import InvalidScaling, scale
from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account


def test_subnets_are_enabled_and_disabled_with_their_addresses(account: Account) -> None:
    one, two, three = account.subnets(3)
    pool = account.contiguous_pool()
    arn = account.arn(pool=pool, Subnets=[one, two])
    before = {interface["SubnetId"]: interface for interface in account.interfaces(arn)}
    answer = account.elb.set_subnets(LoadBalancerArn=arn, Subnets=[two, three])
    assert account.zones(answer) == account.zones(account.described(arn)) == [two, three]
    after = {interface["SubnetId"]: interface for interface in account.interfaces(arn)}
    assert set(after) == {two, three}
    assert after[two] == before[two]
    assert account.pools_of(arn) == [pool, pool]
    account.settle()
    assert len(account.allocations(pool)) == 2


def test_subnets_and_ip_address_type_can_be_set_in_one_call(account: Account) -> None:
    subnets = account.dualstack_subnets()
    arn = account.arn(Subnets=subnets)
    answer = account.elb.set_subnets(
        LoadBalancerArn=arn, Subnets=subnets, IpAddressType="dualstack-without-public-ipv4"
    )
    assert answer["IpAddressType"] == account.described(arn)["IpAddressType"] == "dualstack-without-public-ipv4"
    assert account.public_ips(arn) == account.addresses() == []


def test_the_public_addresses_go_and_come_back_with_the_ip_address_type(account: Account) -> None:
    arn = account.arn(Subnets=account.dualstack_subnets(), IpAddressType="dualstack")
    for ip_address_type, public, ipv6 in (
        ("dualstack-without-public-ipv4", 0, True),
        ("dualstack", 2, True),
        ("ipv4", 2, False),
    ):
        answer = account.elb.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=ip_address_type)
        assert answer["IpAddressType"] == account.described(arn)["IpAddressType"] == ip_address_type
        assert len(account.public_ips(arn)) == len(account.addresses()) == public
        assert {bool(interface["Ipv6Addresses"]) for interface in account.interfaces(arn)} == {ipv6}


def test_a_change_that_cannot_be_is_refused_and_changes_nothing(account: Account) -> None:
    one, two = account.subnets()
    arn, internal = account.arn(), account.arn("inside", Scheme="internal")
    before = account.described(arn)
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({}, "ValidationError"),
        ({"Subnets": [one]}, "ValidationError"),
        ({"Subnets": [one, one]}, "InvalidConfigurationRequest"),
        ({"Subnets": [one, "subnet-0123456789abcdef0"]}, "SubnetNotFound"),
        ({"Subnets": [one, two], "SubnetMappings": [{"SubnetId": one}]}, "ValidationError"),
        ({"Subnets": account.dualstack_subnets()}, "InvalidConfigurationRequest"),
        ({"Subnets": [one, two], "IpAddressType": "dualstack"}, "InvalidConfigurationRequest"),
        ({"SubnetMappings": [{"SubnetId": one, "AllocationId": "eipalloc-0"}]}, "ValidationError"),
    ]
    for change, code in mistakes:
        assert (change, refusal(account.elb.set_subnets, LoadBalancerArn=arn, **change)) == (change, code)
    set_type = account.elb.set_ip_address_type
    assert refusal(set_type, LoadBalancerArn=arn, IpAddressType="dualstack") == "InvalidConfigurationRequest"
    assert refusal(set_type, LoadBalancerArn=internal, IpAddressType="dualstack") == "InvalidConfigurationRequest"
    assert refusal(set_type, LoadBalancerArn=f"{arn}0", IpAddressType="ipv4") == "LoadBalancerNotFound"
    assert account.described(arn) == before


def test_scaling_out_takes_from_the_pool_until_it_is_dry_and_scaling_in_gives_back(account: Account) -> None:
    pool = account.contiguous_pool()
    arn = account.arn(pool=pool)
    answer = scale({"load_balancer": arn, "nodes_per_zone": 3})
    assert account.pools_of(arn) == ["amazon", "amazon", pool, pool, pool, pool]
    assert sorted(str(node["public_ip"]) for node in answer["nodes"]) == account.public_ips(arn)
    scale({"load_balancer": arn, "nodes_per_zone": 1})
    assert account.pools_of(arn) == [pool, pool]
    account.settle()
    assert len(account.allocations(pool)) == 2


def test_what_spilled_to_amazon_comes_back_to_the_pool_when_nodes_are_replaced(account: Account) -> None:
    pool = account.contiguous_pool()
    taken = [account.allocate(IpamPoolId=pool) for _ in range(4)]
    arn = account.arn(pool=pool)
    assert account.pools_of(arn) == ["amazon", "amazon"]
    for allocation in taken:
        account.ec2.release_address(AllocationId=allocation)
    account.settle()
    scale({"load_balancer": arn, "nodes_per_zone": 1})
    assert account.pools_of(arn) == [pool, pool]


def test_subnets_that_are_enabled_later_have_as_many_nodes_as_the_others(account: Account) -> None:
    arn = account.arn()
    scale({"load_balancer": arn, "nodes_per_zone": 2})
    account.elb.set_subnets(LoadBalancerArn=arn, Subnets=account.subnets(3))
    assert len(account.public_ips(arn)) == 6


def test_a_load_balancer_cannot_be_scaled_beyond_its_subnets_or_by_a_mistake(account: Account) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        account.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/28", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    arn = account.arn(Subnets=[each["Subnet"]["SubnetId"] for each in subnets])
    for document, message in (
        ({"load_balancer": arn, "nodes_per_zone": 12}, "Not enough IP space"),
        ({"load_balancer": arn, "nodes_per_zone": 0}, "whole number"),
        ({"load_balancer": arn, "nodes_per_zone": True}, "whole number"),
        ({"load_balancer": 7, "nodes_per_zone": 2}, "must be an ARN"),
        ({"load_balancer": f"{arn}0", "nodes_per_zone": 2}, "not found"),
        ({"load_balancer": arn}, "members load_balancer and nodes_per_zone"),
        ([], "JSON object"),
    ):
        with pytest.raises(InvalidScaling, match=message):
            scale(document)
    assert len(account.interfaces(arn)) == 2
