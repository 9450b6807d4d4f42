"""What IPAM publishes to CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.metrics import datapoints
from simulator.ipam.settings import changed_settings

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


def percentages(pool: str) -> dict[str, float]:
    return {
        datapoint.name: datapoint.value
        for datapoint in datapoints()
        if dict(datapoint.dimensions).get("PoolID") == pool and datapoint.unit == "Percent"
    }


def test_a_pools_space_is_available_assigned_or_allocated(account: Account, scope: str) -> None:
    top = account.pool(scope, "10.0.0.0/16")
    child = account.pool(scope, "10.0.0.0/18", SourceIpamPoolId=top, Locale="us-east-1")
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=top, NetmaskLength=17)
    account.ec2.create_vpc(Ipv4IpamPoolId=child, Ipv4NetmaskLength=19)
    assert percentages(top) == {"PercentAvailable": 25, "PercentAllocated": 25, "PercentAssigned": 50}
    assert percentages(child) == {"PercentAvailable": 50, "PercentAllocated": 0, "PercentAssigned": 50}


def test_pool_series_carry_the_documented_dimensions_in_the_home_region(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16", Locale="eu-west-1")
    [series] = [datapoint for datapoint in datapoints() if datapoint.name == "PercentAvailable"]
    assert dict(series.dimensions) == {
        "AddressFamily": "ipv4",
        "Locale": "eu-west-1",
        "PoolID": pool,
        "ScopeID": scope,
    }
    assert (series.account, series.region, series.namespace) == ("123456789012", "us-east-1", "AWS/IPAM")


def test_a_pool_without_a_provisioned_cidr_publishes_no_percentages(account: Account, scope: str) -> None:
    pool = account.pool(scope)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.0.0/8")
    assert percentages(pool) == {}
    account.settle()
    assert percentages(pool)["PercentAvailable"] == 100


def test_nothing_is_published_of_a_pool_that_is_not_measured(account: Account, scope: str) -> None:
    unseen, seen = account.pool(scope, "10.0.0.0/16"), account.pool(scope, "10.1.0.0/16")
    with changed_settings(unmeasured_pools=(unseen,)):
        published = {dict(datapoint.dimensions).get("PoolID") for datapoint in datapoints()}
    assert seen in published
    assert unseen not in published


def counts(**dimensions: str) -> dict[str, float]:
    return {
        datapoint.name: datapoint.value
        for datapoint in datapoints()
        if datapoint.unit == "Count" and dict(datapoint.dimensions) == dimensions
    }


def test_resource_cidrs_are_counted_by_pool_and_by_scope(account: Account, scope: str) -> None:
    """The default VPC is the second unmanaged CIDR."""
    pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    for _ in range(2):
        account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)
    account.ec2.create_vpc(CidrBlock="10.0.0.0/20")
    account.settle()
    assert counts(AddressFamily="ipv4", Locale="us-east-1", PoolID=pool, ScopeID=scope) == {
        "CompliantResourceCidrs": 2,
        "NoncompliantResourceCidrs": 0,
    }
    assert counts(AddressFamily="ipv4", ScopeID=scope) == {
        "CompliantResourceCidrs": 2,
        "NoncompliantResourceCidrs": 0,
        "OverlappingResourceCidrs": 3,
        "ManagedResourceCidrs": 2,
        "UnmanagedResourceCidrs": 2,
    }


def usages(name: str) -> dict[str, float]:
    """The values of a usage metric, by the id of the resource."""
    dimension = {"VpcIPUsage": "VpcID", "SubnetIPUsage": "SubnetID", "PublicIPv4PoolIPUsage": "PublicIPv4PoolID"}[name]
    return {
        dict(datapoint.dimensions)[dimension]: datapoint.value for datapoint in datapoints() if datapoint.name == name
    }


def test_the_usage_of_vpcs_is_counted_over_all_their_cidrs(account: Account, scope: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    account.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/24")
    subnet = account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    account.settle()
    assert usages("VpcIPUsage")[vpc] == 0.5
    assert usages("SubnetIPUsage")[subnet] == round(5 / 256, 4)
    [series] = [point for point in datapoints() if dict(point.dimensions).get("SubnetID") == subnet]
    assert dict(series.dimensions) == {
        "AddressFamily": "ipv4",
        "OwnerID": "123456789012",
        "Region": "us-east-1",
        "ScopeID": scope,
        "SubnetID": subnet,
        "VpcID": vpc,
    }


def test_only_the_fullest_the_emptiest_and_the_largest_from_pools_are_published(account: Account, scope: str) -> None:
    """The default VPC is three eighths full, so it is none of them."""
    pool = account.pool(scope, "10.0.0.0/24", Locale="us-east-1")
    from_pool = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    empty, full = (account.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"] for cidr in ("10.1.0.0/24", "10.2.0.0/24"))
    account.ec2.create_subnet(VpcId=from_pool, CidrBlock="10.0.0.0/26")
    account.ec2.create_subnet(VpcId=full, CidrBlock="10.2.0.0/24")
    account.settle()
    with changed_settings(usage_metrics=1):
        assert usages("VpcIPUsage") == {from_pool: 0.25, empty: 0.0, full: 1.0}
    assert len(usages("VpcIPUsage")) == 4
