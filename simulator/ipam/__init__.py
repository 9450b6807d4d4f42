"""VPC IPAM for moto's EC2, in moto's own conventions: models, responses, and one call that installs them."""

from __future__ import annotations

from simulator.ipam.installation import install
from simulator.ipam.models.core import resource_tags
from simulator.ipam.models.organization_admin import organization_changed
from simulator.ipam.models.policy_enforcement import policy_pools, pool_for_new
from simulator.ipam.organizations import use_directory
from simulator.ipam.sharing import share_pool, share_resource_discovery, unshare_pool, unshare_resource_discovery

__all__ = [
    "install",
    "organization_changed",
    "policy_pools",
    "pool_for_new",
    "resource_tags",
    "share_pool",
    "share_resource_discovery",
    "unshare_pool",
    "unshare_resource_discovery",
    "use_directory",
]
