"""Public addresses as IPAM discovers them: whose, of which kind, in use or not, and by what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.clock import CLOCK
from simulator.elastic_ips import services
from tests.simulator.elastic_ips.conftest import OTHER
from tests.simulator.ipam import organization
from tests.simulator.ipam.conftest import ACCOUNT, HOME

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


@pytest.fixture
def discovery(account: Account) -> str:
    """The resource discovery of the account's IPAM."""
    return str(account.ipam()["DefaultResourceDiscoveryId"])


def discovered(account: Account, discovery: str, region: str = HOME, **parameters: Any) -> dict[str, dict[str, Any]]:
    """What the discovery shows in a Region, by address."""
    answer = account.ec2.get_ipam_discovered_public_addresses(
        IpamResourceDiscoveryId=discovery, AddressRegion=region, **parameters
    )
    return {found["Address"]: found for found in answer["IpamDiscoveredPublicAddresses"]}


def test_addresses_show_some_time_after_they_changed_and_say_when_they_were_sampled(
    account: Account, discovery: str
) -> None:
    account.settle()
    address = account.ec2.allocate_address(
        TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [{"Key": "team", "Value": "net"}]}]
    )
    assert discovered(account, discovery) == {}
    account.settle(300)
    [found] = discovered(account, discovery).values()
    assert abs(found.pop("SampleTime") - CLOCK.now()) < timedelta(seconds=1)
    assert found == {
        "IpamResourceDiscoveryId": discovery,
        "AddressRegion": HOME,
        "Address": address["PublicIp"],
        "AddressOwnerId": ACCOUNT,
        "AddressAllocationId": address["AllocationId"],
        "AssociationStatus": "disassociated",
        "AddressType": "amazon-owned-eip",
        "NetworkBorderGroup": HOME,
        "Tags": {"EipTags": [{"Key": "team", "Value": "net"}]},
        "SecurityGroups": [],
    }
    account.ec2.release_address(AllocationId=address["AllocationId"])
    assert len(discovered(account, discovery)) == 1
    account.settle(300)
    assert discovered(account, discovery) == {}


def test_the_oldest_sample_time_is_told_with_each_page(account: Account, discovery: str) -> None:
    account.allocate()
    account.settle()
    answer = account.ec2.get_ipam_discovered_public_addresses(IpamResourceDiscoveryId=discovery, AddressRegion=HOME)
    assert answer["OldestSampleTime"] == answer["IpamDiscoveredPublicAddresses"][0]["SampleTime"]


def test_each_kind_of_address_has_its_type(account: Account, discovery: str) -> None:
    account.own_pool()
    pool = account.contiguous_pool()
    own_pool = account.ec2.describe_public_ipv4_pools()["PublicIpv4Pools"][0]["PoolId"]
    expected = {
        account.ec2.allocate_address()["PublicIp"]: ("amazon-owned-eip", None),
        account.ec2.allocate_address(IpamPoolId=pool)["PublicIp"]: ("amazon-owned-contig", pool),
        account.ec2.allocate_address(PublicIpv4Pool=own_pool)["PublicIp"]: ("byoip", own_pool),
    }
    account.instance()
    account.settle()
    found = discovered(account, discovery)
    kinds = {address: (one["AddressType"], one.get("PublicIpv4PoolId")) for address, one in found.items()}
    ec2s = {address: kind for address, kind in kinds.items() if address not in expected}
    assert {address: kind for address, kind in kinds.items() if address in expected} == expected
    assert list(ec2s.values()) == [("ec2-public-ip", None)]


def test_an_address_on_an_instance_says_where_it_is(account: Account, discovery: str) -> None:
    subnet = account.other_subnet()
    allocation, _ = account.associated(subnet)
    interface = account.address(allocation)["NetworkInterfaceId"]
    account.settle()
    [found] = discovered(account, discovery).values()
    assert found["AssociationStatus"] == "associated"
    assert (found["SubnetId"], found["NetworkInterfaceId"]) == (subnet, interface)
    assert found["SecurityGroups"][0]["GroupName"] == "default"
    assert "Service" not in found


def test_an_address_in_the_hands_of_a_service_names_the_service_and_the_resource(
    account: Account, discovery: str
) -> None:
    services.create_service_managed(
        ACCOUNT,
        HOME,
        service="alb",
        subnet_id=account.default_subnet(),
        network_interface_description="ELB app/web/50dc6c495c0c9188",
    )
    allocation = account.allocate()
    gateway = account.ec2.create_nat_gateway(SubnetId=account.other_subnet(), AllocationId=allocation)["NatGateway"]
    account.settle()
    found = {one["Service"]: one for one in discovered(account, discovery).values()}
    balanced, translated = found["load-balancer"], found["nat-gateway"]
    arn = f"arn:aws:elasticloadbalancing:{HOME}:{ACCOUNT}:loadbalancer/app/web/50dc6c495c0c9188"
    assert (balanced["AddressType"], balanced["ServiceResource"]) == ("service-managed-ip", arn)
    assert balanced["NetworkInterfaceDescription"] == "ELB app/web/50dc6c495c0c9188"
    assert (translated["AddressType"], translated["ServiceResource"]) == ("amazon-owned-eip", gateway["NatGatewayId"])


def test_the_addresses_of_a_whole_organisation_show_by_region(account: Account) -> None:
    organization.found()
    account.of(organization.MANAGEMENT).enable_ipam_organization_admin_account(DelegatedAdminAccountId=ACCOUNT)
    discovery = account.ipam()["DefaultResourceDiscoveryId"]
    owners = [organization.AT_ROOT, organization.IN_OUTER, organization.IN_INNER, OTHER]
    allocated = {owner: account.of(owner, "eu-west-1").allocate_address()["PublicIp"] for owner in owners}
    account.settle()
    found = discovered(account, discovery, "eu-west-1")
    assert {address: one["AddressOwnerId"] for address, one in found.items()} == {
        allocated[owner]: owner for owner in owners if owner != OTHER
    }
    assert discovered(account, discovery, "us-west-2") == {}


def test_addresses_come_in_pages_and_are_filtered(account: Account, discovery: str) -> None:
    for _ in range(11):
        account.allocate()
    allocation, _ = account.associated()
    account.settle()
    where = {"IpamResourceDiscoveryId": discovery, "AddressRegion": HOME}
    first = account.ec2.get_ipam_discovered_public_addresses(**where, MaxResults=7)
    rest = account.ec2.get_ipam_discovered_public_addresses(**where, MaxResults=7, NextToken=first["NextToken"])
    pages = [{one["Address"] for one in page["IpamDiscoveredPublicAddresses"]} for page in (first, rest)]
    assert ([len(page) for page in pages], len(set.union(*pages))) == ([7, 5], 12)
    assert "NextToken" not in rest
    filters = [{"Name": "association-status", "Values": ["associated"]}]
    [used] = discovered(account, discovery, Filters=filters).values()
    assert used["AddressAllocationId"] == allocation
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        discovered(account, discovery, Filters=[{"Name": "colour", "Values": ["red"]}])
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        discovered(account, discovery, MaxResults=1001)
