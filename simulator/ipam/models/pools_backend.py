"""CreateIpamPool and its siblings, on the backend."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.clock import CLOCK
from simulator.ipam.exceptions import (
    DependencyViolationError,
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterCombinationError,
    OperationNotPermittedError,
    UnauthorizedOperationError,
)
from simulator.ipam.models.allocation_rules import AllocationRules
from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import EC2BackendParts, all_backends, described, everywhere
from simulator.ipam.models.policy_enforcement import pools_by_policy
from simulator.ipam.models.pools import NO_LOCALE, IpamPool
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.ipam.models.pool_settings import PoolSettings


class IpamPoolsBackend(EC2BackendParts):
    """The pools whose IPAM's home is this Region."""

    def __init__(self) -> None:
        self.ipam_pools: Register[IpamPool] = Register()

    def create_ipam_pool(
        self,
        *,
        ipam_scope_id: str,
        wanted: PoolSettings,
        source_ipam_pool_id: str | None = None,
        description: str | None = None,
        auto_import: bool = False,
        rules: AllocationRules | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> IpamPool:
        """A new pool, `create-in-progress` until its time has come."""
        scope = self.get_ipam_scope(ipam_scope_id)
        source = self.get_ipam_pool(source_ipam_pool_id) if source_ipam_pool_id else None
        if source is not None:
            source.must_be_settled()
        found = wanted.within(scope, source)
        rules = rules or AllocationRules()
        rules.check(address_family=found.address_family)
        pool = IpamPool(
            self,
            scope,
            address_family=found.address_family,
            source_pool=source,
            locale=found.locale or NO_LOCALE,
            description=description,
            auto_import=auto_import,
            publicly_advertisable=found.publicly_advertisable,
            aws_service=found.aws_service,
            public_ip_source=found.public_ip_source,
            source_resource=found.source_resource,
            rules=rules,
        )
        pool.state = "create-in-progress"
        pool.add_tags(dict(tags or {}))
        self.ipam_pools[pool.id] = scope.pools[pool.id] = pool
        pool.settle_later("create-complete", after=settings().pool_creation)
        return pool

    def get_ipam_pool(self, ipam_pool_id: str) -> IpamPool:
        """The account's own pool of that id, asked in the IPAM's home Region.

        Whoever a pool is shared with sees it, but may only allocate from it.
        """
        if ipam_pool_id in self.ipam_pools:
            return self.ipam_pools[ipam_pool_id]
        if any(pool.id == ipam_pool_id and pool.owner_id != self.account_id for pool in self.visible_ipam_pools()):
            raise UnauthorizedOperationError
        raise InvalidIpamResourceIdNotFoundError("ipam-pool", ipam_pool_id)

    def usable_ipam_pool(self, ipam_pool_id: str) -> IpamPool:
        """The pool of that id, asked in the home Region or in the pool's locale.

        "The Region you use should be the IPAM pool locale" (AllocateIpamPoolCidr); a pool without a locale
        can only be meant in the home Region. Anywhere else the pool is not found. What a policy gives addresses
        from is usable too.
        """
        for pool in self.visible_ipam_pools():
            if pool.id == ipam_pool_id:
                return pool
        for pool in pools_by_policy(self.account_id):
            if pool.id == ipam_pool_id and pool.serves(self.region_name):
                return pool
        raise InvalidIpamResourceIdNotFoundError("ipam-pool", ipam_pool_id)

    def visible_ipam_pools(self) -> Iterator[IpamPool]:
        """The pools of, or shared with, this account that this Region knows: at home here, or with this locale."""
        return filter(self._is_visible, everywhere("ipam_pools"))

    def describe_ipam_pools(self, ipam_pool_ids: Sequence[str], filters: Mapping[str, Sequence[str]]) -> list[IpamPool]:
        """The pools, or those of the given ids, that match the filters."""
        seen = (pool for backend in all_backends() for pool in backend.ipam_pools.seen() if self._is_visible(pool))
        found = described(IpamPool, seen, ipam_pool_ids, filters)
        return sorted(found, key=lambda pool: pool.sequence)

    def modify_ipam_pool(
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
        pool.will_change()
        pool.rules = rules
        if description is not None:
            pool.description = description
        if auto_import is not None:
            pool.auto_import = auto_import
            pool.scope.ipam.monitor.sample_later()
        pool.state = "modify-complete"
        return pool

    def delete_ipam_pool(self, ipam_pool_id: str, *, cascade: bool = False) -> IpamPool:
        """Delete a pool; with `cascade` all that is in it too."""
        pool = self.get_ipam_pool(ipam_pool_id)
        pool.must_be_settled()
        if cascade and pool.ipam_scope_type != "private" and pool.source_resource is None:
            raise OperationNotPermittedError(
                "The Cascade option can only be used with pools in a private scope or with a source resource."
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
            self.ipam_pools.remove(doomed.id)
            doomed.scope.pools.pop(doomed.id, None)
            for allocation in list(doomed.allocations.values()):
                allocation.release()
            doomed.forget_tags()
        for cidr in pool.cidrs.values():
            cidr.return_to_source()

    def _is_visible(self, pool: IpamPool) -> bool:
        here = pool.ipam_region == self.region_name or pool.serves(self.region_name)
        return here and pool.is_usable_by(self.account_id)

    def _must_be_empty(self, pool: IpamPool) -> None:
        if any(pool.held_cidrs()):
            raise DependencyViolationError(pool.id, "There are one or more pool cidrs provisioned in the pool.")
        if any(pool.children()):
            raise DependencyViolationError(pool.id, "There are one or more pools within the pool.")

    def _with_descendants(self, pool: IpamPool) -> list[IpamPool]:
        found = [pool]
        for member in found:
            found.extend(member.children())
        return found


def _given(value: int | None, otherwise: int | None) -> int | None:
    return otherwise if value is None else value
