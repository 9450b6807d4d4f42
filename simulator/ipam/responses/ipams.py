"""CreateIpam and its siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.models.consistency import InState
from simulator.ipam.responses._base_response import IpamBaseResponse


class Ipams(IpamBaseResponse):
    """The operations on IPAMs."""

    def create_ipam(self) -> ActionResult:
        """CreateIpam."""
        self.error_on_dryrun()
        return self._once(self._create_ipam)

    def describe_ipams(self) -> ActionResult:
        """DescribeIpams."""
        self.error_on_dryrun()
        ipams = self.ec2_backend.describe_ipams(self._get_param("IpamIds", []), self._filters_from_querystring())
        return self._page("Ipams", ipams)

    def modify_ipam(self) -> ActionResult:
        """ModifyIpam."""
        self.error_on_dryrun()
        ipam = self.ec2_backend.modify_ipam(
            self._required("IpamId"),
            description=self._get_param("Description"),
            add_operating_regions=self._region_names("AddOperatingRegions"),
            remove_operating_regions=self._region_names("RemoveOperatingRegions"),
            tier=self._one_of("Tier", "free", "advanced"),
            enable_private_gua=self._get_bool_param("EnablePrivateGua"),
            metered_account=self._one_of("MeteredAccount", "ipam-owner", "resource-owner"),
        )
        return ActionResult({"Ipam": InState(ipam, "modify-in-progress")})

    def delete_ipam(self) -> ActionResult:
        """DeleteIpam."""
        self.error_on_dryrun()
        ipam = self.ec2_backend.get_ipam(self._required("IpamId"))
        counts = {
            "scope_count": ipam.scope_count,
            "resource_discovery_association_count": ipam.resource_discovery_association_count,
        }
        self.ec2_backend.delete_ipam(ipam.id, cascade=self._get_bool_param("Cascade", if_none=False))
        return ActionResult({"Ipam": InState(ipam, "delete-in-progress", **counts)})

    def _create_ipam(self) -> dict[str, Any]:
        ipam = self.ec2_backend.create_ipam(
            description=self._get_param("Description"),
            operating_regions=self._region_names("OperatingRegions"),
            tier=self._one_of("Tier", "free", "advanced") or "advanced",
            enable_private_gua=self._get_bool_param("EnablePrivateGua", if_none=False),
            metered_account=self._one_of("MeteredAccount", "ipam-owner", "resource-owner") or "ipam-owner",
            tags=self._tags("ipam"),
        )
        return {"Ipam": InState(ipam, "create-in-progress")}
