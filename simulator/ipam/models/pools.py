"""Pools: their rules, CIDRs, allocations and place in the tree of pools."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulator.clock import CLOCK
from simulator.ipam.cidrs import check_netmask_length
from simulator.ipam.exceptions import (
    AllocationTooBigError,
    DependencyViolationError,
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterCombinationError,
    InvalidParameterValueError,
    OperationNotPermittedError,
    ResourceLimitExceededError,
)
from simulator.ipam.filters import filtered
from simulator.ipam.models.core import EC2BackendParts, IpamResource, in_account
from simulator.ipam.settings import settings
from simulator.ipam.space import AddressSpace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.ipam.models.allocations import IpamPoolAllocation
    from simulator.ipam.models.pool_cidrs import IpamPoolCidr
    from simulator.ipam.models.scopes import IpamScope

NO_LOCALE = "None"
"""What AWS shows as the locale of a pool that has none."""


@dataclass(frozen=True, kw_only=True)
class AllocationRules:
    """What a pool demands of its allocations; a child pool does not inherit it."""

    min_netmask_length: int | None = None
    max_netmask_length: int | None = None
    default_netmask_length: int | None = None
    resource_tags: Mapping[str, str] = field(default_factory=dict)

    def check(self, *, address_family: str) -> None:
        """InvalidParameterValue unless min <= default <= max, each a length of the family."""
        lengths = [
            check_netmask_length(length, address_family=address_family)
            for length in (self.min_netmask_length, self.default_netmask_length, self.max_netmask_length)
            if length is not None
        ]
        if lengths != sorted(lengths):
            raise InvalidParameterValueError(
                "The allocation netmask lengths must satisfy minimum <= default <= maximum."
            )

    def admit_length(self, prefixlen: int) -> None:
        """InvalidParameterValue if an allocation of this length is too big or too small for the pool."""
        if self.min_netmask_length is not None and prefixlen < self.min_netmask_length:
            raise AllocationTooBigError
        if self.max_netmask_length is not None and prefixlen > self.max_netmask_length:
            raise InvalidParameterValueError("The allocation size is too small for the pool.")

    def admit_tags(self, tags: Mapping[str, str]) -> None:
        """InvalidParameterValue if the resource lacks a tag that the pool requires."""
        if any(tags.get(key) != value for key, value in self.resource_tags.items()):
            raise InvalidParameterValueError(
                "The resource is missing one or more of the resource tags required by the IPAM pool."
            )


class IpamPool(IpamResource):
    """A pool. Its `space` is that of its provisioned CIDRs."""

    kind = "ipam-pool"
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
        self.rules = rules
        self.space = AddressSpace()
        self.cidrs: dict[str, IpamPoolCidr] = {}
        self.allocations: dict[str, IpamPoolAllocation] = {}

    @property
    def pool_depth(self) -> int:
        """1 for a top-level pool, 2 for a pool in it, and so on."""
        return 1 if self.source_pool is None else self.source_pool.pool_depth + 1

    @property
    def ipam_pool_id(self) -> str:
        """The id, as answers name it."""
        return self.id

    @property
    def ipam_pool_arn(self) -> str:
        """The ARN, as answers name it."""
        return self.arn

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

    def held_cidrs(self) -> Iterator[IpamPoolCidr]:
        """The CIDRs that are provisioned, about to be, or not yet wholly gone."""
        return (cidr for cidr in self.cidrs.values() if cidr.is_held())

    def children(self) -> Iterator[IpamPool]:
        """The pools whose source is this one."""
        return (pool for pool in self.scope.pools.values() if pool.source_pool is self)


class IpamPoolsBackend(EC2BackendParts):
    """The pools whose IPAM's home is this Region."""

    def __init__(self) -> None:
        self.ipam_pools: dict[str, IpamPool] = {}

    def create_ipam_pool(  # noqa: PLR0913 - the parameters of CreateIpamPool
        self,
        *,
        ipam_scope_id: str,
        address_family: str,
        source_ipam_pool_id: str | None = None,
        locale: str | None = None,
        description: str | None = None,
        auto_import: bool = False,
        publicly_advertisable: bool | None = None,
        aws_service: str | None = None,
        public_ip_source: str | None = None,
        rules: AllocationRules | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> IpamPool:
        """A new pool, `create-in-progress` until its time has come."""
        scope = self.get_ipam_scope(ipam_scope_id)
        source = self.get_ipam_pool(source_ipam_pool_id) if source_ipam_pool_id else None
        self._check_place(scope, source, address_family)
        rules = rules or AllocationRules()
        rules.check(address_family=address_family)
        pool = IpamPool(
            self,
            scope,
            address_family=address_family,
            source_pool=source,
            locale=_locale_within(scope, source, locale),
            description=description,
            auto_import=auto_import,
            publicly_advertisable=publicly_advertisable,
            aws_service=aws_service,
            public_ip_source=public_ip_source,
            rules=rules,
        )
        pool.state = "create-in-progress"
        pool.add_tags(dict(tags or {}))
        self.ipam_pools[pool.id] = scope.pools[pool.id] = pool
        pool.settle_later("create-complete", after=settings().pool_creation)
        return pool

    def get_ipam_pool(self, ipam_pool_id: str) -> IpamPool:
        """The pool of that id, asked in the IPAM's home Region."""
        if ipam_pool_id not in self.ipam_pools:
            raise InvalidIpamResourceIdNotFoundError("ipam-pool", ipam_pool_id)
        return self.ipam_pools[ipam_pool_id]

    def usable_ipam_pool(self, ipam_pool_id: str) -> IpamPool:
        """The pool of that id, asked in the home Region or in the pool's locale.

        "The Region you use should be the IPAM pool locale" (AllocateIpamPoolCidr); a pool without a locale
        can only be meant in the home Region. Anywhere else the pool is not found.
        """
        for pool in self.visible_ipam_pools():
            if pool.id == ipam_pool_id:
                return pool
        raise InvalidIpamResourceIdNotFoundError("ipam-pool", ipam_pool_id)

    def visible_ipam_pools(self) -> Iterator[IpamPool]:
        """The pools that this Region knows: those at home here and those with this locale."""
        return (
            pool
            for pool in in_account(self.account_id, "ipam_pools")
            if self.region_name in (pool.ipam_region, pool.locale)
        )

    def describe_ipam_pools(
        self, ipam_pool_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[IpamPool]:
        """The pools, or those of the given ids, that match the filters."""
        chosen = [self.usable_ipam_pool(pool_id) for pool_id in ipam_pool_ids] or list(
            self.visible_ipam_pools()
        )
        return sorted(filtered(chosen, filters, IpamPool.filter_names), key=lambda pool: pool.sequence)

    def modify_ipam_pool(  # noqa: PLR0913 - the parameters of ModifyIpamPool
        self,
        ipam_pool_id: str,
        *,
        description: str | None = None,
        auto_import: bool | None = None,
        min_netmask_length: int | None = None,
        max_netmask_length: int | None = None,
        default_netmask_length: int | None = None,
        clear_default_netmask_length: bool = False,
        add_resource_tags: Mapping[str, str] | None = None,
        remove_resource_tags: Mapping[str, str] | None = None,
    ) -> IpamPool:
        """Change what is given."""
        pool = self.get_ipam_pool(ipam_pool_id)
        pool.must_be_settled()
        if clear_default_netmask_length and default_netmask_length is not None:
            raise InvalidParameterCombinationError(
                "The request can contain only one of AllocationDefaultNetmaskLength and "
                "ClearAllocationDefaultNetmaskLength."
            )
        rules = pool.rules
        removed = (remove_resource_tags or {}).items()
        tags = {key: value for key, value in rules.resource_tags.items() if (key, value) not in removed}
        default = None if clear_default_netmask_length else rules.default_netmask_length
        rules = replace(
            rules,
            min_netmask_length=_given(min_netmask_length, rules.min_netmask_length),
            max_netmask_length=_given(max_netmask_length, rules.max_netmask_length),
            default_netmask_length=_given(default_netmask_length, default),
            resource_tags={**tags, **(add_resource_tags or {})},
        )
        rules.check(address_family=pool.address_family)
        pool.rules = rules
        if description is not None:
            pool.description = description
        if auto_import is not None:
            pool.auto_import = auto_import
        pool.state = "modify-complete"
        return pool

    def delete_ipam_pool(self, ipam_pool_id: str, *, cascade: bool = False) -> IpamPool:
        """Delete a pool; with `cascade` all that is in it too."""
        pool = self.get_ipam_pool(ipam_pool_id)
        pool.must_be_settled()
        if cascade and pool.ipam_scope_type != "private":
            raise OperationNotPermittedError(
                "The Cascade option can only be used with pools in a private scope."
            )
        if not cascade:
            self._must_be_empty(pool)
        for doomed in self._with_descendants(pool):
            doomed.state = "delete-in-progress"
        CLOCK.after(settings().pool_deletion, lambda: self.remove_ipam_pool(pool), label=f"{pool.id} deleted")
        return pool

    def remove_ipam_pool(self, pool: IpamPool) -> None:
        """Make a pool and the pools in it be gone, returning its CIDRs to its source pool."""
        for doomed in self._with_descendants(pool):
            self.ipam_pools.pop(doomed.id, None)
            doomed.scope.pools.pop(doomed.id, None)
            doomed.forget_tags()
        for cidr in pool.cidrs.values():
            cidr.return_to_source()

    def _check_place(self, scope: IpamScope, source: IpamPool | None, address_family: str) -> None:
        quota = settings()
        if scope.pool_count >= quota.pools_per_scope:
            raise ResourceLimitExceededError("pools in a scope", quota.pools_per_scope)
        if source is None:
            return
        source.must_be_settled()
        if source.scope is not scope:
            raise InvalidParameterValueError(f"The source pool {source.id} is not in the scope {scope.id}.")
        if source.address_family != address_family:
            raise InvalidParameterValueError("The address family of a pool must be that of its source pool.")
        if source.pool_depth >= quota.pool_depth:
            raise ResourceLimitExceededError("pools within pools", quota.pool_depth)

    def _must_be_empty(self, pool: IpamPool) -> None:
        if any(pool.held_cidrs()):
            raise DependencyViolationError(
                pool.id, "There are one or more pool cidrs provisioned in the pool."
            )
        if any(pool.children()):
            raise DependencyViolationError(pool.id, "There are one or more pools within the pool.")

    def _with_descendants(self, pool: IpamPool) -> list[IpamPool]:
        found = [pool]
        for member in found:
            found.extend(member.children())
        return found


def _locale_within(scope: IpamScope, source: IpamPool | None, locale: str | None) -> str:
    """The locale of a new pool: an operating Region or none; below a pool with a locale, only that one."""
    inherited = source.locale if source else NO_LOCALE
    if locale in (None, NO_LOCALE):
        return inherited
    if locale not in scope.ipam.regions:
        raise InvalidParameterValueError(
            f"The locale {locale} is not an operating Region of {scope.ipam.id}."
        )
    if inherited not in (NO_LOCALE, locale):
        raise InvalidParameterValueError(f"The locale of a pool within {inherited} must be {inherited}.")
    return locale


def _given(value: int | None, otherwise: int | None) -> int | None:
    return otherwise if value is None else value
