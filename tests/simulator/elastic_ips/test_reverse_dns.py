"""PTR records: ModifyAddressAttribute, ResetAddressAttribute, DescribeAddressesAttribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def described(account: Account, **parameters: Any) -> list[dict[str, Any]]:
    answer = account.ec2.describe_addresses_attribute(Attribute="domain-name", **parameters)
    return list(answer["Addresses"])


def test_a_ptr_record_is_pending_first_and_then_set(account: Account) -> None:
    address = account.ec2.allocate_address()
    named = {"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"]}
    asked = account.ec2.modify_address_attribute(AllocationId=address["AllocationId"], DomainName="mail.example.com")
    pending = {**named, "PtrRecordUpdate": {"Value": "mail.example.com.", "Status": "PENDING"}}
    assert asked["Address"] == pending
    assert described(account) == [pending]
    account.settle(60)
    assert described(account) == [{**named, "PtrRecord": "mail.example.com."}]


def test_a_record_stays_until_its_change_is_done(account: Account) -> None:
    allocation = account.allocate()
    for name in ("old.example.com", "new.example.com."):
        account.ec2.modify_address_attribute(AllocationId=allocation, DomainName=name)
        if name.startswith("old"):
            account.settle(60)
    [changing] = described(account)
    assert (changing["PtrRecord"], changing["PtrRecordUpdate"]["Value"]) == ("old.example.com.", "new.example.com.")
    account.settle(60)
    assert described(account)[0]["PtrRecord"] == "new.example.com."


def test_the_last_of_two_changes_wins(account: Account) -> None:
    allocation = account.allocate()
    account.ec2.modify_address_attribute(AllocationId=allocation, DomainName="first.example.com")
    account.settle(30)
    account.ec2.modify_address_attribute(AllocationId=allocation, DomainName="last.example.com")
    account.settle(30)
    assert "PtrRecord" not in described(account)[0]
    account.settle(30)
    assert described(account)[0]["PtrRecord"] == "last.example.com."


def test_an_address_without_a_record_is_not_described_even_if_named(account: Account) -> None:
    allocation = account.allocate()
    assert described(account, AllocationIds=[allocation]) == []
    account.ec2.modify_address_attribute(AllocationId=allocation, DomainName="mail.example.com")
    account.settle(60)
    reset = account.ec2.reset_address_attribute(AllocationId=allocation, Attribute="domain-name")["Address"]
    assert (reset["PtrRecord"], reset["PtrRecordUpdate"]) == ("mail.example.com.", {"Status": "PENDING"})
    account.settle(60)
    assert described(account, AllocationIds=[allocation]) == []


def test_records_come_in_pages(account: Account) -> None:
    allocations = {account.allocate() for _ in range(5)}
    for number, allocation in enumerate(allocations):
        account.ec2.modify_address_attribute(AllocationId=allocation, DomainName=f"mail{number}.example.com")
    pages = account.ec2.get_paginator("describe_addresses_attribute").paginate(
        Attribute="domain-name", PaginationConfig={"PageSize": 2}
    )
    shown = [[address["AllocationId"] for address in page["Addresses"]] for page in pages]
    assert [len(page) for page in shown] == [2, 2, 1]
    assert {allocation for page in shown for allocation in page} == allocations


@pytest.mark.parametrize("name", ["not a name", "example", "-.example.com", "a" * 64 + ".example.com"])
def test_a_record_must_be_a_domain_name(account: Account, name: str) -> None:
    given = {"AllocationId": account.allocate(), "DomainName": name}
    assert refusal(account.ec2.modify_address_attribute, **given) == "InvalidParameterValue"


def test_only_an_address_of_ones_own_gets_a_record(account: Account) -> None:
    foreign = account.other().allocate_address()["AllocationId"]
    for allocation, code in (("eipalloc-1", "InvalidAllocationID.NotFound"), (foreign, "AuthFailure")):
        named = {"AllocationId": allocation}
        assert refusal(account.ec2.modify_address_attribute, DomainName="mail.example.com", **named) == code
        assert refusal(account.ec2.reset_address_attribute, Attribute="domain-name", **named) == code


def test_dry_runs_set_and_reset_nothing(account: Account) -> None:
    named = {"AllocationId": account.allocate(), "DryRun": True}
    ec2 = account.ec2
    assert refusal(ec2.modify_address_attribute, DomainName="mail.example.com", **named) == "DryRunOperation"
    assert refusal(ec2.reset_address_attribute, Attribute="domain-name", **named) == "DryRunOperation"
    assert refusal(ec2.describe_addresses_attribute, Attribute="domain-name", DryRun=True) == "DryRunOperation"
    assert described(account) == []
