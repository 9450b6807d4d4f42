"""Putting the Elastic IPs into moto: what would be edits of moto's files, if this were part of it."""

from __future__ import annotations

import moto.ec2.utils
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.responses import EC2Response

from simulator import ipam
from simulator.elastic_ips.models import BACKENDS
from simulator.elastic_ips.responses import RESPONSES


def install() -> None:
    """Add Elastic IPs to moto's EC2, and the IPAM that they come from. A second call does nothing.

    The mixins come before moto's own in the bases, so that they can add to CreateTags and the like. Backends that
    exist already get the state of the mixins; the Elastic IPs that they have must not be looked at any more.
    """
    ipam.install()
    if issubclass(EC2Backend, BACKENDS):
        return
    EC2Backend.__bases__ = (*BACKENDS, *EC2Backend.__bases__)
    EC2Response.__bases__ = (*RESPONSES, *EC2Response.__bases__)
    moto.ec2.utils.EC2_PREFIX_TO_RESOURCE["eipalloc"] = "elastic-ip"
    for _, _, backend in ec2_backends.iter_backends():
        for mixin in BACKENDS:
            mixin.__init__(backend)  # type: ignore[misc] # as EC2Backend.__init__ does
