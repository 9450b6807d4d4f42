"""The IPAM user guide's commands about accounts and ASNs with the AWS CLI, as `test_guide_cli.py`.

The organisation is made through AWS Organizations' API.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.ipam_guide import printed, printed_ipam

if TYPE_CHECKING:
    from tests.scenarios.guide_cli import Reader

pytestmark = pytest.mark.scenario

RANGE = "130.137.250.0/24"


def printed_discovery(owner: str, *regions: str, **details: Any) -> dict[str, Any]:
    return {
        "OwnerId": owner,
        "IpamResourceDiscoveryId": ...,
        "IpamResourceDiscoveryArn": ...,
        "IpamResourceDiscoveryRegion": "us-east-1",
        "OperatingRegions": [{"RegionName": region} for region in regions],
        **details,
    }


def test_integrate_with_an_organization_and_exclude_units(reader: Reader) -> None:
    """Integrate IPAM with accounts in an AWS Organization; Exclude organizational units from IPAM.

    https://docs.aws.amazon.com/vpc/latest/ipam/enable-integ-ipam.html
    https://docs.aws.amazon.com/vpc/latest/ipam/exclude-ous.html

    The guide prints `IsDefault: false` for the default resource discovery that it changes.
    """
    organizations = reader.organizations()
    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    [root] = organizations.list_roots()["Roots"]
    outer = organizations.create_organizational_unit(ParentId=root["Id"], Name="outer")["OrganizationalUnit"]["Id"]
    inner = organizations.create_organizational_unit(ParentId=outer, Name="inner")["OrganizationalUnit"]["Id"]
    made = organizations.create_account(Email="ipam@example.com", AccountName="ipam")["CreateAccountStatus"]
    member = reader.member(made["AccountId"])

    enabled = reader.run(
        "aws ec2 enable-ipam-organization-admin-account --region us-east-1"
        f" --delegated-admin-account-id {member.account}"
    )
    assert enabled == {"Success": True}
    member.run("aws ec2 create-ipam --region us-east-1 --operating-regions RegionName=us-west-1 RegionName=us-west-2")
    [discovery] = member.run("aws ec2 describe-ipam-resource-discoveries")["IpamResourceDiscoveries"]
    regions = ("us-west-1", "us-west-2", "us-east-1")
    expected = printed_discovery(member.account, *regions, IsDefault=True, State="create-complete", Tags=[])
    assert printed(expected, discovery)

    made = organizations.create_account(Email="web@example.com", AccountName="web")["CreateAccountStatus"]
    reader.wait()
    accounts = member.run(
        "aws ec2 get-ipam-discovered-accounts --discovery-region us-west-1"
        f" --ipam-resource-discovery-id {discovery['IpamResourceDiscoveryId']}"
    )["IpamDiscoveredAccounts"]
    assert {account["AccountId"] for account in accounts} == {reader.account, member.account, made["AccountId"]}

    path = f"{organization}/{root['Id']}/{outer}"
    change = (
        "aws ec2 modify-ipam-resource-discovery"
        f" --ipam-resource-discovery-id {discovery['IpamResourceDiscoveryId']} --region us-east-1"
    )
    member.run(f"{change} --add-organizational-unit-exclusions OrganizationsEntityPath='{path}/{inner}/'")
    changed = member.run(
        f"{change} --add-organizational-unit-exclusions OrganizationsEntityPath='{path}/*'"
        f" --remove-organizational-unit-exclusions OrganizationsEntityPath='{path}/{inner}/'"
    )["IpamResourceDiscovery"]
    excluded = [{"OrganizationsEntityPath": f"{path}/*"}]
    expected = printed_discovery(
        member.account, *regions, State="modify-in-progress", OrganizationalUnitExclusions=excluded
    )
    assert printed(expected, changed)
    disabled = reader.run(
        f"aws ec2 disable-ipam-organization-admin-account --delegated-admin-account-id {member.account}"
    )
    assert disabled == {"Success": True}


def test_integrate_with_accounts_outside_of_the_organization(reader: Reader) -> None:
    """Integrate IPAM with accounts outside of your organization: the commands that its steps name.

    https://docs.aws.amazon.com/vpc/latest/ipam/enable-integ-ipam-outside-org.html
    """
    ipam = reader.run("aws ec2 create-ipam --region us-east-1")["Ipam"]
    secondary = reader.member()
    owner = secondary.account
    discovery = secondary.run(
        "aws ec2 create-ipam-resource-discovery --description theirs --operating-regions RegionName=us-west-2"
    )["IpamResourceDiscovery"]
    expected = printed_discovery(owner, "us-west-2", "us-east-1", IsDefault=False, State="create-in-progress")
    assert printed({**expected, "Description": "theirs"}, discovery)
    share = secondary.run(
        f"aws ram create-resource-share --name discovery --principals {reader.account}"
        f" --resource-arns {discovery['IpamResourceDiscoveryArn']}"
    )["resourceShare"]
    assert share["status"] == "ACTIVE"
    reader.accept_shares()
    made = reader.run(
        f"aws ec2 associate-ipam-resource-discovery --ipam-id {ipam['IpamId']}"
        f" --ipam-resource-discovery-id {discovery['IpamResourceDiscoveryId']}"
    )["IpamResourceDiscoveryAssociation"]
    association = {
        "OwnerId": owner,
        "IpamResourceDiscoveryAssociationId": ...,
        "IpamResourceDiscoveryAssociationArn": ...,
        "IpamResourceDiscoveryId": discovery["IpamResourceDiscoveryId"],
        "IpamId": ipam["IpamId"],
        "IpamArn": ipam["IpamArn"],
        "IpamRegion": "us-east-1",
        "IsDefault": False,
        "ResourceDiscoveryStatus": "active",
        "Tags": [],
    }
    assert printed({**association, "State": "associate-in-progress"}, made)
    reader.wait()
    associations = {
        found["IpamResourceDiscoveryAssociationId"]: found
        for found in reader.run("aws ec2 describe-ipam-resource-discovery-associations")[
            "IpamResourceDiscoveryAssociations"
        ]
    }
    made_id = made["IpamResourceDiscoveryAssociationId"]
    assert associations.keys() == {ipam["DefaultResourceDiscoveryAssociationId"], made_id}
    assert printed({**association, "State": "associate-complete"}, associations[made_id])

    which = f"--ipam-resource-discovery-id {discovery['IpamResourceDiscoveryId']}"
    [account] = reader.run(f"aws ec2 get-ipam-discovered-accounts {which} --discovery-region us-west-2")[
        "IpamDiscoveredAccounts"
    ]
    seen = {"LastAttemptedDiscoveryTime": ..., "LastSuccessfulDiscoveryTime": ...}
    assert printed({"AccountId": owner, "DiscoveryRegion": "us-west-2", **seen}, account)
    vpc = secondary.client("us-west-2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    reader.wait()
    found = reader.run(f"aws ec2 get-ipam-discovered-resource-cidrs {which} --resource-region us-west-2")
    cidr = {"ResourceOwnerId": owner, "ResourceCidr": "10.7.0.0/16", "ResourceType": "vpc", "SampleTime": ...}
    assert any(printed({**cidr, "ResourceId": vpc}, one) for one in found["IpamDiscoveredResourceCidrs"])

    ended = reader.run(
        f"aws ec2 disassociate-ipam-resource-discovery --ipam-resource-discovery-association-id {made_id}"
    )["IpamResourceDiscoveryAssociation"]
    assert printed({**association, "State": "disassociate-in-progress"}, ended)
    deleted = secondary.run(f"aws ec2 delete-ipam-resource-discovery {which}")["IpamResourceDiscovery"]
    assert deleted["State"] == "delete-in-progress"
    left = reader.run("aws ec2 describe-ipam-resource-discoveries")["IpamResourceDiscoveries"]
    assert [one["IsDefault"] for one in left] == [True]


def range_in_a_pool(reader: Reader, scope: str) -> str:
    """The id of a Regional pool with a range of the reader's own, as other tutorials make it."""
    ec2 = reader.client("us-east-1")
    pool = ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily="ipv4", Locale="us-east-1", AwsService="ec2")
    reader.wait()
    proof = {"Message": "message", "Signature": "signature"}
    pool_id = str(pool["IpamPool"]["IpamPoolId"])
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool_id, Cidr=RANGE, CidrAuthorizationContext=proof)
    reader.wait()
    return pool_id


def test_bring_your_asn(reader: Reader) -> None:
    """Tutorial: Bring your ASN to IPAM.

    https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-byoasn.html

    That the CIDR is advertised shows in its own state: the API has no such state of an association.
    """
    ipam = reader.run("aws ec2 create-ipam --description my-ipam --region us-east-1")["Ipam"]
    assert printed(printed_ipam(owner=reader.account), ipam)
    pool = range_in_a_pool(reader, ipam["PublicDefaultScopeId"])
    last_day = datetime.fromisoformat(reader.wait()) + timedelta(days=30)
    message = f"1|aws|{reader.account}|12345|{last_day:%Y%m%d}|SHA256|RSAPSS"
    byoasn = reader.run(
        f"aws ec2 provision-ipam-byoasn --ipam-id {ipam['IpamId']} --asn 12345"
        f" --asn-authorization-context Message='{message}',Signature='signed'"
    )["Byoasn"]
    assert printed({"Asn": "12345", "IpamId": ipam["IpamId"], "State": "pending-provision"}, byoasn)
    reader.wait()
    [byoasn] = reader.run("aws ec2 describe-ipam-byoasn")["Byoasns"]
    assert byoasn["State"] == "provisioned"

    def cidr() -> Any:
        [found] = reader.run("aws ec2 describe-byoip-cidrs --max-results 10")["ByoipCidrs"]
        return found

    association = reader.run(f"aws ec2 associate-ipam-byoasn --asn 12345 --cidr {RANGE}")["AsnAssociation"]
    assert association == {"Asn": "12345", "Cidr": RANGE, "State": "pending-association"}
    reader.wait()
    assert cidr()["AsnAssociations"] == [{"Asn": "12345", "Cidr": RANGE, "State": "associated"}]
    reader.run(f"aws ec2 advertise-byoip-cidr --asn 12345 --cidr {RANGE}")
    assert cidr()["State"] == "advertised"

    reader.run(f"aws ec2 advertise-byoip-cidr --asn AWS --cidr {RANGE}")
    assert cidr()["State"] == "advertised"
    reader.run(f"aws ec2 withdraw-byoip-cidr --cidr {RANGE}")
    ended = reader.run(f"aws ec2 disassociate-ipam-byoasn --asn 12345 --cidr {RANGE}")["AsnAssociation"]
    assert ended["State"] == "pending-disassociation"
    reader.wait()
    given_up = reader.run(f"aws ec2 deprovision-ipam-byoasn --ipam-id {ipam['IpamId']} --asn 12345")["Byoasn"]
    assert given_up["State"] == "pending-deprovision"
    reader.deprovision(
        f"aws ec2 deprovision-ipam-pool-cidr --ipam-pool-id {pool} --cidr {RANGE}",
        f"aws ec2 get-ipam-pool-cidrs --ipam-pool-id {pool}",
        RANGE,
    )
