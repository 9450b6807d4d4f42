"""Tags on IPAM's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from simulator import ipam

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


def test_pools_scopes_and_ipams_are_tagged_and_untagged_like_anything_in_ec2(account: Account) -> None:
    created = account.ipam()
    pool = account.pool(created["PrivateDefaultScopeId"])
    resources = {"ipam": created["IpamId"], "ipam-scope": created["PrivateDefaultScopeId"], "ipam-pool": pool}
    account.ec2.create_tags(Resources=list(resources.values()), Tags=[{"Key": "env", "Value": "prod"}])
    for kind, resource_id in resources.items():
        tags = account.ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": [kind]}])["Tags"]
        assert [(tag["ResourceId"], tag["Key"], tag["Value"]) for tag in tags] == [(resource_id, "env", "prod")]
    account.ec2.delete_tags(Resources=[pool], Tags=[{"Key": "env"}])
    assert account.ec2.describe_ipam_pools()["IpamPools"][0]["Tags"] == []


def test_tags_are_seen_for_iam_conditions_from_any_region(account: Account, scope: str) -> None:
    pool = account.pool(scope)
    account.ec2.create_tags(Resources=[pool], Tags=[{"Key": "poolwarden:protect", "Value": "true"}])
    for region in ("us-east-1", "eu-west-1"):
        assert ipam.resource_tags("123456789012", region, pool) == {"poolwarden:protect": "true"}
    assert ipam.resource_tags("123456789012", "us-east-1", "ipam-pool-0") == {}
    assert ipam.resource_tags("999999999999", "us-east-1", pool) == {}


def test_what_is_not_there_cannot_be_tagged(account: Account) -> None:
    with pytest.raises(ClientError, match=r"InvalidIpamPoolId\.NotFound"):
        account.ec2.create_tags(Resources=["ipam-pool-0123456789abcdef0"], Tags=[{"Key": "env", "Value": "prod"}])


def test_tags_that_aws_reserves_are_refused(account: Account, scope: str) -> None:
    reserved = [{"Key": "aws:cloudformation:stack-name", "Value": "mine"}]
    with pytest.raises(ClientError, match="reserved for internal use"):
        account.ec2.create_tags(Resources=[scope], Tags=reserved)
    with pytest.raises(ClientError, match="reserved for internal use"):
        account.ec2.create_ipam_pool(
            IpamScopeId=scope,
            AddressFamily="ipv4",
            TagSpecifications=[{"ResourceType": "ipam-pool", "Tags": reserved}],
        )


def test_a_tag_specification_for_another_type_is_refused(account: Account, scope: str) -> None:
    with pytest.raises(ClientError, match="not a valid taggable resource type"):
        account.ec2.create_ipam_pool(
            IpamScopeId=scope,
            AddressFamily="ipv4",
            TagSpecifications=[{"ResourceType": "ipam", "Tags": [{"Key": "a", "Value": "b"}]}],
        )
