"""Public IPv4 pools: one account's public ranges, out of which it allocates Elastic IPs.

They are no IPAM pools, but they take ranges from them: "Bring your own public IPv4 CIDR to IPAM", IPAM user guide.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError

from simulator.ipam.exceptions import DependencyViolationError, InvalidParameterValueError
from simulator.ipam.filters import filtered
from simulator.ipam.models.core import EC2BackendParts, IpamResource
from simulator.ipam.models.vpcs import release_later
from simulator.ipam.space import CidrSpace, NotFreeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.allocations import IpamPoolAllocation

WIDEST = 24
"""ProvisionPublicIpv4PoolCidr: the shortest netmask length."""


class InvalidPublicIpv4PoolIdError(EC2ClientError):
    """No such pool."""

    def __init__(self, pool_id: str) -> None:
        super().__init__("InvalidPublicIpv4PoolID.NotFound", f"The pool ID '{pool_id}' does not exist.")


class PublicIpv4PoolRange:
    """A range of a public IPv4 pool. An address of it is free, in use, or deprovisioned."""

    def __init__(self, network: IPv4Network, allocation: IpamPoolAllocation | None) -> None:
        self.network = network
        self.allocation = allocation
        self.addresses = CidrSpace(network)
        self._deprovisioned = 0

    @property
    def first_address(self) -> str:
        """The first address, which can be used as any other."""
        return str(self.network[0])

    @property
    def last_address(self) -> str:
        """The last address."""
        return str(self.network[-1])

    @property
    def address_count(self) -> int:
        """How many addresses are provisioned."""
        return self.network.num_addresses - self._deprovisioned

    @property
    def available_address_count(self) -> int:
        """How many of them nobody has."""
        return self.addresses.free_size

    def deprovision(self, address: IPv4Network) -> None:
        """Take one free address out; NotFreeError if it is in use, or gone."""
        self.addresses.take(address)
        self._deprovisioned += 1


class PublicIpv4Pool(IpamResource):
    """A public IPv4 pool of one account in one Region."""

    kind = "ipv4pool-ec2"
    filter_names = {}  # noqa: RUF012 - DescribePublicIpv4Pools documents only tag filters

    def __init__(self, ec2_backend: Any, *, network_border_group: str, description: str = "") -> None:  # noqa: ANN401
        super().__init__(ec2_backend)
        self.description = description
        self.network_border_group = network_border_group
        self.pool_address_ranges: list[PublicIpv4PoolRange] = []

    @property
    def pool_id(self) -> str:
        """The id, as answers name it."""
        return self.id

    @property
    def total_address_count(self) -> int:
        """How many addresses there are."""
        return sum(part.address_count for part in self.pool_address_ranges)

    @property
    def total_available_address_count(self) -> int:
        """How many of them nobody has."""
        return sum(part.available_address_count for part in self.pool_address_ranges)

    def add_range(self, network: IPv4Network, allocation: IpamPoolAllocation | None = None) -> PublicIpv4PoolRange:
        """Add a range, which came from an IPAM pool if there is an allocation for it."""
        part = PublicIpv4PoolRange(network, allocation)
        self.pool_address_ranges.append(part)
        return part

    def range_of(self, address: IPv4Network) -> PublicIpv4PoolRange:
        """The range that an address is in."""
        for part in self.pool_address_ranges:
            if address.subnet_of(part.network):
                return part
        raise InvalidParameterValueError(f"The CIDR '{address}' is not provisioned to {self.id}.")


class PublicIpv4PoolsBackend(EC2BackendParts):
    """The public IPv4 pools of an account in this Region."""

    def __init__(self) -> None:
        self.public_ipv4_pools: dict[str, PublicIpv4Pool] = {}

    def create_public_ipv4_pool(
        self,
        *,
        network_border_group: str | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> PublicIpv4Pool:
        """A new pool without ranges."""
        border_group = network_border_group or self.region_name
        pool = PublicIpv4Pool(self, network_border_group=border_group, description=description)
        pool.add_tags(dict(tags or {}))
        self.public_ipv4_pools[pool.id] = pool
        return pool

    def get_public_ipv4_pool(self, pool_id: str) -> PublicIpv4Pool:
        """The pool of that id."""
        if pool_id not in self.public_ipv4_pools:
            raise InvalidPublicIpv4PoolIdError(pool_id)
        return self.public_ipv4_pools[pool_id]

    def describe_public_ipv4_pools(
        self, pool_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[PublicIpv4Pool]:
        """The pools, or those of the given ids, that match the filters."""
        chosen = [self.get_public_ipv4_pool(pool_id) for pool_id in pool_ids] or self.public_ipv4_pools.values()
        return filtered(chosen, filters, PublicIpv4Pool.filter_names)

    def provision_public_ipv4_pool_cidr(
        self, pool_id: str, *, ipam_pool_id: str, netmask_length: int
    ) -> PublicIpv4PoolRange:
        """Move a block from an IPAM pool into a public IPv4 pool."""
        pool = self.get_public_ipv4_pool(pool_id)
        if netmask_length < WIDEST:
            raise InvalidParameterValueError(f"The netmask length must be /{WIDEST} or longer.")
        allocation = self.allocate_for_resource(
            ipam_pool_id,
            resource_type="ec2-public-ipv4-pool",
            address_family="ipv4",
            cidr=None,
            netmask_length=netmask_length,
            tags=pool.tag_map,
        )
        allocation.assign_to(pool.id)
        return pool.add_range(IPv4Network(allocation.cidr), allocation)

    def deprovision_public_ipv4_pool_cidr(self, pool_id: str, *, cidr: str) -> list[str]:
        """Take one address (a /32) out of a pool; with the last one the range goes, and IPAM takes it back."""
        pool = self.get_public_ipv4_pool(pool_id)
        network = ip_network(cidr)
        if not isinstance(network, IPv4Network) or network.prefixlen != network.max_prefixlen:
            raise InvalidParameterValueError("The CIDR must be an IPv4 address with a netmask of /32.")
        part = pool.range_of(network)
        try:
            part.deprovision(network)
        except NotFreeError:
            raise DependencyViolationError(pool.id, f"The address {network[0]} is in use.") from None
        if part.address_count == 0:
            pool.pool_address_ranges.remove(part)
            if part.allocation is not None:
                release_later(part.allocation)
        return [str(network[0])]

    def delete_public_ipv4_pool(self, pool_id: str) -> None:
        """Delete a pool without ranges."""
        pool = self.get_public_ipv4_pool(pool_id)
        if pool.pool_address_ranges:
            raise DependencyViolationError(pool.id, "There are one or more CIDRs provisioned to the pool.")
        pool.forget_tags()
        del self.public_ipv4_pools[pool_id]
