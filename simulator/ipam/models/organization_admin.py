"""The IPAM administrator of an organisation: the member account whose IPAM sees all the others.

IPAM user guide, "Integrate IPAM with accounts in an AWS Organization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.exceptions import (
    InvalidParameterValueError,
    OperationNotPermittedError,
    ResourceLimitExceededError,
)
from simulator.ipam.models.core import EC2BackendParts, account_backends, in_account
from simulator.ipam.models.coverage import administrator_of
from simulator.ipam.organizations import organization_of
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from simulator.ipam.organizations import Organization


class IpamOrganizationAdminBackend(EC2BackendParts):
    """What the management account has delegated, from whichever Region it did so."""

    def __init__(self) -> None:
        self.ipam_administrator: str | None = None

    def enable_ipam_organization_admin_account(self, account: str) -> None:
        """Let a member account administer IPAM. There is one in an organisation; the same again is no error."""
        organization = self._managed_organization()
        if account == organization.management_account or account not in organization.accounts:
            raise InvalidParameterValueError(
                f"The account {account} is not a member account of {organization.id}: the management account cannot "
                "be the IPAM administrator."
            )
        present = administrator_of(organization)
        if present is not None and present != account:
            raise ResourceLimitExceededError(
                "IPAM administrators in an organization", settings().ipam_administrators_per_organization
            )
        if present is None:
            self.ipam_administrator = account
        _look_again(account)

    def disable_ipam_organization_admin_account(self, account: str) -> None:
        """Take the administration of IPAM from an account, whose IPAM then sees that account only."""
        organization = self._managed_organization()
        if administrator_of(organization) != account:
            raise InvalidParameterValueError(f"The account {account} is not the IPAM administrator.")
        for backend in account_backends(organization.management_account):
            backend.ipam_administrator = None
        _look_again(account)

    def _managed_organization(self) -> Organization:
        organization = organization_of(self.account_id)
        if organization is None or organization.management_account != self.account_id:
            raise OperationNotPermittedError("Only the management account of an organization can do this.")
        return organization


def organization_changed(organization: Organization) -> None:
    """Accounts came, went or moved: the IPAM of the administrator looks again in a while."""
    administrator = administrator_of(organization)
    if administrator is not None:
        _look_again(administrator)


def _look_again(account: str) -> None:
    for discovery in in_account(account, "ipam_resource_discoveries"):
        discovery.observation.take_later()
