"""Resource discoveries: what looks into accounts, for the IPAMs that are associated with it.

Each IPAM has a default one. IPAM user guide, "Integrate IPAM with accounts outside of your organization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.exceptions import (
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterValueError,
    OperationNotPermittedError,
    ResourceLimitExceededError,
    UnauthorizedOperationError,
)
from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import EC2BackendParts, IpamResource, all_backends, described, everywhere
from simulator.ipam.models.coverage import changed_exclusions
from simulator.ipam.models.observation import Observation
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.ipam.models.ipams import Ipam


class IpamResourceDiscovery(IpamResource):
    """A resource discovery. The default one of an IPAM has the IPAM's operating Regions."""

    kind = "ipam-resource-discovery"
    id_prefix = "ipam-res-disco"
    lagging = ("state", "description", "operating_regions", "organizational_unit_exclusions")
    filter_names = {  # noqa: RUF012 - read only
        "ipam-resource-discovery-id": "id",
        "ipam-resource-discovery-arn": "arn",
        "ipam-resource-discovery-region": "ipam_region",
        "owner-id": "owner_id",
        "description": "description",
        "is-default": "is_default",
        "state": "state",
    }

    def __init__(
        self,
        ec2_backend: Any,  # noqa: ANN401 - moto is untyped
        *,
        ipam: Ipam | None = None,
        operating_regions: Sequence[str] = (),
        description: str | None = None,
    ) -> None:
        super().__init__(ec2_backend)
        self._ipam = ipam
        self._regions = list(dict.fromkeys([*operating_regions, ec2_backend.region_name]))
        self.description = description
        self.exclusions: list[str] = []
        self.observation = Observation(self)

    @property
    def is_default(self) -> bool:
        """Whether it came with an IPAM."""
        return self._ipam is not None

    @property
    def ipam_resource_discovery_region(self) -> str:
        """Where the discovery was made."""
        return self.ipam_region

    @property
    def regions(self) -> list[str]:
        """The Regions that are looked into."""
        return self._regions if self._ipam is None else self._ipam.regions

    @property
    def operating_regions(self) -> list[dict[str, str]]:
        """The same, as answers list them."""
        return [{"RegionName": region} for region in self.regions]

    @property
    def organizational_unit_exclusions(self) -> list[dict[str, str]]:
        """The units whose accounts are not looked into, as answers list them."""
        return [{"OrganizationsEntityPath": path} for path in self.exclusions]

    def change_regions(self, *, add: Sequence[str], remove: Sequence[str]) -> None:
        """Look into other Regions; the discovery's own Region always stays."""
        if self.is_default and (add or remove):
            raise OperationNotPermittedError(f"{self.id} is a default resource discovery: it has its IPAM's Regions.")
        if self.ipam_region in remove:
            raise InvalidParameterValueError("The Region of a resource discovery cannot be removed from it.")
        self._regions = list(dict.fromkeys([*(name for name in self._regions if name not in remove), *add]))


class IpamResourceDiscoveriesBackend(EC2BackendParts):
    """The resource discoveries at home in this Region."""

    def __init__(self) -> None:
        self.ipam_resource_discoveries: Register[IpamResourceDiscovery] = Register()

    def create_ipam_resource_discovery(
        self,
        *,
        description: str | None = None,
        operating_regions: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
    ) -> IpamResourceDiscovery:
        """A new resource discovery, to be shared with an IPAM's account."""
        limit = settings().resource_discoveries_per_region
        if sum(not known.is_default for known in self.ipam_resource_discoveries.values()) >= limit:
            raise ResourceLimitExceededError("resource discoveries in a Region", limit)
        discovery = IpamResourceDiscovery(self, description=description, operating_regions=operating_regions)
        discovery.add_tags(dict(tags or {}))
        self.ipam_resource_discoveries[discovery.id] = discovery
        discovery.observation.take_later()
        return discovery

    def create_default_ipam_resource_discovery(self, ipam: Ipam) -> IpamResourceDiscovery:
        """The resource discovery that an IPAM comes with."""
        discovery = IpamResourceDiscovery(self, ipam=ipam)
        self.ipam_resource_discoveries[discovery.id] = discovery
        return discovery

    def get_ipam_resource_discovery(self, discovery_id: str) -> IpamResourceDiscovery:
        """The account's own discovery of that id, or, to look at only, one that is shared with it."""
        for discovery in self._visible_resource_discoveries():
            if discovery.id == discovery_id:
                return discovery
        raise InvalidIpamResourceIdNotFoundError("ipam-resource-discovery", discovery_id)

    def describe_ipam_resource_discoveries(
        self, discovery_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[Any]:
        """The discoveries, or those of the given ids, that match the filters."""
        seen = (
            discovery
            for backend in all_backends(self.region_name)
            for discovery in backend.ipam_resource_discoveries.seen()
            if discovery.is_usable_by(self.account_id)
        )
        found = described(IpamResourceDiscovery, seen, discovery_ids, filters)
        return sorted(found, key=lambda discovery: discovery.sequence)

    def modify_ipam_resource_discovery(
        self,
        discovery_id: str,
        *,
        description: str | None = None,
        add_operating_regions: Sequence[str] = (),
        remove_operating_regions: Sequence[str] = (),
        add_exclusions: Sequence[str] = (),
        remove_exclusions: Sequence[str] = (),
    ) -> IpamResourceDiscovery:
        """Change what is given."""
        discovery = self._own_resource_discovery(discovery_id)
        discovery.will_change()
        if add_exclusions or remove_exclusions:
            discovery.exclusions = changed_exclusions(
                discovery.owner_id, discovery.exclusions, add=add_exclusions, remove=remove_exclusions
            )
        discovery.change_regions(add=add_operating_regions, remove=remove_operating_regions)
        if description is not None:
            discovery.description = description
        discovery.state = "modify-complete"
        discovery.observation.take_later()
        return discovery

    def delete_ipam_resource_discovery(self, discovery_id: str) -> IpamResourceDiscovery:
        """Delete a discovery; associations with it stay, and find nothing any more."""
        discovery = self._own_resource_discovery(discovery_id)
        if discovery.is_default:
            raise OperationNotPermittedError(f"{discovery.id} is a default resource discovery and cannot be deleted.")
        self.remove_ipam_resource_discovery(discovery)
        return discovery

    def remove_ipam_resource_discovery(self, discovery: IpamResourceDiscovery) -> None:
        """Make a discovery be gone."""
        discovery.forget_tags()
        self.ipam_resource_discoveries.remove(discovery.id)
        discovery.observation.tell_observers()

    def ipam_resources_changed(self) -> None:
        """Something in this Region changed: each discovery that covers it looks again in a while."""
        for discovery in everywhere("ipam_resource_discoveries"):
            if discovery.observation.covers(self.account_id, self.region_name):
                discovery.observation.take_later()

    def _own_resource_discovery(self, discovery_id: str) -> IpamResourceDiscovery:
        discovery = self.get_ipam_resource_discovery(discovery_id)
        if discovery.owner_id != self.account_id:
            raise UnauthorizedOperationError
        return discovery

    def _visible_resource_discoveries(self) -> Iterator[IpamResourceDiscovery]:
        known = everywhere("ipam_resource_discoveries", region=self.region_name)
        return (discovery for discovery in known if discovery.is_usable_by(self.account_id))
