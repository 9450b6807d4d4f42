"""Resource discoveries: what lets an IPAM look into accounts. Each IPAM has a default one, for its own account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.exceptions import InvalidIpamResourceIdNotFoundError
from simulator.ipam.filters import filtered
from simulator.ipam.models.core import EC2BackendParts, IpamResource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.ipams import Ipam


class IpamResourceDiscovery(IpamResource):
    """The default resource discovery of an IPAM; it has the IPAM's operating Regions."""

    kind = "ipam-resource-discovery"
    id_prefix = "ipam-res-disco"
    filter_names = {  # noqa: RUF012 - read only
        "ipam-resource-discovery-id": "id",
        "ipam-resource-discovery-arn": "arn",
        "ipam-resource-discovery-region": "ipam_region",
        "owner-id": "owner_id",
        "is-default": "is_default",
        "state": "state",
    }
    is_default = True

    def __init__(self, ec2_backend: Any, ipam: Ipam) -> None:  # noqa: ANN401 - moto is untyped
        super().__init__(ec2_backend)
        self.ipam = ipam

    @property
    def ipam_resource_discovery_region(self) -> str:
        """Where the discovery was made."""
        return self.ipam_region

    @property
    def operating_regions(self) -> list[dict[str, str]]:
        """The Regions that are looked into."""
        return self.ipam.operating_regions


class IpamResourceDiscoveryAssociation(IpamResource):
    """What ties a resource discovery to an IPAM."""

    kind = "ipam-resource-discovery-association"
    id_prefix = "ipam-res-disco-assoc"
    filter_names = {  # noqa: RUF012 - read only
        "ipam-resource-discovery-association-id": "id",
        "ipam-resource-discovery-association-arn": "arn",
        "ipam-resource-discovery-id": "ipam_resource_discovery_id",
        "ipam-id": "ipam_id",
        "ipam-arn": "ipam_arn",
        "ipam-region": "ipam_region",
        "owner-id": "owner_id",
        "is-default": "is_default",
        "resource-discovery-status": "resource_discovery_status",
        "state": "state",
    }
    is_default = True
    resource_discovery_status = "active"

    def __init__(self, ec2_backend: Any, discovery: IpamResourceDiscovery) -> None:  # noqa: ANN401 - moto is untyped
        super().__init__(ec2_backend)
        self.ipam_resource_discovery_id = discovery.id
        self.ipam_id = discovery.ipam.id
        self.ipam_arn = discovery.ipam.arn
        self.state = "associate-complete"


class IpamResourceDiscoveriesBackend(EC2BackendParts):
    """The resource discoveries at home in this Region."""

    def __init__(self) -> None:
        self.ipam_resource_discoveries: dict[str, IpamResourceDiscovery] = {}
        self.ipam_resource_discovery_associations: dict[str, IpamResourceDiscoveryAssociation] = {}

    def create_default_ipam_resource_discovery(self, ipam: Ipam) -> None:
        """Make the default discovery of a new IPAM, and tie it to the IPAM."""
        discovery = IpamResourceDiscovery(self, ipam)
        association = IpamResourceDiscoveryAssociation(self, discovery)
        self.ipam_resource_discoveries[discovery.id] = discovery
        self.ipam_resource_discovery_associations[association.id] = association
        ipam.default_resource_discovery_id = discovery.id
        ipam.default_resource_discovery_association_id = association.id

    def delete_default_ipam_resource_discovery(self, ipam: Ipam) -> None:
        """Make it be gone with its IPAM."""
        del self.ipam_resource_discoveries[ipam.default_resource_discovery_id]
        del self.ipam_resource_discovery_associations[ipam.default_resource_discovery_association_id]

    def get_ipam_resource_discovery(self, discovery_id: str) -> IpamResourceDiscovery:
        """The discovery of that id."""
        if discovery_id not in self.ipam_resource_discoveries:
            raise InvalidIpamResourceIdNotFoundError("ipam-resource-discovery", discovery_id)
        return self.ipam_resource_discoveries[discovery_id]

    def describe_ipam_resource_discoveries(
        self, discovery_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[IpamResourceDiscovery]:
        """The discoveries, or those of the given ids, that match the filters."""
        all_of_them = self.ipam_resource_discoveries.values()
        chosen = [self.get_ipam_resource_discovery(discovery_id) for discovery_id in discovery_ids] or all_of_them
        return filtered(chosen, filters, IpamResourceDiscovery.filter_names)

    def describe_ipam_resource_discovery_associations(
        self, association_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[IpamResourceDiscoveryAssociation]:
        """The associations, or those of the given ids, that match the filters."""
        known = self.ipam_resource_discovery_associations
        for association_id in association_ids:
            if association_id not in known:
                raise InvalidIpamResourceIdNotFoundError("ipam-resource-discovery-association", association_id)
        chosen = [known[association_id] for association_id in association_ids] or known.values()
        return filtered(chosen, filters, IpamResourceDiscoveryAssociation.filter_names)
