"""Reads that lag: what is new, gone or changed shows after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.clock import CLOCK
from simulator.ipam.settings import changed_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.ipam.conftest import Account

LAG = 30


@pytest.fixture(autouse=True)
def _lag(account: Account) -> Iterator[None]:
    assert account.ec2 is not None
    with changed_settings(read_lag=LAG):
        yield


def described(account: Account, pool: str) -> dict[str, Any] | None:
    pools = account.ec2.describe_ipam_pools()["IpamPools"]
    return next((found for found in pools if found["IpamPoolId"] == pool), None)


def test_an_ipam_and_its_scopes_show_after_a_while_and_stay_a_while_when_they_are_gone(account: Account) -> None:
    ipam = account.ipam()
    assert account.ec2.describe_ipams()["Ipams"] == []
    with pytest.raises(ClientError, match=r"InvalidIpamId\.NotFound"):
        account.ec2.describe_ipams(IpamIds=[ipam["IpamId"]])
    CLOCK.advance(LAG)
    assert len(account.ec2.describe_ipam_scopes()["IpamScopes"]) == 2
    account.ec2.delete_ipam(IpamId=ipam["IpamId"])
    assert account.ec2.describe_ipams(IpamIds=[ipam["IpamId"]])["Ipams"][0]["IpamId"] == ipam["IpamId"]
    CLOCK.advance(LAG)
    assert account.ec2.describe_ipams()["Ipams"] == []
    assert account.ec2.describe_ipam_scopes()["IpamScopes"] == []


def test_the_state_of_a_pool_shows_late_and_filters_see_what_shows(account: Account) -> None:
    scope = account.ipam()["PrivateDefaultScopeId"]
    pool = account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4")["IpamPool"]["IpamPoolId"]
    account.settle()
    changed = account.ec2.modify_ipam_pool(IpamPoolId=pool, Description="new", AllocationMinNetmaskLength=16)
    assert changed["IpamPool"]["State"] == "modify-complete"
    stale = described(account, pool)
    assert stale is not None
    assert stale["State"] == "create-complete"
    assert {"Description", "AllocationMinNetmaskLength"}.isdisjoint(stale)
    filters = [{"Name": "state", "Values": ["modify-complete"]}]
    assert account.ec2.describe_ipam_pools(Filters=filters)["IpamPools"] == []
    CLOCK.advance(LAG)
    fresh = account.ec2.describe_ipam_pools(Filters=filters)["IpamPools"][0]
    assert (fresh["State"], fresh["Description"], fresh["AllocationMinNetmaskLength"]) == ("modify-complete", "new", 16)


def test_a_pool_that_is_gone_is_still_described_as_being_deleted(account: Account) -> None:
    pool = account.pool(account.ipam()["PrivateDefaultScopeId"])
    account.ec2.delete_ipam_pool(IpamPoolId=pool)
    CLOCK.advance(20)
    gone = described(account, pool)
    assert gone is not None
    assert gone["State"] == "create-complete"
    CLOCK.advance(15)
    deleting = described(account, pool)
    assert deleting is not None
    assert deleting["State"] == "delete-in-progress"
    CLOCK.advance(LAG)
    assert described(account, pool) is None


def test_a_block_that_was_asked_for_by_length_shows_its_cidr_with_its_state(account: Account) -> None:
    scope = account.ipam()["PrivateDefaultScopeId"]
    source = account.pool(scope, "10.0.0.0/8")
    pool = account.pool(scope, SourceIpamPoolId=source)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=16)
    CLOCK.advance(60 + LAG - 1)
    [pending] = account.pool_cidrs(pool)
    assert (pending["State"], "Cidr" in pending) == ("pending-provision", False)
    CLOCK.advance(1)
    [provisioned] = account.pool_cidrs(pool)
    assert (provisioned["State"], provisioned["Cidr"]) == ("provisioned", "10.0.0.0/16")


def test_two_changes_at_one_moment_show_together(account: Account) -> None:
    pool = account.pool(account.ipam()["PrivateDefaultScopeId"])
    account.ec2.modify_ipam_pool(IpamPoolId=pool, Description="one")
    account.ec2.modify_ipam_pool(IpamPoolId=pool, Description="two")
    stale = described(account, pool)
    assert stale is not None
    assert "Description" not in stale
    CLOCK.advance(LAG)
    fresh = described(account, pool)
    assert fresh is not None
    assert fresh["Description"] == "two"
