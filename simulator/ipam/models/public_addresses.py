"""Public IPv4 addresses as a resource discovery shows them (public IP insights)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

AddressType = Literal[
    "service-managed-ip",
    "service-managed-byoip",
    "amazon-owned-eip",
    "amazon-owned-contig",
    "byoip",
    "ec2-public-ip",
]

PUBLIC_ADDRESS_FILTERS = {
    "address": "address",
    "address-region": "address_region",
    "address-owner-id": "address_owner_id",
    "address-allocation-id": "address_allocation_id",
    "association-status": "association_status",
    "address-type": "address_type",
    "service": "service",
    "service-resource": "service_resource",
    "vpc-id": "vpc_id",
    "subnet-id": "subnet_id",
    "public-ipv4-pool-id": "public_ipv4_pool_id",
    "network-interface-id": "network_interface_id",
    "network-interface-description": "network_interface_description",
    "instance-id": "instance_id",
    "network-border-group": "network_border_group",
    "security-group-id": "security_group_ids",
}
"""The API reference names none: they are named after the members of the answer, as other filters of EC2's are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscoveredPublicAddress:
    """A public IPv4 address, as it was when the sample was taken."""

    address: str
    address_region: str
    address_owner_id: str
    address_type: AddressType
    association_status: Literal["associated", "disassociated"]
    network_border_group: str
    address_allocation_id: str | None = None
    service: str | None = None
    service_resource: str | None = None
    vpc_id: str | None = None
    subnet_id: str | None = None
    public_ipv4_pool_id: str | None = None
    network_interface_id: str | None = None
    network_interface_description: str | None = None
    instance_id: str | None = None
    tag_map: Mapping[str, str] = field(default_factory=dict)
    security_groups: Sequence[Mapping[str, str]] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What tells this address from every other; lists of them are in this order."""
        return self.address_region, self.address

    @property
    def tags(self) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """The tags of an Elastic IP as answers list them."""
        return {"EipTags": [{"Key": key, "Value": value} for key, value in self.tag_map.items()]}

    @property
    def security_group_ids(self) -> Sequence[str]:
        """The ids of the security groups on the address's network interface."""
        return [group["GroupId"] for group in self.security_groups]


class PublicAddressesBackend:
    """Comes after the mixins that know of addresses."""

    def discover_public_addresses(self) -> Iterable[DiscoveredPublicAddress]:
        """The public addresses of this account and Region: none that anything here knew of."""
        return ()
