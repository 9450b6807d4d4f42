"""GetIpamResourceCidrs, ModifyIpamResourceCidr and GetIpamAddressHistory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.ipam.exceptions import InvalidParameterCombinationError, InvalidParameterValueError
from simulator.ipam.models.core import EC2BackendParts
from simulator.ipam.models.vpcs import release_later

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from simulator.ipam.models.discovery import DiscoveredCidr
    from simulator.ipam.models.history import HistoryRecord
    from simulator.ipam.models.monitoring import Monitor
    from simulator.ipam.models.scopes import IpamScope

RESOURCE_CIDR_FILTERS = {
    "ipam-id": "ipam_id",
    "ipam-scope-id": "ipam_scope_id",
    "ipam-pool-id": "ipam_pool_id",
    "resource-region": "resource_region",
    "resource-owner-id": "resource_owner_id",
    "resource-owner": "resource_owner_id",
    "resource-id": "resource_id",
    "resource-name": "resource_name",
    "resource-cidr": "resource_cidr",
    "resource-type": "resource_type",
    "compliance-status": "compliance_status",
    "management-state": "management_state",
    "overlap-status": "overlap_status",
    "vpc-id": "vpc_id",
    "availability-zone-id": "availability_zone_id",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class IpamResourceCidr:
    """A CIDR of a resource as answers show it: what was discovered, and what IPAM makes of it."""

    ipam_id: str
    ipam_scope_id: str
    ipam_pool_id: str | None
    resource_region: str
    resource_owner_id: str
    resource_id: str | None
    resource_name: str | None
    resource_cidr: str
    resource_type: str
    resource_tags: list[dict[str, str]]
    ip_usage: float | None
    compliance_status: str | None
    management_state: str | None
    overlap_status: str | None
    vpc_id: str | None
    availability_zone_id: str | None

    @property
    def tag_map(self) -> Mapping[str, str]:
        """The resource's tags by key."""
        return {tag["Key"]: tag["Value"] for tag in self.resource_tags}


def resource_cidr(monitor: Monitor, cidr: DiscoveredCidr) -> IpamResourceCidr:
    """What the IPAM shows of a discovered CIDR."""
    allocation = monitor.allocation_of(cidr)
    return IpamResourceCidr(
        ipam_id=monitor.ipam.id,
        ipam_scope_id=monitor.scope_of(cidr),
        ipam_pool_id=allocation.pool.id if allocation else None,
        resource_region=cidr.resource_region,
        resource_owner_id=cidr.resource_owner_id,
        resource_id=cidr.resource_id,
        resource_name=cidr.resource_name,
        resource_cidr=cidr.resource_cidr,
        resource_type=cidr.resource_type,
        resource_tags=cidr.resource_tags,
        ip_usage=cidr.ip_usage,
        compliance_status=monitor.compliance_status(cidr),
        management_state=monitor.management_state(cidr),
        overlap_status=monitor.overlap_status(cidr),
        vpc_id=cidr.vpc_id,
        availability_zone_id=cidr.availability_zone_id,
    )


class IpamResourceCidrsBackend(EC2BackendParts):
    """What the IPAM whose home is this Region knows of resources."""

    def modify_ipam_resource_cidr(
        self,
        *,
        resource_id: str,
        cidr: str,
        region: str,
        scope_id: str,
        destination_scope_id: str | None,
        monitored: bool,
    ) -> IpamResourceCidr:
        """Ignore a VPC CIDR or monitor it again, or move it to another private scope."""
        scope = self.get_ipam_scope(scope_id)
        monitor = scope.ipam.monitor
        found = monitor.find(scope, resource_id=resource_id, cidr=cidr, region=region)
        if found is None or found.resource_type != "vpc":
            raise InvalidParameterValueError(f"The scope {scope.id} has no VPC {resource_id} with the CIDR {cidr}.")
        if scope.ipam_scope_type != "private":
            raise InvalidParameterValueError("A CIDR in the public scope can be neither ignored nor moved.")
        if destination_scope_id is not None:
            monitor.move(found, self._destination(scope, destination_scope_id))
        allocation = monitor.allocation_of(found)
        if monitored:
            monitor.ignored.discard(found.key)
        else:
            monitor.ignored.add(found.key)
            if allocation is not None:
                release_later(allocation)
        monitor.sample_later()
        return resource_cidr(monitor, found)

    def get_ipam_address_history(
        self, scope_id: str, *, cidr: str, vpc_id: str | None, start: datetime, end: datetime
    ) -> list[HistoryRecord]:
        """Who had exactly this CIDR in the time from `start` to `end`."""
        if start > end:
            raise InvalidParameterCombinationError("StartTime must not be after EndTime.")
        scope = self.get_ipam_scope(scope_id)
        history = scope.ipam.monitor.history
        return history.records(scope_id=scope.id, cidr=cidr, vpc_id=vpc_id, start=start, end=end)

    def _destination(self, scope: IpamScope, destination_scope_id: str) -> IpamScope:
        destination = self.get_ipam_scope(destination_scope_id)
        if destination.ipam_scope_type != "private" or destination.ipam is not scope.ipam:
            raise InvalidParameterValueError("A CIDR can only be moved to another private scope of the same IPAM.")
        return destination
