"""Associating Elastic IPs with instances and network interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.utils import random_id

from simulator.elastic_ips.exceptions import (
    AlreadyAssociatedError,
    AssociationIdNotFoundError,
    InstanceNotUsableError,
    ServiceOwnedError,
)
from simulator.elastic_ips.models.core import ElasticIpBackendParts
from simulator.ipam.exceptions import InvalidParameterCombinationError, InvalidParameterValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.elastic_ips.models.addresses import ElasticIp

USABLE_INSTANCE_STATES = frozenset({"running", "stopping", "stopped"})


class AddressAssociationsBackend(ElasticIpBackendParts):
    """Comes before moto's backends of addresses, interfaces and instances."""

    def associate_address(
        self,
        instance: Any = None,  # noqa: ANN401 - moto is untyped
        eni: Any = None,  # noqa: ANN401 - moto is untyped
        address: str | None = None,
        allocation_id: str | None = None,
        reassociate: bool = True,  # noqa: FBT001, FBT002 - moto's parameters
        *,
        private_ip_address: str | None = None,
    ) -> ElasticIp:
        """Put an address on an interface, taking it and the interface's present address off, unless not `reassociate`.

        The same again changes nothing.
        """
        elastic_ip = self.elastic_ip_at(address) if address else self.get_elastic_ip(allocation_id or "")
        interface = eni or _only_interface_of(instance)
        if elastic_ip.is_in_service_hands() or interface.requester_managed:
            raise ServiceOwnedError
        _must_share_border_group(elastic_ip, interface)
        private_ip = _private_address(interface, private_ip_address)
        present = self._address_on(interface, private_ip)
        if present is elastic_ip:
            return elastic_ip
        if not reassociate:
            _must_be_free(elastic_ip, present, interface, private_ip)
        self.unbind(elastic_ip)
        if present is not None:
            self.unbind(present)
        self.bind(elastic_ip, interface, private_ip)
        return elastic_ip

    def disassociate_address(self, address: str | None = None, association_id: str | None = None) -> None:
        """Take an address off its interface."""
        for elastic_ip in [self.elastic_ip_at(address)] if address else list(self.addresses):
            if address or elastic_ip.association_id == association_id:
                if elastic_ip.is_in_service_hands():
                    raise ServiceOwnedError
                self.unbind(elastic_ip)
                return
        raise AssociationIdNotFoundError(association_id or "")

    def bind(self, address: ElasticIp, interface: Any, private_ip: str) -> None:  # noqa: ANN401 - moto is untyped
        """Put an address on a free private address of an interface."""
        address.eni = interface
        address.private_ip = private_ip
        address.association_id = random_id(prefix="eipassoc", size=17)
        if private_ip == interface.private_ip_address:
            interface.public_ip = address.public_ip
        _entry(interface, private_ip)["Association"] = {
            "AllocationId": address.id,
            "AssociationId": address.association_id,
            "IpOwnerId": self.account_id,
            "PublicIp": address.public_ip,
        }

    def unbind(self, address: ElasticIp) -> None:
        """Take an address off whatever it is on; a running instance gets a public address again if it had one so."""
        interface, private_ip = address.eni, address.private_ip
        if interface is None or private_ip is None:
            return
        address.eni = address.private_ip = address.association_id = None
        _entry(interface, private_ip).pop("Association", None)
        if interface.public_ip == address.public_ip:
            interface.public_ip = None
            if interface.instance and interface.instance.is_running():
                interface.check_auto_public_ip()

    def delete_network_interface(self, eni_id: str) -> None:
        """Delete an interface; what was on it stays allocated."""
        self._unbind_all(eni_id)
        super().delete_network_interface(eni_id)

    def unassign_private_ip_addresses(self, eni_id: str, private_ip_address: Sequence[str] | None = None) -> Any:  # noqa: ANN401
        """Take private addresses away from an interface; what was on them stays allocated."""
        for address in self.addresses:
            if address.network_interface_id == eni_id and address.private_ip in (private_ip_address or ()):
                self.unbind(address)
        return super().unassign_private_ip_addresses(eni_id, private_ip_address)

    def terminate_instances(self, instance_ids: Sequence[str]) -> Any:  # noqa: ANN401 - moto is untyped
        """Terminate instances. EC2 deletes their primary interfaces, which moto keeps."""
        terminated = super().terminate_instances(instance_ids)  # type: ignore[misc] # moto's
        for instance, _ in terminated:
            if 0 in instance.nics:
                self._unbind_all(instance.nics[0].id)
        return terminated

    def _unbind_all(self, eni_id: str) -> None:
        for address in self.addresses:
            if address.network_interface_id == eni_id:
                self.unbind(address)

    def _address_on(self, interface: Any, private_ip: str) -> ElasticIp | None:  # noqa: ANN401 - moto is untyped
        for address in self.addresses:
            if address.eni is interface and address.private_ip == private_ip:
                return address
        return None


def _only_interface_of(instance: Any) -> Any:  # noqa: ANN401 - moto is untyped
    if instance._state.name not in USABLE_INSTANCE_STATES:
        raise InstanceNotUsableError(
            f"The {instance._state.name} instance '{instance.id}' is not in a valid state for this operation."
        )
    if len(instance.nics) != 1:
        raise InstanceNotUsableError(
            f"There are multiple interfaces attached to instance '{instance.id}'. "
            "Please specify an interface ID for the operation instead."
        )
    return next(iter(instance.nics.values()))


def _private_address(interface: Any, wanted: str | None) -> str:  # noqa: ANN401 - moto is untyped
    if wanted is None:
        return str(interface.private_ip_address)
    if wanted not in [entry.get("PrivateIpAddress") for entry in interface.private_ip_addresses]:
        raise InvalidParameterValueError(f"The IP address {wanted} is not assigned to the interface {interface.id}.")
    return wanted


def _must_share_border_group(address: ElasticIp, interface: Any) -> None:  # noqa: ANN401 - moto is untyped
    """A zone's name is that of its border group and a letter."""
    group = interface.availability_zone[:-1]
    if address.network_border_group != group:
        raise InvalidParameterCombinationError(
            f"The address {address.public_ip} of the network border group {address.network_border_group} "
            f"cannot be associated with the interface {interface.id} in {group}."
        )


def _must_be_free(address: ElasticIp, present: ElasticIp | None, interface: Any, private_ip: str) -> None:  # noqa: ANN401
    if address.is_associated():
        raise AlreadyAssociatedError(address.id, f"associate-id {address.association_id}")
    if present is not None:
        raise AlreadyAssociatedError(f"{interface.id} and {private_ip}", f"public address {present.public_ip}")


def _entry(interface: Any, private_ip: str) -> dict[str, Any]:  # noqa: ANN401 - moto is untyped
    """The interface's entry for a private address; an empty one if the address is gone."""
    entries: list[dict[str, Any]] = interface.private_ip_addresses
    return next((entry for entry in entries if entry.get("PrivateIpAddress") == private_ip), {})
