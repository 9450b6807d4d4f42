"""The commands of the IPAM user guide's tutorials, in their order, and what the guide prints for them.

Each test names the page. `...` stands for ids and times; every other printed value must be there as printed. Commands
about AWS RAM and AWS Organizations, and about Elastic IPs and instances, belong to other tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.clock import CLOCK
from tests.ipam_guide import OWNER, printed, printed_allocation, printed_ipam, printed_pool

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

PROOF = {"Message": "1|aws|470889052444|130.137.245.0/24|20250101|SHA256|RSAPSS", "Signature": "W3gdQ9PZHLjPmrnG"}


def create_pool(account: Account, expected: dict[str, Any], **parameters: Any) -> str:
    """Create a pool as a tutorial does: see it in progress, wait, see it complete."""
    pool = account.ec2.create_ipam_pool(**parameters)["IpamPool"]
    assert printed({**expected, "State": "create-in-progress"}, pool)
    account.settle()
    [described] = account.ec2.describe_ipam_pools(IpamPoolIds=[pool["IpamPoolId"]])["IpamPools"]
    assert printed({**expected, "State": "create-complete"}, described)
    return str(pool["IpamPoolId"])


def provision(account: Account, pool: str, **parameters: Any) -> None:
    """Provision a CIDR as a tutorial does: see it pending, wait, see it provisioned."""
    asked = account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, **parameters)
    assert printed({"IpamPoolCidr": {"Cidr": parameters["Cidr"], "State": "pending-provision"}}, asked)
    account.settle()
    got = account.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)
    assert printed({"IpamPoolCidrs": [{"Cidr": parameters["Cidr"], "State": "provisioned"}]}, got)


def deprovision(account: Account, pool: str, cidr: str) -> None:
    """Deprovision a CIDR as a tutorial does: see it pending, wait, see it deprovisioned."""
    asked = account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr)
    assert printed({"IpamPoolCidr": {"Cidr": cidr, "State": "pending-deprovision"}}, asked)
    account.settle()
    got = account.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)
    assert printed({"IpamPoolCidrs": [{"Cidr": cidr, "State": "deprovisioned"}]}, got)


def delete_pool(account: Account, pool: str) -> None:
    deleted = account.ec2.delete_ipam_pool(IpamPoolId=pool)["IpamPool"]
    assert printed({"IpamPoolId": pool, "State": "delete-in-progress"}, deleted)
    account.settle()


def allocations(account: Account, region: str, pool: str) -> Any:
    return account.client(region).get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]


def byoip_ipam(account: Account) -> dict[str, Any]:
    """Step 2 of both BYOIP tutorials."""
    ipam: dict[str, Any] = account.ec2.create_ipam(
        Description="my-ipam", OperatingRegions=[{"RegionName": "us-west-2"}]
    )["Ipam"]
    assert printed(printed_ipam(Description="my-ipam"), ipam)
    assert {region["RegionName"] for region in ipam["OperatingRegions"]} == {"us-east-1", "us-west-2"}
    return ipam


def test_page_create_an_ipam_and_pools_using_the_aws_cli(account: Account) -> None:
    """Its last steps name no CIDR and do not wait; its VPC is made in the locale of its pool."""
    ipam = account.ec2.create_ipam(Description="my-ipam", OperatingRegions=[{"RegionName": "us-west-2"}])["Ipam"]
    regions = [{"RegionName": "us-west-2"}, {"RegionName": "us-east-1"}]
    assert printed(printed_ipam(Description="my-ipam", OperatingRegions=regions), ipam)
    scope = {"OwnerId": OWNER, "IpamScopeId": ..., "IpamScopeArn": ..., "IpamArn": ..., "IsDefault": True}
    assert printed(
        [{**scope, "IpamScopeType": kind, "PoolCount": 0} for kind in ("public", "private")],
        account.ec2.describe_ipam_scopes()["IpamScopes"],
    )
    private = ipam["PrivateDefaultScopeId"]
    expected = printed_pool(IpamScopeType="private", Description="top-level-pool")
    top = create_pool(account, expected, IpamScopeId=private, Description="top-level-pool", AddressFamily="ipv4")
    provision(account, top, Cidr="10.0.0.0/8")
    expected = printed_pool(
        IpamScopeType="private",
        Description="regional--pool",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        PoolDepth=2,
    )
    regional = create_pool(
        account,
        expected,
        IpamScopeId=private,
        Description="regional--pool",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        AddressFamily="ipv4",
    )
    assert len(account.ec2.describe_ipam_pools()["IpamPools"]) == 2
    provision(account, regional, Cidr="10.0.0.0/16")
    assert printed([printed_allocation("10.0.0.0/16", "ipam-pool", ResourceId=regional)], account.allocations(top))
    west = account.client("us-west-2")
    vpc = west.create_vpc(Ipv4IpamPoolId=regional, CidrBlock="10.0.0.0/24")["Vpc"]
    assert printed(
        {
            "CidrBlock": "10.0.0.0/24",
            "DhcpOptionsId": ...,
            "State": "pending",
            "VpcId": ...,
            "OwnerId": OWNER,
            "InstanceTenancy": "default",
            "Ipv6CidrBlockAssociationSet": [],
            "CidrBlockAssociationSet": [
                {"AssociationId": ..., "CidrBlock": "10.0.0.0/24", "CidrBlockState": {"State": "associated"}}
            ],
            "IsDefault": False,
        },
        vpc,
    )
    west.delete_vpc(VpcId=vpc["VpcId"])
    account.settle()
    account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=regional)
    account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=top)
    account.settle()
    assert [cidr["State"] for pool in (regional, top) for cidr in account.pool_cidrs(pool)] == ["deprovisioned"] * 2
    account.ec2.delete_ipam(IpamId=ipam["IpamId"], Cascade=True)


def test_page_view_ip_address_history_using_the_aws_cli(account: Account) -> None:
    """Scenarios 1 to 7; the times are the simulated clock's."""
    ipam = account.ec2.create_ipam(OperatingRegions=[{"RegionName": "us-east-2"}])["Ipam"]
    scope = ipam["PrivateDefaultScopeId"]
    account.settle()
    begin = CLOCK.now()

    def asked(cidr: str, **times: Any) -> list[dict[str, Any]]:
        answer = account.ec2.get_ipam_address_history(Cidr=cidr, IpamScopeId=scope, **times)
        records: list[dict[str, Any]] = answer["HistoryRecords"]
        return records

    pool = account.pool(scope, "10.2.0.0/16", Locale="us-east-1")
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, CidrBlock="10.2.1.0/24")["Vpc"]["VpcId"]
    subnet = account.ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    image = account.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    [instance] = account.ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress="10.2.1.155"
    )["Instances"]
    account.settle()
    record = {"ResourceOwnerId": OWNER, "ResourceRegion": "us-east-1", "VpcId": vpc, "SampledStartTime": ...}
    address = {**record, "ResourceCidr": "10.2.1.155/32"}
    of_the_address = [
        {**address, "ResourceType": "instance", "ResourceId": instance["InstanceId"]},
        {**address, "ResourceType": "network-interface", "ResourceId": ...},
    ]
    network = {**record, "ResourceCidr": "10.2.1.0/24"}
    judged = {"ResourceComplianceStatus": "compliant", "ResourceOverlapStatus": "nonoverlapping"}
    of_the_network = [
        {**network, "ResourceType": "subnet", "ResourceId": subnet},
        {**network, "ResourceType": "vpc", "ResourceId": vpc, **judged},
    ]
    since = {"StartTime": begin, "EndTime": CLOCK.now()}
    for times in (since, {}):
        assert printed(of_the_address, asked("10.2.1.155/32", **times))
        assert printed(of_the_network, asked("10.2.1.0/24", **times))
    assert not any("SampledEndTime" in found for found in asked("10.2.1.0/24"))

    away = account.client("us-east-2")
    for name in ("First example VPC", "Second example VPC"):
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}]
        example = away.create_vpc(CidrBlock="10.0.0.0/24", TagSpecifications=tags)["Vpc"]["VpcId"]
        account.settle()
        if name.startswith("First"):
            away.delete_vpc(VpcId=example)
            account.settle()
    both = {
        "ResourceOwnerId": OWNER,
        "ResourceRegion": "us-east-2",
        "ResourceType": "vpc",
        "ResourceCidr": "10.0.0.0/24",
        "ResourceComplianceStatus": "unmanaged",
        "ResourceOverlapStatus": "nonoverlapping",
        "SampledStartTime": ...,
    }
    assert printed(
        [
            {**both, "ResourceName": "First example VPC", "SampledEndTime": ...},
            {**both, "ResourceName": "Second example VPC"},
        ],
        asked("10.0.0.0/24", StartTime=begin),
    )
    assert asked("54.0.0.9/32") == []


def test_page_bring_your_own_public_ipv4_cidr_to_ipam_using_only_the_aws_cli(account: Account) -> None:
    """With the alternative to step 9, which takes the range into a public IPv4 pool."""
    ipam = byoip_ipam(account)
    public = ipam["PublicDefaultScopeId"]
    expected = printed_pool(IpamScopeType="public", Description="top-level-IPv4-pool")
    top = create_pool(account, expected, IpamScopeId=public, Description="top-level-IPv4-pool", AddressFamily="ipv4")
    provision(
        account,
        top,
        Cidr="130.137.245.0/24",
        VerificationMethod="remarks-x509",
        CidrAuthorizationContext=PROOF,
    )
    expected = printed_pool(
        IpamScopeType="public",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        PoolDepth=2,
        Description="Regional-IPv4-pool",
        AwsService="ec2",
    )
    regional = create_pool(
        account,
        expected,
        IpamScopeId=public,
        Description="Regional-IPv4-pool",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        AddressFamily="ipv4",
        AwsService="ec2",
    )
    provision(account, regional, Cidr="130.137.245.0/24")
    west = account.client("us-west-2")
    byoip = {"Cidr": "130.137.245.0/24"}
    assert printed({**byoip, "State": "advertised"}, west.advertise_byoip_cidr(**byoip)["ByoipCidr"])

    public_pool = west.create_public_ipv4_pool()["PoolId"]
    added = west.provision_public_ipv4_pool_cidr(IpamPoolId=regional, PoolId=public_pool, NetmaskLength=24)
    addresses = {
        "FirstAddress": "130.137.245.0",
        "LastAddress": "130.137.245.255",
        "AddressCount": 256,
        "AvailableAddressCount": 256,
    }
    assert printed({"PoolId": public_pool, "PoolAddressRange": addresses}, added)
    shown = {**byoip, "StatusMessage": "Cidr successfully provisioned"}
    assert printed([shown], west.describe_byoip_cidrs(MaxResults=10)["ByoipCidrs"])
    expected = {
        "PoolId": public_pool,
        "Description": "",
        "PoolAddressRanges": [addresses],
        "TotalAddressCount": 256,
        "TotalAvailableAddressCount": 256,
        "NetworkBorderGroup": "us-west-2",
        "Tags": [],
    }
    assert printed([expected], west.describe_public_ipv4_pools()["PublicIpv4Pools"])
    in_use = printed_allocation("130.137.245.0/24", "ec2-public-ipv4-pool", ResourceId=public_pool)
    assert printed([in_use], allocations(account, "us-west-2", regional))

    assert printed({**byoip, "State": "provisioned"}, west.withdraw_byoip_cidr(**byoip)["ByoipCidr"])
    for number in range(256):
        gone = west.deprovision_public_ipv4_pool_cidr(PoolId=public_pool, Cidr=f"130.137.245.{number}/32")
        assert printed({"PoolId": public_pool, "DeprovisionedAddresses": [f"130.137.245.{number}"]}, gone)
    [emptied] = west.describe_public_ipv4_pools()["PublicIpv4Pools"]
    nothing = {"PoolAddressRanges": [], "TotalAddressCount": 0, "TotalAvailableAddressCount": 0}
    assert printed({**expected, **nothing}, emptied)
    account.settle()
    assert allocations(account, "us-west-2", regional) == []
    deprovision(account, regional, "130.137.245.0/24")
    delete_pool(account, regional)
    deprovision(account, top, "130.137.245.0/24")
    delete_pool(account, top)
    account.ec2.delete_ipam(IpamId=ipam["IpamId"])


def test_page_bring_your_own_ipv6_cidr_to_ipam_using_only_the_aws_cli(account: Account) -> None:
    """The guide's `Advertisable` and `ServiceType` are PubliclyAdvertisable and AwsService in the API."""
    ipam = byoip_ipam(account)
    public = ipam["PublicDefaultScopeId"]
    expected = printed_pool(IpamScopeType="public", AddressFamily="ipv6", PubliclyAdvertisable=True)
    top = create_pool(
        account,
        expected,
        IpamScopeId=public,
        Description="top-level-IPv6-pool",
        AddressFamily="ipv6",
        PubliclyAdvertisable=True,
    )
    provision(account, top, Cidr="2605:9cc0:409::/48", CidrAuthorizationContext=PROOF)
    expected = printed_pool(
        IpamScopeType="public",
        AddressFamily="ipv6",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        PoolDepth=2,
        PubliclyAdvertisable=True,
        AwsService="ec2",
    )
    regional = create_pool(
        account,
        expected,
        IpamScopeId=public,
        Description="Regional-IPv6-pool",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        AddressFamily="ipv6",
        AwsService="ec2",
    )
    provision(account, regional, Cidr="2605:9cc0:409::/48")
    west = account.client("us-west-2")
    vpc = west.create_vpc(Ipv6IpamPoolId=regional, CidrBlock="10.0.0.0/16", Ipv6NetmaskLength=56)["Vpc"]
    association = {
        "AssociationId": ...,
        "Ipv6CidrBlock": "2605:9cc0:409::/56",
        "Ipv6CidrBlockState": {"State": "associating"},
        "NetworkBorderGroup": ...,
        "Ipv6Pool": regional,
    }
    assert printed({"CidrBlock": "10.0.0.0/16", "Ipv6CidrBlockAssociationSet": [association]}, vpc)
    allocation = printed_allocation("2605:9cc0:409::/56", "vpc", ResourceId=vpc["VpcId"])
    assert printed([allocation], allocations(account, "us-west-2", regional))
    byoip = {"Cidr": "2605:9cc0:409::/48"}
    assert printed({**byoip, "State": "advertised"}, west.advertise_byoip_cidr(**byoip)["ByoipCidr"])
    assert printed({**byoip, "State": "provisioned"}, west.withdraw_byoip_cidr(**byoip)["ByoipCidr"])
    west.delete_vpc(VpcId=vpc["VpcId"])
    assert printed([allocation], allocations(account, "us-west-2", regional))
    account.settle()
    assert allocations(account, "us-west-2", regional) == []
    deprovision(account, regional, "2605:9cc0:409::/48")
    delete_pool(account, regional)
    deprovision(account, top, "2605:9cc0:409::/48")
    delete_pool(account, top)
    account.ec2.delete_ipam(IpamId=ipam["IpamId"])


def test_page_transfer_a_byoip_ipv4_cidr_to_ipam(account: Account) -> None:
    """In one account, where the guide has two."""
    byoip_ipam(account)
    [ipam] = account.ec2.describe_ipams()["Ipams"]
    assert printed(printed_ipam(Description="my-ipam"), ipam)
    west = account.client("us-west-2")
    west.provision_byoip_cidr(Cidr="130.137.249.0/24", CidrAuthorizationContext=PROOF)
    account.settle()
    public_pool = west.describe_public_ipv4_pools()["PublicIpv4Pools"][0]["PoolId"]
    expected = printed_pool(IpamScopeType="public", Locale="us-west-2", AwsService="ec2")
    pool = create_pool(
        account,
        expected,
        IpamScopeId=ipam["PublicDefaultScopeId"],
        Description="top-level-pool",
        Locale="us-west-2",
        AwsService="ec2",
        AddressFamily="ipv4",
    )
    move = {"IpamPoolId": pool, "IpamPoolOwner": OWNER, "Cidr": "130.137.249.0/24"}
    for state in ("pending-transfer", "complete-transfer"):
        moved = west.move_byoip_cidr_to_ipam(**move)["ByoipCidr"]
        assert printed({"Cidr": "130.137.249.0/24", "State": state}, moved)
        account.settle()
    in_use = printed_allocation("130.137.249.0/24", "ec2-public-ipv4-pool", ResourceId=public_pool)
    assert printed([in_use], allocations(account, "us-west-2", pool))
    for number in range(256):
        west.deprovision_public_ipv4_pool_cidr(PoolId=public_pool, Cidr=f"130.137.249.{number}/32")
    account.settle()
    assert allocations(account, "us-west-2", pool) == []
    deprovision(account, pool, "130.137.249.0/24")
    delete_pool(account, pool)


def test_page_plan_vpc_ip_address_space_for_subnet_ip_allocations(account: Account, scope: str) -> None:
    """The guide does this in the console; these are the calls behind it."""
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/20")["Vpc"]["VpcId"]
    account.settle()
    found = account.ec2.get_ipam_resource_cidrs(IpamScopeId=scope, ResourceId=vpc)["IpamResourceCidrs"]
    assert [cidr["ResourceCidr"] for cidr in found] == ["10.0.0.0/20"]
    resource = {"ResourceId": vpc, "ResourceType": "vpc", "ResourceRegion": "us-east-1", "ResourceOwner": OWNER}
    planning = account.pool(scope, "10.0.0.0/20", SourceResource=resource)
    pools = [account.pool(scope, cidr, SourceIpamPoolId=planning) for cidr in ("10.0.0.0/24", "10.0.1.0/24")]
    subnets = [
        account.ec2.create_subnet(VpcId=vpc, Ipv4IpamPoolId=pool, Ipv4NetmaskLength=28)["Subnet"] for pool in pools
    ]
    assert [subnet["CidrBlock"] for subnet in subnets] == ["10.0.0.0/28", "10.0.1.0/28"]
    account.settle()
    for pool, subnet in zip(pools, subnets, strict=True):
        shown = account.ec2.get_ipam_resource_cidrs(IpamScopeId=scope, IpamPoolId=pool)["IpamResourceCidrs"]
        assert [cidr["ResourceId"] for cidr in shown] == [subnet["SubnetId"]]
    account.ec2.delete_ipam_pool(IpamPoolId=planning, Cascade=True)
    account.settle()
    assert account.ec2.describe_ipam_pools()["IpamPools"] == []
    for subnet in subnets:
        account.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    account.ec2.delete_vpc(VpcId=vpc)


def test_page_allocate_sequential_elastic_ip_addresses_from_an_ipam_pool(account: Account) -> None:
    """Steps 1 and 2, and the clean-up of the pool."""
    ipam = account.ec2.create_ipam()["Ipam"]
    assert printed(
        printed_ipam(
            IpamRegion="us-east-1",
            OperatingRegions=[{"RegionName": "us-east-1"}],
            State="create-in-progress",
            DefaultResourceDiscoveryId=...,
            DefaultResourceDiscoveryAssociationId=...,
            ResourceDiscoveryAssociationCount=1,
            Tier="advanced",
        ),
        ipam,
    )
    expected = printed_pool(
        IpamScopeType="public",
        IpamRegion="us-east-1",
        Locale="us-east-1",
        AwsService="ec2",
        PublicIpSource="amazon",
    )
    pool = create_pool(
        account,
        expected,
        IpamScopeId=ipam["PublicDefaultScopeId"],
        AddressFamily="ipv4",
        Locale="us-east-1",
        AwsService="ec2",
        PublicIpSource="amazon",
    )
    asked = account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=29)["IpamPoolCidr"]
    assert printed({"State": "pending-provision", "IpamPoolCidrId": ..., "NetmaskLength": 29}, asked)
    assert "Cidr" not in asked
    account.settle()
    [cidr] = account.pool_cidrs(pool)
    provisioned = {"Cidr": ..., "State": "provisioned", "IpamPoolCidrId": ..., "NetmaskLength": 29}
    assert printed(provisioned, cidr)
    assert allocations(account, "us-east-1", pool) == []
    deprovision(account, pool, cidr["Cidr"])
    delete_pool(account, pool)
    account.ec2.delete_ipam(IpamId=ipam["IpamId"])


def test_page_verify_your_domain_with_a_dns_txt_record(account: Account) -> None:
    """Step 2; the token is then used as in the BYOIP tutorials."""
    ipam = account.ipam()
    created = account.ec2.create_ipam_external_resource_verification_token(IpamId=ipam["IpamId"])
    token = created["IpamExternalResourceVerificationToken"]
    assert printed(
        {
            "IpamExternalResourceVerificationTokenId": ...,
            "IpamId": ipam["IpamId"],
            "TokenValue": ...,
            "TokenName": ...,
            "NotAfter": ...,
            "Status": "valid",
            "Tags": [],
            "State": "create-in-progress",
        },
        token,
    )
    pool = account.pool(ipam["PublicDefaultScopeId"])
    identifier = token["IpamExternalResourceVerificationTokenId"]
    with pytest.raises(ClientError, match="MissingParameter"):
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="130.137.245.0/24", VerificationMethod="dns-token")
    provision(
        account,
        pool,
        Cidr="130.137.245.0/24",
        VerificationMethod="dns-token",
        IpamExternalResourceVerificationTokenId=identifier,
    )
