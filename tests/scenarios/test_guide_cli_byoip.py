"""The tutorials of the IPAM user guide about one's own ranges (BYOIP) with the AWS CLI, as `test_guide_cli.py`.

The guide writes `Advertisable` and `ServiceType` where the API has PubliclyAdvertisable and AwsService. Where a command
names another Region than the pool's locale, as happens in the guide, it is run in the locale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ipam_guide import printed, printed_address, printed_allocation, printed_ipam, printed_pool

if TYPE_CHECKING:
    from tests.scenarios.guide_cli import Reader

pytestmark = pytest.mark.scenario

IPV4 = "130.137.245.0/24"
IPV6 = "2605:9cc0:409::/48"
MESSAGE = "1|aws|470889052444|130.137.245.0/24|20250101|SHA256|RSAPSS"
SIGNATURE = (
    "W3gdQ9PZHLjPmrnGM~cvGx~KCIsMaU0P7ENO7VRnfSuf9NuJU5RUveQzus~QmF~Nx42j3z7d65uyZZiDRX7KMdW4KadaLiClyRXN6ps9Ar__"
)
FULL_RANGE = {
    "FirstAddress": "130.137.245.0",
    "LastAddress": "130.137.245.255",
    "AddressCount": 256,
    "AvailableAddressCount": 256,
}
NO_ADDRESSES = {"PoolAddressRanges": [], "TotalAddressCount": 0, "TotalAvailableAddressCount": 0}


def printed_public_pool(public_pool: str, *, region: str, **details: Any) -> dict[str, Any]:
    full = {"PoolAddressRanges": [FULL_RANGE], "TotalAddressCount": 256, "TotalAvailableAddressCount": 256}
    pool = {"PoolId": public_pool, "Description": "", "NetworkBorderGroup": region, "Tags": [], **full, **details}
    return {"PublicIpv4Pools": [pool]}


def create_ipam(reader: Reader) -> Any:
    ipam = reader.run(
        "aws ec2 create-ipam --description my-ipam --region us-east-1 --operating-regions RegionName=us-west-2"
        " --profile ipam-account"
    )["Ipam"]
    assert printed(printed_ipam(owner=reader.account, Description="my-ipam"), ipam)
    assert {region["RegionName"] for region in ipam["OperatingRegions"]} == {"us-east-1", "us-west-2"}
    return ipam


def provision(reader: Reader, pool: str, cidr: str, proof: str = "") -> None:
    reader.provision(
        f"aws ec2 provision-ipam-pool-cidr --region us-east-1 --ipam-pool-id {pool} --cidr {cidr} {proof}"
        " --profile ipam-account",
        f"aws ec2 get-ipam-pool-cidrs --region us-east-1 --ipam-pool-id {pool} --profile ipam-account",
        cidr,
    )


def deprovision_and_delete(reader: Reader, pool: str, cidr: str, expected: dict[str, Any]) -> None:
    reader.deprovision(
        f"aws ec2 deprovision-ipam-pool-cidr --region us-east-1 --ipam-pool-id {pool} --cidr {cidr}"
        " --profile ipam-account",
        f"aws ec2 get-ipam-pool-cidrs --region us-east-1 --ipam-pool-id {pool} --profile ipam-account",
        cidr,
    )
    reader.delete_pool(
        f"aws ec2 delete-ipam-pool --region us-east-1 --ipam-pool-id {pool} --profile ipam-account", expected
    )


def delete_ipam(reader: Reader, ipam: Any) -> None:
    deleted = reader.run(f"aws ec2 delete-ipam --region us-east-1 --ipam-id {ipam['IpamId']} --profile ipam-account")[
        "Ipam"
    ]
    named = ("OwnerId", "IpamId", "IpamArn", "PublicDefaultScopeId", "PrivateDefaultScopeId", "ScopeCount")
    assert {name: deleted[name] for name in named} == {name: ipam[name] for name in named}
    assert {region["RegionName"] for region in deleted["OperatingRegions"]} == {"us-east-1", "us-west-2"}


def allocations(reader: Reader, pool: str, *, region: str = "us-west-2") -> Any:
    return reader.run(
        f"aws ec2 get-ipam-pool-allocations --region {region} --ipam-pool-id {pool} --profile ipam-account"
    )["IpamPoolAllocations"]


def give_an_instance_an_address(reader: Reader, pool: str, *, region: str) -> Any:
    """Allocate an address from a pool and associate it with an instance, in two steps of both IPv4 tutorials."""
    address = reader.run(f"aws ec2 allocate-address --region {region} --ipam-pool-id {pool}")
    assert printed(printed_address("130.137.245.0", pool=pool, region=region), address)
    associated = reader.run(
        f"aws ec2 associate-address --region {region} --instance-id {reader.instance(region)}"
        f" --public-ip {address['PublicIp']}"
    )
    assert printed({"AssociationId": ...}, associated)
    return address


def create_public_pool(reader: Reader, pool: str, *, region: str) -> str:
    """Take the whole range into a public IPv4 pool, in the alternative of both IPv4 tutorials."""
    made = reader.run(f"aws ec2 create-public-ipv4-pool --region {region} --profile member-account")
    assert printed({"PoolId": ...}, made)
    added = reader.run(
        f"aws ec2 provision-public-ipv4-pool-cidr --region {region} --ipam-pool-id {pool}"
        f" --pool-id {made['PoolId']} --netmask-length 24 --profile member-account"
    )
    assert printed({"PoolId": made["PoolId"], "PoolAddressRange": FULL_RANGE}, added)
    return str(made["PoolId"])


def empty_public_pool(reader: Reader, public_pool: str, *, region: str) -> None:
    """See the range in the public IPv4 pool, take it out address by address and see that it is gone."""
    describe = f"aws ec2 describe-public-ipv4-pools --region {region} --profile member-account"
    assert printed(printed_public_pool(public_pool, region=region), reader.run(describe))
    reader.empty(public_pool, "130.137.245", region=region)
    last = reader.run(
        f"aws ec2 deprovision-public-ipv4-pool-cidr --region {region} --pool-id {public_pool}"
        " --cidr 130.137.245.255/32 --profile member-account"
    )
    assert printed({"PoolId": public_pool, "DeprovisionedAddresses": ["130.137.245.255"]}, last)
    assert printed(printed_public_pool(public_pool, region=region, **NO_ADDRESSES), reader.run(describe))


def test_bring_your_own_ipv4_cidr_with_console_and_cli(reader: Reader) -> None:
    """Bring your own IPv4 CIDR to IPAM using both the AWS Management Console and the AWS CLI.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-byoip-ipam-console-ipv4.html

    Steps 6 and 7, then the alternative to step 6. Steps 1 to 5 and 8 are in the console.
    """
    home = reader.client("us-east-1")
    scope = home.create_ipam(OperatingRegions=[{"RegionName": "us-east-2"}])["Ipam"]["PublicDefaultScopeId"]
    proof = {"Message": MESSAGE, "Signature": SIGNATURE}
    pools: list[str] = []
    for parameters in ({}, {"Locale": "us-east-2", "AwsService": "ec2"}):
        source = {"SourceIpamPoolId": pools[0]} if pools else {}
        made = home.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", **parameters, **source)
        pools.append(made["IpamPool"]["IpamPoolId"])
        reader.wait()
        authorization = {} if source else {"CidrAuthorizationContext": proof}
        home.provision_ipam_pool_cidr(IpamPoolId=pools[-1], Cidr=IPV4, **authorization)
        reader.wait()
    regional = pools[1]

    address = give_an_instance_an_address(reader, regional, region="us-east-2")
    member = reader.client("us-east-2")
    member.release_address(AllocationId=address["AllocationId"])
    reader.wait()
    public_pool = create_public_pool(reader, regional, region="us-east-2")
    found = reader.run(
        "aws ec2 describe-public-ipv4-pools --region us-east-2 --max-results 10 --profile member-account"
    )
    assert printed(printed_public_pool(public_pool, region="us-east-2"), found)
    empty_public_pool(reader, public_pool, region="us-east-2")
    deleted = reader.run(
        f"aws ec2 delete-public-ipv4-pool --region us-east-2 --pool-id {public_pool} --profile member-account"
    )
    assert deleted == {"ReturnValue": True}


def test_bring_your_own_ipv4_cidr(reader: Reader) -> None:
    """Bring your own public IPv4 CIDR to IPAM using only the AWS CLI.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-byoip-ipam-ipv4.html

    Step 9 as it is, then its alternative, whose public IPv4 pool the clean-up shows.
    """
    owner = reader.account
    ipam = create_ipam(reader)
    public = ipam["PublicDefaultScopeId"]
    describe_pools = "aws ec2 describe-ipam-pools --region us-east-1 --profile ipam-account"
    printed_top = printed_pool(owner=owner, IpamScopeType="public", Description="top-level-IPv4-pool")
    top = reader.create_pool(
        f"aws ec2 create-ipam-pool --region us-east-1 --ipam-scope-id {public}"
        ' --description "top-level-IPv4-pool" --address-family ipv4 --profile ipam-account',
        describe_pools,
        printed_top,
    )
    proof = f'--cidr-authorization-context Message="{MESSAGE}",Signature="{SIGNATURE}"'
    provision(reader, top, IPV4, f"--verification-method remarks-x509 {proof}")
    printed_regional = printed_pool(
        owner=owner,
        IpamScopeType="public",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        PoolDepth=2,
        Description="Regional-IPv4-pool",
        AwsService="ec2",
    )
    regional = reader.create_pool(
        f'aws ec2 create-ipam-pool --description "Regional-IPv4-pool" --region us-east-1 --ipam-scope-id {public}'
        f" --source-ipam-pool-id {top} --locale us-west-2 --address-family ipv4 --aws-service ec2"
        " --profile ipam-account",
        describe_pools,
        printed_regional,
    )
    provision(reader, regional, IPV4)
    advertised = reader.run(f"aws ec2 advertise-byoip-cidr --region us-west-2 --cidr {IPV4} --profile ipam-account")
    assert printed({"ByoipCidr": {"Cidr": IPV4, "State": "advertised"}}, advertised)

    address = give_an_instance_an_address(reader, regional, region="us-west-2")
    release = "aws ec2 release-address --region us-west-2 --allocation-id {} --profile member-account"
    assert reader.run(release.format(address["AllocationId"])) is None
    reader.wait()
    public_pool = create_public_pool(reader, regional, region="us-west-2")
    byoip_cidrs = reader.run(
        "aws ec2 describe-byoip-cidrs --region us-west-2 --max-results 10 --profile member-account"
    )
    shown = {"Cidr": IPV4, "StatusMessage": "Cidr successfully provisioned", "State": "advertised"}
    assert printed({"ByoipCidrs": [shown]}, byoip_cidrs)
    address = reader.run(
        f"aws ec2 allocate-address --region us-west-2 --public-ipv4-pool {public_pool} --profile member-account"
    )
    assert printed(printed_address("130.137.245.0", pool=public_pool, region="us-west-2"), address)

    in_use = printed_allocation(IPV4, "ec2-public-ipv4-pool", owner=owner, ResourceId=public_pool)
    assert printed([in_use], allocations(reader, regional))
    withdrawn = reader.run(f"aws ec2 withdraw-byoip-cidr --region us-west-2 --cidr {IPV4} --profile ipam-account")
    assert printed({"ByoipCidr": {"Cidr": IPV4, "State": "provisioned"}}, withdrawn)
    assert reader.run(release.format(address["AllocationId"])) is None
    empty_public_pool(reader, public_pool, region="us-west-2")
    reader.wait()
    assert allocations(reader, regional) == []
    deprovision_and_delete(reader, regional, IPV4, printed_regional)
    deprovision_and_delete(reader, top, IPV4, printed_top)
    delete_ipam(reader, ipam)


def test_bring_your_own_ipv6_cidr(reader: Reader) -> None:
    """Bring your own IPv6 CIDR to IPAM using only the AWS CLI.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-byoip-ipam-ipv6.html

    With a verification token, the second way that step 4 has. GetIpamPoolCidrs takes no `--cidr`, which the guide
    gives it once.
    """
    owner = reader.account
    ipam = create_ipam(reader)
    public = ipam["PublicDefaultScopeId"]
    describe_pools = "aws ec2 describe-ipam-pools --region us-east-1 --profile ipam-account"
    printed_top = printed_pool(
        owner=owner,
        IpamScopeType="public",
        Description="top-level-IPv6-pool",
        PubliclyAdvertisable=True,
        AddressFamily="ipv6",
    )
    top = reader.create_pool(
        f"aws ec2 create-ipam-pool --region us-east-1 --ipam-scope-id {public}"
        ' --description "top-level-IPv6-pool" --address-family ipv6 --publicly-advertisable --profile ipam-account',
        describe_pools,
        printed_top,
    )
    token = reader.client("us-east-1").create_ipam_external_resource_verification_token(IpamId=ipam["IpamId"])
    token_id = token["IpamExternalResourceVerificationToken"]["IpamExternalResourceVerificationTokenId"]
    proof = f"--verification-method dns-token --ipam-external-resource-verification-token-id {token_id}"
    provision(reader, top, IPV6, proof)
    printed_regional = printed_pool(
        owner=owner,
        IpamScopeType="public",
        SourceIpamPoolId=top,
        Locale="us-west-2",
        PoolDepth=2,
        Description="Regional-IPv6-pool",
        PubliclyAdvertisable=True,
        AddressFamily="ipv6",
        AwsService="ec2",
    )
    regional = reader.create_pool(
        f'aws ec2 create-ipam-pool --description "Regional-IPv6-pool" --region us-east-1 --ipam-scope-id {public}'
        f" --source-ipam-pool-id {top} --locale us-west-2 --address-family ipv6 --aws-service ec2"
        " --profile ipam-account",
        describe_pools,
        printed_regional,
    )
    provision(reader, regional, IPV6)

    vpc = reader.run(
        f"aws ec2 create-vpc --region us-west-2 --ipv6-ipam-pool-id {regional} --cidr-block 10.0.0.0/16"
        " --ipv6-netmask-length 56 --profile member-account"
    )["Vpc"]
    ipv6 = {
        "AssociationId": ...,
        "Ipv6CidrBlock": "2605:9cc0:409::/56",
        "Ipv6CidrBlockState": {"State": "associating"},
        "NetworkBorderGroup": "us-west-2",
        "Ipv6Pool": regional,
    }
    ipv4 = {"AssociationId": ..., "CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}}
    made = {
        "CidrBlock": "10.0.0.0/16",
        "DhcpOptionsId": ...,
        "State": "pending",
        "VpcId": ...,
        "OwnerId": owner,
        "InstanceTenancy": "default",
        "Ipv6CidrBlockAssociationSet": [ipv6],
        "CidrBlockAssociationSet": [ipv4],
        "IsDefault": False,
    }
    assert printed(made, vpc)
    in_use = printed_allocation("2605:9cc0:409::/56", "vpc", owner=owner, ResourceId=vpc["VpcId"])
    assert printed([in_use], allocations(reader, regional))
    advertised = reader.run(f"aws ec2 advertise-byoip-cidr --region us-west-2 --cidr {IPV6} --profile ipam-account")
    assert printed({"ByoipCidr": {"Cidr": IPV6, "State": "advertised"}}, advertised)

    assert printed([in_use], allocations(reader, regional))
    withdrawn = reader.run(f"aws ec2 withdraw-byoip-cidr --region us-west-2 --cidr {IPV6} --profile ipam-account")
    assert printed({"ByoipCidr": {"Cidr": IPV6, "State": "provisioned"}}, withdrawn)
    gone = reader.run(f"aws ec2 delete-vpc --region us-west-2 --vpc-id {vpc['VpcId']} --profile member-account")
    assert gone is None
    assert printed([in_use], allocations(reader, regional))
    reader.wait()
    assert allocations(reader, regional) == []
    deprovision_and_delete(reader, regional, IPV6, printed_regional)
    deprovision_and_delete(reader, top, IPV6, printed_top)
    delete_ipam(reader, ipam)


def test_transfer_a_byoip_ipv4_cidr(reader: Reader) -> None:
    """Tutorial: Transfer a BYOIP IPv4 CIDR to IPAM.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-byoip-ipam-transfer-ipv4.html

    The guide does not say that the CIDR must be deprovisioned before the pool can be deleted, nor that an account
    outside of the organization has to accept the share. AWS RAM's list of permissions is not simulated.
    """
    owner, cidr, bringer = reader.account, "130.137.249.0/24", reader.member()
    reader.become(bringer, profile="byoip-owner-account")
    home, away = reader.client("us-east-1"), bringer.client("us-west-2")
    home.create_ipam(Description="my-ipam", OperatingRegions=[{"RegionName": "us-west-2"}])
    proof = {"Message": MESSAGE.replace(IPV4, cidr), "Signature": SIGNATURE}
    away.provision_byoip_cidr(Cidr=cidr, CidrAuthorizationContext=proof)
    reader.wait()
    [public_pool] = [pool["PoolId"] for pool in away.describe_public_ipv4_pools()["PublicIpv4Pools"]]

    [ipam] = reader.run("aws ec2 describe-ipams --region us-east-1 --profile ipam-account")["Ipams"]
    regions = [{"RegionName": "us-east-1"}, {"RegionName": "us-west-2"}]
    assert printed(printed_ipam(owner=owner, Description="my-ipam"), ipam)
    assert sorted(ipam["OperatingRegions"], key=str) == regions
    expected = printed_pool(
        owner=owner,
        IpamScopeType="public",
        Locale="us-west-2",
        Description="top-level-pool",
        AwsService="ec2",
    )
    pool = reader.create_pool(
        "aws ec2 create-ipam-pool --region us-east-1 --profile ipam-account"
        f' --ipam-scope-id {ipam["PublicDefaultScopeId"]} --description "top-level-pool" --locale us-west-2'
        " --aws-service ec2 --address-family ipv4",
        "aws ec2 describe-ipam-pools --region us-east-1 --profile ipam-account",
        expected,
    )
    share = reader.run(
        "aws ram create-resource-share --region us-east-1 --profile ipam-account --name PoolShare2"
        f" --resource-arns arn:aws:ec2::{owner}:ipam-pool/{pool} --principals {bringer.account}"
        " --permission-arns arn:aws:ram::aws:permission/AWSRAMPermissionIpamPoolByoipCidrImport"
    )
    shared = {"resourceShareArn": ..., "name": "PoolShare2", "owningAccountId": owner, "allowExternalPrincipals": True}
    times = {"creationTime": ..., "lastUpdatedTime": ...}
    assert printed({"resourceShare": {**shared, **times, "status": "ACTIVE"}}, share)
    bringer.accept_shares()
    for state in ("pending-transfer", "complete-transfer"):
        moved = reader.run(
            "aws ec2 move-byoip-cidr-to-ipam --region us-west-2 --profile byoip-owner-account"
            f" --ipam-pool-id {pool} --ipam-pool-owner {owner} --cidr {cidr}"
        )
        assert printed({"ByoipCidr": {"Cidr": cidr, "State": state}}, moved)
        reader.wait()
    in_use = printed_allocation(cidr, "ec2-public-ipv4-pool", owner=bringer.account, ResourceId=public_pool)
    assert printed([in_use], allocations(reader, pool))

    bringer.empty(public_pool, "130.137.249", region="us-west-2")
    last = reader.run(
        "aws ec2 deprovision-public-ipv4-pool-cidr --region us-west-2 --profile byoip-owner-account"
        f" --pool-id {public_pool} --cidr 130.137.249.255/32"
    )
    assert printed({"PoolId": public_pool, "DeprovisionedAddresses": ["130.137.249.255"]}, last)
    found = reader.run("aws ec2 describe-public-ipv4-pools --region us-west-2 --profile byoip-owner-account")
    assert printed(printed_public_pool(public_pool, region="us-west-2", **NO_ADDRESSES), found)
    reader.wait()
    home.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr)
    reader.wait()
    reader.delete_pool(
        f"aws ec2 delete-ipam-pool --region us-east-1 --profile ipam-account --ipam-pool-id {pool}", expected
    )
