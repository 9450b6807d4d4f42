"""Sharing pools of an organisation's IPAM with its accounts, and with accounts outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.estate import EAST, HUB, MEMBER, STRANGER, WEST, Estate, refused

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.scenario

MANAGER = "100000000009"


@pytest.fixture
def organization(estate: Estate) -> Iterator[str]:
    """The ARN of an organisation that shares, with the hub as the administrator of IPAM."""
    organizations = estate.account(MANAGER).client("organizations")
    arn: str = organizations.create_organization()["Organization"]["Arn"]
    for account in (HUB, MEMBER):
        estate.join(MANAGER, account)
    ec2 = estate.account(MANAGER).client("ec2")
    ec2.enable_ipam_organization_admin_account(DelegatedAdminAccountId=HUB)
    estate.account(MANAGER).client("ram").enable_sharing_with_aws_organization()
    yield arn
    ec2.disable_ipam_organization_admin_account(DelegatedAdminAccountId=HUB)
    for account in (HUB, MEMBER):
        organizations.remove_account_from_organization(AccountId=account)
    organizations.delete_organization()


@pytest.fixture
def pool(estate: Estate, organization: str) -> Iterator[str]:
    """The ARN of a pool for VPCs, with space."""
    ec2 = estate.account(HUB).client("ec2")
    ipam = ec2.create_ipam(OperatingRegions=[{"RegionName": EAST}])["Ipam"]
    pool = ec2.create_ipam_pool(IpamScopeId=ipam["PrivateDefaultScopeId"], AddressFamily="ipv4", Locale=EAST)[
        "IpamPool"
    ]
    estate.simulation.settle()
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool["IpamPoolId"], Cidr="10.96.0.0/16")
    estate.simulation.settle()
    yield pool["IpamPoolArn"]
    ec2.delete_ipam(IpamId=ipam["IpamId"], Cascade=True)
    estate.simulation.settle()
    assert organization


def use(estate: Estate, account: str, pool: str) -> str | None:
    """The error code by which a VPC out of the pool is refused to the account."""
    ec2 = estate.account(account).client("ec2")
    return refused(ec2.create_vpc, Ipv4IpamPoolId=pool.rpartition("/")[2], Ipv4NetmaskLength=24)


def test_a_pool_is_used_by_whom_it_is_shared_with_as_long_as_it_is(estate: Estate, pool: str) -> None:
    ram = estate.account(HUB).client("ram")
    assert use(estate, MEMBER, pool) is not None
    share = ram.create_resource_share(name="member", resourceArns=[pool], principals=[MEMBER])["resourceShare"]
    assert use(estate, MEMBER, pool) is None
    assert use(estate, STRANGER, pool) is not None
    seen = estate.account(MEMBER).client("ram").list_resources(resourceOwner="OTHER-ACCOUNTS")["resources"]
    assert [(each["arn"], each["type"]) for each in seen] == [(pool, "ec2:IpamPool")]
    ram.disassociate_resource_share(resourceShareArn=share["resourceShareArn"], principals=[MEMBER])
    assert use(estate, MEMBER, pool) is not None
    ram.associate_resource_share(resourceShareArn=share["resourceShareArn"], principals=[MEMBER])
    assert use(estate, MEMBER, pool) is None
    ram.delete_resource_share(resourceShareArn=share["resourceShareArn"])
    assert use(estate, MEMBER, pool) is not None
    assert ram.get_resource_shares(resourceOwner="SELF", name="member")["resourceShares"][0]["status"] == "DELETED"


def test_a_pool_is_shared_with_a_whole_organisation(estate: Estate, organization: str, pool: str) -> None:
    ram = estate.account(HUB).client("ram")
    share = ram.create_resource_share(name="all", resourceArns=[pool], principals=[organization])["resourceShare"]
    assert use(estate, MEMBER, pool) is None
    assert use(estate, STRANGER, pool) is not None
    ram.delete_resource_share(resourceShareArn=share["resourceShareArn"])


def test_an_account_outside_accepts_first_where_that_is_allowed(estate: Estate, pool: str) -> None:
    ram = estate.account(HUB).client("ram")
    request = {"name": "outside", "resourceArns": [pool], "principals": [STRANGER]}
    create = ram.create_resource_share
    assert refused(create, **request, allowExternalPrincipals=False) == "OperationNotPermittedException"
    share = ram.create_resource_share(**request)["resourceShare"]["resourceShareArn"]
    assert use(estate, STRANGER, pool) is not None
    stranger = estate.account(STRANGER).client("ram")
    (invitation,) = stranger.get_resource_share_invitations()["resourceShareInvitations"]
    assert (invitation["senderAccountId"], invitation["status"]) == (HUB, "PENDING")
    stranger.accept_resource_share_invitation(resourceShareInvitationArn=invitation["resourceShareInvitationArn"])
    assert use(estate, STRANGER, pool) is None
    associations = ram.get_resource_share_associations(associationType="PRINCIPAL", resourceShareArns=[share])
    (association,) = associations["resourceShareAssociations"]
    assert (association["associatedEntity"], association["status"], association["external"]) == (
        STRANGER,
        "ASSOCIATED",
        True,
    )
    ram.delete_resource_share(resourceShareArn=share)


def test_mistakes_are_told_in_rams_words(estate: Estate, pool: str) -> None:
    ram, elsewhere = (estate.account(HUB, region).client("ram") for region in (EAST, WEST))
    create, gone = ram.create_resource_share, f"{pool}0"
    assert refused(create, name="s", resourceArns=["arn:aws:ec2:x"]) == "MalformedArnException"
    assert refused(create, name="s", resourceArns=[gone]) == "UnknownResourceException"
    assert refused(elsewhere.create_resource_share, name="s", resourceArns=[pool]) == "UnknownResourceException"
    assert refused(create, name="s", principals=["me"]) == "InvalidParameterException"
    assert refused(ram.delete_resource_share, resourceShareArn="arn:aws:ram:::x") == "UnknownResourceException"
    assert refused(ram.list_permissions) == "NotImplemented"
