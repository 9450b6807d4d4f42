"""CreateIpamScope and its siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.models.consistency import InState
from simulator.ipam.responses._base_response import IpamBaseResponse


class IpamScopes(IpamBaseResponse):
    """The operations on scopes."""

    def create_ipam_scope(self) -> ActionResult:
        """CreateIpamScope."""
        self.error_on_dryrun()
        return self._once(self._create_ipam_scope)

    def describe_ipam_scopes(self) -> ActionResult:
        """DescribeIpamScopes."""
        self.error_on_dryrun()
        scopes = self.ec2_backend.describe_ipam_scopes(
            self._get_param("IpamScopeIds", []), self._filters_from_querystring()
        )
        return self._page("IpamScopes", scopes)

    def modify_ipam_scope(self) -> ActionResult:
        """ModifyIpamScope."""
        self.error_on_dryrun()
        scope = self.ec2_backend.modify_ipam_scope(
            self._required("IpamScopeId"),
            description=self._get_param("Description"),
            external_authority=self._external_authority(),
            remove_external_authority=self._get_bool_param("RemoveExternalAuthorityConfiguration", if_none=False),
        )
        return ActionResult({"IpamScope": InState(scope, "modify-in-progress")})

    def delete_ipam_scope(self) -> ActionResult:
        """DeleteIpamScope."""
        self.error_on_dryrun()
        scope = self.ec2_backend.delete_ipam_scope(self._required("IpamScopeId"))
        return ActionResult({"IpamScope": InState(scope, "delete-in-progress")})

    def _create_ipam_scope(self) -> dict[str, Any]:
        scope = self.ec2_backend.create_ipam_scope(
            self._required("IpamId"),
            description=self._get_param("Description"),
            external_authority=self._external_authority(),
            tags=self._tags("ipam-scope"),
        )
        return {"IpamScope": InState(scope, "create-in-progress")}

    def _external_authority(self) -> dict[str, str] | None:
        if self._get_param("ExternalAuthorityConfiguration") is None:
            return None
        return {
            "Type": self._one_of("ExternalAuthorityConfiguration.Type", "infoblox"),
            "ExternalResourceIdentifier": self._get_param("ExternalAuthorityConfiguration.ExternalResourceIdentifier"),
        }
