"""EnableIpamOrganizationAdminAccount and DisableIpamOrganizationAdminAccount."""

from __future__ import annotations

from moto.core.responses import ActionResult

from simulator.ipam.responses._base_response import IpamBaseResponse


class IpamOrganizationAdmin(IpamBaseResponse):
    """The operations on the IPAM administrator of an organisation."""

    def enable_ipam_organization_admin_account(self) -> ActionResult:
        """EnableIpamOrganizationAdminAccount."""
        self.error_on_dryrun()
        self.ec2_backend.enable_ipam_organization_admin_account(self._required("DelegatedAdminAccountId"))
        return ActionResult({"Success": True})

    def disable_ipam_organization_admin_account(self) -> ActionResult:
        """DisableIpamOrganizationAdminAccount."""
        self.error_on_dryrun()
        self.ec2_backend.disable_ipam_organization_admin_account(self._required("DelegatedAdminAccountId"))
        return ActionResult({"Success": True})
