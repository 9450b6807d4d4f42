"""VPCs whose CIDRs come from pools: what changes in moto's own VPC operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.clock import CLOCK
from simulator.ipam.exceptions import InvalidParameterValueError
from simulator.ipam.models.allocations import IpamPoolAllocation
from simulator.ipam.models.core import EC2BackendParts, in_account
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.space import Network


class IpamVpcsBackend(EC2BackendParts):
    """Comes before moto's VPCBackend in EC2Backend's bases, so that it can add to its methods."""

    if TYPE_CHECKING:

        def next_ipam_pool_cidr(  # noqa: D102
            self, pool: IpamPool, *, cidr: str | None = None, netmask_length: int | None = None
        ) -> Network: ...

    def allocate_for_vpc(
        self, ipam_pool_id: str, *, cidr: str | None, netmask_length: int | None, tags: Mapping[str, str]
    ) -> IpamPoolAllocation:
        """Take a block for a VPC of this Region that has (or will have) these tags.

        Its id is set afterwards.
        """
        pool = self.usable_ipam_pool(ipam_pool_id)
        if pool.locale != self.region_name:
            raise InvalidParameterValueError(
                f"The locale of the IPAM pool {pool.id} is {pool.locale}, not {self.region_name}."
            )
        pool.rules.admit_tags(tags)
        network = self.next_ipam_pool_cidr(pool, cidr=cidr, netmask_length=netmask_length)
        return IpamPoolAllocation.make(
            pool,
            network,
            resource_type="vpc",
            resource_region=self.region_name,
            resource_owner=self.account_id,
        )

    def delete_vpc(self, vpc_id: str) -> Any:  # noqa: ANN401 - moto is untyped
        """Delete the VPC; IPAM finds out later and takes its CIDRs back."""
        vpc = super().delete_vpc(vpc_id)  # type: ignore[misc] # of moto's VPCBackend
        for allocation in self._allocations_of(vpc_id):
            release_later(allocation)
        return vpc

    def disassociate_vpc_cidr_block(self, association_id: str) -> dict[str, Any]:
        """Disassociate the CIDR; IPAM finds out later and takes it back."""
        association: dict[str, Any] = super().disassociate_vpc_cidr_block(association_id)  # type: ignore[misc]
        for allocation in self._allocations_of(association["vpc_id"]):
            if allocation.cidr == association["cidr_block"]:
                release_later(allocation)
        return association

    def _allocations_of(self, resource_id: str) -> list[IpamPoolAllocation]:
        ipams = in_account(self.account_id, "ipams")
        return [allocation for ipam in ipams for allocation in ipam.allocations_of(resource_id)]


def release_later(allocation: IpamPoolAllocation) -> None:
    """Release when IPAM has noticed that the resource is gone: minutes, or days on the free tier.

    IPAM user guide, "Release an allocation".
    """
    free = allocation.pool.scope.ipam.tier == "free"
    delay = settings().release_free_tier if free else settings().release_advanced_tier
    CLOCK.after(delay, allocation.release, label=f"{allocation.cidr} back in {allocation.pool.id}")
