"""VPC IPAM for moto's EC2, in moto's own conventions: models, responses, and one call that installs them."""

from __future__ import annotations

from simulator.ipam.installation import install
from simulator.ipam.models.core import resource_tags
from simulator.ipam.organizations import use_directory
from simulator.ipam.sharing import share_pool, share_resource_discovery, unshare_pool, unshare_resource_discovery

__all__ = [
    "install",
    "resource_tags",
    "share_pool",
    "share_resource_discovery",
    "unshare_pool",
    "unshare_resource_discovery",
    "use_directory",
]
