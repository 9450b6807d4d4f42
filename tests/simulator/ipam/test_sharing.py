"""Pools that are shared with other accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator import ipam
from tests.simulator.ipam import organization
from tests.simulator.ipam.conftest import AWAY, HOME
from tests.simulator.ipam.organization import AT_ROOT, IN_INNER, IN_OUTER, MANAGEMENT, OUTER, STRANGER

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

CONSUMER = STRANGER
ARN = f"arn:aws:organizations::{MANAGEMENT}"


@pytest.fixture
def pool(account: Account, scope: str) -> str:
    """A pool that is shared with another account."""
    pool = account.pool(scope, "10.0.0.0/8", Locale=AWAY)
    ipam.share_pool(pool, [CONSUMER])
    return pool


def shown(account: Account, who: str, region: str = AWAY) -> list[str]:
    return [pool["IpamPoolId"] for pool in account.of(who, region).describe_ipam_pools()["IpamPools"]]


def test_a_shared_pool_is_seen_in_its_locale_and_its_home_region(account: Account, pool: str) -> None:
    assert shown(account, CONSUMER) == shown(account, CONSUMER, HOME) == [pool]
    assert shown(account, CONSUMER, "us-west-2") == []
    assert shown(account, AT_ROOT) == []
    [described] = account.of(CONSUMER, AWAY).describe_ipam_pools(IpamPoolIds=[pool])["IpamPools"]
    assert described["OwnerId"] == "123456789012"
    assert len(account.of(CONSUMER, AWAY).get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"]) == 1


def test_an_account_allocates_from_a_shared_pool_and_sees_only_what_it_has(account: Account, pool: str) -> None:
    consumer = account.of(CONSUMER, AWAY)
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=16)
    made = consumer.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=16)["IpamPoolAllocation"]
    vpc = consumer.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    own = consumer.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
    assert [(allocation["ResourceType"], allocation["ResourceOwner"]) for allocation in own] == [
        ("custom", CONSUMER),
        ("vpc", CONSUMER),
    ]
    assert len(account.allocations(pool)) == 3
    consumer.release_ipam_pool_allocation(
        IpamPoolId=pool, Cidr=made["Cidr"], IpamPoolAllocationId=made["IpamPoolAllocationId"]
    )
    consumer.delete_vpc(VpcId=vpc)
    account.settle()
    assert [allocation["ResourceOwner"] for allocation in account.allocations(pool)] == ["123456789012"]


def test_only_the_owner_changes_a_shared_pool_and_what_others_have_of_it_is_theirs(account: Account, pool: str) -> None:
    at_home = account.of(CONSUMER, HOME)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        at_home.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="11.0.0.0/8")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        at_home.modify_ipam_pool(IpamPoolId=pool, Description="mine")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        at_home.delete_ipam_pool(IpamPoolId=pool)
    owners = account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=16)["IpamPoolAllocation"]
    consumers = at_home.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=16)["IpamPoolAllocation"]

    def release(client: Any, allocation: dict[str, Any]) -> None:
        client.release_ipam_pool_allocation(
            IpamPoolId=pool, Cidr=allocation["Cidr"], IpamPoolAllocationId=allocation["IpamPoolAllocationId"]
        )

    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        release(at_home, owners)
    release(account.ec2, consumers)
    release(account.ec2, owners)
    assert account.allocations(pool) == []


def test_a_pool_is_gone_from_sight_when_its_last_share_ends_but_allocations_stay(account: Account, pool: str) -> None:
    account.of(CONSUMER, AWAY).create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)
    ipam.share_pool(pool, [CONSUMER])
    ipam.unshare_pool(pool, [CONSUMER])
    assert shown(account, CONSUMER) == [pool]
    ipam.unshare_pool(pool, [CONSUMER])
    assert shown(account, CONSUMER) == []
    with pytest.raises(ClientError, match=r"InvalidIpamPoolId\.NotFound"):
        account.of(CONSUMER, AWAY).create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)
    assert len(account.allocations(pool)) == 1


@pytest.mark.parametrize(
    ("principal", "reached"),
    [
        (organization.ID, {MANAGEMENT, AT_ROOT, IN_OUTER, IN_INNER}),
        (
            f"{ARN}:organization/{organization.ID}",
            {MANAGEMENT, AT_ROOT, IN_OUTER, IN_INNER},
        ),
        (f"{ARN}:ou/{organization.ID}/{OUTER}", {IN_OUTER, IN_INNER}),
        (AT_ROOT, {AT_ROOT}),
    ],
)
def test_a_pool_is_shared_with_accounts_units_and_organisations(
    account: Account, scope: str, principal: str, reached: set[str]
) -> None:
    organization.found()
    pool = account.pool(scope, "10.0.0.0/8", Locale=AWAY)
    ipam.share_pool(pool, [principal])
    accounts = (MANAGEMENT, AT_ROOT, IN_OUTER, IN_INNER, STRANGER)
    assert {who for who in accounts if shown(account, who) == [pool]} == reached
