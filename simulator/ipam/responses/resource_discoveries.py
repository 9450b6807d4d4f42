"""CreateIpamResourceDiscovery and its siblings, and the associations of resource discoveries with IPAMs."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.models.consistency import InState
from simulator.ipam.responses._base_response import IpamBaseResponse


class IpamResourceDiscoveries(IpamBaseResponse):
    """The operations on resource discoveries."""

    def create_ipam_resource_discovery(self) -> ActionResult:
        """CreateIpamResourceDiscovery."""
        self.error_on_dryrun()
        return self._once(self._create_ipam_resource_discovery)

    def describe_ipam_resource_discoveries(self) -> ActionResult:
        """DescribeIpamResourceDiscoveries."""
        self.error_on_dryrun()
        discoveries = self.ec2_backend.describe_ipam_resource_discoveries(
            self._get_param("IpamResourceDiscoveryIds", []), self._filters_from_querystring()
        )
        return self._page("IpamResourceDiscoveries", discoveries)

    def modify_ipam_resource_discovery(self) -> ActionResult:
        """ModifyIpamResourceDiscovery."""
        self.error_on_dryrun()
        discovery = self.ec2_backend.modify_ipam_resource_discovery(
            self._required("IpamResourceDiscoveryId"),
            description=self._get_param("Description"),
            add_operating_regions=self._region_names("AddOperatingRegions"),
            remove_operating_regions=self._region_names("RemoveOperatingRegions"),
            add_exclusions=self._paths("AddOrganizationalUnitExclusions"),
            remove_exclusions=self._paths("RemoveOrganizationalUnitExclusions"),
        )
        return ActionResult({"IpamResourceDiscovery": InState(discovery, "modify-in-progress")})

    def delete_ipam_resource_discovery(self) -> ActionResult:
        """DeleteIpamResourceDiscovery."""
        self.error_on_dryrun()
        discovery = self.ec2_backend.delete_ipam_resource_discovery(self._required("IpamResourceDiscoveryId"))
        return ActionResult({"IpamResourceDiscovery": InState(discovery, "delete-in-progress")})

    def _create_ipam_resource_discovery(self) -> dict[str, Any]:
        discovery = self.ec2_backend.create_ipam_resource_discovery(
            description=self._get_param("Description"),
            operating_regions=self._region_names("OperatingRegions"),
            tags=self._tags("ipam-resource-discovery"),
        )
        return {"IpamResourceDiscovery": InState(discovery, "create-in-progress")}

    def _paths(self, name: str) -> list[str]:
        return [item["OrganizationsEntityPath"] for item in self._get_param(name, [])]


class IpamResourceDiscoveryAssociations(IpamBaseResponse):
    """The operations on associations."""

    def associate_ipam_resource_discovery(self) -> ActionResult:
        """AssociateIpamResourceDiscovery."""
        self.error_on_dryrun()
        return self._once(self._associate_ipam_resource_discovery)

    def describe_ipam_resource_discovery_associations(self) -> ActionResult:
        """DescribeIpamResourceDiscoveryAssociations."""
        self.error_on_dryrun()
        associations = self.ec2_backend.describe_ipam_resource_discovery_associations(
            self._get_param("IpamResourceDiscoveryAssociationIds", []), self._filters_from_querystring()
        )
        return self._page("IpamResourceDiscoveryAssociations", associations)

    def disassociate_ipam_resource_discovery(self) -> ActionResult:
        """DisassociateIpamResourceDiscovery."""
        self.error_on_dryrun()
        association = self.ec2_backend.disassociate_ipam_resource_discovery(
            self._required("IpamResourceDiscoveryAssociationId")
        )
        return ActionResult({"IpamResourceDiscoveryAssociation": association})

    def _associate_ipam_resource_discovery(self) -> dict[str, Any]:
        association = self.ec2_backend.associate_ipam_resource_discovery(
            self._required("IpamId"),
            self._required("IpamResourceDiscoveryId"),
            tags=self._tags("ipam-resource-discovery-association"),
        )
        return {"IpamResourceDiscoveryAssociation": InState(association, association.state)}
