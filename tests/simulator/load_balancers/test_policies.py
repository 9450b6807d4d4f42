"""Application Load Balancers whose addresses an IPAM policy places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.load_balancers.scaling import scale
from tests.simulator.ipam.conftest import HOME

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account


@pytest.fixture
def placed(account: Account) -> str:
    """A pool of four addresses, from which an enabled policy lets those of load balancers come."""
    pool = account.contiguous_pool()
    ipam = account.ec2.describe_ipams()["Ipams"][0]["IpamId"]
    policy = account.ec2.create_ipam_policy(IpamId=ipam)["IpamPolicy"]["IpamPolicyId"]
    account.ec2.modify_ipam_policy_allocation_rules(
        IpamPolicyId=policy, Locale=HOME, ResourceType="alb", AllocationRules=[{"SourceIpamPoolId": pool}]
    )
    account.ec2.enable_ipam_policy(IpamPolicyId=policy)
    return pool


def test_new_addresses_come_from_the_pool_of_the_policy_until_it_is_dry(account: Account, placed: str) -> None:
    arn = account.arn()
    assert account.pools_of(arn) == [placed, placed]
    assert "IpamPools" not in account.described(arn)
    scale({"load_balancer": arn, "nodes_per_zone": 3})
    assert account.pools_of(arn) == ["amazon", "amazon", *[placed] * 4]


def test_a_pool_that_the_load_balancer_names_comes_first(account: Account, placed: str) -> None:
    named = account.contiguous_pool()
    arn = account.arn(pool=named)
    assert account.pools_of(arn) == [named, named]
    account.modify(arn, None)
    assert account.pools_of(arn) == [placed, placed]


@pytest.mark.usefixtures("placed")
def test_network_load_balancers_are_placed_by_no_policy(account: Account) -> None:
    assert account.pools_of(account.arn(Type="network")) == ["amazon", "amazon"]


def test_addresses_out_of_a_pool_that_is_dry_now_are_kept_when_the_load_balancer_scales(
    account: Account, placed: str
) -> None:
    arn = account.arn(Subnets=account.subnets(4))
    before = account.public_ips(arn)
    scale({"load_balancer": arn, "nodes_per_zone": 1})
    assert account.public_ips(arn) == before
    assert account.pools_of(arn) == [placed] * 4
