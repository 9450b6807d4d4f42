"""What IPAM publishes about public addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.elastic_ips import services
from simulator.elastic_ips.metrics import datapoints

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def values(**dimensions: str) -> dict[str, float]:
    """The metrics with exactly these dimensions that are not 0."""
    return {
        datapoint.name: datapoint.value
        for datapoint in datapoints()
        if dict(datapoint.dimensions) == dimensions and datapoint.value
    }


def test_addresses_are_counted_by_region_owner_and_use(account: Account) -> None:
    ipam = account.ipam()["IpamId"]
    account.allocate()
    account.associated()
    account.allocate(PublicIpv4Pool=account.own_pool())
    account.client("eu-west-1").allocate_address()
    account.client("ap-south-1").allocate_address()
    assert values(IpamId=ipam, Region="us-east-1") == {
        "AmazonOwnedElasticIPs": 2,
        "AssociatedAmazonOwnedElasticIPs": 1,
        "UnassociatedAmazonOwnedElasticIPs": 1,
        "BringYourOwnIPs": 1,
        "UnassociatedBringYourOwnIPs": 1,
    }
    assert values(IpamId=ipam, Region="eu-west-1") == {
        "AmazonOwnedElasticIPs": 1,
        "UnassociatedAmazonOwnedElasticIPs": 1,
    }
    assert values(IpamId=ipam, Region="ap-south-1") == {}


def test_a_series_is_there_in_the_home_region_for_each_operating_region_even_if_it_is_0(account: Account) -> None:
    ipam = account.ipam()["IpamId"]
    series = [datapoint for datapoint in datapoints() if datapoint.name == "UnassociatedAmazonOwnedElasticIPs"]
    assert {dict(datapoint.dimensions)["Region"] for datapoint in series} == {"us-east-1", "eu-west-1"}
    assert {dict(datapoint.dimensions)["IpamId"] for datapoint in series} == {ipam}
    published = {(datapoint.account, datapoint.region, datapoint.namespace, datapoint.value) for datapoint in series}
    assert published == {("123456789012", "us-east-1", "AWS/IPAM", 0)}


def test_addresses_of_services_and_of_instances_are_counted_apart(account: Account) -> None:
    ipam = account.ipam()["IpamId"]
    account.instance()
    services.create_service_managed(
        "123456789012",
        "us-east-1",
        service="alb",
        subnet_id=account.default_subnet(),
        network_interface_description="ELB app/web/0123456789abcdef",
    )
    assert values(IpamId=ipam, Region="us-east-1") == {"ServiceManagedIPs": 1, "EC2PublicIPs": 1}


def test_the_addresses_of_a_contiguous_block_are_counted_by_pool(account: Account) -> None:
    scope = account.public_scope()
    pool = account.contiguous_pool(netmask_length=29)
    account.allocate(IpamPoolId=pool)
    account.allocate(IpamPoolId=pool)
    used = account.allocate(IpamPoolId=pool)
    account.ec2.associate_address(AllocationId=used, InstanceId=account.instance())
    dimensions = {"AddressFamily": "ipv4", "Locale": "us-east-1", "PoolID": pool, "ScopeID": scope}
    assert values(**dimensions) == {
        "AmazonOwnedContigIPs": 8,
        "AllocatedAmazonOwnedContigIPs": 3,
        "UnallocatedAmazonOwnedContigIPs": 5,
        "AssociatedAmazonOwnedContigIPs": 1,
        "UnassociatedAmazonOwnedContigIPs": 2,
    }
    ipam = account.ec2.describe_ipams()["Ipams"][0]["IpamId"]
    assert values(IpamId=ipam, Region="us-east-1") == {}


def test_a_released_address_stays_allocated_until_ipam_has_noticed(account: Account) -> None:
    pool = account.contiguous_pool()
    account.ec2.release_address(AllocationId=account.allocate(IpamPoolId=pool))
    dimensions = {"AddressFamily": "ipv4", "Locale": "us-east-1", "PoolID": pool, "ScopeID": account.public_scope()}
    counts = values(**dimensions)
    assert (counts["AllocatedAmazonOwnedContigIPs"], counts.get("UnassociatedAmazonOwnedContigIPs")) == (1, None)
    account.settle()
    assert values(**dimensions)["UnallocatedAmazonOwnedContigIPs"] == 4
