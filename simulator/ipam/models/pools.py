"""Pools: their CIDRs, allocations and place in the tree of pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import IpamResource
from simulator.ipam.space import AddressSpace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.ipam.models.allocation_rules import AllocationRules
    from simulator.ipam.models.allocations import IpamPoolAllocation
    from simulator.ipam.models.pool_cidrs import IpamPoolCidr
    from simulator.ipam.models.scopes import IpamScope
    from simulator.ipam.models.source_resources import SourceResource
    from simulator.ipam.space import Network

NO_LOCALE = "None"
"""What AWS shows as the locale of a pool that has none."""


class IpamPool(IpamResource):
    """A pool. Its `space` is that of its provisioned CIDRs."""

    kind = "ipam-pool"
    lagging = (
        "state",
        "description",
        "auto_import",
        "allocation_min_netmask_length",
        "allocation_max_netmask_length",
        "allocation_default_netmask_length",
        "allocation_resource_tags",
    )
    filter_names = {  # noqa: RUF012 - read only
        "ipam-pool-id": "id",
        "ipam-pool-arn": "arn",
        "source-ipam-pool-id": "source_ipam_pool_id",
        "ipam-scope-id": "ipam_scope_id",
        "ipam-scope-arn": "ipam_scope_arn",
        "ipam-scope-type": "ipam_scope_type",
        "ipam-id": "ipam_id",
        "ipam-arn": "ipam_arn",
        "ipam-region": "ipam_region",
        "owner-id": "owner_id",
        "locale": "locale",
        "pool-depth": "pool_depth",
        "state": "state",
        "description": "description",
        "address-family": "address_family",
        "auto-import": "auto_import",
        "publicly-advertisable": "publicly_advertisable",
        "allocation-min-netmask-length": "allocation_min_netmask_length",
        "allocation-max-netmask-length": "allocation_max_netmask_length",
        "allocation-default-netmask-length": "allocation_default_netmask_length",
        "aws-service": "aws_service",
        "public-ip-source": "public_ip_source",
    }

    def __init__(  # noqa: PLR0913 - the settings of a pool
        self,
        ec2_backend: Any,  # noqa: ANN401 - moto is untyped
        scope: IpamScope,
        *,
        address_family: str,
        source_pool: IpamPool | None = None,
        locale: str = NO_LOCALE,
        description: str | None = None,
        auto_import: bool = False,
        publicly_advertisable: bool | None = None,
        aws_service: str | None = None,
        public_ip_source: str | None = None,
        source_resource: SourceResource | None = None,
        rules: AllocationRules,
    ) -> None:
        super().__init__(ec2_backend)
        self.scope = scope
        self.source_pool = source_pool
        self.locale = locale
        self.description = description
        self.auto_import = auto_import
        self.publicly_advertisable = publicly_advertisable
        self.address_family = address_family
        self.aws_service = aws_service
        self.public_ip_source = public_ip_source
        self.source_resource = source_resource
        self.rules = rules
        self.space = AddressSpace()
        self.cidrs: dict[str, IpamPoolCidr] = {}
        self.allocations: Register[IpamPoolAllocation] = Register()

    @property
    def pool_depth(self) -> int:
        """1 for a top-level pool, 2 for a pool in it, and so on."""
        return 1 if self.source_pool is None else self.source_pool.pool_depth + 1

    @property
    def source_ipam_pool_id(self) -> str | None:
        """The id of the pool that this one takes its CIDRs from."""
        return self.source_pool.id if self.source_pool else None

    @property
    def ipam_scope_id(self) -> str:
        """The id of the pool's scope."""
        return self.scope.id

    @property
    def ipam_scope_arn(self) -> str:
        """The ARN of the pool's scope."""
        return self.scope.arn

    @property
    def ipam_scope_type(self) -> str:
        """`private` or `public`."""
        return self.scope.ipam_scope_type

    @property
    def ipam_id(self) -> str:
        """The id of the pool's IPAM."""
        return self.scope.ipam.id

    @property
    def ipam_arn(self) -> str:
        """The ARN of the pool's IPAM."""
        return self.scope.ipam.arn

    @property
    def allocation_min_netmask_length(self) -> int | None:
        """The length of the largest block that may be allocated."""
        return self.rules.min_netmask_length

    @property
    def allocation_max_netmask_length(self) -> int | None:
        """The length of the smallest block that may be allocated."""
        return self.rules.max_netmask_length

    @property
    def allocation_default_netmask_length(self) -> int | None:
        """The length of an allocation that names none."""
        return self.rules.default_netmask_length

    @property
    def allocation_resource_tags(self) -> list[dict[str, str]] | None:
        """The tags that a resource must have to get addresses here."""
        tags = [{"Key": key, "Value": value} for key, value in self.rules.resource_tags.items()]
        return tags or None

    def has_locale(self) -> bool:
        """Whether resources can get addresses from this pool at all."""
        return self.locale != NO_LOCALE

    def serves(self, region: str) -> bool:
        """Whether the pool's locale is this Region, or a Local Zone group that the Region manages."""
        return self.locale == region or self.locale.startswith(f"{region}-")

    def cidrs_of_source_resource(self) -> list[Network]:
        """The CIDRs of the VPC that this pool plans, of the pool's address family."""
        if self.source_resource is None:
            return []
        return self.source_resource.networks(self.address_family)

    def held_cidrs(self) -> Iterator[IpamPoolCidr]:
        """The CIDRs that are provisioned, about to be, or not yet wholly gone."""
        return (cidr for cidr in self.cidrs.values() if cidr.is_held())

    def children(self) -> Iterator[IpamPool]:
        """The pools whose source is this one."""
        return (pool for pool in self.scope.pools.values() if pool.source_pool is self)
