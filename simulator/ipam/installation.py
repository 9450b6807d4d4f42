"""Putting the IPAM into moto: what would be edits of moto's files, if this were part of it."""

from __future__ import annotations

import moto.ec2.models
import moto.ec2.models.tags
import moto.ec2.utils
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.responses import EC2Response

from simulator.ipam.models import BACKENDS
from simulator.ipam.models.tags import RESOURCE_TO_PREFIX, prefix_finder
from simulator.ipam.responses import RESPONSES


def install() -> None:
    """Add IPAM to moto's EC2. A second call does nothing.

    The mixins come before moto's own in the bases, so that they can add to CreateVpc and the like. Backends
    that exist already get their (empty) IPAM state.
    """
    if issubclass(EC2Backend, BACKENDS):
        return
    EC2Backend.__bases__ = (*BACKENDS, *EC2Backend.__bases__)
    EC2Response.__bases__ = (*RESPONSES, *EC2Response.__bases__)
    _add_prefixes()
    for _, _, backend in ec2_backends.iter_backends():
        for mixin in BACKENDS:
            mixin.__init__(backend)  # type: ignore[misc] # as EC2Backend.__init__ does


def _add_prefixes() -> None:
    moto.ec2.utils.EC2_RESOURCE_TO_PREFIX.update(RESOURCE_TO_PREFIX)
    moto.ec2.utils.EC2_PREFIX_TO_RESOURCE.update({prefix: kind for kind, prefix in RESOURCE_TO_PREFIX.items()})
    get_prefix = prefix_finder(moto.ec2.utils.get_prefix)
    for module in (moto.ec2.utils, moto.ec2.models, moto.ec2.models.tags):
        module.get_prefix = get_prefix
