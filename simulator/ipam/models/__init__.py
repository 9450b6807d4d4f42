"""The backend of IPAM, as mixins for moto's EC2Backend."""

from __future__ import annotations

from simulator.ipam.models.allocations import IpamPoolAllocationsBackend
from simulator.ipam.models.byoasns import ByoasnsBackend
from simulator.ipam.models.byoip_cidrs import ByoipCidrsBackend
from simulator.ipam.models.client_tokens import ClientTokensBackend
from simulator.ipam.models.ipams import IpamsBackend
from simulator.ipam.models.organization_admin import IpamOrganizationAdminBackend
from simulator.ipam.models.policies import IpamPoliciesBackend
from simulator.ipam.models.pool_cidrs import IpamPoolCidrsBackend
from simulator.ipam.models.pools_backend import IpamPoolsBackend
from simulator.ipam.models.public_addresses import PublicAddressesBackend
from simulator.ipam.models.public_ipv4_pools import PublicIpv4PoolsBackend
from simulator.ipam.models.resource_cidrs import IpamResourceCidrsBackend
from simulator.ipam.models.resource_discoveries import IpamResourceDiscoveriesBackend
from simulator.ipam.models.resource_discovery_associations import IpamResourceDiscoveryAssociationsBackend
from simulator.ipam.models.scopes import IpamScopesBackend
from simulator.ipam.models.tags import IpamTagsBackend
from simulator.ipam.models.verification_tokens import IpamVerificationTokensBackend
from simulator.ipam.models.vpcs import IpamVpcsBackend

BACKENDS: tuple[type, ...] = (
    IpamsBackend,
    IpamScopesBackend,
    IpamPoolsBackend,
    IpamPoolCidrsBackend,
    IpamPoolAllocationsBackend,
    IpamVpcsBackend,
    IpamTagsBackend,
    IpamResourceDiscoveriesBackend,
    IpamResourceDiscoveryAssociationsBackend,
    IpamOrganizationAdminBackend,
    IpamPoliciesBackend,
    PublicAddressesBackend,
    PublicIpv4PoolsBackend,
    ByoipCidrsBackend,
    ByoasnsBackend,
    IpamResourceCidrsBackend,
    IpamVerificationTokensBackend,
    ClientTokensBackend,
)
