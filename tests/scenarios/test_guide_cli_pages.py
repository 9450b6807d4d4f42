"""Commands that pages of the IPAM user guide only name, with the AWS CLI: the guide prints neither options nor answers.

They are in "Plan for IP address provisioning", "Manage IP address space" and "Monitor IP address usage"; what is
expected is what the pages say that each does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ipam_guide import printed, printed_allocation, printed_pool

if TYPE_CHECKING:
    from tests.scenarios.guide_cli import Reader

pytestmark = pytest.mark.scenario


def test_reserve_and_release_space_by_hand(reader: Reader) -> None:
    ipam = reader.run("aws ec2 create-ipam --region us-east-1")["Ipam"]
    scope = reader.run(f"aws ec2 create-ipam-scope --ipam-id {ipam['IpamId']} --description lab")["IpamScope"]
    made = {"IpamScopeType": "private", "IsDefault": False, "Description": "lab", "State": "create-in-progress"}
    assert printed(made, scope)
    pool = reader.create_pool(
        f"aws ec2 create-ipam-pool --ipam-scope-id {scope['IpamScopeId']} --address-family ipv4 --locale us-east-1",
        "aws ec2 describe-ipam-pools",
        printed_pool(owner=reader.account, Locale="us-east-1"),
    )
    reader.provision(
        f"aws ec2 provision-ipam-pool-cidr --ipam-pool-id {pool} --cidr 10.0.0.0/8",
        f"aws ec2 get-ipam-pool-cidrs --ipam-pool-id {pool}",
        "10.0.0.0/8",
    )
    changed = reader.run(
        f"aws ec2 modify-ipam-pool --ipam-pool-id {pool} --allocation-min-netmask-length 16"
        " --add-allocation-resource-tags Key=team,Value=net"
    )["IpamPool"]
    rules = {"AllocationMinNetmaskLength": 16, "AllocationResourceTags": [{"Key": "team", "Value": "net"}]}
    assert printed({**rules, "State": "modify-complete"}, changed)

    allocation = reader.run(f"aws ec2 allocate-ipam-pool-cidr --ipam-pool-id {pool} --netmask-length 24")
    expected = printed_allocation("10.0.0.0/24", "custom", owner=reader.account)
    del expected["ResourceId"]
    assert printed({"IpamPoolAllocation": expected}, allocation)
    allocation_id = allocation["IpamPoolAllocation"]["IpamPoolAllocationId"]
    released = reader.run(
        f"aws ec2 release-ipam-pool-allocation --ipam-pool-id {pool} --cidr 10.0.0.0/24"
        f" --ipam-pool-allocation-id {allocation_id}"
    )
    assert released == {"Success": True}
    reader.deprovision(
        f"aws ec2 deprovision-ipam-pool-cidr --ipam-pool-id {pool} --cidr 10.0.0.0/8",
        f"aws ec2 get-ipam-pool-cidrs --ipam-pool-id {pool}",
        "10.0.0.0/8",
    )
    reader.delete_pool(f"aws ec2 delete-ipam-pool --ipam-pool-id {pool}", {"IpamPoolId": pool})
    deleted = reader.run(f"aws ec2 delete-ipam-scope --ipam-scope-id {scope['IpamScopeId']}")["IpamScope"]
    assert deleted["State"] == "delete-in-progress"


def test_monitor_and_move_cidrs_and_see_public_addresses(reader: Reader) -> None:
    ipam = reader.run("aws ec2 create-ipam --region us-east-1")["Ipam"]
    other = reader.run(f"aws ec2 create-ipam-scope --ipam-id {ipam['IpamId']}")["IpamScope"]["IpamScopeId"]
    ec2 = reader.client("us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    address = ec2.allocate_address()
    reader.wait()

    def monitored(scope: str) -> list[Any]:
        command = f"aws ec2 get-ipam-resource-cidrs --ipam-scope-id {scope} --resource-id {vpc}"
        found: list[Any] = reader.run(command)["IpamResourceCidrs"]
        return found

    first = ipam["PrivateDefaultScopeId"]
    cidr = {"IpamId": ipam["IpamId"], "ResourceId": vpc, "ResourceCidr": "10.8.0.0/16", "ResourceType": "vpc"}
    assert printed([{**cidr, "IpamScopeId": first, "ManagementState": "unmanaged"}], monitored(first))
    moved = reader.run(
        f"aws ec2 modify-ipam-resource-cidr --resource-id {vpc} --resource-cidr 10.8.0.0/16 --resource-region us-east-1"
        f" --current-ipam-scope-id {first} --destination-ipam-scope-id {other} --monitored"
    )["IpamResourceCidr"]
    assert printed({**cidr, "IpamScopeId": other}, moved)
    reader.wait()
    assert monitored(first) == []
    assert printed([{**cidr, "IpamScopeId": other}], monitored(other))

    insights = reader.run(
        "aws ec2 get-ipam-discovered-public-addresses --address-region us-east-1"
        f" --ipam-resource-discovery-id {ipam['DefaultResourceDiscoveryId']}"
    )
    found = {
        "Address": address["PublicIp"],
        "AddressOwnerId": reader.account,
        "AddressAllocationId": address["AllocationId"],
        "AssociationStatus": "disassociated",
        "AddressType": "amazon-owned-eip",
        "SampleTime": ...,
    }
    assert printed({"IpamDiscoveredPublicAddresses": [found], "OldestSampleTime": ...}, insights)


def test_list_and_delete_verification_tokens(reader: Reader) -> None:
    ipam = reader.run("aws ec2 create-ipam --region us-east-1")["Ipam"]["IpamId"]
    kind = "ipam-external-resource-verification-token"
    token = reader.run(f"aws ec2 create-{kind} --ipam-id {ipam}")["IpamExternalResourceVerificationToken"]
    token_id = token["IpamExternalResourceVerificationTokenId"]
    [listed] = reader.run(f"aws ec2 describe-{kind}s")["IpamExternalResourceVerificationTokens"]
    assert printed({**token, "State": "create-complete"}, listed)
    deleted = reader.run(f"aws ec2 delete-{kind} --{kind}-id {token_id}")["IpamExternalResourceVerificationToken"]
    assert deleted["State"] == "delete-in-progress"
    assert reader.run(f"aws ec2 describe-{kind}s")["IpamExternalResourceVerificationTokens"] == []
