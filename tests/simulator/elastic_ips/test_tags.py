"""Tags on addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.elastic_ips.conftest import refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def test_an_address_is_tagged_and_untagged(account: Account) -> None:
    allocation = account.allocate()
    assert "Tags" not in account.address(allocation)
    account.ec2.create_tags(Resources=[allocation], Tags=[{"Key": "team", "Value": "net"}])
    assert account.address(allocation)["Tags"] == [{"Key": "team", "Value": "net"}]
    [tag] = account.ec2.describe_tags()["Tags"]
    assert (tag["ResourceId"], tag["ResourceType"]) == (allocation, "elastic-ip")
    account.ec2.delete_tags(Resources=[allocation], Tags=[{"Key": "team"}])
    assert "Tags" not in account.address(allocation)


def test_users_cannot_set_tags_that_begin_with_aws(account: Account) -> None:
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "mine"}]
    specification = [{"ResourceType": "elastic-ip", "Tags": tags}]
    allocation = account.allocate()
    assert refusal(account.ec2.allocate_address, TagSpecifications=specification) == "InvalidParameterValue"
    assert refusal(account.ec2.create_tags, Resources=[allocation], Tags=tags) == "InvalidParameterValue"
    assert account.addresses() == [allocation]


def test_what_is_not_there_or_not_ones_own_cannot_be_tagged(account: Account) -> None:
    foreign = account.other().allocate_address()["AllocationId"]
    tags = [{"Key": "team", "Value": "net"}]
    for allocation, code in (("eipalloc-00000000000000000", "InvalidElasticIpID.NotFound"), (foreign, "AuthFailure")):
        assert refusal(account.ec2.create_tags, Resources=[allocation], Tags=tags) == code
        assert refusal(account.ec2.delete_tags, Resources=[allocation], Tags=tags) == code
