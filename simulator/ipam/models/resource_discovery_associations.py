"""Associations: through which resource discoveries an IPAM looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.clock import CLOCK
from simulator.ipam.exceptions import (
    IncorrectStateError,
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterValueError,
    OperationNotPermittedError,
    ResourceLimitExceededError,
)
from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import EC2BackendParts, IpamResource, described
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.resource_discoveries import IpamResourceDiscovery

IN_FORCE = "associate-complete"


class IpamResourceDiscoveryAssociation(IpamResource):
    """What ties a resource discovery to an IPAM, in the IPAM's account."""

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

    def __init__(self, ec2_backend: Any, ipam: Ipam, discovery: IpamResourceDiscovery) -> None:  # noqa: ANN401 - moto is untyped
        super().__init__(ec2_backend)
        self.ipam = ipam
        self.discovery = discovery
        self.state = IN_FORCE

    @property
    def owner_id(self) -> str:
        """The account that owns the resource discovery."""
        return self.discovery.owner_id

    @property
    def ipam_resource_discovery_id(self) -> str:
        """The id of the resource discovery."""
        return self.discovery.id

    @property
    def ipam_id(self) -> str:
        """The id of the IPAM."""
        return self.ipam.id

    @property
    def ipam_arn(self) -> str:
        """The ARN of the IPAM."""
        return self.ipam.arn

    @property
    def arn(self) -> str:
        """The ARN, in the IPAM's account."""
        return f"arn:{self.ec2_backend.partition}:ec2::{self.ipam.owner_id}:{self.kind}/{self.id}"

    @property
    def is_default(self) -> bool:
        """Whether it came with the IPAM."""
        return self.id == self.ipam.default_resource_discovery_association_id

    @property
    def resource_discovery_status(self) -> str:
        """`active`, or `not-found` when the discovery was deleted or is shared no more."""
        exists = self.discovery.id in self.discovery.ec2_backend.ipam_resource_discoveries
        return "active" if exists and self.discovery.is_usable_by(self.ipam.owner_id) else "not-found"

    def is_in_force(self) -> bool:
        """Whether the IPAM sees what the discovery sees."""
        return self.state == IN_FORCE and self.resource_discovery_status == "active"


class IpamResourceDiscoveryAssociationsBackend(EC2BackendParts):
    """The associations of the IPAM whose home is this Region."""

    def __init__(self) -> None:
        self.ipam_resource_discovery_associations: Register[IpamResourceDiscoveryAssociation] = Register()

    def associate_ipam_resource_discovery(
        self, ipam_id: str, discovery_id: str, *, tags: Mapping[str, str] | None = None
    ) -> IpamResourceDiscoveryAssociation:
        """Let an IPAM look through a discovery too, of its own account or shared with it, after a while."""
        ipam, discovery = self.get_ipam(ipam_id), self.get_ipam_resource_discovery(discovery_id)
        known = list(self.ipam_resource_discovery_associations.values())
        if any(association.discovery is discovery and association.ipam is ipam for association in known):
            raise InvalidParameterValueError(f"{discovery.id} is already associated with {ipam.id}.")
        limit = settings().resource_discovery_associations_per_ipam
        if ipam.resource_discovery_association_count >= limit:
            raise ResourceLimitExceededError("resource discovery associations of an IPAM", limit)
        if ipam.tier != "advanced":
            raise OperationNotPermittedError("Resource discoveries can only be associated on the advanced tier.")
        association = IpamResourceDiscoveryAssociation(self, ipam, discovery)
        association.state = "associate-in-progress"
        association.add_tags(dict(tags or {}))
        self.ipam_resource_discovery_associations[association.id] = association

        def finish() -> None:
            association.state = IN_FORCE
            discovery.observation.take_later()

        CLOCK.after(settings().association, finish, label=f"{association.id} associated")
        return association

    def associate_default_ipam_resource_discovery(self, ipam: Ipam) -> None:
        """Make the discovery that an IPAM comes with, and tie it to the IPAM."""
        discovery = self.create_default_ipam_resource_discovery(ipam)
        association = IpamResourceDiscoveryAssociation(self, ipam, discovery)
        self.ipam_resource_discovery_associations[association.id] = association
        ipam.default_resource_discovery_id = discovery.id
        ipam.default_resource_discovery_association_id = association.id

    def remove_ipam_resource_discovery_associations(self, ipam: Ipam) -> None:
        """Make them, and the default discovery, be gone with their IPAM."""
        for association in self.associations_of_ipam(ipam):
            self.ipam_resource_discovery_associations.remove(association.id)
            association.forget_tags()
            if association.is_default:
                self.remove_ipam_resource_discovery(association.discovery)

    def associations_of_ipam(self, ipam: Ipam) -> list[IpamResourceDiscoveryAssociation]:
        """All of an IPAM's, those in the making too."""
        known = self.ipam_resource_discovery_associations.values()
        return [association for association in known if association.ipam is ipam]

    def discoveries_of_ipam(self, ipam: Ipam) -> Iterator[IpamResourceDiscovery]:
        """What the IPAM looks through now."""
        return (found.discovery for found in self.associations_of_ipam(ipam) if found.is_in_force())

    def describe_ipam_resource_discovery_associations(
        self, association_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[Any]:
        """The associations, or those of the given ids, that match the filters."""
        seen = self.ipam_resource_discovery_associations.seen()
        return described(IpamResourceDiscoveryAssociation, seen, association_ids, filters)

    def disassociate_ipam_resource_discovery(self, association_id: str) -> IpamResourceDiscoveryAssociation:
        """End an association, after a while; the default one ends only with its IPAM."""
        association = self.ipam_resource_discovery_associations.get(association_id)
        if association is None:
            raise InvalidIpamResourceIdNotFoundError("ipam-resource-discovery-association", association_id)
        if association.is_default:
            raise OperationNotPermittedError(f"{association.id} is a default association and cannot be removed.")
        if association.state != IN_FORCE:
            raise IncorrectStateError(association.id, association.state)
        association.state = "disassociate-in-progress"

        def finish() -> None:
            self.ipam_resource_discovery_associations.remove(association.id)
            association.forget_tags()
            association.ipam.monitor.look()

        CLOCK.after(settings().association, finish, label=f"{association.id} disassociated")
        return association
