"""The responses of Elastic IPs, as mixins for moto's EC2Response."""

from __future__ import annotations

from simulator.elastic_ips.responses.address_attributes import AddressAttributes
from simulator.elastic_ips.responses.address_transfers import AddressTransfers
from simulator.elastic_ips.responses.addresses import ElasticIpAddresses
from simulator.elastic_ips.responses.classic import ClassicAddresses
from simulator.elastic_ips.responses.nat_gateways import AddressedNatGateways
from simulator.elastic_ips.responses.service_property import ServiceProperty

RESPONSES: tuple[type, ...] = (
    ElasticIpAddresses,
    AddressAttributes,
    AddressTransfers,
    AddressedNatGateways,
    ServiceProperty,
    ClassicAddresses,
)
