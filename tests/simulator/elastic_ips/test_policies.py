"""Elastic IPs that an IPAM policy places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.elastic_ips import services
from tests.simulator.ipam import organization
from tests.simulator.ipam.conftest import ACCOUNT, HOME

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


@pytest.fixture
def pool(account: Account) -> str:
    """A pool of four addresses, from which a policy for the account itself lets new ones come."""
    pool = account.contiguous_pool(netmask_length=30)
    enable(account, pool)
    return pool


def enable(account: Account, pool: str, **target: str) -> None:
    policy = account.ec2.create_ipam_policy(IpamId=account.ec2.describe_ipams()["Ipams"][0]["IpamId"])
    policy_id = policy["IpamPolicy"]["IpamPolicyId"]
    account.ec2.modify_ipam_policy_allocation_rules(
        IpamPolicyId=policy_id, Locale=HOME, ResourceType="eip", AllocationRules=[{"SourceIpamPoolId": pool}]
    )
    account.ec2.enable_ipam_policy(IpamPolicyId=policy_id, **target)


def test_a_new_address_comes_from_the_pool_of_the_policy_until_it_is_empty(account: Account, pool: str) -> None:
    allocated = [account.ec2.allocate_address() for _ in range(5)]
    assert [address["PublicIpv4Pool"] for address in allocated] == [pool] * 4 + ["amazon"]
    account.ec2.release_address(AllocationId=allocated[0]["AllocationId"])
    account.settle()
    again = account.ec2.allocate_address()
    assert (again["PublicIpv4Pool"], again["PublicIp"]) == (pool, allocated[0]["PublicIp"])


@pytest.mark.usefixtures("pool")
def test_whoever_names_another_pool_or_an_address_overrides_the_policy(account: Account) -> None:
    own = account.own_pool()
    account.settle()
    assert account.ec2.allocate_address(PublicIpv4Pool=own)["PublicIpv4Pool"] == own
    amazons = account.ec2.allocate_address(PublicIpv4Pool="amazon")
    assert amazons["PublicIpv4Pool"] == "amazon"
    account.ec2.release_address(AllocationId=amazons["AllocationId"])
    assert account.ec2.allocate_address(Address=amazons["PublicIp"])["PublicIpv4Pool"] == "amazon"


def test_the_policy_of_an_organisation_places_addresses_of_its_accounts(account: Account) -> None:
    organization.found()
    account.of(organization.MANAGEMENT).enable_ipam_organization_admin_account(DelegatedAdminAccountId=ACCOUNT)
    pool = account.contiguous_pool()
    enable(account, pool, OrganizationTargetId=organization.OUTER)
    member = account.of(organization.IN_INNER)
    placed = member.allocate_address()
    assert placed["PublicIpv4Pool"] == pool
    assert account.of(organization.AT_ROOT).allocate_address()["PublicIpv4Pool"] == "amazon"
    [allocation] = account.allocations(pool)
    assert (allocation["ResourceId"], allocation["ResourceOwner"]) == (placed["AllocationId"], organization.IN_INNER)
    member.release_address(AllocationId=placed["AllocationId"])
    account.settle()
    assert account.allocations(pool) == []


def test_a_service_takes_the_pool_that_it_names(account: Account, pool: str) -> None:
    taken = [
        services.create_service_managed(
            ACCOUNT,
            HOME,
            service="alb",
            subnet_id=account.default_subnet(),
            network_interface_description="ELB app/web/50dc6c495c0c9188",
            ipam_pool_id=ipam_pool_id,
        )
        for ipam_pool_id in (None, pool)
    ]
    assert [address.public_ipv4_pool for address in taken] == ["amazon", pool]
