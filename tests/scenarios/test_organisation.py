"""An organisation of accounts: who belongs to it, who may ask, and what policies make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.estate import HUB, MEMBER, STRANGER, Estate, refused

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.scenario


@pytest.fixture
def organization(estate: Estate) -> Iterator[str]:
    """The id of an organisation of two accounts."""
    organizations = estate.account(HUB).client("organizations")
    identifier: str = organizations.create_organization()["Organization"]["Id"]
    estate.join(HUB, MEMBER)
    yield identifier
    organizations.remove_account_from_organization(AccountId=MEMBER)
    organizations.delete_organization()


def test_an_organisation_is_seen_by_its_members_and_listed_by_its_manager(estate: Estate, organization: str) -> None:
    hub, member, stranger = (estate.account(each).client("organizations") for each in (HUB, MEMBER, STRANGER))
    assert {account["Id"] for account in hub.list_accounts()["Accounts"]} == {HUB, MEMBER}
    seen = member.describe_organization()["Organization"]
    assert (seen["Id"], seen["MasterAccountId"]) == (organization, HUB)
    assert refused(member.list_accounts) == "AccessDeniedException"
    assert refused(stranger.describe_organization) == "AWSOrganizationsNotInUseException"
    assert refused(hub.create_organization) == "AlreadyInOrganizationException"


def test_a_delegated_administrator_lists_the_organisation(estate: Estate, organization: str) -> None:
    hub, member = (estate.account(each).client("organizations") for each in (HUB, MEMBER))
    delegation = {"AccountId": MEMBER, "ServicePrincipal": "ipam.amazonaws.com"}
    hub.register_delegated_administrator(**delegation)
    administrators = member.list_delegated_administrators(ServicePrincipal="ipam.amazonaws.com")
    assert [each["Id"] for each in administrators["DelegatedAdministrators"]] == [MEMBER]
    assert len(member.list_accounts()["Accounts"]) == 2
    assert refused(member.create_organizational_unit, ParentId="r-1", Name="unit") == "AccessDeniedException"
    hub.deregister_delegated_administrator(**delegation)
    assert refused(member.list_accounts) == "AccessDeniedException"
    assert organization


def test_an_account_moves_between_units(estate: Estate, organization: str) -> None:
    hub = estate.account(HUB).client("organizations")
    (root,) = hub.list_roots()["Roots"]
    unit = hub.create_organizational_unit(ParentId=root["Id"], Name="workloads")["OrganizationalUnit"]["Id"]
    hub.move_account(AccountId=MEMBER, SourceParentId=root["Id"], DestinationParentId=unit)
    assert [each["Id"] for each in hub.list_accounts_for_parent(ParentId=unit)["Accounts"]] == [MEMBER]
    hub.move_account(AccountId=MEMBER, SourceParentId=unit, DestinationParentId=root["Id"])
    assert organization


def test_a_trust_policy_asks_for_the_organisation(estate: Estate, organization: str) -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    role = estate.role(MEMBER, trust={"Principal": {"AWS": "*"}, "Condition": condition})
    outcomes = {
        account: refused(estate.account(account).client("sts").assume_role, RoleArn=role, RoleSessionName="tester")
        for account in (HUB, MEMBER, STRANGER)
    }
    assert outcomes == {HUB: None, MEMBER: None, STRANGER: "AccessDenied"}
