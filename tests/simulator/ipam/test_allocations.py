"""Allocations by hand, and VPCs from pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.ipam.settings import changed_settings

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


@pytest.fixture
def pool(account: Account, scope: str) -> str:
    """A pool for us-east-1 with 10.0.0.0/16."""
    return account.pool(scope, "10.0.0.0/16", Locale="us-east-1")


def test_a_custom_allocation_gets_the_first_free_block_and_can_be_released(account: Account, pool: str) -> None:
    first, second = (
        account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24, Description="lab")["IpamPoolAllocation"]
        for _ in range(2)
    )
    assert (first["Cidr"], second["Cidr"]) == ("10.0.0.0/24", "10.0.1.0/24")
    assert (first["ResourceType"], first["ResourceOwner"], first["Description"]) == (
        "custom",
        "123456789012",
        "lab",
    )
    released = account.ec2.release_ipam_pool_allocation(
        IpamPoolId=pool, Cidr=first["Cidr"], IpamPoolAllocationId=first["IpamPoolAllocationId"]
    )
    assert released["Success"]
    assert [allocation["Cidr"] for allocation in account.allocations(pool)] == ["10.0.1.0/24"]


def test_a_preview_shows_the_next_block_and_takes_nothing(account: Account, pool: str) -> None:
    preview = account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24, PreviewNextCidr=True)
    assert preview["IpamPoolAllocation"]["Cidr"] == "10.0.0.0/24"
    assert account.allocations(pool) == []


def test_allowed_and_disallowed_cidrs_steer_the_choice(account: Account, pool: str) -> None:
    allocation = account.ec2.allocate_ipam_pool_cidr(
        IpamPoolId=pool, NetmaskLength=24, AllowedCidrs=["10.0.8.0/21"], DisallowedCidrs=["10.0.8.0/24"]
    )["IpamPoolAllocation"]
    assert allocation["Cidr"] == "10.0.9.0/24"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingParameter"),
        ({"Cidr": "10.0.0.0/24", "NetmaskLength": 24}, "InvalidParameterCombination"),
        ({"Cidr": "10.0.0.0/24", "AllowedCidrs": ["10.0.0.0/16"]}, "InvalidParameterCombination"),
        ({"Cidr": "10.1.0.0/24"}, "InvalidParameterValue"),
        ({"Cidr": "10.0.255.0/24"}, "InvalidParameterValue"),
        ({"NetmaskLength": 16}, "InvalidParameterValue"),
        ({"NetmaskLength": 33}, "InvalidParameterValue"),
    ],
)
def test_what_the_pool_cannot_give_is_refused(
    account: Account, pool: str, parameters: dict[str, Any], code: str
) -> None:
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.255.0/25")
    with pytest.raises(ClientError) as error:
        account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, **parameters)
    assert error.value.response["Error"]["Code"] == code
    assert len(account.allocations(pool)) == 1


def test_the_rules_of_the_pool_bound_every_allocation(account: Account, scope: str) -> None:
    pool = account.pool(
        scope,
        "10.0.0.0/16",
        Locale="us-east-1",
        AllocationMinNetmaskLength=20,
        AllocationDefaultNetmaskLength=24,
        AllocationMaxNetmaskLength=26,
    )
    for length in (19, 27):
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=length)
    assert account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool)["IpamPoolAllocation"]["Cidr"] == "10.0.0.0/24"
    assert account.ec2.create_vpc(Ipv4IpamPoolId=pool)["Vpc"]["CidrBlock"] == "10.0.1.0/24"


def test_an_allocation_is_found_by_its_id_and_an_unknown_one_is_not(account: Account, pool: str) -> None:
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)
    wanted = account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)["IpamPoolAllocation"]
    found = account.ec2.get_ipam_pool_allocations(IpamPoolId=pool, IpamPoolAllocationId=wanted["IpamPoolAllocationId"])[
        "IpamPoolAllocations"
    ]
    assert [allocation["Cidr"] for allocation in found] == [wanted["Cidr"]]
    with pytest.raises(ClientError, match=r"InvalidIpamPoolAllocationId\.NotFound"):
        account.ec2.get_ipam_pool_allocations(IpamPoolId=pool, IpamPoolAllocationId="ipam-pool-alloc-0")


def test_a_vpc_takes_its_cidr_from_a_pool_of_its_region(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/8")
    regional = account.pool(scope, "10.0.0.0/16", SourceIpamPoolId=top, Locale="eu-west-1")
    away = account.client("eu-west-1")
    vpc = away.create_vpc(Ipv4IpamPoolId=regional, Ipv4NetmaskLength=24)["Vpc"]
    assert vpc["CidrBlock"] == "10.0.0.0/24"
    for client in (away, account.ec2):
        [allocation] = client.get_ipam_pool_allocations(IpamPoolId=regional)["IpamPoolAllocations"]
        assert (allocation["ResourceType"], allocation["ResourceId"]) == ("vpc", vpc["VpcId"])
        assert (allocation["ResourceRegion"], allocation["ResourceOwner"]) == ("eu-west-1", "123456789012")
    for client, pool_id in ((account.ec2, regional), (account.ec2, top)):
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            client.create_vpc(Ipv4IpamPoolId=pool_id, Ipv4NetmaskLength=24)


def test_a_vpc_can_name_its_cidr_in_the_pool(account: Account, pool: str) -> None:
    account.ec2.create_vpc(Ipv4IpamPoolId=pool, CidrBlock="10.0.4.0/24")
    assert [allocation["Cidr"] for allocation in account.allocations(pool)] == ["10.0.4.0/24"]


def test_a_vpc_that_the_pool_has_no_room_for_is_refused_in_awss_words(account: Account, pool: str) -> None:
    account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=17)
    account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=18)
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*The allocation size is too big for the pool\."):
        account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=17)
    assert len(account.allocations(pool)) == 2


def test_a_vpc_that_cannot_be_leaves_no_allocation(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/8", Locale="us-east-1")
    with pytest.raises(ClientError, match=r"InvalidVpc\.Range"):
        account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=12)
    assert account.allocations(pool) == []


def test_a_vpc_needs_the_tags_that_the_pool_requires(account: Account, scope: str) -> None:
    pool = account.pool(
        scope,
        "10.0.0.0/16",
        Locale="us-east-1",
        AllocationResourceTags=[{"Key": "env", "Value": "prod"}],
    )
    with pytest.raises(ClientError, match="missing one or more of the resource tags"):
        account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)
    account.ec2.create_vpc(
        Ipv4IpamPoolId=pool,
        Ipv4NetmaskLength=24,
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "env", "Value": "prod"}]}],
    )
    assert len(account.allocations(pool)) == 1


def test_a_deleted_vpcs_cidr_returns_after_a_while(account: Account, pool: str) -> None:
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    account.ec2.delete_vpc(VpcId=vpc)
    assert len(account.allocations(pool)) == 1
    account.settle()
    assert account.allocations(pool) == []


def test_on_the_free_tier_a_deleted_vpcs_cidr_takes_up_to_two_days(account: Account) -> None:
    scope = account.ipam(Tier="free")["PrivateDefaultScopeId"]
    pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    account.ec2.delete_vpc(VpcId=vpc)
    account.settle(47 * 3600)
    assert len(account.allocations(pool)) == 1
    account.settle(3600)
    assert account.allocations(pool) == []


def test_a_vpcs_allocation_is_not_released_by_hand(account: Account, pool: str) -> None:
    account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)
    [allocation] = account.allocations(pool)
    with pytest.raises(ClientError, match="only custom allocations"):
        account.ec2.release_ipam_pool_allocation(
            IpamPoolId=pool, Cidr=allocation["Cidr"], IpamPoolAllocationId=allocation["IpamPoolAllocationId"]
        )
    assert len(account.allocations(pool)) == 1


def test_own_allocations_are_described_over_all_pools(account: Account, scope: str, pool: str) -> None:
    child = account.pool(scope, "10.0.0.0/18", SourceIpamPoolId=pool)
    custom = account.ec2.allocate_ipam_pool_cidr(IpamPoolId=child, NetmaskLength=24, Description="lab")
    described = account.ec2.describe_ipam_pool_allocations()["IpamPoolAllocations"]
    assert [allocation["Cidr"] for allocation in described] == ["10.0.0.0/18", "10.0.0.0/24"]
    wanted = custom["IpamPoolAllocation"]["IpamPoolAllocationId"]
    [found] = account.ec2.describe_ipam_pool_allocations(IpamPoolAllocationIds=[wanted])["IpamPoolAllocations"]
    assert (found["Cidr"], found["Description"]) == ("10.0.0.0/24", "lab")
    with pytest.raises(ClientError, match=r"InvalidIpamPoolAllocationId\.NotFound"):
        account.ec2.describe_ipam_pool_allocations(IpamPoolAllocationIds=["ipam-pool-alloc-0"])


def test_an_allocations_description_can_be_changed_and_removed(account: Account, pool: str) -> None:
    allocation = account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)["IpamPoolAllocation"]
    identifier = allocation["IpamPoolAllocationId"]
    changed = account.ec2.modify_ipam_pool_allocation(IpamPoolAllocationId=identifier, Description="team a")
    assert changed["IpamPoolAllocation"]["Description"] == "team a"
    account.ec2.modify_ipam_pool_allocation(IpamPoolAllocationId=identifier)
    assert "Description" not in account.allocations(pool)[0]


def test_an_allocation_can_be_tagged(account: Account, pool: str) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    specification = [{"ResourceType": "ipam-pool-allocation", "Tags": tags}]
    allocation = account.ec2.allocate_ipam_pool_cidr(
        IpamPoolId=pool, NetmaskLength=24, TagSpecifications=specification
    )["IpamPoolAllocation"]
    assert allocation["Tags"] == tags
    account.ec2.create_tags(Resources=[allocation["IpamPoolAllocationId"]], Tags=[{"Key": "env", "Value": "lab"}])
    found = account.ec2.get_ipam_pool_allocations(IpamPoolId=pool, Filters=[{"Name": "tag:env", "Values": ["lab"]}])[
        "IpamPoolAllocations"
    ]
    assert len(found) == 1


def test_the_same_token_allocates_once(account: Account, pool: str) -> None:
    request: dict[str, Any] = {"IpamPoolId": pool, "NetmaskLength": 24, "ClientToken": "once"}
    first = account.ec2.allocate_ipam_pool_cidr(**request)["IpamPoolAllocation"]
    assert account.ec2.allocate_ipam_pool_cidr(**request)["IpamPoolAllocation"] == first
    assert len(account.allocations(pool)) == 1


def test_reads_lag_behind_by_as_much_as_is_set(account: Account, scope: str, pool: str) -> None:
    with changed_settings(read_lag=30):
        allocation = account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)["IpamPoolAllocation"]
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.1.0.0/16")
        new = account.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4")["IpamPool"]["IpamPoolId"]
        assert account.allocations(pool) == []
        assert len(account.pool_cidrs(pool)) == 1
        with pytest.raises(ClientError, match=r"InvalidIpamPoolId\.NotFound"):
            account.ec2.describe_ipam_pools(IpamPoolIds=[new])
        with pytest.raises(ClientError, match=r"InvalidIpamPoolAllocationId\.NotFound"):
            account.ec2.get_ipam_pool_allocations(
                IpamPoolId=pool, IpamPoolAllocationId=allocation["IpamPoolAllocationId"]
            )
        account.settle(30)
        assert len(account.allocations(pool)) == 1
        assert len(account.pool_cidrs(pool)) == 2
        account.ec2.describe_ipam_pools(IpamPoolIds=[new])
        account.ec2.release_ipam_pool_allocation(
            IpamPoolId=pool, Cidr=allocation["Cidr"], IpamPoolAllocationId=allocation["IpamPoolAllocationId"]
        )
        assert len(account.allocations(pool)) == 1
        account.settle(30)
        assert account.allocations(pool) == []


def test_a_block_that_reads_do_not_show_yet_is_given_to_nobody_else(account: Account, pool: str) -> None:
    with changed_settings(read_lag=30):
        blocks = {
            account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)["IpamPoolAllocation"]["Cidr"]
            for _ in range(2)
        }
    assert len(blocks) == 2
