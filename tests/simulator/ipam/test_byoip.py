"""Ranges that an account brought by itself, public IPv4 pools, and moving such a range to IPAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

PROOF = {"Message": "1|aws|123456789012|130.137.249.0/24|20300101|SHA256|RSAPSS", "Signature": "signed"}
RANGE = "130.137.249.0/24"


def states(account: Account) -> dict[str, str]:
    cidrs = account.ec2.describe_byoip_cidrs(MaxResults=100)["ByoipCidrs"]
    return {cidr["Cidr"]: cidr["State"] for cidr in cidrs}


def bring(account: Account, cidr: str = RANGE) -> str:
    """Bring a range; the id of its public IPv4 pool."""
    asked = account.ec2.provision_byoip_cidr(Cidr=cidr, CidrAuthorizationContext=PROOF)["ByoipCidr"]
    assert asked["State"] == "pending-provision"
    account.settle()
    return str(account.ec2.describe_byoip_cidrs(MaxResults=100)["ByoipCidrs"][0]["PoolId"])


def ipam_pool(account: Account, **settings: Any) -> str:
    scope = account.ipam()["PublicDefaultScopeId"]
    return account.pool(scope, **{"Locale": "us-east-1", "AwsService": "ec2", **settings})


def test_a_range_that_was_brought_is_advertised_withdrawn_and_given_up(account: Account) -> None:
    bring(account)
    assert account.ec2.advertise_byoip_cidr(Cidr=RANGE)["ByoipCidr"]["State"] == "advertised"
    with pytest.raises(ClientError, match="IncorrectState"):
        account.ec2.deprovision_byoip_cidr(Cidr=RANGE)
    assert account.ec2.withdraw_byoip_cidr(Cidr=RANGE)["ByoipCidr"]["State"] == "provisioned"
    account.ec2.deprovision_byoip_cidr(Cidr=RANGE)
    assert states(account) == {RANGE: "pending-deprovision"}
    account.settle()
    assert states(account) == {}
    assert account.ec2.describe_public_ipv4_pools()["PublicIpv4Pools"] == []


@pytest.mark.parametrize("cidr", ["130.137.249.0/25", "10.0.0.0/16", "130.137.0.0"])
def test_what_cannot_be_brought_is_refused(account: Account, cidr: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        account.ec2.provision_byoip_cidr(Cidr=cidr, CidrAuthorizationContext=PROOF)


def test_a_range_moves_to_a_top_level_pool_with_its_public_ipv4_pool(account: Account) -> None:
    public_pool = bring(account)
    pool = ipam_pool(account)
    move = {"Cidr": RANGE, "IpamPoolId": pool, "IpamPoolOwner": "123456789012"}
    assert account.ec2.move_byoip_cidr_to_ipam(**move)["ByoipCidr"]["State"] == "pending-transfer"
    assert account.pool_cidrs(pool)[0]["State"] == "pending-import"
    account.settle()
    assert account.ec2.move_byoip_cidr_to_ipam(**move)["ByoipCidr"]["State"] == "complete-transfer"
    assert [(cidr["Cidr"], cidr["State"]) for cidr in account.pool_cidrs(pool)] == [(RANGE, "provisioned")]
    [allocation] = account.allocations(pool)
    assert (allocation["Cidr"], allocation["ResourceType"]) == (RANGE, "ec2-public-ipv4-pool")
    assert allocation["ResourceId"] == public_pool


def test_a_range_moves_only_to_a_top_level_byoip_pool_of_its_region(account: Account) -> None:
    bring(account)
    elsewhere = ipam_pool(account, Locale="eu-west-1")
    for pool, owner in ((elsewhere, "123456789012"), (elsewhere, "999999999999")):
        with pytest.raises(ClientError):
            account.ec2.move_byoip_cidr_to_ipam(Cidr=RANGE, IpamPoolId=pool, IpamPoolOwner=owner)
    assert account.pool_cidrs(elsewhere) == []


def test_a_range_that_the_scope_has_already_fails_to_be_imported(account: Account) -> None:
    bring(account)
    pool = ipam_pool(account)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="130.137.248.0/22", CidrAuthorizationContext=PROOF)
    account.settle()
    account.ec2.move_byoip_cidr_to_ipam(Cidr=RANGE, IpamPoolId=pool, IpamPoolOwner="123456789012")
    account.settle()
    [_, failed] = account.pool_cidrs(pool)
    assert (failed["State"], failed["FailureReason"]["Code"]) == ("failed-import", "cidr-not-available")


def test_a_range_that_ipam_provisioned_to_a_region_can_be_advertised_there(account: Account) -> None:
    scope = account.ipam()["PublicDefaultScopeId"]
    top = account.pool(scope)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=top, Cidr=RANGE, CidrAuthorizationContext=PROOF)
    account.settle()
    assert states(account) == {}
    account.pool(scope, RANGE, SourceIpamPoolId=top, Locale="us-east-1", AwsService="ec2")
    assert states(account) == {RANGE: "provisioned"}
    assert account.ec2.advertise_byoip_cidr(Cidr=RANGE)["ByoipCidr"]["State"] == "advertised"
    assert states(account) == {RANGE: "advertised"}


def test_a_public_ipv4_pool_takes_a_block_of_an_ipam_pool_and_returns_it_address_by_address(account: Account) -> None:
    pool = ipam_pool(account)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=RANGE, CidrAuthorizationContext=PROOF)
    account.settle()
    public_pool = account.ec2.create_public_ipv4_pool()["PoolId"]
    added = account.ec2.provision_public_ipv4_pool_cidr(PoolId=public_pool, IpamPoolId=pool, NetmaskLength=30)
    assert added["PoolAddressRange"] == {
        "FirstAddress": "130.137.249.0",
        "LastAddress": "130.137.249.3",
        "AddressCount": 4,
        "AvailableAddressCount": 4,
    }
    account.settle()
    scope = account.ec2.describe_ipams()["Ipams"][0]["PublicDefaultScopeId"]
    [found] = account.ec2.get_ipam_resource_cidrs(IpamScopeId=scope)["IpamResourceCidrs"]
    assert (found["ResourceType"], found["ManagementState"]) == ("public-ipv4-pool", "managed")
    with pytest.raises(ClientError, match="DependencyViolation"):
        account.ec2.delete_public_ipv4_pool(PoolId=public_pool)
    for number in range(4):
        account.ec2.deprovision_public_ipv4_pool_cidr(PoolId=public_pool, Cidr=f"130.137.249.{number}/32")
    account.settle()
    assert account.allocations(pool) == []
    account.ec2.delete_public_ipv4_pool(PoolId=public_pool)
    with pytest.raises(ClientError, match=r"InvalidPublicIpv4PoolID\.NotFound"):
        account.ec2.describe_public_ipv4_pools(PoolIds=[public_pool])
