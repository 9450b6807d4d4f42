"""Transfers of addresses between accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from simulator.clock import CLOCK
from simulator.elastic_ips.settings import SETTINGS
from tests.simulator.elastic_ips.conftest import OTHER, refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account

DAY = 24 * 3600


def offered(account: Account, **parameters: Any) -> dict[str, str]:
    """A new address that is offered to the other account."""
    address: dict[str, str] = account.ec2.allocate_address(**parameters)
    account.ec2.enable_address_transfer(AllocationId=address["AllocationId"], TransferAccountId=OTHER)
    return address


def listed(account: Account) -> list[str]:
    transfers = account.ec2.describe_address_transfers()["AddressTransfers"]
    return [transfer["AddressTransferStatus"] for transfer in transfers]


def test_an_offer_pends_for_seven_days(account: Account) -> None:
    address = account.ec2.allocate_address()
    named = {"AllocationId": address["AllocationId"]}
    offer = account.ec2.enable_address_transfer(**named, TransferAccountId=OTHER)["AddressTransfer"]
    assert offer == {
        "PublicIp": address["PublicIp"],
        "AllocationId": address["AllocationId"],
        "TransferAccountId": OTHER,
        "TransferOfferExpirationTimestamp": offer["TransferOfferExpirationTimestamp"],
        "AddressTransferStatus": "pending",
    }
    left = offer["TransferOfferExpirationTimestamp"] - CLOCK.now()
    assert abs(left - timedelta(days=7)) < timedelta(seconds=2)
    CLOCK.advance(7 * DAY - 60)
    assert listed(account) == ["pending"]
    CLOCK.advance(60)
    assert listed(account) == []
    assert refusal(account.other().accept_address_transfer, Address=address["PublicIp"]) == "InvalidAddress.NotFound"


def test_an_accepted_address_is_the_other_accounts_without_its_tags(account: Account) -> None:
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "team", "Value": "net"}]}]
    address = offered(account, TagSpecifications=tags)
    new_tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "theirs"}]}]
    accepted = account.other().accept_address_transfer(Address=address["PublicIp"], TagSpecifications=new_tags)
    assert accepted["AddressTransfer"]["AddressTransferStatus"] == "accepted"
    assert "TransferOfferAcceptedTimestamp" in accepted["AddressTransfer"]
    [theirs] = account.other().describe_addresses()["Addresses"]
    assert (theirs["PublicIp"], theirs["Tags"]) == (address["PublicIp"], [{"Key": "Name", "Value": "theirs"}])
    assert account.addresses() == []
    assert refusal(account.ec2.release_address, AllocationId=address["AllocationId"]) == "AuthFailure"
    assert refusal(account.ec2.allocate_address, Address=address["PublicIp"]) == "InvalidAddress.NotFound"


def test_the_source_account_sees_an_accepted_transfer_for_fourteen_days(account: Account) -> None:
    account.other().accept_address_transfer(Address=offered(account)["PublicIp"])
    assert listed(account) == ["accepted"]
    assert account.other().describe_address_transfers()["AddressTransfers"] == []
    CLOCK.advance(14 * DAY)
    assert listed(account) == []


def test_an_address_without_pending_offer_can_be_offered_again(account: Account) -> None:
    named = {"AllocationId": offered(account)["AllocationId"]}
    again = {**named, "TransferAccountId": OTHER}
    assert refusal(account.ec2.enable_address_transfer, **again) == "IncorrectState"
    disabled = account.ec2.disable_address_transfer(**named)["AddressTransfer"]
    assert (disabled["AddressTransferStatus"], "TransferAccountId" in disabled) == ("disabled", False)
    assert refusal(account.ec2.disable_address_transfer, **named) == "IncorrectState"
    assert refusal(account.other().accept_address_transfer, Address=disabled["PublicIp"]) == "InvalidAddress.NotFound"
    account.ec2.enable_address_transfer(**again)
    assert listed(account) == ["pending"]


def test_only_the_account_that_it_is_for_can_accept(account: Account) -> None:
    address = account.ec2.allocate_address()
    account.ec2.enable_address_transfer(AllocationId=address["AllocationId"], TransferAccountId="111122223333")
    assert refusal(account.other().accept_address_transfer, Address=address["PublicIp"]) == "InvalidAddress.NotFound"


def test_what_forbids_a_transfer_is_told_to_who_accepts(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    in_use, with_record = account.associated()[0], account.allocate()
    account.ec2.modify_address_attribute(AllocationId=with_record, DomainName="mail.example.com")
    codes = {}
    for allocation in (in_use, with_record):
        account.ec2.enable_address_transfer(AllocationId=allocation, TransferAccountId=OTHER)
        public_ip = account.address(allocation)["PublicIp"]
        codes[allocation] = refusal(account.other().accept_address_transfer, Address=public_ip)
    assert codes == {
        in_use: "InvalidTransfer.AddressAssociated",
        with_record: "InvalidTransfer.AddressCustomPtrSet",
    }
    public_ip = offered(account)["PublicIp"]
    monkeypatch.setattr(SETTINGS, "addresses_per_region", 0)
    assert refusal(account.other().accept_address_transfer, Address=public_ip) == "AddressLimitExceeded"


def test_only_addresses_of_amazons_pool_can_be_transferred(account: Account) -> None:
    contiguous = account.allocate(IpamPoolId=account.contiguous_pool())
    own = account.allocate(PublicIpv4Pool=account.own_pool())
    for allocation in (contiguous, own):
        given = {"AllocationId": allocation, "TransferAccountId": OTHER}
        assert refusal(account.ec2.enable_address_transfer, **given) == "OperationNotPermitted"


@pytest.mark.parametrize("transfer_account", ["123456789012", "12345", "net"])
def test_an_offer_is_to_another_account(account: Account, transfer_account: str) -> None:
    given = {"AllocationId": account.allocate(), "TransferAccountId": transfer_account}
    assert refusal(account.ec2.enable_address_transfer, **given) == "InvalidParameterValue"


def test_a_released_address_is_not_offered_any_more(account: Account) -> None:
    account.ec2.release_address(AllocationId=offered(account)["AllocationId"])
    assert listed(account) == []


def test_transfers_come_in_pages_and_by_allocation(account: Account) -> None:
    allocations = sorted(offered(account)["AllocationId"] for _ in range(6))
    pages = account.ec2.get_paginator("describe_address_transfers").paginate(PaginationConfig={"PageSize": 5})
    assert [[transfer["AllocationId"] for transfer in page["AddressTransfers"]] for page in pages] == [
        allocations[:5],
        allocations[5:],
    ]
    chosen = account.ec2.describe_address_transfers(AllocationIds=allocations[:1])["AddressTransfers"]
    assert [transfer["AllocationId"] for transfer in chosen] == allocations[:1]
    assert refusal(account.ec2.describe_address_transfers, MaxResults=5, NextToken="x") == "InvalidNextToken"
    unknown = ["eipalloc-1"]
    assert refusal(account.ec2.describe_address_transfers, AllocationIds=unknown) == "InvalidAllocationID.NotFound"


def test_dry_runs_transfer_nothing(account: Account) -> None:
    address = offered(account)
    named = {"AllocationId": address["AllocationId"], "DryRun": True}
    other = account.other()
    assert refusal(account.ec2.enable_address_transfer, TransferAccountId=OTHER, **named) == "DryRunOperation"
    assert refusal(account.ec2.disable_address_transfer, **named) == "DryRunOperation"
    assert refusal(other.accept_address_transfer, Address=address["PublicIp"], DryRun=True) == "DryRunOperation"
    assert refusal(account.ec2.describe_address_transfers, DryRun=True) == "DryRunOperation"
    assert listed(account) == ["pending"]
