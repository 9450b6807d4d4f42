"""An IPAM that is integrated with an organisation: who administers it, and whose resources it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.ipam import organization
from tests.simulator.ipam.conftest import AWAY, HOME
from tests.simulator.ipam.organization import (
    ADMINISTRATOR,
    AT_ROOT,
    IN_INNER,
    IN_OUTER,
    INNER,
    MANAGEMENT,
    OUTER,
    ROOT,
    STRANGER,
)

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

PATH = f"{organization.ID}/{ROOT}/{OUTER}/"


@pytest.fixture(autouse=True)
def _organization(account: Account) -> None:
    assert account.ec2 is not None
    organization.found()


@pytest.fixture
def ipam(account: Account) -> dict[str, Any]:
    """The administrator's IPAM."""
    account.of(MANAGEMENT).enable_ipam_organization_admin_account(DelegatedAdminAccountId=ADMINISTRATOR)
    return account.ipam()


def discovered(account: Account, ipam: dict[str, Any], region: str = HOME) -> dict[str, str | None]:
    """The accounts that the IPAM's discovery has seen, with their units."""
    answer = account.ec2.get_ipam_discovered_accounts(
        IpamResourceDiscoveryId=ipam["DefaultResourceDiscoveryId"], DiscoveryRegion=region
    )
    return {found["AccountId"]: found.get("OrganizationalUnitId") for found in answer["IpamDiscoveredAccounts"]}


def exclude(account: Account, ipam: dict[str, Any], *add: str, remove: tuple[str, ...] = ()) -> Any:
    changes = {"AddOrganizationalUnitExclusions": add, "RemoveOrganizationalUnitExclusions": remove}
    return account.ec2.modify_ipam_resource_discovery(
        IpamResourceDiscoveryId=ipam["DefaultResourceDiscoveryId"],
        **{name: [{"OrganizationsEntityPath": path} for path in paths] for name, paths in changes.items() if paths},
    )["IpamResourceDiscovery"]


def cidrs(account: Account, ipam: dict[str, Any]) -> dict[str, str]:
    """The owners of the resources that the IPAM shows, by CIDR."""
    found = account.ec2.get_ipam_resource_cidrs(IpamScopeId=ipam["PrivateDefaultScopeId"])["IpamResourceCidrs"]
    return {cidr["ResourceCidr"]: cidr["ResourceOwnerId"] for cidr in found if cidr["ResourceCidr"].startswith("10.")}


def test_the_ipam_of_the_administrator_sees_every_account_of_the_organisation(
    account: Account, ipam: dict[str, Any]
) -> None:
    account.of(IN_INNER, AWAY).create_vpc(CidrBlock="10.1.0.0/16")
    account.of(AT_ROOT).create_vpc(CidrBlock="10.2.0.0/16")
    account.of(STRANGER).create_vpc(CidrBlock="10.3.0.0/16")
    assert cidrs(account, ipam) == {}
    account.settle()
    assert cidrs(account, ipam) == {"10.1.0.0/16": IN_INNER, "10.2.0.0/16": AT_ROOT}
    expected = {MANAGEMENT: None, ADMINISTRATOR: OUTER, AT_ROOT: None, IN_OUTER: OUTER, IN_INNER: INNER}
    assert discovered(account, ipam) == discovered(account, ipam, AWAY) == expected
    assert discovered(account, ipam, "us-west-2") == {}


def test_an_ipam_of_anybody_else_sees_its_own_account_only(account: Account) -> None:
    account.of(IN_OUTER).create_vpc(CidrBlock="10.1.0.0/16")
    ipam = account.ipam()
    account.settle()
    assert cidrs(account, ipam) == {}
    assert discovered(account, ipam) == {ADMINISTRATOR: None}


def test_an_account_loses_the_administration(account: Account, ipam: dict[str, Any]) -> None:
    account.settle()
    account.of(MANAGEMENT, AWAY).disable_ipam_organization_admin_account(DelegatedAdminAccountId=ADMINISTRATOR)
    account.settle()
    assert discovered(account, ipam) == {ADMINISTRATOR: None}
    account.of(MANAGEMENT).enable_ipam_organization_admin_account(DelegatedAdminAccountId=AT_ROOT)


@pytest.mark.usefixtures("ipam")
def test_there_is_one_administrator(account: Account) -> None:
    enable = account.of(MANAGEMENT, AWAY).enable_ipam_organization_admin_account
    assert enable(DelegatedAdminAccountId=ADMINISTRATOR)["Success"] is True
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        enable(DelegatedAdminAccountId=AT_ROOT)


@pytest.mark.parametrize(
    ("caller", "administrator", "code"),
    [
        (MANAGEMENT, MANAGEMENT, "InvalidParameterValue"),
        (MANAGEMENT, STRANGER, "InvalidParameterValue"),
        (AT_ROOT, ADMINISTRATOR, "OperationNotPermitted"),
        (STRANGER, ADMINISTRATOR, "OperationNotPermitted"),
    ],
)
def test_only_the_management_account_delegates_and_only_to_members(
    account: Account, caller: str, administrator: str, code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        account.of(caller).enable_ipam_organization_admin_account(DelegatedAdminAccountId=administrator)


def test_the_accounts_in_excluded_units_are_not_seen_but_the_administrator_is(
    account: Account, ipam: dict[str, Any]
) -> None:
    excluded = exclude(account, ipam, PATH)
    assert excluded["State"] == "modify-in-progress"
    assert excluded["OrganizationalUnitExclusions"] == [{"OrganizationsEntityPath": PATH}]
    account.settle()
    assert set(discovered(account, ipam)) == {MANAGEMENT, ADMINISTRATOR, AT_ROOT, IN_INNER}
    exclude(account, ipam, f"{PATH}*", remove=(PATH,))
    account.settle()
    assert set(discovered(account, ipam)) == {MANAGEMENT, ADMINISTRATOR, AT_ROOT}
    exclude(account, ipam, remove=(f"{PATH}*",))
    account.settle()
    assert set(discovered(account, ipam)) == {MANAGEMENT, ADMINISTRATOR, AT_ROOT, IN_OUTER, IN_INNER}


@pytest.mark.parametrize(
    "paths",
    [
        (f"{PATH}*", f"{PATH}{INNER}/"),
        (f"{PATH}{INNER}/*", f"{PATH}*"),
        (PATH, PATH),
        (f"o-other/{ROOT}/{OUTER}/",),
        (f"{organization.ID}/{ROOT}/",),
        (PATH.removesuffix("/"),),
        ("*",),
    ],
)
def test_exclusions_are_paths_of_units_and_do_not_overlap(
    account: Account, ipam: dict[str, Any], paths: tuple[str, ...]
) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        exclude(account, ipam, *paths)


def test_a_unit_and_a_unit_in_it_may_both_be_excluded(account: Account, ipam: dict[str, Any]) -> None:
    assert len(exclude(account, ipam, PATH, f"{PATH}{INNER}/")["OrganizationalUnitExclusions"]) == 2


def test_there_are_ten_exclusions(account: Account, ipam: dict[str, Any]) -> None:
    for number in range(10):
        exclude(account, ipam, f"{PATH}ou-f6g7-number{number}/")
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        exclude(account, ipam, PATH)


def test_exclusions_need_an_organisation(account: Account) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        exclude(account, account.ipam(), PATH)


def test_a_vpc_of_another_account_is_imported_and_its_usage_published(account: Account, ipam: dict[str, Any]) -> None:
    pool = account.pool(ipam["PrivateDefaultScopeId"], "10.0.0.0/8", Locale=HOME, AutoImport=True)
    vpc = account.of(IN_INNER).create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    account.settle()
    [allocation] = account.allocations(pool)
    assert (allocation["ResourceId"], allocation["ResourceOwner"]) == (vpc, IN_INNER)
    account.of(IN_INNER).delete_vpc(VpcId=vpc)
    account.settle()
    assert account.allocations(pool) == []
