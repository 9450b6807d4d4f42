"""What AWS does to Elastic IPs by itself, when the control plane orders it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.elastic_ips.orders import InvalidOrder, give_address, lock_address
from tests.simulator.elastic_ips.conftest import OTHER, refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def test_an_address_that_was_given_to_another_account_is_not_recovered(account: Account) -> None:
    address = account.ec2.allocate_address()
    gift = {"public_ip": address["PublicIp"], "account": OTHER, "region": "us-east-1"}
    with pytest.raises(InvalidOrder, match="only a released address"):
        give_address(gift)
    account.ec2.release_address(AllocationId=address["AllocationId"])
    given = give_address(gift)
    assert account.other().describe_addresses()["Addresses"][0]["AllocationId"] == given["allocation_id"]
    assert refusal(account.ec2.allocate_address, Address=address["PublicIp"]) == "InvalidAddress.NotFound"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the body must be a JSON object with the members allocation_id and locked"),
        ({"allocation_id": "eipalloc-1"}, "with the members allocation_id and locked"),
        ({"allocation_id": "eipalloc-1", "locked": True, "why": ""}, "with the members allocation_id and locked"),
        ({"allocation_id": 1, "locked": True}, "allocation_id must be a text, not 1"),
        ({"allocation_id": "eipalloc-1", "locked": "yes"}, "locked must be true or false, not 'yes'"),
        ({"allocation_id": "eipalloc-1", "locked": True}, "no account has an address"),
    ],
)
def test_an_order_to_lock_that_cannot_be_understood_says_why(account: Account, document: Any, said: str) -> None:
    account.allocate()
    with pytest.raises(InvalidOrder, match=said):
        lock_address(document)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("number", ["1111", "11112222333a"])
def test_an_address_is_given_to_accounts_only(number: str) -> None:
    with pytest.raises(InvalidOrder, match="account must be 12 digits"):
        give_address({"public_ip": "54.144.0.1", "account": number, "region": "us-east-1"})
