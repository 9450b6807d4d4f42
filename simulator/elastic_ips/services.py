"""What AWS itself does to Elastic IPs, for the emulations of its services and for tests. There is no API for it.

Whoever calls these beside other threads holds `moto_services.exclusively`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from moto.ec2.models import ec2_backends

from simulator.elastic_ips.models.address_pools import AmazonPool

if TYPE_CHECKING:
    from simulator.elastic_ips.models.addresses import ElasticIp

Service = Literal["alb", "nlb", "rnat", "rds"]

_INTERFACE_TYPES: dict[Service, str] = {"nlb": "network_load_balancer", "rnat": "nat_gateway"}


def create_service_managed(
    account: str,
    region: str,
    *,
    service: Service,
    subnet_id: str,
    network_interface_description: str,
    ipam_pool_id: str | None = None,
) -> ElasticIp:
    """An address that a service manages in a user's account, on an interface of its own in the subnet.

    From the IPAM pool, else from Amazon. An EC2ClientError if the pool is not usable or has no address left: whether
    to take Amazon's instead is for the service to decide.
    """
    backend = ec2_backends[account][region]
    subnet = backend.get_subnet(subnet_id)
    address: ElasticIp = backend.allocate_address(service_managed=service, ipam_pool_id=ipam_pool_id)
    interface = backend.create_service_interface(
        subnet,
        description=network_interface_description,
        interface_type=_INTERFACE_TYPES.get(service, "interface"),
    )
    backend.bind(address, interface, interface.private_ip_address)
    return address


def release_service_managed(address: ElasticIp) -> None:
    """The service needs the address no more: it is released, and its interface deleted."""
    backend, interface = address.ec2_backend, address.eni
    backend.let_go(address)
    if interface is not None:
        interface.delete()


def give_away(public_ip: str, *, to_account: str, region: str) -> ElasticIp:
    """Amazon gives an address, which somebody released, to another account: it cannot be recovered any more."""
    given: ElasticIp = ec2_backends[to_account][region].allocate_from(AmazonPool(region), public_ip, tags={})
    return given
