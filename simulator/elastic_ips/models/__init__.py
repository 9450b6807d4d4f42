"""The backend of Elastic IPs, as mixins for moto's EC2Backend."""

from __future__ import annotations

from simulator.elastic_ips.models.allocations import ElasticIpsBackend
from simulator.elastic_ips.models.associations import AddressAssociationsBackend
from simulator.elastic_ips.models.nat_gateways import AddressedNatGatewaysBackend
from simulator.elastic_ips.models.public_addresses import PublicAddressesBackend
from simulator.elastic_ips.models.reverse_dns import ReverseDnsBackend
from simulator.elastic_ips.models.service_interfaces import ServiceInterfacesBackend
from simulator.elastic_ips.models.transfers import AddressTransfersBackend

BACKENDS: tuple[type, ...] = (
    ElasticIpsBackend,
    AddressAssociationsBackend,
    AddressTransfersBackend,
    ReverseDnsBackend,
    AddressedNatGatewaysBackend,
    ServiceInterfacesBackend,
    PublicAddressesBackend,
)
