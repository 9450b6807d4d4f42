"""Tags on IPAM's resources, with moto's own CreateTags, DeleteTags and DescribeTags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.ipam.models.allocations import IpamPoolAllocation
from simulator.ipam.models.core import EC2BackendParts
from simulator.ipam.models.ipams import Ipam
from simulator.ipam.models.policies import IpamPolicy
from simulator.ipam.models.pools import IpamPool
from simulator.ipam.models.public_ipv4_pools import PublicIpv4Pool
from simulator.ipam.models.resource_discoveries import IpamResourceDiscovery
from simulator.ipam.models.resource_discovery_associations import IpamResourceDiscoveryAssociation
from simulator.ipam.models.scopes import IpamScope
from simulator.ipam.models.verification_tokens import IpamExternalResourceVerificationToken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESOURCE_TO_PREFIX = {
    resource.kind: resource.id_prefix or resource.kind
    for resource in (
        Ipam,
        IpamScope,
        IpamPool,
        IpamPoolAllocation,
        IpamExternalResourceVerificationToken,
        PublicIpv4Pool,
        IpamResourceDiscovery,
        IpamResourceDiscoveryAssociation,
        IpamPolicy,
    )
}
"""The prefixes that moto's EC2_RESOURCE_TO_PREFIX gains."""

_ID = re.compile(r"(?P<prefix>[a-z0-9-]+)-[0-9a-f]+")


def prefix_finder(get_prefix: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Moto's `get_prefix` takes what is before the first hyphen; this one knows IPAM's prefixes too."""

    def get_ipam_prefix(resource_id: str) -> str | None:
        parsed = _ID.fullmatch(resource_id)
        if parsed is not None and parsed["prefix"] in RESOURCE_TO_PREFIX.values():
            return parsed["prefix"]
        return get_prefix(resource_id)

    return get_ipam_prefix


class IpamTagsBackend(EC2BackendParts):
    """What CreateTags checks before it tags."""

    def ipam_resources_must_exist(self, resource_ids: Sequence[str]) -> None:
        """`InvalidIpam...Id.NotFound` for an IPAM resource that is not there.

        Other ids are moto's concern.
        """
        getters: dict[str, Callable[[str], object]] = {
            "ipam": self.get_ipam,
            "ipam-scope": self.get_ipam_scope,
            "ipam-pool": self.get_ipam_pool,
            "ipam-pool-alloc": self.find_ipam_pool_allocation,
        }
        for resource_id in resource_ids:
            parsed = _ID.fullmatch(resource_id)
            if parsed is not None and parsed["prefix"] in getters:
                getters[parsed["prefix"]](resource_id)
