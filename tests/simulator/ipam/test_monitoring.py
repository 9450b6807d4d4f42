"""What IPAM finds, what it makes of it, and what it remembers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.clock import CLOCK

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


def named(name: str, **tags: str) -> list[dict[str, Any]]:
    pairs = {"Name": name, **tags}
    return [{"ResourceType": "vpc", "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}]


def resources(account: Account, scope: str, **parameters: Any) -> dict[str, dict[str, Any]]:
    """What the scope shows of resources other than the default VPC, by CIDR."""
    found = account.ec2.get_ipam_resource_cidrs(IpamScopeId=scope, **parameters)["IpamResourceCidrs"]
    return {cidr["ResourceCidr"]: cidr for cidr in found if not cidr["ResourceCidr"].startswith("172.31.")}


def states(cidr: dict[str, Any]) -> tuple[str, str, str]:
    return cidr["ManagementState"], cidr["ComplianceStatus"], cidr["OverlapStatus"]


def history(account: Account, scope: str, cidr: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = account.ec2.get_ipam_address_history(IpamScopeId=scope, Cidr=cidr, **parameters)
    records: list[dict[str, Any]] = answer["HistoryRecords"]
    return records


def test_a_vpc_is_found_some_time_after_it_was_made(account: Account, scope: str) -> None:
    account.settle()
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=named("web"))["Vpc"]["VpcId"]
    assert resources(account, scope) == {}
    account.settle()
    found = resources(account, scope)["10.0.0.0/16"]
    assert states(found) == ("unmanaged", "unmanaged", "nonoverlapping")
    assert (found["ResourceId"], found["VpcId"], found["ResourceName"]) == (vpc, vpc, "web")
    assert (found["ResourceType"], found["ResourceRegion"], found["IpUsage"]) == ("vpc", "us-east-1", 0.0)
    account.ec2.delete_vpc(VpcId=vpc)
    account.settle()
    assert resources(account, scope) == {}


def test_subnets_show_in_the_usage_of_their_vpc_but_are_not_managed(account: Account, scope: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/18")
    account.settle()
    found = resources(account, scope)
    assert found["10.0.0.0/16"]["IpUsage"] == 0.25
    subnet = found["10.0.0.0/18"]
    assert (subnet["ResourceType"], subnet["VpcId"]) == ("subnet", vpc)
    assert "ManagementState" not in subnet


def test_a_vpc_from_a_pool_is_managed_and_complies_until_the_rules_change(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)
    account.settle()
    found = resources(account, scope)["10.0.0.0/24"]
    assert states(found) == ("managed", "compliant", "nonoverlapping")
    assert found["IpamPoolId"] == pool
    account.ec2.modify_ipam_pool(IpamPoolId=pool, AllocationMinNetmaskLength=26)
    assert resources(account, scope)["10.0.0.0/24"]["ComplianceStatus"] == "noncompliant"


def test_a_vpc_that_loses_a_required_tag_no_longer_complies(account: Account, scope: str) -> None:
    pool = account.pool(
        scope, "10.0.0.0/16", Locale="us-east-1", AllocationResourceTags=[{"Key": "env", "Value": "prod"}]
    )
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24, TagSpecifications=named("web", env="prod"))[
        "Vpc"
    ]["VpcId"]
    account.settle()
    assert resources(account, scope)["10.0.0.0/24"]["ComplianceStatus"] == "compliant"
    account.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "env"}])
    account.settle()
    assert resources(account, scope)["10.0.0.0/24"]["ComplianceStatus"] == "noncompliant"


def test_overlap_is_seen_between_vpcs_and_with_allocations_by_hand(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/8", Locale="us-east-1")
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.9.0.0/16")
    for cidr in ("10.1.0.0/16", "10.1.128.0/24", "10.2.0.0/16", "10.9.1.0/24"):
        account.ec2.create_vpc(CidrBlock=cidr)
    account.settle()
    assert {cidr: found["OverlapStatus"] for cidr, found in resources(account, scope).items()} == {
        "10.1.0.0/16": "overlapping",
        "10.1.128.0/24": "overlapping",
        "10.2.0.0/16": "nonoverlapping",
        "10.9.1.0/24": "overlapping",
    }


def test_an_ignored_vpc_is_judged_no_more_and_its_space_returns(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1", AutoImport=True)
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    account.settle()
    target = {
        "ResourceId": vpc,
        "ResourceCidr": "10.0.0.0/24",
        "ResourceRegion": "us-east-1",
        "CurrentIpamScopeId": scope,
    }
    changed = account.ec2.modify_ipam_resource_cidr(**target, Monitored=False)["IpamResourceCidr"]
    assert states(changed) == ("ignored", "ignored", "ignored")
    account.settle()
    assert account.allocations(pool) == []
    account.ec2.modify_ipam_resource_cidr(**target, Monitored=True)
    account.settle()
    assert [allocation["ResourceId"] for allocation in account.allocations(pool)] == [vpc]


def test_a_vpc_cidr_moves_to_another_private_scope_with_its_subnets(account: Account) -> None:
    ipam = account.ipam()
    scope = ipam["PrivateDefaultScopeId"]
    other = account.ec2.create_ipam_scope(IpamId=ipam["IpamId"])["IpamScope"]["IpamScopeId"]
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    account.settle()
    target = {"ResourceId": vpc, "ResourceCidr": "10.0.0.0/16", "ResourceRegion": "us-east-1", "Monitored": True}
    with pytest.raises(ClientError, match="another private scope"):
        account.ec2.modify_ipam_resource_cidr(
            **target, CurrentIpamScopeId=scope, DestinationIpamScopeId=ipam["PublicDefaultScopeId"]
        )
    moved = account.ec2.modify_ipam_resource_cidr(**target, CurrentIpamScopeId=scope, DestinationIpamScopeId=other)[
        "IpamResourceCidr"
    ]
    assert moved["IpamScopeId"] == other
    assert set(resources(account, other)) == {"10.0.0.0/16", "10.0.0.0/24"}
    assert resources(account, scope) == {}


def test_an_allocated_vpc_cidr_moves_only_when_its_allocation_is_gone(account: Account) -> None:
    ipam = account.ipam()
    scope = ipam["PrivateDefaultScopeId"]
    other = account.ec2.create_ipam_scope(IpamId=ipam["IpamId"])["IpamScope"]["IpamScopeId"]
    pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    account.settle()
    target = {
        "ResourceId": vpc,
        "ResourceCidr": "10.0.0.0/24",
        "ResourceRegion": "us-east-1",
        "CurrentIpamScopeId": scope,
    }
    account.ec2.modify_ipam_resource_cidr(**target, DestinationIpamScopeId=other, Monitored=True)
    assert set(resources(account, scope)) == {"10.0.0.0/24"}
    account.ec2.modify_ipam_resource_cidr(**target, Monitored=False)
    account.settle()
    assert set(resources(account, other)) == {"10.0.0.0/24"}


def test_auto_import_takes_the_largest_of_what_overlaps_and_leaves_what_is_taken(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/8", Locale="us-east-1", AutoImport=True, AllocationMinNetmaskLength=20)
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.8.0.0/20")
    for cidr in ("10.1.0.0/24", "10.1.0.0/16", "10.8.0.0/24", "192.168.0.0/24"):
        account.ec2.create_vpc(CidrBlock=cidr)
    account.settle()
    imported = [found for found in account.allocations(pool) if found["ResourceType"] == "vpc"]
    assert [found["Cidr"] for found in imported] == ["10.1.0.0/16"]
    assert states(resources(account, scope)["10.1.0.0/16"]) == ("managed", "noncompliant", "overlapping")


def test_an_imported_vpc_from_another_region_is_managed_but_does_not_comply(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/8", Locale="us-east-1", AutoImport=True)
    account.client("eu-west-1").create_vpc(CidrBlock="10.1.0.0/16")
    account.settle()
    assert [found["ResourceRegion"] for found in account.allocations(pool)] == ["eu-west-1"]
    assert resources(account, scope)["10.1.0.0/16"]["ComplianceStatus"] == "noncompliant"


def test_a_pool_without_a_locale_imports_nothing(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/8", AutoImport=True)
    account.ec2.create_vpc(CidrBlock="10.1.0.0/16")
    account.settle()
    assert account.allocations(pool) == []


def test_resources_outside_the_operating_regions_stay_unknown(account: Account, scope: str) -> None:
    account.client("eu-central-1").create_vpc(CidrBlock="10.1.0.0/16")
    account.settle()
    assert resources(account, scope) == {}


def test_elastic_ips_are_in_the_public_scope(account: Account) -> None:
    ipam = account.ipam()
    address = account.ec2.allocate_address(Domain="vpc")
    account.settle()
    found = resources(account, ipam["PublicDefaultScopeId"])
    assert {(cidr, item["ResourceType"], item["ResourceId"]) for cidr, item in found.items()} == {
        (f"{address['PublicIp']}/32", "eip", address["AllocationId"])
    }


def test_resource_cidrs_are_narrowed_by_parameters_filters_and_tags(account: Account, scope: str) -> None:
    pool = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    managed = account.ec2.create_vpc(
        Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24, TagSpecifications=named("a", env="prod")
    )["Vpc"]["VpcId"]
    account.ec2.create_vpc(CidrBlock="192.168.0.0/24")
    account.settle()
    for narrowing in (
        {"IpamPoolId": pool},
        {"ResourceId": managed},
        {"ResourceTag": {"Key": "env", "Value": "prod"}},
        {"Filters": [{"Name": "management-state", "Values": ["managed"]}]},
        {"Filters": [{"Name": "resource-cidr", "Values": ["10.*"]}]},
    ):
        assert set(resources(account, scope, **narrowing)) == {"10.0.0.0/24"}
    with pytest.raises(ClientError, match="filter 'colour' is invalid"):
        resources(account, scope, Filters=[{"Name": "colour", "Values": ["red"]}])


def test_resource_cidrs_come_in_pages(account: Account, scope: str) -> None:
    for number in range(12):
        account.ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")
    account.settle()
    pages = account.ec2.get_paginator("get_ipam_resource_cidrs").paginate(
        IpamScopeId=scope,
        Filters=[{"Name": "resource-cidr", "Values": ["10.*"]}],
        PaginationConfig={"PageSize": 5},
    )
    found = [[cidr["ResourceCidr"] for cidr in page["IpamResourceCidrs"]] for page in pages]
    assert [len(page) for page in found] == [5, 5, 2]
    assert {cidr for page in found for cidr in page} == {f"10.{number}.0.0/16" for number in range(12)}


def test_history_tells_who_had_a_cidr_when(account: Account, scope: str) -> None:
    account.settle()
    begin = CLOCK.now()
    first = account.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=named("first"))["Vpc"]["VpcId"]
    account.settle()
    account.ec2.delete_vpc(VpcId=first)
    account.settle()
    second = account.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=named("second"))["Vpc"]["VpcId"]
    account.settle()
    past, present = history(account, scope, "10.0.0.0/16", StartTime=begin, EndTime=CLOCK.now())
    assert (past["ResourceId"], past["ResourceName"], past["ResourceType"]) == (first, "first", "vpc")
    assert begin < past["SampledStartTime"] < past["SampledEndTime"] < present["SampledStartTime"]
    assert (present["ResourceComplianceStatus"], present["ResourceOverlapStatus"]) == ("unmanaged", "nonoverlapping")
    assert "SampledEndTime" not in present
    assert [record["ResourceId"] for record in history(account, scope, "10.0.0.0/16")] == [second]
    assert history(account, scope, "10.0.0.0/17", StartTime=begin) == []
    assert history(account, scope, "10.0.0.0/16", VpcId=first, StartTime=begin)[0]["ResourceId"] == first


def test_an_instances_address_is_remembered_for_the_interface_and_the_instance(account: Account, scope: str) -> None:
    image = account.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    [instance] = account.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    account.settle()
    found = history(account, scope, f"{instance['PrivateIpAddress']}/32")
    assert [(record["ResourceType"], record["ResourceId"]) for record in found] == [
        ("instance", instance["InstanceId"]),
        ("network-interface", instance["NetworkInterfaces"][0]["NetworkInterfaceId"]),
    ]
    assert {record["VpcId"] for record in found} == {instance["VpcId"]}


def test_history_is_forgotten_after_three_years(account: Account, scope: str) -> None:
    account.settle()
    begin = CLOCK.now()
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    account.settle()
    account.ec2.delete_vpc(VpcId=vpc)
    account.settle()
    CLOCK.advance(timedelta(days=3 * 365).total_seconds())
    account.ec2.create_vpc(CidrBlock="10.1.0.0/16")
    account.settle()
    assert history(account, scope, "10.0.0.0/16", StartTime=begin) == []


def test_a_history_that_ends_before_it_begins_is_refused(account: Account, scope: str) -> None:
    now = CLOCK.now()
    with pytest.raises(ClientError, match="StartTime"):
        history(account, scope, "10.0.0.0/16", StartTime=now, EndTime=now - timedelta(hours=1))


def test_the_default_resource_discovery_of_an_ipam_shows_what_was_found(account: Account) -> None:
    ipam = account.ipam()
    [discovery] = account.ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"]
    assert discovery["IpamResourceDiscoveryId"] == ipam["DefaultResourceDiscoveryId"]
    assert (discovery["IsDefault"], discovery["IpamResourceDiscoveryRegion"]) == (True, "us-east-1")
    [association] = account.ec2.describe_ipam_resource_discovery_associations()["IpamResourceDiscoveryAssociations"]
    assert association["IpamResourceDiscoveryAssociationId"] == ipam["DefaultResourceDiscoveryAssociationId"]
    assert (association["IpamId"], association["State"]) == (ipam["IpamId"], "associate-complete")
    account.ec2.create_vpc(CidrBlock="10.0.0.0/16")
    account.settle()
    asked = {"IpamResourceDiscoveryId": discovery["IpamResourceDiscoveryId"]}
    cidrs = account.ec2.get_ipam_discovered_resource_cidrs(**asked, ResourceRegion="us-east-1")
    assert "10.0.0.0/16" in {cidr["ResourceCidr"] for cidr in cidrs["IpamDiscoveredResourceCidrs"]}
    accounts = account.ec2.get_ipam_discovered_accounts(**asked, DiscoveryRegion="us-east-1")
    [found] = accounts["IpamDiscoveredAccounts"]
    assert (found["AccountId"], found["LastSuccessfulDiscoveryTime"] < CLOCK.now()) == ("123456789012", True)
    account.ec2.delete_ipam(IpamId=ipam["IpamId"])
    assert account.ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"] == []
