"""DescribeIpamResourceDiscoveries and its siblings, and what a resource discovery found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.filters import filtered
from simulator.ipam.models.resource_cidrs import RESOURCE_CIDR_FILTERS, resource_cidr
from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
    from moto.core.responses import ActionResult

    from simulator.ipam.models.discovery import DiscoveredCidr


class IpamResourceDiscoveries(IpamBaseResponse):
    """The operations on resource discoveries; those that make further ones are not supported."""

    def describe_ipam_resource_discoveries(self) -> ActionResult:
        """DescribeIpamResourceDiscoveries."""
        self.error_on_dryrun()
        discoveries = self.ec2_backend.describe_ipam_resource_discoveries(
            self._get_param("IpamResourceDiscoveryIds", []), self._filters_from_querystring()
        )
        return self._page("IpamResourceDiscoveries", discoveries)

    def describe_ipam_resource_discovery_associations(self) -> ActionResult:
        """DescribeIpamResourceDiscoveryAssociations."""
        self.error_on_dryrun()
        associations = self.ec2_backend.describe_ipam_resource_discovery_associations(
            self._get_param("IpamResourceDiscoveryAssociationIds", []), self._filters_from_querystring()
        )
        return self._page("IpamResourceDiscoveryAssociations", associations)

    def get_ipam_discovered_accounts(self) -> ActionResult:
        """GetIpamDiscoveredAccounts: the account itself, once it was looked into in that Region."""
        self.error_on_dryrun()
        discovery = self.ec2_backend.get_ipam_resource_discovery(self._required("IpamResourceDiscoveryId"))
        region, sampled_at = self._required("DiscoveryRegion"), discovery.ipam.monitor.sampled_at
        account = {
            "AccountId": discovery.owner_id,
            "DiscoveryRegion": region,
            "LastAttemptedDiscoveryTime": sampled_at,
            "LastSuccessfulDiscoveryTime": sampled_at,
        }
        accounts = [account] if sampled_at is not None and region in discovery.ipam.regions else []
        return self._page("IpamDiscoveredAccounts", accounts, key=lambda item: item["AccountId"])

    def get_ipam_discovered_resource_cidrs(self) -> ActionResult:
        """GetIpamDiscoveredResourceCidrs."""
        self.error_on_dryrun()
        discovery = self.ec2_backend.get_ipam_resource_discovery(self._required("IpamResourceDiscoveryId"))
        monitor, region = discovery.ipam.monitor, self._required("ResourceRegion")
        filters = self._filters_from_querystring()
        filtered([], filters, RESOURCE_CIDR_FILTERS)

        def view(cidr: DiscoveredCidr) -> dict[str, Any] | None:
            if cidr.resource_region != region:
                return None
            if not filtered([resource_cidr(monitor, cidr)], filters, RESOURCE_CIDR_FILTERS):
                return None
            return {
                "IpamResourceDiscoveryId": discovery.id,
                "ResourceRegion": cidr.resource_region,
                "ResourceId": cidr.resource_id,
                "ResourceOwnerId": cidr.resource_owner_id,
                "ResourceCidr": str(cidr.network),
                "ResourceType": cidr.resource_type,
                "ResourceTags": [{"Key": key, "Value": value} for key, value in cidr.tags.items()],
                "IpUsage": cidr.ip_usage,
                "VpcId": cidr.vpc_id,
                "SampleTime": monitor.sampled_at,
                "AvailabilityZoneId": cidr.availability_zone_id,
            }

        return self._page("IpamDiscoveredResourceCidrs", monitor.found, key=lambda cidr: cidr.key, view=view)
