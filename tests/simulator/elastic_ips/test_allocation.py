"""AllocateAddress and DescribeAddresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.elastic_ips import services
from simulator.elastic_ips.settings import SETTINGS
from tests.simulator.elastic_ips.conftest import OTHER, refusal

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def test_an_address_of_amazons_is_described_as_aws_describes_it(account: Account) -> None:
    allocated = account.ec2.allocate_address()
    del allocated["ResponseMetadata"]
    assert allocated == {
        "AllocationId": allocated["AllocationId"],
        "PublicIp": allocated["PublicIp"],
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": "us-east-1",
        "Domain": "vpc",
    }
    assert account.address(allocated["AllocationId"]) == allocated


def test_addresses_of_an_ipam_pool_come_in_order_and_are_its_allocations(account: Account) -> None:
    pool = account.contiguous_pool()
    addresses = [account.ec2.allocate_address(IpamPoolId=pool) for _ in range(4)]
    assert [address["PublicIp"] for address in addresses] == ["18.97.0.0", "18.97.0.1", "18.97.0.2", "18.97.0.3"]
    assert {address["PublicIpv4Pool"] for address in addresses} == {pool}
    allocations = [(each["Cidr"], each["ResourceType"], each["ResourceId"]) for each in account.allocations(pool)]
    assert allocations == [(f"{each['PublicIp']}/32", "eip", each["AllocationId"]) for each in addresses]
    with pytest.raises(ClientError, match="too big for the pool"):
        account.ec2.allocate_address(IpamPoolId=pool)


def test_a_given_address_of_an_ipam_pool_can_be_had_once(account: Account) -> None:
    pool = account.contiguous_pool()
    assert account.ec2.allocate_address(IpamPoolId=pool, Address="18.97.0.2")["PublicIp"] == "18.97.0.2"
    for wanted in ("18.97.0.2", "18.97.0.4"):
        assert refusal(account.ec2.allocate_address, IpamPoolId=pool, Address=wanted) == "InvalidParameterValue"


def test_a_pool_must_be_public_and_for_ec2_and_for_this_region(account: Account) -> None:
    ipam = account.ipam()
    private = account.pool(ipam["PrivateDefaultScopeId"], "10.0.0.0/16", Locale="us-east-1")
    elsewhere = account.contiguous_pool(locale="eu-west-1")
    ipv6 = account.pool(
        ipam["PublicDefaultScopeId"],
        AddressFamily="ipv6",
        Locale="us-east-1",
        AwsService="ec2",
        PublicIpSource="amazon",
    )
    for pool in (private, elsewhere, ipv6):
        assert refusal(account.ec2.allocate_address, IpamPoolId=pool) == "InvalidParameterValue"
    unknown = "ipam-pool-00000000000000000"
    assert refusal(account.ec2.allocate_address, IpamPoolId=unknown) == "InvalidIpamPoolId.NotFound"


def test_the_pool_of_an_operating_region_gives_addresses_there(account: Account) -> None:
    pool = account.contiguous_pool(locale="eu-west-1")
    address = account.client("eu-west-1").allocate_address(IpamPoolId=pool)
    assert (address["PublicIp"], address["NetworkBorderGroup"]) == ("18.97.0.0", "eu-west-1")
    [allocation] = account.allocations(pool)
    assert allocation["ResourceRegion"] == "eu-west-1"


def test_a_pool_can_demand_tags_of_an_address(account: Account) -> None:
    pool = account.contiguous_pool(AllocationResourceTags=[{"Key": "env", "Value": "prod"}])
    assert refusal(account.ec2.allocate_address, IpamPoolId=pool) == "InvalidParameterValue"
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "env", "Value": "prod"}]}]
    assert account.address(account.allocate(IpamPoolId=pool, TagSpecifications=tags))["PublicIpv4Pool"] == pool


def test_an_own_range_gives_its_addresses_and_takes_them_back(account: Account) -> None:
    pool = account.own_pool()
    first = account.ec2.allocate_address(PublicIpv4Pool=pool)
    chosen = account.ec2.allocate_address(Address="130.137.249.7")
    assert (first["PublicIp"], first["PublicIpv4Pool"]) == ("130.137.249.0", pool)
    assert (chosen["PublicIp"], chosen["PublicIpv4Pool"]) == ("130.137.249.7", pool)
    assert refusal(account.ec2.allocate_address, Address="130.137.249.7") == "InvalidAddress.NotFound"
    assert account.ec2.describe_public_ipv4_pools()["PublicIpv4Pools"][0]["TotalAvailableAddressCount"] == 254
    account.ec2.release_address(AllocationId=chosen["AllocationId"])
    assert account.ec2.allocate_address(Address="130.137.249.7")["PublicIp"] == "130.137.249.7"


def test_an_own_range_that_is_used_up_says_so(account: Account) -> None:
    ipam_pool = account.pool(account.public_scope(), Locale="us-east-1", AwsService="ec2")
    proof = {"Message": "message", "Signature": "signature"}
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=ipam_pool, Cidr="130.137.249.0/24", CidrAuthorizationContext=proof)
    account.settle()
    pool = account.ec2.create_public_ipv4_pool()["PoolId"]
    account.ec2.provision_public_ipv4_pool_cidr(PoolId=pool, IpamPoolId=ipam_pool, NetmaskLength=31)
    account.allocate(PublicIpv4Pool=pool)
    account.allocate(PublicIpv4Pool=pool)
    assert refusal(account.ec2.allocate_address, PublicIpv4Pool=pool) == "InsufficientAddressCapacity"
    assert account.allocate(IpamPoolId=ipam_pool)


def test_a_released_address_can_be_recovered_as_a_new_allocation(account: Account) -> None:
    released = account.ec2.allocate_address()
    account.ec2.release_address(AllocationId=released["AllocationId"])
    recovered = account.ec2.allocate_address(Address=released["PublicIp"])
    assert recovered["PublicIp"] == released["PublicIp"]
    assert recovered["AllocationId"] != released["AllocationId"]
    assert refusal(account.ec2.allocate_address, Address=released["PublicIp"]) == "InvalidAddress.NotFound"


def test_only_who_released_an_address_recovers_it_and_only_while_nobody_else_has_it(account: Account) -> None:
    released = account.ec2.allocate_address()
    account.ec2.release_address(AllocationId=released["AllocationId"])
    assert refusal(account.other().allocate_address, Address=released["PublicIp"]) == "InvalidAddress.NotFound"
    services.give_away(released["PublicIp"], to_account=OTHER, region="us-east-1")
    assert refusal(account.ec2.allocate_address, Address=released["PublicIp"]) == "InvalidAddress.NotFound"


def test_an_address_of_an_ipam_pool_is_recovered_when_it_is_back_in_its_pool(account: Account) -> None:
    pool = account.contiguous_pool()
    account.ec2.release_address(AllocationId=account.allocate(IpamPoolId=pool))
    wanted = {"IpamPoolId": pool, "Address": "18.97.0.0"}
    assert refusal(account.ec2.allocate_address, **wanted) == "InvalidParameterValue"
    account.settle()
    assert account.ec2.allocate_address(**wanted)["PublicIp"] == "18.97.0.0"


def test_nobody_gets_an_amazon_address_by_asking_for_it(account: Account) -> None:
    for wanted in ("54.144.0.1", "8.8.8.8"):
        assert refusal(account.ec2.allocate_address, Address=wanted) == "InvalidAddress.NotFound"
    assert refusal(account.ec2.allocate_address, Address="nonsense") == "InvalidParameterValue"


def test_a_network_border_group_must_be_one_of_the_region(account: Account) -> None:
    allocated = account.ec2.allocate_address(NetworkBorderGroup="us-east-1-bos-1")
    assert allocated["NetworkBorderGroup"] == "us-east-1-bos-1"
    assert refusal(account.ec2.allocate_address, NetworkBorderGroup="eu-west-1") == "InvalidParameterValue"
    interface = account.interface()["NetworkInterfaceId"]
    assert (
        refusal(account.ec2.associate_address, AllocationId=allocated["AllocationId"], NetworkInterfaceId=interface)
        == "InvalidParameterCombination"
    )


def test_the_quota_counts_a_regions_addresses_but_not_ones_own(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SETTINGS, "addresses_per_region", 1)
    own = account.own_pool()
    account.allocate()
    assert refusal(account.ec2.allocate_address) == "AddressLimitExceeded"
    assert account.allocate(PublicIpv4Pool=own)
    assert account.client("eu-west-1").allocate_address()["PublicIp"]


def test_a_dry_run_allocates_nothing(account: Account) -> None:
    assert refusal(account.ec2.allocate_address, DryRun=True) == "DryRunOperation"
    assert account.addresses() == []


def test_an_outposts_pool_is_refused(account: Account) -> None:
    assert refusal(account.ec2.allocate_address, CustomerOwnedIpv4Pool="ipv4pool-coip-1") == "UnsupportedOperation"


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("allocation-id", "AllocationId"),
        ("association-id", "AssociationId"),
        ("instance-id", "InstanceId"),
        ("network-border-group", "NetworkBorderGroup"),
        ("network-interface-id", "NetworkInterfaceId"),
        ("network-interface-owner-id", "NetworkInterfaceOwnerId"),
        ("private-ip-address", "PrivateIpAddress"),
        ("public-ip", "PublicIp"),
        ("domain", "Domain"),
    ],
)
def test_addresses_are_filtered_by_what_they_show(account: Account, name: str, member: str) -> None:
    account.allocate(NetworkBorderGroup="us-east-1-bos-1")
    allocation = account.allocate()
    account.ec2.associate_address(AllocationId=allocation, InstanceId=account.instance())
    value = account.address(allocation)[member]
    found = account.ec2.describe_addresses(Filters=[{"Name": name, "Values": [value]}])["Addresses"]
    assert allocation in [address["AllocationId"] for address in found]
    assert {address[member] for address in found} == {value}
    assert account.ec2.describe_addresses(Filters=[{"Name": name, "Values": ["nothing"]}])["Addresses"] == []


def test_addresses_are_filtered_by_tags(account: Account) -> None:
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "team", "Value": "net"}]}]
    tagged = account.allocate(TagSpecifications=tags)
    account.allocate()
    for given in ({"Name": "tag:team", "Values": ["n*"]}, {"Name": "tag-key", "Values": ["team"]}):
        found: list[dict[str, Any]] = account.ec2.describe_addresses(Filters=[given])["Addresses"]
        assert [address["AllocationId"] for address in found] == [tagged]
    unknown = [{"Name": "unassociated", "Values": ["true"]}]
    assert refusal(account.ec2.describe_addresses, Filters=unknown) == "InvalidParameterValue"


def test_an_address_that_is_not_there_cannot_be_described(account: Account) -> None:
    unknown = "eipalloc-00000000000000000"
    assert refusal(account.ec2.describe_addresses, AllocationIds=[unknown]) == "InvalidAllocationID.NotFound"
    assert refusal(account.ec2.describe_addresses, PublicIps=["8.8.8.8"]) == "InvalidAddress.NotFound"
