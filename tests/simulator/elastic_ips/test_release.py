"""ReleaseAddress, and what forbids it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from simulator.clock import CLOCK
from simulator.elastic_ips import services
from simulator.elastic_ips.orders import lock_address
from tests.simulator.elastic_ips.conftest import OTHER, refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def test_a_released_address_is_gone_with_its_tags(account: Account) -> None:
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "team", "Value": "net"}]}]
    allocation = account.allocate(TagSpecifications=tags)
    account.ec2.release_address(AllocationId=allocation)
    assert account.addresses() == []
    assert account.ec2.describe_tags()["Tags"] == []
    assert refusal(account.ec2.release_address, AllocationId=allocation) == "InvalidAllocationID.NotFound"


def test_an_address_in_use_outside_the_default_vpc_is_not_released(account: Account) -> None:
    allocation, _ = account.associated(account.other_subnet())
    public_ip = account.address(allocation)["PublicIp"]
    with pytest.raises(ClientError, match=f"InvalidIPAddress.InUse.*Address {public_ip} is in use"):
        account.ec2.release_address(AllocationId=allocation)
    assert "AssociationId" in account.address(allocation)


def test_an_address_in_use_in_the_default_vpc_is_released_silently(account: Account) -> None:
    allocation, _ = account.associated()
    account.ec2.release_address(AllocationId=allocation)
    [interface] = account.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert account.addresses() == []
    assert "Association" not in interface


def test_the_wrong_network_border_group_means_another_address(account: Account) -> None:
    allocation = account.allocate()
    wrong = {"AllocationId": allocation, "NetworkBorderGroup": "us-east-1-bos-1"}
    assert refusal(account.ec2.release_address, **wrong) == "InvalidAddress.NotFound"
    account.ec2.release_address(AllocationId=allocation, NetworkBorderGroup="us-east-1")
    assert account.addresses() == []


def test_what_another_account_has_now_is_refused_as_theirs(account: Account) -> None:
    foreign = account.other().allocate_address()["AllocationId"]
    assert refusal(account.ec2.release_address, AllocationId=foreign) == "AuthFailure"
    mine = account.ec2.allocate_address()
    account.ec2.release_address(AllocationId=mine["AllocationId"])
    services.give_away(mine["PublicIp"], to_account=OTHER, region="us-east-1")
    assert refusal(account.ec2.release_address, AllocationId=mine["AllocationId"]) == "AuthFailure"


def test_a_locked_address_stays_until_it_is_unlocked(account: Account) -> None:
    allocation = account.allocate()
    lock_address({"allocation_id": allocation, "locked": True})
    assert refusal(account.ec2.release_address, AllocationId=allocation) == "InvalidAddress.Locked"
    lock_address({"allocation_id": allocation, "locked": False})
    account.ec2.release_address(AllocationId=allocation)
    assert account.addresses() == []


def test_a_ptr_record_forbids_a_release_until_minutes_after_it_is_gone(account: Account) -> None:
    allocation = account.allocate()
    account.ec2.modify_address_attribute(AllocationId=allocation, DomainName="mail.example.com")
    assert refusal(account.ec2.release_address, AllocationId=allocation) == "InvalidAddress.PtrSet"
    account.settle(120)
    account.ec2.reset_address_attribute(AllocationId=allocation, Attribute="domain-name")
    account.settle(120)
    assert account.ec2.describe_addresses_attribute(Attribute="domain-name")["Addresses"] == []
    assert refusal(account.ec2.release_address, AllocationId=allocation) == "InvalidAddress.PtrSet"
    assert refusal(account.ec2.release_address, AllocationId=allocation, DryRun=True) == "InvalidAddress.PtrSet"
    account.settle(300)
    account.ec2.release_address(AllocationId=allocation)
    assert account.addresses() == []


@pytest.mark.parametrize(("tier", "delay"), [("advanced", 120), ("free", 48 * 3600)])
def test_an_address_of_an_ipam_pool_returns_to_it_when_ipam_has_noticed(
    account: Account, tier: str, delay: float
) -> None:
    account.ipam(Tier=tier)
    pool = account.contiguous_pool()
    account.ec2.release_address(AllocationId=account.allocate(IpamPoolId=pool))
    CLOCK.advance(delay - 1)
    assert [allocation["Cidr"] for allocation in account.allocations(pool)] == ["18.97.0.0/32"]
    CLOCK.advance(1)
    assert account.allocations(pool) == []


def test_a_release_names_the_allocation(account: Account) -> None:
    address = account.ec2.allocate_address()
    both = {"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"]}
    assert refusal(account.ec2.release_address, PublicIp=address["PublicIp"]) == "InvalidParameterValue"
    assert refusal(account.ec2.release_address, **both) == "InvalidParameterCombination"
    assert refusal(account.ec2.release_address) == "MissingParameter"


def test_a_dry_run_releases_nothing(account: Account) -> None:
    allocation = account.allocate()
    assert refusal(account.ec2.release_address, AllocationId=allocation, DryRun=True) == "DryRunOperation"
    assert account.addresses() == [allocation]


def test_what_was_for_ec2_classic_is_not_supported(account: Account) -> None:
    ec2 = account.ec2
    assert refusal(ec2.move_address_to_vpc, PublicIp="8.8.8.8") == "UnsupportedOperation"
    assert refusal(ec2.restore_address_to_classic, PublicIp="8.8.8.8") == "UnsupportedOperation"
    assert refusal(ec2.describe_moving_addresses) == "UnsupportedOperation"
