"""Allocations: the blocks that a pool has given to resources, to other pools, or by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.cidrs import check_netmask_length, parse_cidr
from simulator.ipam.exceptions import (
    AllocationTooBigError,
    InvalidIpamPoolAllocationIdNotFoundError,
    InvalidParameterCombinationError,
    InvalidParameterValueError,
    MissingParameterError,
    UnauthorizedOperationError,
)
from simulator.ipam.filters import filtered
from simulator.ipam.models.core import EC2BackendParts, IpamResource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.space import Network


class IpamPoolAllocation(IpamResource):
    """A block of a pool that somebody has. It is in its pool's space from `make` to `release`."""

    kind = "ipam-pool-allocation"
    id_prefix = "ipam-pool-alloc"
    lagging = ("state", "description")
    filter_names = {  # noqa: RUF012 - read only
        "ipam-pool-allocation-id": "id",
        "cidr": "cidr",
        "resource-id": "resource_id",
        "resource-type": "resource_type",
        "resource-region": "resource_region",
        "resource-owner": "resource_owner",
        "description": "description",
    }

    def __init__(
        self,
        pool: IpamPool,
        network: Network,
        *,
        resource_type: str,
        resource_owner: str,
        resource_region: str | None = None,
        description: str | None = None,
    ) -> None:
        super().__init__(pool.ec2_backend, id_size=33)
        self.pool = pool
        self.network = network
        self.cidr = str(network)
        self.resource_type = resource_type
        self.resource_id: str | None = None
        self.resource_region = resource_region
        self.resource_owner = resource_owner
        self.description = description

    @classmethod
    def make(
        cls,
        pool: IpamPool,
        network: Network,
        *,
        resource_type: str,
        resource_owner: str,
        resource_id: str | None = None,
        resource_region: str | None = None,
        description: str | None = None,
    ) -> IpamPoolAllocation:
        """Take the block out of the pool; NotFreeError if it is not free."""
        pool.space.take(network)
        allocation = cls(
            pool,
            network,
            resource_type=resource_type,
            resource_owner=resource_owner,
            resource_region=resource_region,
            description=description,
        )
        pool.allocations[allocation.id] = allocation
        if resource_id is not None:
            allocation.assign_to(resource_id)
        return allocation

    def assign_to(self, resource_id: str) -> None:
        """Name the resource that has the block, where it came into being only afterwards."""
        self.resource_id = resource_id
        self.pool.scope.ipam.allocations_of(resource_id).append(self)

    def release(self) -> None:
        """Give the block back to the pool, if that has not happened yet."""
        if self.pool.allocations.remove(self.id) is None:
            return
        self.pool.space.give_back(self.network)
        self.forget_tags()
        if self.resource_id is not None:
            self.pool.scope.ipam.allocations_of(self.resource_id).remove(self)


class IpamPoolAllocationsBackend(EC2BackendParts):
    """Allocations, asked for in the pool's locale or in the IPAM's home Region."""

    def allocate_ipam_pool_cidr(
        self,
        ipam_pool_id: str,
        *,
        cidr: str | None = None,
        netmask_length: int | None = None,
        allowed_cidrs: Sequence[str] = (),
        disallowed_cidrs: Sequence[str] = (),
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> IpamPoolAllocation:
        """Reserve a block by hand: an allocation of type `custom`."""
        pool = self.usable_ipam_pool(ipam_pool_id)
        network = self.next_ipam_pool_cidr(
            pool,
            cidr=cidr,
            netmask_length=netmask_length,
            allowed_cidrs=allowed_cidrs,
            disallowed_cidrs=disallowed_cidrs,
        )
        allocation = IpamPoolAllocation.make(
            pool, network, resource_type="custom", resource_owner=self.account_id, description=description
        )
        allocation.add_tags(dict(tags or {}))
        return allocation

    def next_ipam_pool_cidr(
        self,
        pool: IpamPool,
        *,
        cidr: str | None = None,
        netmask_length: int | None = None,
        allowed_cidrs: Sequence[str] = (),
        disallowed_cidrs: Sequence[str] = (),
    ) -> Network:
        """The block that an allocation with these parameters would get now."""
        pool.must_be_settled()
        if cidr is not None:
            if netmask_length is not None:
                raise InvalidParameterCombinationError("The request can contain only one of Cidr and NetmaskLength.")
            if allowed_cidrs or disallowed_cidrs:
                raise InvalidParameterCombinationError(
                    "The request can contain AllowedCidrs and DisallowedCidrs only with NetmaskLength."
                )
            return _given_block(pool, cidr)
        length = pool.rules.default_netmask_length if netmask_length is None else netmask_length
        if length is None:
            raise MissingParameterError("cidr", "netmaskLength")
        check_netmask_length(length, address_family=pool.address_family)
        pool.rules.admit_length(length)
        network = pool.space.first_fit(
            length,
            within=[parse_cidr(allowed, address_family=pool.address_family) for allowed in allowed_cidrs],
            avoiding=[parse_cidr(avoided, address_family=pool.address_family) for avoided in disallowed_cidrs],
        )
        if network is None:
            raise AllocationTooBigError
        return network

    def release_ipam_pool_allocation(self, ipam_pool_id: str, *, cidr: str, allocation_id: str) -> None:
        """Give a custom allocation back. Those of resources go when the resource goes or is ignored."""
        allocation = self._allocation(self.usable_ipam_pool(ipam_pool_id), allocation_id)
        if allocation.cidr != cidr:
            raise InvalidParameterValueError(f"The CIDR of {allocation_id} is not {cidr}.")
        if self.account_id not in (allocation.resource_owner, allocation.pool.owner_id):
            raise UnauthorizedOperationError
        if allocation.resource_type != "custom":
            raise InvalidParameterValueError(
                f"{allocation_id} is an allocation of type {allocation.resource_type}; "
                "only custom allocations can be released."
            )
        allocation.release()

    def get_ipam_pool_allocations(
        self, ipam_pool_id: str, *, allocation_id: str | None, filters: Mapping[str, Sequence[str]]
    ) -> list[IpamPoolAllocation]:
        """The allocations of a pool, or the one of that id; of a shared pool only one's own."""
        pool = self.usable_ipam_pool(ipam_pool_id)
        seen = pool.allocations.seen()
        if pool.owner_id != self.account_id:
            seen = [allocation for allocation in seen if allocation.resource_owner == self.account_id]
        if allocation_id:
            seen = [allocation for allocation in seen if allocation.id == allocation_id]
            if not seen:
                raise InvalidIpamPoolAllocationIdNotFoundError(allocation_id)
        return filtered(seen, filters, IpamPoolAllocation.filter_names)

    def describe_ipam_pool_allocations(
        self, allocation_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[IpamPoolAllocation]:
        """This account's allocations, or those of the given ids, in all pools that this Region knows."""
        own = {
            allocation.id: allocation
            for pool in self.visible_ipam_pools()
            for allocation in pool.allocations.seen()
            if allocation.resource_owner == self.account_id
        }
        for allocation_id in allocation_ids:
            if allocation_id not in own:
                raise InvalidIpamPoolAllocationIdNotFoundError(allocation_id)
        chosen = [own[allocation_id] for allocation_id in allocation_ids] or list(own.values())
        found = filtered(chosen, filters, IpamPoolAllocation.filter_names)
        return sorted(found, key=lambda allocation: allocation.sequence)

    def modify_ipam_pool_allocation(self, allocation_id: str, *, description: str | None) -> IpamPoolAllocation:
        """Give an allocation another description; none removes it."""
        allocation = self.find_ipam_pool_allocation(allocation_id)
        allocation.will_change()
        allocation.description = description
        return allocation

    def find_ipam_pool_allocation(self, allocation_id: str) -> IpamPoolAllocation:
        """The allocation of that id, in any pool that this Region knows."""
        for pool in self.visible_ipam_pools():
            if allocation_id in pool.allocations:
                return pool.allocations[allocation_id]
        raise InvalidIpamPoolAllocationIdNotFoundError(allocation_id)

    def _allocation(self, pool: IpamPool, allocation_id: str) -> IpamPoolAllocation:
        if allocation_id not in pool.allocations:
            raise InvalidIpamPoolAllocationIdNotFoundError(allocation_id)
        return pool.allocations[allocation_id]


def _given_block(pool: IpamPool, cidr: str) -> Network:
    network = parse_cidr(cidr, address_family=pool.address_family)
    pool.rules.admit_length(network.prefixlen)
    if not pool.space.is_free(network):
        raise InvalidParameterValueError(f"The CIDR {cidr} is not available in {pool.id}.")
    return network
