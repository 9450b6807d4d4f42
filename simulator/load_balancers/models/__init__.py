"""The backend of load balancers: moto's, with what these mixins change."""

from __future__ import annotations

from moto.elbv2.models import ELBv2Backend

from simulator.load_balancers.models.creation import CreationBackend
from simulator.load_balancers.models.description import DescriptionBackend
from simulator.load_balancers.models.ip_pools import IpPoolsBackend
from simulator.load_balancers.models.network_mapping import NetworkMappingBackend
from simulator.load_balancers.models.tags import TagsBackend


class AddressedELBv2Backend(
    CreationBackend, DescriptionBackend, NetworkMappingBackend, IpPoolsBackend, TagsBackend, ELBv2Backend
):
    """ELBv2Backend whose load balancers have nodes."""
