"""ModifyIpPools, and what it does to the addresses in use, either way that AWS may have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.load_balancers.scaling import scale
from tests.simulator.elastic_ips.conftest import refusal
from tests.simulator.ipam.conftest import AWAY

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account


def test_the_change_is_answered_and_described(account: Account) -> None:
    pool, arn = account.contiguous_pool(), account.arn()
    assert "IpamPools" not in account.described(arn)
    assert account.modify(arn, pool)["IpamPools"] == {"Ipv4IpamPoolId": pool}
    assert account.described(arn)["IpamPools"] == {"Ipv4IpamPoolId": pool}
    assert "IpamPools" not in account.modify(arn, None)
    assert "IpamPools" not in account.described(arn)


def test_addresses_in_use_are_replaced_at_once_and_given_back(account: Account) -> None:
    first, second = account.contiguous_pool(), account.contiguous_pool()
    arn = account.arn()
    amazons = account.public_ips(arn)
    account.modify(arn, first)
    assert account.pools_of(arn) == [first, first]
    account.modify(arn, second)
    assert account.pools_of(arn) == [second, second]
    account.modify(arn, None)
    assert account.pools_of(arn) == ["amazon", "amazon"]
    assert set(account.public_ips(arn)).isdisjoint(amazons)
    assert len(account.addresses()) == 2
    account.settle()
    assert account.allocations(first) == account.allocations(second) == []


def test_the_pool_that_is_configured_already_changes_nothing(account: Account) -> None:
    pool = account.contiguous_pool()
    arn = account.arn(pool=pool)
    before = account.interfaces(arn)
    account.modify(arn, pool)
    assert account.interfaces(arn) == before


def test_a_dry_pool_replaces_nothing_of_amazons(account: Account) -> None:
    pool, arn = account.contiguous_pool(), account.arn(Subnets=account.subnets(3))
    account.allocate(IpamPoolId=pool)
    account.allocate(IpamPoolId=pool)
    before = set(account.public_ips(arn))
    account.modify(arn, pool)
    assert account.pools_of(arn) == ["amazon", pool, pool]
    assert len(before & set(account.public_ips(arn))) == 1


def test_addresses_of_another_pool_give_way_to_amazons_where_the_new_pool_is_dry(account: Account) -> None:
    first, second = account.contiguous_pool(), account.contiguous_pool()
    arn = account.arn(pool=first)
    for _ in range(3):
        account.allocate(IpamPoolId=second)
    account.modify(arn, second)
    assert account.pools_of(arn) == ["amazon", second]


@pytest.mark.usefixtures("lingering")
def test_addresses_in_use_can_linger_until_the_load_balancer_scales(account: Account) -> None:
    pool, arn = account.contiguous_pool(), account.arn()
    before = account.public_ips(arn)
    account.modify(arn, pool)
    account.settle()
    assert account.described(arn)["IpamPools"] == {"Ipv4IpamPoolId": pool}
    assert account.public_ips(arn) == before
    scale({"load_balancer": arn, "nodes_per_zone": 2})
    assert account.pools_of(arn) == [pool] * 4


@pytest.mark.usefixtures("lingering")
def test_a_subnet_that_is_enabled_while_addresses_linger_gets_the_pools(account: Account) -> None:
    pool, arn = account.contiguous_pool(), account.arn()
    account.modify(arn, pool)
    account.elb.set_subnets(LoadBalancerArn=arn, Subnets=account.subnets(3))
    assert account.pools_of(arn) == ["amazon", "amazon", pool]


def test_misuse_is_refused_and_changes_nothing(account: Account) -> None:
    usable, arn = account.contiguous_pool(), account.arn()
    scope = account.public_scope()
    private = account.pool(account.ec2.describe_ipams()["Ipams"][0]["PrivateDefaultScopeId"], Locale="us-east-1")
    elsewhere = account.pool(scope, Locale=AWAY, AwsService="ec2", PublicIpSource="amazon")
    ipv6 = account.pool(scope, AddressFamily="ipv6", Locale="us-east-1", AwsService="ec2", PublicIpSource="amazon")
    pending = account.ec2.create_ipam_pool(
        IpamScopeId=scope, AddressFamily="ipv4", Locale="us-east-1", AwsService="ec2", PublicIpSource="amazon"
    )["IpamPool"]["IpamPoolId"]
    before = account.interfaces(arn)
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({}, "ValidationError"),
        ({"IpamPools": {"Ipv4IpamPoolId": usable}, "RemoveIpamPools": ["ipv4"]}, "ValidationError"),
        ({"RemoveIpamPools": ["ipv6"]}, "ValidationError"),
        ({"IpamPools": {"Ipv4IpamPoolId": "eipalloc-0123"}}, "ValidationError"),
        ({"IpamPools": {"Ipv4IpamPoolId": "ipam-pool-0123456789abcdef0"}}, "InvalidConfigurationRequest"),
        *(
            ({"IpamPools": {"Ipv4IpamPoolId": pool}}, "InvalidConfigurationRequest")
            for pool in (private, elsewhere, ipv6, pending)
        ),
    ]
    for change, code in mistakes:
        assert (change, refusal(account.elb.modify_ip_pools, LoadBalancerArn=arn, **change)) == (change, code)
    assert account.interfaces(arn) == before
    gone = f"{arn}0"
    assert refusal(account.modify, arn=gone, pool=usable) == "LoadBalancerNotFound"


def test_only_an_internet_facing_alb_with_public_ipv4_addresses_can_have_a_pool(account: Account) -> None:
    pool, dualstack = account.contiguous_pool(), account.dualstack_subnets()
    unfit: list[dict[str, Any]] = [
        {"Scheme": "internal"},
        {"Type": "network"},
        {"Subnets": dualstack, "IpAddressType": "dualstack-without-public-ipv4"},
    ]
    for number, parameters in enumerate(unfit):
        with_pool = refusal(account.balancer, name=f"pool-{number}", pool=pool, **parameters)
        modified = refusal(account.modify, arn=account.arn(f"plain-{number}", **parameters), pool=pool)
        assert (with_pool, modified) == ("InvalidConfigurationRequest",) * 2, parameters
    arn = account.arn(pool=pool, Subnets=dualstack)
    unwanted = {"LoadBalancerArn": arn, "IpAddressType": "dualstack-without-public-ipv4"}
    assert refusal(account.elb.set_ip_address_type, **unwanted) == "InvalidConfigurationRequest"
    assert account.pools_of(arn) == [pool, pool]
