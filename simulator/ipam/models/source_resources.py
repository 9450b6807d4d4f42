"""The VPC that a resource-planning pool plans: its CIDRs are what subnets get theirs from.

IPAM user guide, "Plan VPC IP address space for subnet IP allocations".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moto.ec2.exceptions import InvalidVPCIdError

from simulator.ipam.models.core import account_backends
from simulator.ipam.models.discovery import vpc_networks

if TYPE_CHECKING:
    from simulator.ipam.space import Network


@dataclass(frozen=True, kw_only=True)
class SourceResource:
    """The resource, named as answers name it."""

    resource_id: str
    resource_region: str
    resource_owner: str
    resource_type: str = "vpc"

    def networks(self, address_family: str) -> list[Network]:
        """The CIDRs that are associated with the VPC now; InvalidVpcID.NotFound if it is gone."""
        for backend in account_backends(self.resource_owner):
            if backend.region_name == self.resource_region and self.resource_id in backend.vpcs:
                networks = vpc_networks(backend.vpcs[self.resource_id])
                return [network for network in networks if f"ipv{network.version}" == address_family]
        raise InvalidVPCIdError(self.resource_id)
