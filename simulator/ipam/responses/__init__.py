"""The responses of IPAM, as mixins for moto's EC2Response."""

from __future__ import annotations

from simulator.ipam.responses.allocations import IpamPoolAllocations
from simulator.ipam.responses.byoasns import IpamByoasns
from simulator.ipam.responses.byoip import ByoipCidrs, PublicIpv4Pools
from simulator.ipam.responses.discovered import IpamDiscovered
from simulator.ipam.responses.ipams import Ipams
from simulator.ipam.responses.monitoring import IpamMonitoring
from simulator.ipam.responses.organization_admin import IpamOrganizationAdmin
from simulator.ipam.responses.policies import IpamPolicies
from simulator.ipam.responses.pool_cidrs import IpamPoolCidrs
from simulator.ipam.responses.pools import IpamPools
from simulator.ipam.responses.resource_cidrs import IpamResourceCidrs
from simulator.ipam.responses.resource_discoveries import IpamResourceDiscoveries, IpamResourceDiscoveryAssociations
from simulator.ipam.responses.scopes import IpamScopes
from simulator.ipam.responses.tags import IpamTags
from simulator.ipam.responses.unsupported import unsupported_operations
from simulator.ipam.responses.verification_tokens import IpamVerificationTokens
from simulator.ipam.responses.vpcs import IpamVpcs

SUPPORTED: tuple[type, ...] = (
    Ipams,
    IpamScopes,
    IpamPools,
    IpamPoolCidrs,
    IpamPoolAllocations,
    IpamVpcs,
    IpamTags,
    IpamResourceDiscoveries,
    IpamResourceDiscoveryAssociations,
    IpamOrganizationAdmin,
    IpamPolicies,
    IpamDiscovered,
    ByoipCidrs,
    IpamByoasns,
    PublicIpv4Pools,
    IpamResourceCidrs,
    IpamMonitoring,
    IpamVerificationTokens,
)
RESPONSES: tuple[type, ...] = (
    *SUPPORTED,
    unsupported_operations(type("SupportedIpamOperations", SUPPORTED, {})),
)
