"""What users may not do to that which services of AWS's manage in their accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.elastic_ips.exceptions import (
    AllocationIdNotFoundError,
    ElasticIpIdNotFoundError,
    ServiceOwnedError,
)
from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
    from moto.core.responses import ActionResult


class ServiceProperty(IpamBaseResponse):
    """Comes before moto's TagResponse and ElasticNetworkInterfaces in EC2Response's bases."""

    def create_tags(self) -> ActionResult:
        """CreateTags."""
        self._addresses_must_be_taggable()
        return super().create_tags()

    def delete_tags(self) -> ActionResult:
        """DeleteTags."""
        self._addresses_must_be_taggable()
        return super().delete_tags()

    def delete_network_interface(self) -> ActionResult:
        """DeleteNetworkInterface."""
        self._interface_must_be_the_users()
        return super().delete_network_interface()

    def unassign_private_ip_addresses(self) -> ActionResult:
        """UnassignPrivateIpAddresses."""
        self._interface_must_be_the_users()
        return super().unassign_private_ip_addresses()

    def _addresses_must_be_taggable(self) -> None:
        for resource_id in self._get_param("Resources", []):
            if not resource_id.startswith("eipalloc-"):
                continue
            try:
                address = self.ec2_backend.get_elastic_ip(resource_id)
            except AllocationIdNotFoundError:
                raise ElasticIpIdNotFoundError(resource_id) from None
            if address.service_managed is not None:
                raise ServiceOwnedError

    def _interface_must_be_the_users(self) -> None:
        if self.ec2_backend.get_network_interface(self._required("NetworkInterfaceId")).requester_managed:
            raise ServiceOwnedError
