"""Resource discoveries: the one that an IPAM comes with, those of others, and through which an IPAM looks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator import ipam as simulated_ipam
from simulator.clock import CLOCK
from tests.simulator.ipam.conftest import AWAY, HOME

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

OTHER = "999999999999"


@pytest.fixture
def ipam(account: Account) -> dict[str, Any]:
    return account.ipam()


@pytest.fixture
def foreign(account: Account) -> str:
    """The id of another account's resource discovery, which is shared with the account."""
    made = account.of(OTHER).create_ipam_resource_discovery(OperatingRegions=[{"RegionName": AWAY}])
    discovery = str(made["IpamResourceDiscovery"]["IpamResourceDiscoveryId"])
    simulated_ipam.share_resource_discovery(discovery, ["123456789012"])
    return discovery


def associate(account: Account, ipam: dict[str, Any], discovery: str) -> str:
    answer = account.ec2.associate_ipam_resource_discovery(IpamId=ipam["IpamId"], IpamResourceDiscoveryId=discovery)
    association: dict[str, Any] = answer["IpamResourceDiscoveryAssociation"]
    assert association["State"] == "associate-in-progress"
    return str(association["IpamResourceDiscoveryAssociationId"])


def association(account: Account, association_id: str) -> dict[str, Any]:
    [found] = account.ec2.describe_ipam_resource_discovery_associations(
        IpamResourceDiscoveryAssociationIds=[association_id]
    )["IpamResourceDiscoveryAssociations"]
    return dict(found)


def owners(account: Account, ipam: dict[str, Any]) -> set[str]:
    """Whose resources the IPAM shows."""
    scope = ipam["PrivateDefaultScopeId"]
    found = account.ec2.get_ipam_resource_cidrs(IpamScopeId=scope)["IpamResourceCidrs"]
    return {cidr["ResourceOwnerId"] for cidr in found if cidr["ResourceCidr"].startswith("10.")}


def test_an_ipam_comes_with_a_discovery_that_has_its_regions(account: Account, ipam: dict[str, Any]) -> None:
    [discovery] = account.ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"]
    assert discovery["IpamResourceDiscoveryId"] == ipam["DefaultResourceDiscoveryId"]
    assert (discovery["IsDefault"], discovery["IpamResourceDiscoveryRegion"]) == (True, HOME)
    account.ec2.modify_ipam(IpamId=ipam["IpamId"], AddOperatingRegions=[{"RegionName": "us-west-2"}])
    [discovery] = account.ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"]
    assert {region["RegionName"] for region in discovery["OperatingRegions"]} == {HOME, AWAY, "us-west-2"}
    default = association(account, ipam["DefaultResourceDiscoveryAssociationId"])
    assert (default["IsDefault"], default["State"], default["ResourceDiscoveryStatus"]) == (
        True,
        "associate-complete",
        "active",
    )


def test_what_came_with_an_ipam_goes_only_with_it(account: Account, ipam: dict[str, Any]) -> None:
    discovery = ipam["DefaultResourceDiscoveryId"]
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        account.ec2.delete_ipam_resource_discovery(IpamResourceDiscoveryId=discovery)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        account.ec2.disassociate_ipam_resource_discovery(
            IpamResourceDiscoveryAssociationId=ipam["DefaultResourceDiscoveryAssociationId"]
        )
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        account.ec2.modify_ipam_resource_discovery(
            IpamResourceDiscoveryId=discovery, AddOperatingRegions=[{"RegionName": "us-west-2"}]
        )
    account.ec2.delete_ipam(IpamId=ipam["IpamId"])
    assert account.ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"] == []
    associations = account.ec2.describe_ipam_resource_discovery_associations()
    assert associations["IpamResourceDiscoveryAssociations"] == []


def test_a_discovery_is_made_changed_and_deleted(account: Account) -> None:
    made = account.ec2.create_ipam_resource_discovery(
        Description="ours",
        OperatingRegions=[{"RegionName": AWAY}],
        TagSpecifications=[{"ResourceType": "ipam-resource-discovery", "Tags": [{"Key": "team", "Value": "net"}]}],
    )["IpamResourceDiscovery"]
    discovery = made["IpamResourceDiscoveryId"]
    assert (made["State"], made["IsDefault"], made["Description"]) == ("create-in-progress", False, "ours")
    assert made["Tags"] == [{"Key": "team", "Value": "net"}]
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        account.ec2.create_ipam_resource_discovery()
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        account.ec2.modify_ipam_resource_discovery(
            IpamResourceDiscoveryId=discovery, RemoveOperatingRegions=[{"RegionName": HOME}]
        )
    account.ec2.modify_ipam_resource_discovery(
        IpamResourceDiscoveryId=discovery,
        Description="theirs",
        AddOperatingRegions=[{"RegionName": "us-west-2"}],
        RemoveOperatingRegions=[{"RegionName": AWAY}],
    )
    [changed] = account.ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"]
    assert (changed["State"], changed["Description"]) == ("modify-complete", "theirs")
    assert {region["RegionName"] for region in changed["OperatingRegions"]} == {HOME, "us-west-2"}
    deleted = account.ec2.delete_ipam_resource_discovery(IpamResourceDiscoveryId=discovery)["IpamResourceDiscovery"]
    assert deleted["State"] == "delete-in-progress"
    assert account.ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"] == []


def test_an_ipam_sees_what_an_associated_discovery_of_another_account_sees(
    account: Account, ipam: dict[str, Any], foreign: str
) -> None:
    account.of(OTHER, AWAY).create_vpc(CidrBlock="10.1.0.0/16")
    account.settle()
    made = associate(account, ipam, foreign)
    assert owners(account, ipam) == set()
    account.settle()
    assert owners(account, ipam) == {OTHER}
    found = association(account, made)
    assert (found["State"], found["ResourceDiscoveryStatus"], found["OwnerId"]) == (
        "associate-complete",
        "active",
        OTHER,
    )
    assert found["IpamResourceDiscoveryAssociationArn"].startswith("arn:aws:ec2::123456789012:")
    assert account.ec2.describe_ipams()["Ipams"][0]["ResourceDiscoveryAssociationCount"] == 2
    with pytest.raises(ClientError, match="DependencyViolation"):
        account.ec2.modify_ipam(IpamId=ipam["IpamId"], Tier="free")

    ended = account.ec2.disassociate_ipam_resource_discovery(IpamResourceDiscoveryAssociationId=made)
    assert ended["IpamResourceDiscoveryAssociation"]["State"] == "disassociate-in-progress"
    account.settle()
    assert owners(account, ipam) == set()
    with pytest.raises(ClientError, match=r"InvalidIpamResourceDiscoveryAssociationId\.NotFound"):
        association(account, made)


@pytest.mark.parametrize("end", ["deleted", "unshared"])
def test_a_discovery_that_is_not_there_any_more_shows_nothing(
    account: Account, ipam: dict[str, Any], foreign: str, end: str
) -> None:
    account.of(OTHER).create_vpc(CidrBlock="10.1.0.0/16")
    made = associate(account, ipam, foreign)
    account.settle()
    assert owners(account, ipam) == {OTHER}
    if end == "deleted":
        account.of(OTHER).delete_ipam_resource_discovery(IpamResourceDiscoveryId=foreign)
    else:
        simulated_ipam.unshare_resource_discovery(foreign, ["123456789012"])
    assert owners(account, ipam) == set()
    assert association(account, made)["ResourceDiscoveryStatus"] == "not-found"


def test_a_shared_discovery_is_seen_but_not_changed(account: Account, foreign: str) -> None:
    described = account.ec2.describe_ipam_resource_discoveries(IpamResourceDiscoveryIds=[foreign])
    assert described["IpamResourceDiscoveries"][0]["OwnerId"] == OTHER
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        account.ec2.delete_ipam_resource_discovery(IpamResourceDiscoveryId=foreign)


def test_a_discovery_that_is_not_shared_is_not_found(account: Account, ipam: dict[str, Any]) -> None:
    made = account.of(OTHER).create_ipam_resource_discovery()["IpamResourceDiscovery"]["IpamResourceDiscoveryId"]
    with pytest.raises(ClientError, match=r"InvalidIpamResourceDiscoveryId\.NotFound"):
        associate(account, ipam, made)
    with pytest.raises(ClientError, match=r"InvalidIpamResourceDiscoveryId\.NotFound"):
        account.ec2.get_ipam_discovered_accounts(IpamResourceDiscoveryId=made, DiscoveryRegion=HOME)


def test_an_ipam_has_five_associations(account: Account, ipam: dict[str, Any]) -> None:
    discoveries = []
    for number in range(5):
        other = account.of(f"{number + 1:012}")
        made = other.create_ipam_resource_discovery()["IpamResourceDiscovery"]["IpamResourceDiscoveryId"]
        simulated_ipam.share_resource_discovery(made, ["123456789012"])
        discoveries.append(made)
    for discovery in discoveries[:4]:
        associate(account, ipam, discovery)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        associate(account, ipam, discoveries[0])
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        associate(account, ipam, discoveries[4])


def test_sample_times_go_on_while_nothing_changes_and_stop_at_a_change(account: Account, ipam: dict[str, Any]) -> None:
    def sampled() -> list[dict[str, Any]]:
        answer = account.ec2.get_ipam_discovered_resource_cidrs(
            IpamResourceDiscoveryId=ipam["DefaultResourceDiscoveryId"], ResourceRegion=HOME
        )
        found: list[dict[str, Any]] = answer["IpamDiscoveredResourceCidrs"]
        return [cidr for cidr in found if cidr["ResourceCidr"].startswith("10.")]

    account.ec2.create_vpc(CidrBlock="10.0.0.0/16")
    CLOCK.advance(300)
    first = sampled()[0]["SampleTime"]
    assert abs(first - CLOCK.now()) < timedelta(seconds=1)
    CLOCK.advance(299)
    assert sampled()[0]["SampleTime"] == first
    CLOCK.advance(302)
    assert sampled()[0]["SampleTime"] - first == timedelta(seconds=600)
    account.ec2.create_vpc(CidrBlock="10.1.0.0/16")
    CLOCK.advance(299)
    assert [cidr["ResourceCidr"] for cidr in sampled()] == ["10.0.0.0/16"]
    assert sampled()[0]["SampleTime"] - first == timedelta(seconds=600)
    CLOCK.advance(1)
    assert len(sampled()) == 2


def test_discovered_cidrs_say_where_they_are_from_and_are_filtered(account: Account, ipam: dict[str, Any]) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    account.settle()

    def discovered(name: str, value: str) -> list[dict[str, Any]]:
        answer = account.ec2.get_ipam_discovered_resource_cidrs(
            IpamResourceDiscoveryId=ipam["DefaultResourceDiscoveryId"],
            ResourceRegion=HOME,
            Filters=[{"Name": name, "Values": [value]}],
        )
        found: list[dict[str, Any]] = answer["IpamDiscoveredResourceCidrs"]
        return found

    [found] = discovered("resource-id", subnet)
    assert (found["IpSource"], found["SubnetId"], found["VpcId"]) == ("none", subnet, vpc)
    assert {cidr["ResourceId"] for cidr in discovered("vpc-id", vpc)} == {vpc, subnet}
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        discovered("management-state", "managed")
