"""Putting the load balancers into moto: what would be edits of moto's files, if this were part of it."""

from __future__ import annotations

import moto.elb.urls
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response
from moto.elbv2.models import elbv2_backends

from simulator import elastic_ips
from simulator.load_balancers.models import AddressedELBv2Backend
from simulator.load_balancers.models.network_interfaces import FoundNetworkInterfacesBackend
from simulator.load_balancers.responses.load_balancers import AddressedELBV2Response
from simulator.load_balancers.responses.network_interfaces import PagedNetworkInterfaces


def install() -> None:
    """Let moto's ELBv2 have these load balancers, with the Elastic IPs that they hold. A second call does nothing.

    Backends that exist already become of the new kind; load balancers that they have must not be looked at any more.
    """
    elastic_ips.install()
    if not issubclass(EC2Backend, FoundNetworkInterfacesBackend):
        EC2Backend.__bases__ = (FoundNetworkInterfacesBackend, *EC2Backend.__bases__)
        EC2Response.__bases__ = (PagedNetworkInterfaces, *EC2Response.__bases__)
    moto.elb.urls.ELBV2Response = AddressedELBV2Response
    elbv2_backends.backend = AddressedELBv2Backend
    for regional in elbv2_backends.values():
        regional.backend = AddressedELBv2Backend
        for backend in regional.values():
            backend.__class__ = AddressedELBv2Backend
