"""Putting the load balancers into moto: what would be edits of moto's files, if this were part of it."""

from __future__ import annotations

import moto.elb.urls
from moto.elbv2.models import elbv2_backends

from simulator import elastic_ips
from simulator.load_balancers.models import AddressedELBv2Backend
from simulator.load_balancers.responses import AddressedELBV2Response


def install() -> None:
    """Let moto's ELBv2 have these load balancers, with the Elastic IPs that they hold. A second call does nothing.

    Backends that exist already become of the new kind; load balancers that they have must not be looked at any more.
    """
    elastic_ips.install()
    moto.elb.urls.ELBV2Response = AddressedELBV2Response
    elbv2_backends.backend = AddressedELBv2Backend
    for regional in elbv2_backends.values():
        regional.backend = AddressedELBv2Backend
        for backend in regional.values():
            backend.__class__ = AddressedELBv2Backend
