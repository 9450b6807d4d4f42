"""Provisioning and deprovisioning CIDRs."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.ipam.settings import changed_settings

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


def failure(cidr: dict[str, Any]) -> tuple[str, str]:
    return cidr["State"], cidr["FailureReason"]["Code"]


def test_a_cidr_pends_and_is_then_provisioned(account: Account, scope: str) -> None:
    pool = account.pool(scope)
    asked = account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.0.0/8")["IpamPoolCidr"]
    assert (asked["Cidr"], asked["State"]) == ("10.0.0.0/8", "pending-provision")
    assert account.pool_cidrs(pool)[0]["State"] == "pending-provision"
    account.settle()
    [cidr] = account.pool_cidrs(pool)
    assert (cidr["Cidr"], cidr["State"], cidr["NetmaskLength"]) == ("10.0.0.0/8", "provisioned", 8)
    assert cidr["IpamPoolCidrId"] == asked["IpamPoolCidrId"]


def test_a_childs_cidr_is_an_allocation_of_its_source_pool(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/8")
    child = account.pool(scope, "10.1.0.0/16", SourceIpamPoolId=top)
    [allocation] = account.allocations(top)
    assert (allocation["Cidr"], allocation["ResourceType"]) == ("10.1.0.0/16", "ipam-pool")
    assert allocation["ResourceId"] == child


def test_a_netmask_length_gets_the_first_free_block_whose_cidr_shows_once_provisioned(
    account: Account, scope: str
) -> None:
    top = account.pool(scope, "10.0.0.0/8")
    account.pool(scope, "10.0.0.0/16", SourceIpamPoolId=top)
    child = account.pool(scope, SourceIpamPoolId=top)
    asked = account.ec2.provision_ipam_pool_cidr(IpamPoolId=child, NetmaskLength=16)["IpamPoolCidr"]
    assert "Cidr" not in asked
    assert "Cidr" not in account.pool_cidrs(child)[0]
    account.settle()
    assert account.pool_cidrs(child)[0]["Cidr"] == "10.1.0.0/16"


def test_a_block_that_the_source_pool_has_not_free_fails_and_says_why(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/16")
    account.pool(scope, "10.0.0.0/24", SourceIpamPoolId=top)
    child = account.pool(scope, SourceIpamPoolId=top)
    for cidr in ("10.0.0.0/23", "192.168.0.0/24"):
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=child, Cidr=cidr)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=child, NetmaskLength=16)
    assert [failure(cidr) for cidr in account.pool_cidrs(child)] == [("pending-provision", "cidr-not-available")] * 3
    account.settle()
    assert [failure(cidr) for cidr in account.pool_cidrs(child)] == [("failed-provision", "cidr-not-available")] * 3
    assert len(account.allocations(top)) == 1


def test_top_level_pools_of_a_scope_never_overlap_but_scopes_may(account: Account) -> None:
    ipam = account.ipam()
    scope = ipam["PrivateDefaultScopeId"]
    account.pool(scope, "10.0.0.0/8")
    other = account.pool(scope)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=other, Cidr="10.128.0.0/9")
    account.settle()
    assert failure(account.pool_cidrs(other)[0]) == ("failed-provision", "cidr-not-available")
    own = account.ec2.create_ipam_scope(IpamId=ipam["IpamId"])["IpamScope"]["IpamScopeId"]
    account.pool(own, "10.0.0.0/8")


def test_two_pending_requests_never_get_the_same_block(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/23")
    children = [account.pool(scope, SourceIpamPoolId=top) for _ in range(3)]
    for child in children:
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=child, NetmaskLength=24)
    account.settle()
    got = [account.pool_cidrs(child)[0] for child in children]
    assert [cidr["State"] for cidr in got] == ["provisioned", "provisioned", "failed-provision"]
    assert not ip_network(got[0]["Cidr"]).overlaps(ip_network(got[1]["Cidr"]))


def test_the_same_token_provisions_once(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/8")
    child = account.pool(scope, SourceIpamPoolId=top)
    request: dict[str, Any] = {"IpamPoolId": child, "NetmaskLength": 24, "ClientToken": "decision"}
    first = account.ec2.provision_ipam_pool_cidr(**request)["IpamPoolCidr"]
    account.settle()
    assert account.ec2.provision_ipam_pool_cidr(**request)["IpamPoolCidr"] == first
    assert len(account.pool_cidrs(child)) == 1
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        account.ec2.provision_ipam_pool_cidr(**{**request, "NetmaskLength": 25})
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=child, NetmaskLength=24)
    assert len(account.pool_cidrs(child)) == 2


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingParameter"),
        ({"Cidr": "10.0.0.0/24", "NetmaskLength": 24}, "InvalidParameterCombination"),
        ({"NetmaskLength": 24}, "InvalidParameterCombination"),
        ({"Cidr": "10.0.0.1/24"}, "InvalidParameterValue"),
        ({"Cidr": "ten"}, "InvalidParameterValue"),
        ({"Cidr": "fd80::/32"}, "InvalidParameterValue"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused_at_once(
    account: Account, scope: str, parameters: dict[str, Any], code: str
) -> None:
    pool = account.pool(scope)
    with pytest.raises(ClientError) as error:
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, **parameters)
    assert error.value.response["Error"]["Code"] == code
    assert account.pool_cidrs(pool) == []


def test_a_pool_takes_no_more_cidrs_than_its_quota(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16", "10.1.0.0/16")
    with changed_settings(cidrs_per_pool=2):
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.2.0.0/16")
    account.settle()
    assert failure(account.pool_cidrs(pool)[-1]) == ("failed-provision", "limit-exceeded")


def test_a_deprovisioned_cidr_goes_back_to_the_source_pool(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/8")
    child = account.pool(scope, "10.0.0.0/16", SourceIpamPoolId=top)
    asked = account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=child, Cidr="10.0.0.0/16")["IpamPoolCidr"]
    assert asked["State"] == "pending-deprovision"
    account.settle()
    assert [cidr["State"] for cidr in account.pool_cidrs(child)] == ["deprovisioned"]
    assert account.allocations(top) == []
    account.settle(3600)
    assert account.pool_cidrs(child) == []


def test_a_cidr_with_allocations_stays(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16")
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)
    account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.0.0/16")
    with pytest.raises(ClientError, match="too big"):
        account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)
    account.settle()
    [cidr] = account.pool_cidrs(pool)
    assert cidr["State"] == "failed-deprovision"
    assert cidr["FailureReason"] == {"Message": "The CIDR has one or more allocations."}
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)


def test_deprovisioning_what_is_not_there_or_already_going_is_refused(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.1.0.0/16")
    account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.0.0/16")
    with pytest.raises(ClientError, match="IncorrectState"):
        account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.0.0/16")


def test_cidrs_are_filtered_with_wildcards(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16", "192.168.0.0/16")
    found = account.ec2.get_ipam_pool_cidrs(IpamPoolId=pool, Filters=[{"Name": "cidr", "Values": ["10.*"]}])
    assert [cidr["Cidr"] for cidr in found["IpamPoolCidrs"]] == ["10.0.0.0/16"]
