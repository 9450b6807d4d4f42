"""The IPAM user guide's tutorial "Allocate sequential Elastic IP addresses from an IPAM pool" (Korean edition, pages
252 to 263), step by step. Ids, times and the addresses themselves are ours; members and states are the guide's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulator.elastic_ips.conftest import Account


def body(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_the_tutorial_on_sequential_addresses_runs_as_printed(account: Account) -> None:
    ec2 = account.ec2

    # Step 1: create an IPAM (pages 253 to 255)
    ipam = ec2.create_ipam()["Ipam"]
    assert ipam["OperatingRegions"] == [{"RegionName": "us-east-1"}]
    assert ipam["Tier"] == "advanced"

    # Step 2: create a pool and provision a CIDR (pages 255 to 258)
    created = ec2.create_ipam_pool(
        IpamScopeId=ipam["PublicDefaultScopeId"],
        AddressFamily="ipv4",
        Locale="us-east-1",
        AwsService="ec2",
        PublicIpSource="amazon",
    )["IpamPool"]
    assert created["State"] == "create-in-progress"
    pool = created["IpamPoolId"]
    account.settle()
    [described] = ec2.describe_ipam_pools(IpamPoolIds=[pool])["IpamPools"]
    assert described == {**created, "State": "create-complete"}
    provisioned = ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=29)["IpamPoolCidr"]
    assert provisioned == {
        "State": "pending-provision",
        "IpamPoolCidrId": provisioned["IpamPoolCidrId"],
        "NetmaskLength": 29,
    }
    account.settle()
    [cidr] = ec2.get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"]
    assert cidr == {**provisioned, "State": "provisioned", "Cidr": "18.97.0.0/29"}

    # Step 3: allocate addresses, the next and a chosen one (pages 259 and 260)
    address = body(ec2.allocate_address(IpamPoolId=pool))
    assert address == {
        "PublicIp": "18.97.0.0",
        "AllocationId": address["AllocationId"],
        "PublicIpv4Pool": pool,
        "NetworkBorderGroup": "us-east-1",
        "Domain": "vpc",
    }
    chosen = body(ec2.allocate_address(IpamPoolId=pool, Address="18.97.0.1"))
    assert (chosen["PublicIp"], chosen.keys()) == ("18.97.0.1", address.keys())

    # Step 4: associate the address with an instance (pages 260 and 261)
    association = body(ec2.associate_address(InstanceId=account.instance(), PublicIp="18.97.0.1"))
    assert association.keys() == {"AssociationId"}

    # Step 5: track and monitor pool usage (pages 261 and 262)
    allocations = ec2.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
    printed = {
        "Cidr": "18.97.0.0/32",
        "IpamPoolAllocationId": allocations[0]["IpamPoolAllocationId"],
        "ResourceId": address["AllocationId"],
        "ResourceType": "eip",
        "ResourceRegion": "us-east-1",
        "ResourceOwner": "123456789012",
    }
    assert allocations[0].items() >= printed.items()

    # Clean-up: disassociate, release, deprovision, delete (pages 262 and 263)
    ec2.disassociate_address(AssociationId=association["AssociationId"])
    for allocation in (address["AllocationId"], chosen["AllocationId"]):
        ec2.release_address(AllocationId=allocation)
    account.settle()
    ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr="18.97.0.0/29")
    account.settle()
    ec2.delete_ipam_pool(IpamPoolId=pool)
    account.settle()
    ec2.delete_ipam(IpamId=ipam["IpamId"])
    assert ec2.describe_ipams()["Ipams"] == []
