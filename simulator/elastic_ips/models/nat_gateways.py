"""NAT gateways, as far as they hold Elastic IPs. VPC user guide, "Work with NAT gateways"."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.utils import random_id

from simulator.clock import CLOCK
from simulator.elastic_ips.exceptions import (
    AllocationIdNotFoundError,
    AssociationIdNotFoundError,
    ElasticIpIdNotFoundError,
    NatGatewayNotFoundError,
)
from simulator.elastic_ips.models.core import ElasticIpBackendParts
from simulator.elastic_ips.models.public_addresses import NAT_GATEWAY
from simulator.elastic_ips.settings import SETTINGS
from simulator.ipam.exceptions import IncorrectStateError, InvalidParameterCombinationError, MissingParameterError
from simulator.ipam.filters import filtered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from simulator.elastic_ips.models.addresses import ElasticIp

_sequence = count(1)


@dataclass(eq=False, kw_only=True)
class NatGatewayAddress:
    """One address of a NAT gateway: a private one, and the Elastic IP on it if the gateway is public."""

    network_interface_id: str
    private_ip: str
    is_primary: bool
    elastic_ip: ElasticIp | None = None
    status: str = "succeeded"

    @property
    def allocation_id(self) -> str | None:
        """The Elastic IP's allocation id."""
        return self.elastic_ip.id if self.elastic_ip else None

    @property
    def association_id(self) -> str | None:
        """The Elastic IP's association id."""
        return self.elastic_ip.association_id if self.elastic_ip else None

    @property
    def public_ip(self) -> str | None:
        """The Elastic IP."""
        return self.elastic_ip.public_ip if self.elastic_ip else None


class AddressedNatGateway(NatGateway):
    """NatGateway of moto's, with states that take time and an interface in its subnet that users may not touch."""

    filter_names = {  # noqa: RUF012 - read only
        "nat-gateway-id": "id",
        "state": "state",
        "subnet-id": "subnet_id",
        "vpc-id": "vpc_id",
    }

    def __init__(self, backend: Any, subnet: Any, *, connectivity_type: str, private_ip: str | None) -> None:  # noqa: ANN401
        self.ec2_backend = backend
        self.id = random_id(prefix="nat", size=17)
        self.sequence = next(_sequence)
        self.subnet = subnet
        self.subnet_id = subnet.id
        self.vpc_id = subnet.vpc_id
        self.connectivity_type = connectivity_type
        self.availability_mode = "zonal"
        self.state = "pending"
        self.failure_code: str | None = None
        self.failure_message: str | None = None
        self.created_at = CLOCK.now()
        self.delete_time: datetime | None = None
        self.interface = backend.create_service_interface(
            subnet,
            description=f"{NAT_GATEWAY}{self.id}",
            interface_type="nat_gateway",
            private_ip=private_ip,
        )
        self.address_set: list[NatGatewayAddress] = [
            NatGatewayAddress(
                network_interface_id=self.interface.id,
                private_ip=self.interface.private_ip_address,
                is_primary=True,
            )
        ]

    @property
    def create_time(self) -> datetime:
        """When it was created."""
        return self.created_at

    @property
    def tag_map(self) -> dict[str, str]:
        """The tags by key."""
        return dict(self.ec2_backend.tags.get(self.id, {}))

    def is_listed(self) -> bool:
        """Whether DescribeNatGateways shows it: what is deleted stays for about an hour."""
        return self.delete_time is None or (
            CLOCK.time() < self.delete_time.timestamp() + SETTINGS.deleted_nat_gateways_stay_listed
        )

    def fail(self, code: str, message: str) -> None:
        """It will not come to be."""
        self.state, self.failure_code, self.failure_message = "failed", code, message


class AddressedNatGatewaysBackend(ElasticIpBackendParts):
    """Comes before moto's NatGatewayBackend in EC2Backend's bases, and keeps its dictionary."""

    if TYPE_CHECKING:
        nat_gateways: dict[str, AddressedNatGateway]

    def create_nat_gateway(
        self,
        subnet_id: str,
        allocation_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        connectivity_type: str = "public",
        *,
        private_ip_address: str | None = None,
        secondary_allocation_ids: Sequence[str] = (),
    ) -> AddressedNatGateway:
        """A new NAT gateway, `pending` at first. With an address that is in use already it ends as `failed`."""
        subnet = self.get_subnet(subnet_id)
        named = [allocation_id, *secondary_allocation_ids] if allocation_id else []
        if connectivity_type == "public" and not named:
            raise MissingParameterError("allocationId")
        if connectivity_type != "public" and (allocation_id or secondary_allocation_ids):
            raise InvalidParameterCombinationError("A private NAT gateway cannot have an Elastic IP address.")
        addresses = [self._usable_by_gateway(name) for name in named]
        gateway = AddressedNatGateway(self, subnet, connectivity_type=connectivity_type, private_ip=private_ip_address)
        gateway.add_tags(dict(tags or {}))
        self.nat_gateways[gateway.id] = gateway
        taken = next((address for address in addresses if not _is_free(address)), None)
        if taken is None:
            self._give(gateway, addresses)
        CLOCK.after(
            SETTINGS.nat_gateway_creation, lambda: self._finish_creation(gateway, taken), label=f"{gateway.id} created"
        )
        return gateway

    def describe_nat_gateways(
        self, filters: Mapping[str, Sequence[str]] | None, nat_gateway_ids: Sequence[str] | None
    ) -> list[AddressedNatGateway]:
        """The NAT gateways, or those of the given ids, that match the filters, oldest first."""
        listed = {gateway.id: gateway for gateway in self.nat_gateways.values() if gateway.is_listed()}
        for gateway_id in nat_gateway_ids or ():
            if gateway_id not in listed:
                raise NatGatewayNotFoundError(gateway_id)
        chosen = [listed[gateway_id] for gateway_id in nat_gateway_ids or ()] or listed.values()
        return filtered(chosen, filters or {}, AddressedNatGateway.filter_names)

    def associate_nat_gateway_address(
        self, nat_gateway_id: str, *, allocation_ids: Sequence[str], private_ip_addresses: Sequence[str] = ()
    ) -> list[NatGatewayAddress]:
        """Give a public NAT gateway further addresses, each on a private address of its own."""
        gateway = self._available(nat_gateway_id)
        addresses = [self._usable_by_gateway(allocation_id) for allocation_id in allocation_ids]
        for address in addresses:
            if not _is_free(address):
                raise IncorrectStateError(address.id, "associated")
        return self._give(gateway, addresses, private_ips=private_ip_addresses)

    def disassociate_nat_gateway_address(
        self, nat_gateway_id: str, *, association_ids: Sequence[str], drain: float | None = None
    ) -> list[NatGatewayAddress]:
        """Begin to take secondary addresses from a NAT gateway; it keeps them until connections have drained."""
        gateway = self._available(nat_gateway_id)
        by_association = {address.association_id: address for address in gateway.address_set}
        for association_id in association_ids:
            if association_id not in by_association:
                raise AssociationIdNotFoundError(association_id)
            if by_association[association_id].is_primary:
                raise InvalidParameterCombinationError("The primary address of a NAT gateway cannot be disassociated.")
        leaving = [by_association[association_id] for association_id in association_ids]
        for address in leaving:
            address.status = "disassociating"
        CLOCK.after(
            SETTINGS.nat_gateway_drain if drain is None else drain,
            lambda: self._take_away(gateway, leaving),
            label=f"{gateway.id} drained",
        )
        return leaving

    def delete_nat_gateway(self, nat_gateway_id: str) -> AddressedNatGateway:
        """Begin to delete a NAT gateway; until it is deleted it holds its addresses."""
        gateway = self._gateway(nat_gateway_id)
        if gateway.state not in ("deleting", "deleted"):
            gateway.state = "deleting"
            gateway.delete_time = CLOCK.now()
            CLOCK.after(
                SETTINGS.nat_gateway_deletion, lambda: self._finish_deletion(gateway), label=f"{gateway.id} deleted"
            )
        return gateway

    def _finish_creation(self, gateway: AddressedNatGateway, taken: ElasticIp | None) -> None:
        if gateway.state != "pending":
            return
        if taken is None:
            gateway.state = "available"
            return
        gateway.fail("Resource.AlreadyAssociated", f"Elastic IP address {taken.id} is already associated")
        gateway.interface.delete()

    def _finish_deletion(self, gateway: AddressedNatGateway) -> None:
        gateway.state = "deleted"
        if gateway.interface.id in self.enis:
            gateway.interface.delete()

    def _give(
        self, gateway: AddressedNatGateway, addresses: Sequence[ElasticIp], *, private_ips: Sequence[str] = ()
    ) -> list[NatGatewayAddress]:
        """Put addresses on the gateway: the first on its primary private address, if that has none yet."""
        wanted = list(private_ips)
        given = []
        for address in addresses:
            place = gateway.address_set[0]
            if place.elastic_ip is not None:
                place = self._further_place(gateway, wanted.pop(0) if wanted else None)
            place.elastic_ip = address
            self.bind(address, gateway.interface, place.private_ip)
            given.append(place)
        return given

    def _further_place(self, gateway: AddressedNatGateway, private_ip: str | None) -> NatGatewayAddress:
        private_ip = self.reserve_private_ip(gateway.subnet, private_ip, holder=gateway)
        gateway.interface.private_ip_addresses.append({"Primary": False, "PrivateIpAddress": private_ip})
        place = NatGatewayAddress(network_interface_id=gateway.interface.id, private_ip=private_ip, is_primary=False)
        gateway.address_set.append(place)
        return place

    def _take_away(self, gateway: AddressedNatGateway, leaving: Sequence[NatGatewayAddress]) -> None:
        if gateway.state != "available":
            return
        for address in leaving:
            gateway.address_set.remove(address)
            self.unassign_private_ip_addresses(gateway.interface.id, [address.private_ip])
            gateway.subnet.del_subnet_ip(address.private_ip)

    def _usable_by_gateway(self, allocation_id: str) -> ElasticIp:
        try:
            return self.get_elastic_ip(allocation_id)
        except AllocationIdNotFoundError:
            raise ElasticIpIdNotFoundError(allocation_id) from None

    def _gateway(self, nat_gateway_id: str) -> AddressedNatGateway:
        gateway = self.nat_gateways.get(nat_gateway_id)
        if gateway is None or not gateway.is_listed():
            raise NatGatewayNotFoundError(nat_gateway_id)
        return gateway

    def _available(self, nat_gateway_id: str) -> AddressedNatGateway:
        gateway = self._gateway(nat_gateway_id)
        if gateway.state != "available" or gateway.connectivity_type != "public":
            raise IncorrectStateError(nat_gateway_id, f"{gateway.connectivity_type} {gateway.state}")
        return gateway


def _is_free(address: ElasticIp) -> bool:
    return not address.is_associated() and not address.is_in_service_hands()
