"""The tutorials of the IPAM user guide with the AWS CLI: each page's commands in its order, and what it prints.

The command lines are the guide's with the ids filled in. What the guide does in the console or describes on other
pages is done by API.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest

from tests.ipam_guide import printed, printed_address, printed_allocation, printed_ipam, printed_pool

if TYPE_CHECKING:
    from tests.scenarios.guide_cli import Reader

pytestmark = pytest.mark.scenario


def test_create_an_ipam_and_pools(reader: Reader) -> None:
    """Tutorial: Create an IPAM and pools using the AWS CLI.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-create-vpc-ipam.html

    It prints that its share allows no external principals, which takes an option that it does not give, and deletes
    it in another Region. Its VPC is made in the locale of its pool, where the guide has another pool in another
    Region. Its last command lacks the IPAM that it deletes, and that the pools go with it.
    """
    owner = reader.account
    ipam = reader.run(
        "aws ec2 create-ipam --description my-ipam --region us-east-1 --operating-regions RegionName=us-west-2"
    )["Ipam"]
    regions = [{"RegionName": "us-west-2"}, {"RegionName": "us-east-1"}]
    assert printed(printed_ipam(owner=owner, Description="my-ipam", OperatingRegions=regions), ipam)
    scope = {"OwnerId": owner, "IpamScopeId": ..., "IpamScopeArn": ..., "IpamArn": ..., "IsDefault": True}
    scopes = [{**scope, "IpamScopeType": kind, "PoolCount": 0} for kind in ("public", "private")]
    assert printed({"IpamScopes": scopes}, reader.run("aws ec2 describe-ipam-scopes --region us-east-1"))

    private = ipam["PrivateDefaultScopeId"]
    top = reader.create_pool(
        f'aws ec2 create-ipam-pool --ipam-scope-id {private} --description "top-level-pool" --address-family ipv4',
        "aws ec2 describe-ipam-pools",
        printed_pool(owner=owner, IpamScopeType="private", Description="top-level-pool"),
    )
    reader.provision(
        f"aws ec2 provision-ipam-pool-cidr --region us-east-1 --ipam-pool-id {top} --cidr 10.0.0.0/8",
        f"aws ec2 get-ipam-pool-cidrs --region us-east-1 --ipam-pool-id {top}",
        "10.0.0.0/8",
    )
    regional = reader.create_pool(
        f'aws ec2 create-ipam-pool --description "regional--pool" --region us-east-1 --ipam-scope-id {private}'
        f" --source-ipam-pool-id {top} --locale us-west-2 --address-family ipv4",
        "aws ec2 describe-ipam-pools",
        printed_pool(
            owner=owner,
            IpamScopeType="private",
            SourceIpamPoolId=top,
            Locale="us-west-2",
            PoolDepth=2,
            Description="regional--pool",
        ),
    )
    reader.provision(
        f"aws ec2 provision-ipam-pool-cidr --region us-east-1 --ipam-pool-id {regional} --cidr 10.0.0.0/16",
        f"aws ec2 get-ipam-pool-cidrs --region us-east-1 --ipam-pool-id {regional}",
        "10.0.0.0/16",
    )
    in_use = printed_allocation("10.0.0.0/16", "ipam-pool", owner=owner, ResourceId=regional)
    assert printed(
        {"IpamPoolAllocations": [in_use]},
        reader.run(f"aws ec2 get-ipam-pool-allocations --region us-east-1 --ipam-pool-id {top}"),
    )

    share = reader.run(
        "aws ram create-resource-share --region us-east-1 --name pool_share"
        f" --resource-arns arn:aws:ec2::{owner}:ipam-pool/{regional} --principals {reader.member().account}"
    )["resourceShare"]
    shared = {"resourceShareArn": ..., "name": "pool_share", "owningAccountId": owner, "status": "ACTIVE"}
    assert printed({**shared, "creationTime": ..., "lastUpdatedTime": ...}, share)

    vpc = reader.run(f"aws ec2 create-vpc --region us-west-2 --ipv4-ipam-pool-id {regional} --cidr-block 10.0.0.0/24")
    association = {"AssociationId": ..., "CidrBlock": "10.0.0.0/24", "CidrBlockState": {"State": "associated"}}
    made = {
        "CidrBlock": "10.0.0.0/24",
        "DhcpOptionsId": ...,
        "State": "pending",
        "VpcId": ...,
        "OwnerId": owner,
        "InstanceTenancy": "default",
        "Ipv6CidrBlockAssociationSet": [],
        "CidrBlockAssociationSet": [association],
        "IsDefault": False,
    }
    assert printed({"Vpc": made}, vpc)
    assert reader.run(f"aws ec2 delete-vpc --region us-west-2 --vpc-id {vpc['Vpc']['VpcId']}") is None
    reader.run(f"aws ram delete-resource-share --resource-share-arn {share['resourceShareArn']} --region us-east-1")
    reader.wait()
    for pool in (regional, top):
        reader.run(f"aws ec2 deprovision-ipam-pool-cidr --ipam-pool-id {pool} --region us-east-1")
        reader.wait()
    reader.run(f"aws ec2 delete-ipam --region us-east-1 --ipam-id {ipam['IpamId']} --cascade")
    assert reader.client("us-east-1").describe_ipam_pools()["IpamPools"] == []


def named(name: str, resource_type: str) -> list[dict[str, Any]]:
    return [{"ResourceType": resource_type, "Tags": [{"Key": "Name", "Value": name}]}]


def vpc_with_an_instance(reader: Reader, scope: str) -> tuple[str, str, str]:
    """The ids of a VPC out of a pool, its subnet and its instance, with the addresses of the guide's scenarios."""
    ec2 = reader.client("us-east-1")
    pool = ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", Locale="us-east-1")["IpamPool"]["IpamPoolId"]
    reader.wait()
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.2.0.0/16")
    reader.wait()
    vpc = ec2.create_vpc(Ipv4IpamPoolId=pool, CidrBlock="10.2.1.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    instance = reader.instance("us-east-1", SubnetId=subnet, PrivateIpAddress="10.2.1.155")
    reader.wait()
    return vpc, subnet, instance


def two_ipv6_vpcs(reader: Reader, scope: str) -> list[str]:
    """The ids of two VPCs that have the same IPv6 CIDR one after the other."""
    home, away = reader.client("us-east-1"), reader.client("us-east-2")
    proof = {"Message": "1|aws|470889052444|2605:9cc0:409::/48|20250101|SHA256|RSAPSS", "Signature": "FU26~vRG~NUG"}
    parameters = {"Locale": "us-east-2", "AwsService": "ec2", "PubliclyAdvertisable": True}
    pool = home.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv6", **parameters)["IpamPool"]["IpamPoolId"]
    reader.wait()
    home.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="2605:9cc0:409::/48", CidrAuthorizationContext=proof)
    reader.wait()
    vpcs: list[str] = []
    for name in ("First example VPC", "Second example VPC"):
        for gone in vpcs:
            away.delete_vpc(VpcId=gone)
            reader.wait()
        made = away.create_vpc(
            CidrBlock="10.9.0.0/16",
            Ipv6IpamPoolId=pool,
            Ipv6CidrBlock="2605:9cc0:409::/56",
            TagSpecifications=named(name, "vpc"),
        )
        vpcs.append(str(made["Vpc"]["VpcId"]))
        reader.wait()
    return vpcs


def overlapping_networks(reader: Reader) -> None:
    """Four unmanaged networks with one CIDR, of which two are gone."""
    away = reader.client("us-east-2")
    gone = away.create_vpc(CidrBlock="10.0.0.0/24", TagSpecifications=named("Example name", "vpc"))["Vpc"]["VpcId"]
    reader.client("us-west-2").create_vpc(CidrBlock="10.0.0.0/24", TagSpecifications=named("Example name", "vpc"))
    subnets = {}
    for region in ("us-east-1", "us-east-2"):
        ec2 = reader.client(region)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        tags = named("Example name", "subnet")
        made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", TagSpecifications=tags)
        subnets[region] = made["Subnet"]["SubnetId"]
    reader.wait()
    away.delete_vpc(VpcId=gone)
    away.delete_subnet(SubnetId=subnets["us-east-2"])
    reader.wait()


def test_view_ip_address_history(reader: Reader) -> None:
    """Tutorial: View IP address history using the AWS CLI.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-historical-insights.html

    The times are the simulated clock's; the order of records with the same time is not told.
    """
    operating = [{"RegionName": "us-east-2"}, {"RegionName": "us-west-2"}]
    ipam = reader.client("us-east-1").create_ipam(OperatingRegions=operating)["Ipam"]
    private, public = ipam["PrivateDefaultScopeId"], ipam["PublicDefaultScopeId"]
    start = reader.wait()
    vpc, subnet, instance = vpc_with_an_instance(reader, private)
    first, second = two_ipv6_vpcs(reader, public)
    overlapping_networks(reader)
    end = reader.wait()

    def told(expected: list[dict[str, Any]], cidr: str, scope: str = private, times: str = "") -> bool:
        command = f"aws ec2 get-ipam-address-history --region us-east-1 --cidr {cidr} --ipam-scope-id {scope}{times}"
        records = reader.run(command)["HistoryRecords"]
        every = [
            {"ResourceOwnerId": reader.account, "ResourceCidr": cidr, "SampledStartTime": ..., **one}
            for one in expected
        ]
        return len(records) == len(every) and all(any(printed(one, record) for record in records) for one in every)

    here = {"ResourceRegion": "us-east-1", "VpcId": vpc}
    of_address: list[dict[str, Any]] = [
        {**here, "ResourceType": "network-interface", "ResourceId": ...},
        {**here, "ResourceType": "instance", "ResourceId": instance},
    ]
    managed = {"ResourceComplianceStatus": "compliant", "ResourceOverlapStatus": "nonoverlapping"}
    of_network: list[dict[str, Any]] = [
        {**here, "ResourceType": "subnet", "ResourceId": subnet},
        {**here, "ResourceType": "vpc", "ResourceId": vpc, **managed},
    ]
    away = {"ResourceRegion": "us-east-2", "ResourceType": "vpc", **managed}
    of_ipv6: list[dict[str, Any]] = [
        {**away, "ResourceId": first, "VpcId": first, "ResourceName": "First example VPC", "SampledEndTime": ...},
        {**away, "ResourceId": second, "VpcId": second, "ResourceName": "Second example VPC"},
    ]
    example = {"ResourceId": ..., "VpcId": ..., "ResourceName": "Example name"}
    unmanaged = {"ResourceType": "vpc", "ResourceComplianceStatus": "unmanaged", "ResourceOverlapStatus": "overlapping"}
    of_examples: list[dict[str, Any]] = [
        {**example, "ResourceRegion": "us-east-2", "ResourceType": "subnet", "SampledEndTime": ...},
        {**example, "ResourceRegion": "us-east-2", **unmanaged, "SampledEndTime": ...},
        {**example, "ResourceRegion": "us-west-2", **unmanaged},
        {**example, "ResourceRegion": "us-east-1", "ResourceType": "subnet"},
    ]
    since, until = f" --start-time {start}", f" --end-time {end}"
    assert told(of_address, "10.2.1.155/32", times=since + until)
    assert told(of_network, "10.2.1.0/24", times=since + until)
    assert told(of_ipv6, "2605:9cc0:409::/56", public, since + until)
    assert told(of_examples, "10.0.0.0/24", times=since)
    assert told(of_address, "10.2.1.155/32")
    assert told(of_network, "10.2.1.0/24")
    assert told([], "54.0.0.9/32")


def test_allocate_sequential_elastic_ip_addresses(reader: Reader) -> None:
    """Allocate sequential Elastic IP addresses from an IPAM pool.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-eip-pool.html

    The clean-up is on other pages, and done by API.
    """
    owner = reader.account
    ipam = reader.run("aws ec2 create-ipam --region us-east-1")["Ipam"]
    details = {
        "IpamRegion": "us-east-1",
        "OperatingRegions": [{"RegionName": "us-east-1"}],
        "State": "create-in-progress",
        "DefaultResourceDiscoveryId": ...,
        "DefaultResourceDiscoveryAssociationId": ...,
        "ResourceDiscoveryAssociationCount": 1,
        "Tier": "advanced",
    }
    assert printed(printed_ipam(owner=owner, **details), ipam)
    pool = reader.run(
        f"aws ec2 create-ipam-pool --region us-east-1 --ipam-scope-id {ipam['PublicDefaultScopeId']}"
        " --address-family ipv4 --locale us-east-1 --aws-service ec2 --public-ip-source amazon"
    )["IpamPool"]["IpamPoolId"]
    reader.wait()
    [made] = reader.run(f"aws ec2 describe-ipam-pools --region us-east-1 --ipam-pool-ids {pool}")["IpamPools"]
    details = {
        "IpamScopeType": "public",
        "IpamRegion": "us-east-1",
        "Locale": "us-east-1",
        "State": "create-complete",
        "AwsService": "ec2",
        "PublicIpSource": "amazon",
    }
    assert printed(printed_pool(owner=owner, **details), made)
    asked = reader.run(f"aws ec2 provision-ipam-pool-cidr --region us-east-1 --ipam-pool-id {pool} --netmask-length 29")
    cidr = {"State": "pending-provision", "IpamPoolCidrId": ..., "NetmaskLength": 29}
    assert printed({"IpamPoolCidr": cidr}, asked)
    assert asked["IpamPoolCidr"].keys() == cidr.keys()
    reader.wait()
    [block] = reader.run(f"aws ec2 get-ipam-pool-cidrs --region us-east-1 --ipam-pool-id {pool}")["IpamPoolCidrs"]
    assert printed({**cidr, "State": "provisioned", "Cidr": ...}, block)

    addresses = [str(address) for address in ip_network(block["Cidr"])]
    first = reader.run(f"aws ec2 allocate-address --region us-east-1 --ipam-pool-id {pool}")
    assert printed(printed_address(addresses[0], pool=pool, region="us-east-1"), first)
    chosen = reader.run(f"aws ec2 allocate-address --region us-east-1 --ipam-pool-id {pool} --address {addresses[1]}")
    assert printed(printed_address(addresses[1], pool=pool, region="us-east-1"), chosen)
    instance = reader.instance("us-east-1")
    associated = reader.run(
        f"aws ec2 associate-address --region us-east-1 --instance-id {instance} --public-ip {addresses[1]}"
    )
    assert printed({"AssociationId": ...}, associated)
    in_use = [
        printed_allocation(
            f"{address['PublicIp']}/32",
            "eip",
            owner=owner,
            ResourceId=address["AllocationId"],
            ResourceRegion="us-east-1",
        )
        for address in (first, chosen)
    ]
    assert printed(
        {"IpamPoolAllocations": in_use},
        reader.run(f"aws ec2 get-ipam-pool-allocations --region us-east-1 --ipam-pool-id {pool}"),
    )

    ec2 = reader.client("us-east-1")
    ec2.disassociate_address(AssociationId=associated["AssociationId"])
    for address in (first, chosen):
        ec2.release_address(AllocationId=address["AllocationId"])
    reader.wait()
    ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr=block["Cidr"])
    reader.wait()
    ec2.delete_ipam_pool(IpamPoolId=pool)
    reader.wait()
    ec2.delete_ipam(IpamId=ipam["IpamId"])
    assert ec2.describe_ipams()["Ipams"] == []


def test_verify_domain_control(reader: Reader) -> None:
    """Verify domain control, with a DNS TXT record.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-byoip-ipam-domain-verification-methods.html

    The token is used as in "Bring your own IPv6 CIDR to IPAM using only the AWS CLI".
    """
    ipam = reader.client("us-east-1").create_ipam()["Ipam"]
    token = {
        "IpamExternalResourceVerificationTokenId": ...,
        "IpamId": ipam["IpamId"],
        "TokenValue": ...,
        "TokenName": ...,
        "NotAfter": ...,
        "Status": "valid",
        "Tags": [],
        "State": "create-in-progress",
    }
    assert printed(
        {"IpamExternalResourceVerificationToken": token},
        reader.run(f"aws ec2 create-ipam-external-resource-verification-token --ipam-id {ipam['IpamId']}"),
    )
