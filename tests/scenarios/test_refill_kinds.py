"""`refill_pools` deployed by the CDK, over pools of every kind: what AWS has in the end, and what people heard."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.pools import Pools, decisions_told, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

CONFIG = """
mode: enforce
refill_pools:
  max_provisions_per_day: 50
  pools:
    - match: {scope: public, tags: {env: prod}}
    - match: {tags: {env: supplied}}
      supply: [10.64.0.0/16]
    - match: {tags: {env: prod}}
notifications:
  email: [net-oncall@example.com]
"""
PROOF = {"Message": "1|aws|123456789012|130.137.0.0/16|20300101|SHA256|RSAPSS", "Signature": "signed"}
AMAZON = {"Locale": "us-east-1", "AwsService": "ec2", "PublicIpSource": "amazon"}


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(CONFIG)


@pytest.fixture(scope="module")
def pools(account: Simulation) -> Pools:
    return Pools(account)


def filled(pools: Pools, pool: str) -> set[str]:
    """What the pool has got once it ran low and everything came to its end."""
    before = set(pools.cidrs(pool))
    pools.fill(pool)
    pools.simulation.settle()
    return set(pools.cidrs(pool)) - before


def test_a_pool_without_a_source_takes_from_its_supply_what_nobody_uses(account: Simulation, pools: Pools) -> None:
    pools.make(pools.private, {"Cidr": "10.64.0.0/20"})
    pools.ec2.create_vpc(CidrBlock="10.64.16.0/20")
    account.settle()
    pool = pools.make(pools.private, {"Cidr": "10.0.0.0/20"}, env="supplied")
    assert filled(pools, pool) == {"10.64.32.0/21"}
    assert records(account, pool) == [("done", "low-water")]
    assert decisions_told(account, pool) == [("done", "low-water")]


def test_a_private_ipv6_pool_takes_from_its_source_pool(account: Simulation, pools: Pools) -> None:
    top = pools.make(pools.private, {"NetmaskLength": 40}, family="ipv6")
    pool = pools.make(pools.private, {"NetmaskLength": 52}, family="ipv6", env="prod", SourceIpamPoolId=top)
    (added,) = filled(pools, pool)
    assert ip_network(added).prefixlen == 53
    assert records(account, pool) == [("done", "low-water")]


def test_a_top_level_pool_of_unique_local_addresses_gets_what_aws_chooses(account: Simulation, pools: Pools) -> None:
    pool = pools.make(pools.private, {"NetmaskLength": 48}, family="ipv6", env="prod")
    (added,) = filled(pools, pool)
    assert ip_network(added).prefixlen == 49
    assert records(account, pool) == [("done", "low-water")]


def test_a_pool_below_a_byoip_pool_is_refilled_and_the_byoip_pool_needs_a_person(
    account: Simulation, pools: Pools
) -> None:
    proven = {"Cidr": "130.137.240.0/20", "CidrAuthorizationContext": PROOF}
    top = pools.make(pools.public, proven, env="prod")
    settings = {"SourceIpamPoolId": top, "Locale": "us-east-1", "AwsService": "ec2"}
    pool = pools.make(pools.public, {"Cidr": "130.137.240.0/24"}, env="prod", **settings)
    assert filled(pools, pool) == {"130.137.241.0/24"}
    assert records(account, pool) == [("done", "low-water")]

    for length in (21, 22, 23):
        pools.ec2.allocate_ipam_pool_cidr(IpamPoolId=top, NetmaskLength=length)
    account.settle()
    assert pools.cidrs(top) == ["130.137.240.0/20"]
    assert records(account, top) == [("blocked", "needs-authorization")]


def test_amazons_contiguous_blocks_are_bought_up_to_the_quota_and_their_price_is_said(
    account: Simulation, pools: Pools
) -> None:
    pool = pools.make(pools.public, {"NetmaskLength": 29}, env="prod", **AMAZON)
    (added,) = filled(pools, pool)
    assert ip_network(added).prefixlen == 30
    assert records(account, pool) == [("done", "low-water")]
    (told,) = [entry for entry in account.outbox() if pool in entry["message"] and entry["protocol"] == "email"]
    assert f"{added} added to {pool}" in told["subject"]
    assert "costs money" in told["message"]

    pools.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
    account.settle()
    assert len(pools.cidrs(pool)) == 2
    assert ("blocked", "contiguous-quota") in records(account, pool)


def test_amazons_ipv6_block_is_the_only_one_in_its_region_and_people_hear_so(account: Simulation, pools: Pools) -> None:
    pool = pools.make(pools.public, {"NetmaskLength": 52}, family="ipv6", env="prod", **AMAZON)
    assert filled(pools, pool) == set()
    assert ("failed", "cidr-quota") in records(account, pool)
    assert ("failed", "cidr-quota") in decisions_told(account, pool)


def test_a_cascade_three_levels_deep_brings_one_block_down_to_the_pool_that_needs_it(
    account: Simulation, pools: Pools
) -> None:
    top = pools.make(pools.private, {"Cidr": "172.16.0.0/16"})
    region = pools.make(pools.private, {"Cidr": "172.16.0.0/20"}, env="prod", SourceIpamPoolId=top)
    unit = pools.make(pools.private, {"Cidr": "172.16.0.0/20"}, env="prod", SourceIpamPoolId=region)
    team = pools.make(pools.private, {"Cidr": "172.16.0.0/20"}, env="prod", SourceIpamPoolId=unit)
    (added,) = filled(pools, team)
    assert ip_network(added).prefixlen == 21
    assert records(account, team) == [("done", "low-water")]
    for pool, source in ((team, unit), (unit, region), (region, top)):
        inside = [IPv4Network(cidr) for cidr in pools.cidrs(source)]
        assert all(any(IPv4Network(cidr).subnet_of(outer) for outer in inside) for cidr in pools.cidrs(pool))


def test_a_vpc_that_found_no_room_has_room_when_it_is_asked_for_again(account: Simulation, pools: Pools) -> None:
    """Three quarters of the pool are free, but no /21: no alarm tells, only the call that failed."""
    top = pools.make(pools.private, {"Cidr": "192.168.0.0/16"})
    settings = {"SourceIpamPoolId": top, "Locale": "us-east-1"}
    pool = pools.make(pools.private, {"Cidr": "192.168.0.0/20"}, env="prod", **settings)
    for third in (0, 8):
        pools.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, Cidr=f"192.168.{third}.0/23")
    account.settle()
    assert records(account, pool) == []

    with pytest.raises(ClientError):
        pools.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=21)
    account.settle()

    assert records(account, pool) == [("done", "demanded")]
    assert decisions_told(account, pool) == [("done", "demanded")]
    vpc = pools.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=21)["Vpc"]
    assert vpc["CidrBlock"] == pools.cidrs(pool)[1]
    account.advance(1800, step=900)
    assert len(pools.cidrs(pool)) == 2
