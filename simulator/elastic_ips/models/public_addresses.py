"""The public IPv4 addresses of an account in a Region, as IPAM discovers them (public IP insights).

IPAM user guide, "View public IP insights".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.elastic_ips.models.address_pools import Origin
from simulator.elastic_ips.models.core import ElasticIpBackendParts
from simulator.ipam.models.public_addresses import AddressType, DiscoveredPublicAddress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.elastic_ips.models.addresses import ElasticIp

LOAD_BALANCER = "ELB "
"""How the descriptions of load balancers' network interfaces begin; then comes the last part of the ARN."""

NAT_GATEWAY = "Interface for NAT Gateway "
"""And those of NAT gateways; then comes the id."""

_TYPES: dict[Origin, AddressType] = {
    Origin.AMAZON: "amazon-owned-eip",
    Origin.CONTIGUOUS: "amazon-owned-contig",
    Origin.BRING_YOUR_OWN: "byoip",
}


class PublicAddressesBackend(ElasticIpBackendParts):
    """Comes before the mixin of IPAM that knows of no addresses."""

    def discover_public_addresses(self) -> Iterator[DiscoveredPublicAddress]:
        """Elastic IPs, and the addresses that EC2 itself gave to network interfaces."""
        for address in self.addresses:
            yield self._discovered_elastic_ip(address)
        elastic = {address.public_ip for address in self.addresses}
        for interface in self.enis.values():
            if interface.public_ip is not None and interface.public_ip not in elastic:
                yield self._discovered_ec2_address(interface)

    def _discovered_elastic_ip(self, address: ElasticIp) -> DiscoveredPublicAddress:
        amazons = address.public_ipv4_pool == "amazon"
        return DiscoveredPublicAddress(
            address=address.public_ip,
            address_region=self.region_name,
            address_owner_id=self.account_id,
            address_type=_type_of(address),
            association_status="associated" if address.is_associated() else "disassociated",
            network_border_group=address.network_border_group,
            address_allocation_id=address.allocation_id,
            public_ipv4_pool_id=None if amazons else address.public_ipv4_pool,
            tag_map=address.tag_map,
            **self._place_of(address.eni),
        )

    def _discovered_ec2_address(self, interface: Any) -> DiscoveredPublicAddress:  # noqa: ANN401 - moto is untyped
        return DiscoveredPublicAddress(
            address=interface.public_ip,
            address_region=self.region_name,
            address_owner_id=self.account_id,
            address_type="ec2-public-ip",
            association_status="associated",
            network_border_group=self.region_name,
            **self._place_of(interface),
        )

    def _place_of(self, interface: Any) -> dict[str, Any]:  # noqa: ANN401 - moto is untyped
        """What an address has from the network interface that it is on."""
        if interface is None:
            return {}
        service, resource = self._service_of(interface)
        return {
            "vpc_id": interface.vpc_id,
            "subnet_id": interface.subnet.id,
            "network_interface_id": interface.id,
            "network_interface_description": interface.description,
            "instance_id": interface.instance.id if interface.instance else None,
            "security_groups": [{"GroupId": group.id, "GroupName": group.name} for group in interface.group_set],
            "service": service,
            "service_resource": resource,
        }

    def _service_of(self, interface: Any) -> tuple[str | None, str | None]:  # noqa: ANN401 - moto is untyped
        """The service that has the interface, if one has, and which of its resources that is."""
        description = interface.description
        if description.startswith(LOAD_BALANCER):
            name = description.removeprefix(LOAD_BALANCER)
            place = f"arn:{self.partition}:elasticloadbalancing:{self.region_name}:{self.account_id}"
            return "load-balancer", f"{place}:loadbalancer/{name}"
        if description.startswith(NAT_GATEWAY):
            return "nat-gateway", description.removeprefix(NAT_GATEWAY)
        return ("other", None) if interface.requester_managed else (None, None)


def _type_of(address: ElasticIp) -> AddressType:
    own = address.pool.origin is Origin.BRING_YOUR_OWN
    if address.service_managed is not None:
        return "service-managed-byoip" if own else "service-managed-ip"
    return _TYPES[address.pool.origin]
