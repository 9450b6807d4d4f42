"""Network interfaces that a service of AWS's makes in a user's subnet, and the user may not touch."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from simulator.elastic_ips.exceptions import InsufficientFreeAddressesInSubnetError
from simulator.elastic_ips.models.core import ElasticIpBackendParts
from simulator.ipam.exceptions import InvalidParameterValueError


class ServiceInterfacesBackend(ElasticIpBackendParts):
    """What NAT gateways, load balancers and the like have in a subnet."""

    def create_service_interface(
        self,
        subnet: Any,  # noqa: ANN401 - moto is untyped
        *,
        description: str,
        interface_type: str = "interface",
        private_ip: str | None = None,
    ) -> Any:  # noqa: ANN401 - moto is untyped
        """A requester-managed interface in use, with a private address that the subnet gives to nobody else."""
        address = self.reserve_private_ip(subnet, private_ip, holder=description)
        interface = self.create_network_interface(subnet, address, description=description)
        interface.requester_managed = True
        interface.interface_type = interface_type
        interface.status = "in-use"
        return interface

    def reserve_private_ip(self, subnet: Any, wanted: str | None, *, holder: object) -> str:  # noqa: ANN401
        """An address of the subnet that nobody has, from now on the holder's."""
        if wanted is None:
            try:
                return str(subnet.get_available_subnet_ip(holder))
            except StopIteration:
                raise InsufficientFreeAddressesInSubnetError from None
        if ip_address(wanted) not in subnet.cidr or wanted in subnet._subnet_ips:
            raise InvalidParameterValueError(f"The address {wanted} is not available in {subnet.id}.")
        subnet.request_ip(wanted, holder)
        return wanted
