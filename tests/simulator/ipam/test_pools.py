"""IPAMs, scopes and pools: creation, description, change and deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.core.base_backend import BackendDict

from simulator.ipam.settings import changed_settings

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_an_ipam_comes_with_a_public_and_a_private_scope(account: Account) -> None:
    created = account.ipam()
    assert created["State"] == "create-in-progress"
    [ipam] = account.ec2.describe_ipams()["Ipams"]
    assert ipam["State"] == "create-complete"
    assert {region["RegionName"] for region in ipam["OperatingRegions"]} == {"us-east-1", "eu-west-1"}
    scopes = account.ec2.describe_ipam_scopes()["IpamScopes"]
    assert {(scope["IpamScopeId"], scope["IpamScopeType"], scope["State"]) for scope in scopes} == {
        (ipam["PublicDefaultScopeId"], "public", "create-complete"),
        (ipam["PrivateDefaultScopeId"], "private", "create-complete"),
    }


def test_a_reset_of_moto_forgets_the_ipam(account: Account) -> None:
    account.ipam()
    BackendDict.reset()
    assert account.ec2.describe_ipams()["Ipams"] == []


def test_a_pool_is_in_progress_until_its_time_has_come(account: Account, scope: str) -> None:
    pool = account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4")["IpamPool"]
    assert (pool["State"], pool["Locale"], pool["PoolDepth"]) == ("create-in-progress", "None", 1)
    with pytest.raises(ClientError) as error:
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool["IpamPoolId"], Cidr="10.0.0.0/8")
    assert code_of(error) == "IncorrectState"
    account.settle()
    [pool] = account.ec2.describe_ipam_pools()["IpamPools"]
    assert pool["State"] == "create-complete"


def test_the_same_token_creates_one_pool_and_another_request_with_it_is_refused(account: Account, scope: str) -> None:
    request: dict[str, Any] = {"IpamScopeId": scope, "AddressFamily": "ipv4", "ClientToken": "one"}
    first = account.ec2.create_ipam_pool(**request)["IpamPool"]
    assert account.ec2.create_ipam_pool(**request)["IpamPool"]["IpamPoolId"] == first["IpamPoolId"]
    with pytest.raises(ClientError) as error:
        account.ec2.create_ipam_pool(**request, Description="another")
    assert code_of(error) == "IdempotentParameterMismatch"
    assert len(account.ec2.describe_ipam_pools()["IpamPools"]) == 1


def test_pools_are_filtered_by_what_they_are_and_by_tags(account: Account, scope: str) -> None:
    top = account.pool(scope)
    child = account.pool(
        scope,
        SourceIpamPoolId=top,
        Locale="eu-west-1",
        TagSpecifications=[{"ResourceType": "ipam-pool", "Tags": [{"Key": "env", "Value": "prod"}]}],
    )

    def found(**filters: str) -> list[str]:
        pools = account.ec2.describe_ipam_pools(
            Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()]
        )["IpamPools"]
        return [pool["IpamPoolId"] for pool in pools]

    assert found() == [top, child]
    assert found(**{"ipam-scope-id": scope, "state": "create-complete"}) == [top, child]
    assert found(locale="eu-west-1") == [child]
    assert found(**{"source-ipam-pool-id": top}) == [child]
    assert found(**{"tag:env": "pr*"}) == [child]
    assert found(**{"tag-key": "env"}) == [child]
    assert found(**{"address-family": "ipv6"}) == []
    with pytest.raises(ClientError) as error:
        found(colour="red")
    assert code_of(error) == "InvalidParameterValue"


def test_pools_come_in_pages_that_skip_and_repeat_nothing(account: Account, scope: str) -> None:
    pools = [
        account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4")["IpamPool"]["IpamPoolId"]
        for _ in range(12)
    ]
    pages = [
        [pool["IpamPoolId"] for pool in page["IpamPools"]]
        for page in account.ec2.get_paginator("describe_ipam_pools").paginate(PaginationConfig={"PageSize": 5})
    ]
    assert [len(page) for page in pages] == [5, 5, 2]
    assert [pool for page in pages for pool in page] == pools


@pytest.mark.parametrize("size", [4, 1001])
def test_a_page_size_outside_the_documented_bounds_is_refused(account: Account, size: int) -> None:
    unchecked = account.unchecked_client()
    with pytest.raises(ClientError) as error:
        unchecked.describe_ipam_pools(MaxResults=size)
    assert code_of(error) == "InvalidParameterValue"


def test_a_pool_is_seen_from_its_home_region_and_its_locale_only(account: Account, scope: str) -> None:
    pool = account.pool(scope, Locale="eu-west-1")
    seen = {
        region: [found["IpamPoolId"] for found in account.client(region).describe_ipam_pools()["IpamPools"]]
        for region in ("us-east-1", "eu-west-1", "eu-central-1")
    }
    assert seen == {"us-east-1": [pool], "eu-west-1": [pool], "eu-central-1": []}


def test_a_locale_must_be_an_operating_region(account: Account, scope: str) -> None:
    with pytest.raises(ClientError) as error:
        account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", Locale="ap-south-1")
    assert code_of(error) == "InvalidParameterValue"


def test_a_child_has_the_locale_of_its_source_pool(account: Account, scope: str) -> None:
    regional = account.pool(scope, Locale="eu-west-1")
    child = account.pool(scope, SourceIpamPoolId=regional)
    [described] = account.ec2.describe_ipam_pools(IpamPoolIds=[child])["IpamPools"]
    assert (described["Locale"], described["PoolDepth"]) == ("eu-west-1", 2)
    with pytest.raises(ClientError):
        account.ec2.create_ipam_pool(
            IpamScopeId=scope, AddressFamily="ipv4", SourceIpamPoolId=regional, Locale="us-east-1"
        )


def test_allocation_rules_can_be_changed_and_the_default_cleared(account: Account, scope: str) -> None:
    pool = account.pool(
        scope,
        AllocationMinNetmaskLength=16,
        AllocationDefaultNetmaskLength=20,
        AllocationMaxNetmaskLength=28,
        AllocationResourceTags=[{"Key": "env", "Value": "prod"}],
    )
    changed = account.ec2.modify_ipam_pool(
        IpamPoolId=pool,
        AllocationMaxNetmaskLength=26,
        ClearAllocationDefaultNetmaskLength=True,
        AddAllocationResourceTags=[{"Key": "team", "Value": "net"}],
        RemoveAllocationResourceTags=[{"Key": "env", "Value": "prod"}],
        Description="changed",
    )["IpamPool"]
    assert changed["State"] == "modify-complete"
    assert changed["AllocationMinNetmaskLength"] == 16
    assert changed["AllocationMaxNetmaskLength"] == 26
    assert "AllocationDefaultNetmaskLength" not in changed
    assert changed["AllocationResourceTags"] == [{"Key": "team", "Value": "net"}]
    assert changed["Description"] == "changed"


def test_rules_that_contradict_each_other_are_refused(account: Account, scope: str) -> None:
    with pytest.raises(ClientError) as error:
        account.ec2.create_ipam_pool(
            IpamScopeId=scope,
            AddressFamily="ipv4",
            AllocationMinNetmaskLength=24,
            AllocationMaxNetmaskLength=20,
        )
    assert code_of(error) == "InvalidParameterValue"


def test_an_eleventh_level_and_a_pool_too_many_are_refused(account: Account, scope: str) -> None:
    with changed_settings(pool_depth=2):
        top = account.pool(scope)
        child = account.pool(scope, SourceIpamPoolId=top)
        with pytest.raises(ClientError) as error:
            account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", SourceIpamPoolId=child)
    assert code_of(error) == "ResourceLimitExceeded"
    with changed_settings(pools_per_scope=2), pytest.raises(ClientError) as error:
        account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4")
    assert code_of(error) == "ResourceLimitExceeded"


def test_a_pool_with_a_cidr_is_deleted_only_by_cascade(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/8")
    child = account.pool(scope, "10.0.0.0/16", SourceIpamPoolId=top)
    with pytest.raises(ClientError) as error:
        account.ec2.delete_ipam_pool(IpamPoolId=child)
    assert code_of(error) == "DependencyViolation"
    assert account.ec2.delete_ipam_pool(IpamPoolId=child, Cascade=True)["IpamPool"]["State"] == "delete-in-progress"
    account.settle()
    assert account.allocations(top) == []
    with pytest.raises(ClientError) as error:
        account.ec2.describe_ipam_pools(IpamPoolIds=[child])
    assert code_of(error) == "InvalidIpamPoolId.NotFound"


def test_deleting_an_ipam_with_pools_takes_cascade(account: Account) -> None:
    ipam = account.ipam()
    account.pool(ipam["PrivateDefaultScopeId"], "10.0.0.0/8")
    with pytest.raises(ClientError) as error:
        account.ec2.delete_ipam(IpamId=ipam["IpamId"])
    assert code_of(error) == "DependencyViolation"
    deleted = account.ec2.delete_ipam(IpamId=ipam["IpamId"], Cascade=True)["Ipam"]
    assert deleted["State"] == "delete-in-progress"
    assert account.ec2.describe_ipams()["Ipams"] == []
    assert account.ec2.describe_ipam_scopes()["IpamScopes"] == []
    assert account.ec2.describe_ipam_pools()["IpamPools"] == []


def test_one_ipam_a_region_and_five_scopes_an_ipam(account: Account) -> None:
    ipam = account.ipam()["IpamId"]
    with pytest.raises(ClientError) as error:
        account.ipam()
    assert code_of(error) == "ResourceLimitExceeded"
    for _ in range(3):
        account.ec2.create_ipam_scope(IpamId=ipam)
    with pytest.raises(ClientError) as error:
        account.ec2.create_ipam_scope(IpamId=ipam)
    assert code_of(error) == "ResourceLimitExceeded"


def test_a_default_scope_stays_and_a_scope_of_ones_own_goes(account: Account) -> None:
    ipam = account.ipam()
    with pytest.raises(ClientError) as error:
        account.ec2.delete_ipam_scope(IpamScopeId=ipam["PrivateDefaultScopeId"])
    assert code_of(error) == "OperationNotPermitted"
    own = account.ec2.create_ipam_scope(IpamId=ipam["IpamId"], Description="lab")["IpamScope"]
    assert (own["IpamScopeType"], own["IsDefault"], own["Description"]) == ("private", False, "lab")
    account.ec2.delete_ipam_scope(IpamScopeId=own["IpamScopeId"])
    assert len(account.ec2.describe_ipam_scopes()["IpamScopes"]) == 2


def test_dry_run_changes_nothing_and_says_so(account: Account, scope: str) -> None:
    with pytest.raises(ClientError) as error:
        account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", DryRun=True)
    assert code_of(error) == "DryRunOperation"
    assert account.ec2.describe_ipam_pools()["IpamPools"] == []


def dummy(shape: Any) -> Any:
    """The least that a request of this shape can hold."""
    if shape.type_name == "structure":
        return {name: dummy(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [dummy(shape.member)]
    plain = {"boolean": True, "integer": 1, "long": 1, "timestamp": "2030-01-01T00:00:00Z"}
    return plain.get(shape.type_name, "10.0.0.0/24" if "Cidr" in shape.name else "x")


def test_every_operation_of_ipam_does_something_or_says_that_it_is_not_supported(account: Account) -> None:
    """Nothing of IPAM ends in moto's NotImplementedError or in an empty success."""
    model = account.ec2.meta.service_model
    unsupported = set()
    for name in (name for name in model.operation_names if "Ipam" in name):
        try:
            getattr(account.ec2, xform_name(name))(**dummy(model.operation_model(name).input_shape))
        except ClientError as error:
            if error.response["Error"]["Code"] == "UnsupportedOperation":
                unsupported.add(name)
    families = ("InternetRegistry", "PrefixList", "Route", "Routing")
    assert {name for name in unsupported if not any(family in name for family in families)} == set()


def test_the_answer_to_a_deletion_shows_the_ipam_with_its_scopes(account: Account) -> None:
    made = account.ipam()
    deleted = account.ec2.delete_ipam(IpamId=made["IpamId"])["Ipam"]
    assert deleted == {**made, "State": "delete-in-progress"}
