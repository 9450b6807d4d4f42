"""The IPAM of an organisation, from outside: whose addresses it sees, counts and places."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.estate import EAST, WEST, Estate

pytestmark = pytest.mark.scenario

MANAGER = "200000000001"
HUB = "200000000002"
MEMBER = "200000000003"
OUTSIDER = "200000000004"


@pytest.fixture
def ipam(estate: Estate) -> dict[str, Any]:
    """The IPAM of the account that administers it for an organisation with another member."""
    estate.account(MANAGER).client("organizations").create_organization(FeatureSet="ALL")
    for account in (HUB, MEMBER):
        estate.join(MANAGER, account)
    estate.account(MANAGER).client("ec2").enable_ipam_organization_admin_account(DelegatedAdminAccountId=HUB)
    regions = [{"RegionName": EAST}, {"RegionName": WEST}]
    ipam: dict[str, Any] = estate.account(HUB).client("ec2").create_ipam(OperatingRegions=regions)["Ipam"]
    return ipam


def pool_of_four(estate: Estate, ipam: dict[str, Any], locale: str) -> str:
    ec2 = estate.account(HUB).client("ec2")
    pool: str = ec2.create_ipam_pool(
        IpamScopeId=ipam["PublicDefaultScopeId"],
        AddressFamily="ipv4",
        Locale=locale,
        AwsService="ec2",
        PublicIpSource="amazon",
    )["IpamPool"]["IpamPoolId"]
    estate.simulation.settle()
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
    estate.simulation.settle()
    return pool


def test_a_policy_places_new_addresses_in_member_accounts_and_insights_show_where(
    estate: Estate, ipam: dict[str, Any]
) -> None:
    hub, member = estate.account(HUB).client("ec2"), estate.account(MEMBER, WEST).client("ec2")
    pool = pool_of_four(estate, ipam, WEST)
    before = member.allocate_address()
    policy = hub.create_ipam_policy(IpamId=ipam["IpamId"])["IpamPolicy"]["IpamPolicyId"]
    for resource_type in ("alb", "eip"):
        hub.modify_ipam_policy_allocation_rules(
            IpamPolicyId=policy,
            Locale=WEST,
            ResourceType=resource_type,
            AllocationRules=[{"SourceIpamPoolId": pool}],
        )
    assert member.get_enabled_ipam_policy()["IpamPolicyEnabled"] is False
    hub.enable_ipam_policy(IpamPolicyId=policy, OrganizationTargetId=MEMBER)
    enabled = member.get_enabled_ipam_policy()
    assert (enabled["IpamPolicyId"], enabled["ManagedBy"]) == (policy, "delegated-administrator-for-ipam")
    rules = member.get_ipam_policy_allocation_rules(IpamPolicyId=policy, ResourceType="alb")["IpamPolicyDocuments"]
    assert [rule["AllocationRules"] for rule in rules] == [[{"SourceIpamPoolId": pool}]]

    placed = member.allocate_address()
    subnets = member.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    estate.account(MEMBER, WEST).client("elbv2").create_load_balancer(
        Name="web", Subnets=[subnet["SubnetId"] for subnet in subnets[:2]]
    )
    outside = estate.account(OUTSIDER, WEST).client("ec2").allocate_address()
    now = datetime.fromisoformat(estate.simulation.settle()["now"])

    shown = hub.get_ipam_discovered_public_addresses(
        IpamResourceDiscoveryId=ipam["DefaultResourceDiscoveryId"], AddressRegion=WEST
    )["IpamDiscoveredPublicAddresses"]
    by_address = {each["Address"]: each for each in shown}
    assert outside["PublicIp"] not in by_address
    assert {each["AddressOwnerId"] for each in shown} == {MEMBER}
    kinds = {address: (each["AddressType"], each.get("PublicIpv4PoolId")) for address, each in by_address.items()}
    assert kinds.pop(before["PublicIp"]) == ("amazon-owned-eip", None)
    assert kinds.pop(placed["PublicIp"]) == ("amazon-owned-contig", pool)
    assert list(kinds.values()) == [("service-managed-ip", pool)] * 2
    assert {by_address[address]["Service"] for address in kinds} == {"load-balancer"}
    owners = hub.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
    assert [each["ResourceOwner"] for each in owners] == [MEMBER] * 3

    counted = (
        estate.account(HUB)
        .client("cloudwatch")
        .get_metric_statistics(
            Namespace="AWS/IPAM",
            MetricName="UnassociatedAmazonOwnedElasticIPs",
            Dimensions=[{"Name": "IpamId", "Value": ipam["IpamId"]}, {"Name": "Region", "Value": WEST}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
    )
    assert max(counted, key=lambda point: point["Timestamp"])["Maximum"] == 1
