"""VPCs and subnets whose CIDRs come from pools: what changes in moto's own operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.clock import CLOCK
from simulator.ipam.exceptions import InvalidParameterValueError
from simulator.ipam.models import vpc_cidrs
from simulator.ipam.models.allocations import IpamPoolAllocation
from simulator.ipam.models.core import EC2BackendParts, everywhere
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.space import Network


class IpamVpcsBackend(EC2BackendParts):
    """Comes before moto's VPCBackend in EC2Backend's bases, so that it can add to its methods."""

    if TYPE_CHECKING:
        route_tables: dict[str, Any]
        vpcs: dict[str, Any]
        vpc_pcxs: dict[str, Any]

        def get_vpc(self, vpc_id: str) -> Any: ...  # noqa: ANN401, D102 - moto is untyped

        def describe_subnets(self, *, filters: Mapping[str, Sequence[str]]) -> list[Any]: ...  # noqa: D102

        def next_ipam_pool_cidr(  # noqa: D102
            self,
            pool: IpamPool,
            *,
            cidr: str | None = None,
            netmask_length: int | None = None,
            disallowed_cidrs: Sequence[str] = (),
        ) -> Network: ...

        def create_route(  # noqa: D102
            self, route_table_id: str, cidr: None, *, destination_ipv6_cidr_block: str, local: bool
        ) -> object: ...

    def allocate_for_resource(
        self,
        ipam_pool_id: str,
        *,
        resource_type: str,
        address_family: str,
        cidr: str | None,
        netmask_length: int | None,
        tags: Mapping[str, str],
        disallowed_cidrs: Sequence[str] = (),
    ) -> IpamPoolAllocation:
        """Take a block for a resource of this Region that has (or will have) these tags.

        A resource that does not exist yet is named afterwards, by `assign_to`; if it cannot be made, `release`.
        """
        pool = self.usable_ipam_pool(ipam_pool_id)
        if not pool.serves(self.region_name):
            raise InvalidParameterValueError(
                f"The locale of the IPAM pool {pool.id} is {pool.locale}, not {self.region_name}."
            )
        if pool.address_family != address_family:
            raise InvalidParameterValueError(f"The address family of the IPAM pool {pool.id} is not {address_family}.")
        pool.rules.admit_tags(tags)
        network = self.next_ipam_pool_cidr(
            pool, cidr=cidr, netmask_length=netmask_length, disallowed_cidrs=disallowed_cidrs
        )
        return IpamPoolAllocation.make(
            pool,
            network,
            resource_type=resource_type,
            resource_region=self.region_name,
            resource_owner=self.account_id,
        )

    def associate_ipam_ipv6_cidr(self, vpc: Any, allocation: IpamPoolAllocation) -> dict[str, Any]:  # noqa: ANN401
        """Give a VPC an IPv6 CIDR from a pool, with its local routes. moto has only Amazon's own IPv6 CIDRs."""
        association: dict[str, Any] = vpc.associate_vpc_cidr_block(allocation.cidr)
        association["ipv6_pool"] = allocation.pool.id
        association["network_border_group"] = self.region_name
        for table in list(self.route_tables.values()):
            if table.vpc_id == vpc.id:
                self.create_route(table.id, None, destination_ipv6_cidr_block=allocation.cidr, local=True)
        allocation.assign_to(vpc.id)
        return association

    def delete_vpc(self, vpc_id: str) -> Any:  # noqa: ANN401 - moto is untyped
        """Delete the VPC; IPAM finds out later and takes its CIDRs back."""
        vpc = super().delete_vpc(vpc_id)  # type: ignore[misc] # of moto's VPCBackend
        for allocation in self._allocations_of(vpc_id):
            release_later(allocation)
        return vpc

    def associate_vpc_cidr_block(
        self,
        vpc_id: str,
        cidr_block: str | None,
        amazon_provided_ipv6_cidr_block: bool,  # noqa: FBT001 - moto's signature
    ) -> dict[str, Any]:
        """Associate an IPv4 CIDR that AWS would let the VPC have."""
        if cidr_block is not None:
            routes = [
                route.destination_cidr_block
                for table in self.route_tables.values()
                if table.vpc_id == vpc_id
                for route in table.routes
                if route.destination_cidr_block
            ]
            vpc_cidrs.admit(self.get_vpc(vpc_id), cidr_block, routes=routes, peerings=self.vpc_pcxs.values())
        association: dict[str, Any] = super().associate_vpc_cidr_block(  # type: ignore[misc] # of moto's VPCBackend
            vpc_id, cidr_block, amazon_provided_ipv6_cidr_block
        )
        return association

    def disassociate_vpc_cidr_block(self, association_id: str) -> dict[str, Any]:
        """Disassociate a CIDR without subnets; IPAM finds out later and takes it back."""
        for vpc in self.vpcs.values():
            for each in vpc.get_cidr_block_association_set():
                if each["association_id"] == association_id:
                    subnets = self.describe_subnets(filters={"vpc-id": [vpc.id]})
                    vpc_cidrs.admit_removal(vpc, each["cidr_block"], [subnet.cidr_block for subnet in subnets])
        association: dict[str, Any] = super().disassociate_vpc_cidr_block(association_id)  # type: ignore[misc]
        for allocation in self._allocations_of(association["vpc_id"]):
            if allocation.cidr == association["cidr_block"]:
                release_later(allocation)
        return association

    def delete_subnet(self, subnet_id: str) -> Any:  # noqa: ANN401 - moto is untyped
        """Delete the subnet; IPAM finds out later and takes its CIDRs back."""
        subnet = super().delete_subnet(subnet_id)  # type: ignore[misc] # of moto's SubnetBackend
        for allocation in self._allocations_of(subnet_id):
            release_later(allocation)
        return subnet

    def _allocations_of(self, resource_id: str) -> list[IpamPoolAllocation]:
        ipams = everywhere("ipams")
        return [allocation for ipam in ipams for allocation in ipam.allocations_of(resource_id)]


def release_later(allocation: IpamPoolAllocation) -> None:
    """Release when IPAM has noticed that the resource is gone: minutes, or days on the free tier.

    IPAM user guide, "Release an allocation".
    """
    free = allocation.pool.scope.ipam.tier == "free"
    delay = settings().release_free_tier if free else settings().release_advanced_tier
    CLOCK.after(delay, allocation.release, label=f"{allocation.cidr} back in {allocation.pool.id}")
