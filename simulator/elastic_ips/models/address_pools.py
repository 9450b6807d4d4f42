"""Where Elastic IPs come from: Amazon, a range of one's own, or an IPAM pool."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any, Protocol

from moto.ec2.exceptions import InvalidAddressError
from moto.moto_api._internal import mock_random as random

from simulator.elastic_ips.exceptions import InsufficientAddressCapacityError
from simulator.elastic_ips.models.core import holder_of
from simulator.ipam.exceptions import InvalidParameterValueError
from simulator.ipam.models.core import all_backends
from simulator.ipam.models.vpcs import release_later

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.public_ipv4_pools import PublicIpv4Pool

AMAZON_ADDRESSES = IPv4Network("54.144.0.0/12")
"""Out of which the simulated Amazon gives single addresses; apart from those that moto gives to instances."""

MAX_DRAWS = 10_000
ADDRESS_LENGTH = 32


class Origin(Enum):
    """Whose address it is, as IPAM's public IP insights tell them apart."""

    AMAZON = "amazon"
    CONTIGUOUS = "contiguous"
    """Amazon's too, but out of a block that was provisioned to an IPAM pool."""
    BRING_YOUR_OWN = "byoip"


class AddressPool(Protocol):
    """A pool that addresses are taken from."""

    @property
    def pool_id(self) -> str:
        """What DescribeAddresses shows as PublicIpv4Pool."""

    @property
    def network_border_group(self) -> str:
        """Where the addresses are advertised."""

    @property
    def origin(self) -> Origin:
        """Whose addresses they are."""

    def take(self, wanted: str | None, *, allocation_id: str, tags: Mapping[str, str]) -> str:
        """The wanted address, or any; an EC2ClientError if it cannot be had."""

    def give_back(self, public_ip: str, *, allocation_id: str) -> None:
        """The address is not used any more."""


class AmazonPool:
    """Amazon's own addresses, given at random. What somebody released is given to nobody else by chance.

    So an address can be recovered for as long as a test likes, unless `services.give_away` says otherwise.
    """

    pool_id = "amazon"
    origin = Origin.AMAZON

    def __init__(self, network_border_group: str) -> None:
        self.network_border_group = network_border_group

    def take(self, wanted: str | None, *, allocation_id: str, tags: Mapping[str, str]) -> str:  # noqa: ARG002
        """Any address; a wanted one, which the caller knows to have been released, if nobody has it."""
        if wanted is None:
            return _draw()
        if holder_of(wanted) is not None:
            raise InvalidAddressError(wanted)
        return wanted

    def give_back(self, public_ip: str, *, allocation_id: str) -> None:
        """Amazon keeps no list: each account remembers what it released."""


class OwnPool:
    """A public IPv4 pool: ranges that the account brought (BYOIP)."""

    origin = Origin.BRING_YOUR_OWN

    def __init__(self, pool: PublicIpv4Pool) -> None:
        self.pool_id = pool.id
        self.network_border_group = pool.network_border_group
        self._pool = pool

    def take(self, wanted: str | None, *, allocation_id: str, tags: Mapping[str, str]) -> str:  # noqa: ARG002
        """The wanted address, or the free one that comes first."""
        for part in self._pool.pool_address_ranges:
            block = part.addresses.first_fit(ADDRESS_LENGTH) if wanted is None else IPv4Network(wanted)
            if block is not None and part.addresses.is_free(block):
                part.addresses.take(block)
                return str(block.network_address)
        if wanted is not None:
            raise InvalidAddressError(wanted)
        raise InsufficientAddressCapacityError

    def give_back(self, public_ip: str, *, allocation_id: str) -> None:  # noqa: ARG002
        """The address is free at once."""
        address = IPv4Network(public_ip)
        self._pool.range_of(address).addresses.give_back(address)


class IpamAddressPool:
    """An IPAM pool, in which the address is an allocation of type `eip`."""

    def __init__(self, backend: Any, ipam_pool_id: str) -> None:  # noqa: ANN401 - moto is untyped
        pool = backend.usable_ipam_pool(ipam_pool_id)
        if pool.ipam_scope_type != "public" or pool.aws_service != "ec2":
            raise InvalidParameterValueError(
                f"Elastic IP addresses can only be allocated from a pool in a public scope with AwsService ec2, "
                f"which {ipam_pool_id} is not."
            )
        self.pool_id = ipam_pool_id
        self.network_border_group: str = pool.locale
        self.origin = Origin.CONTIGUOUS if pool.public_ip_source == "amazon" else Origin.BRING_YOUR_OWN
        self._backend = backend
        self._ipam: Ipam = pool.scope.ipam

    def take(self, wanted: str | None, *, allocation_id: str, tags: Mapping[str, str]) -> str:
        """The wanted address, or the free one that comes first, by the pool's rules."""
        allocation = self._backend.allocate_for_resource(
            self.pool_id,
            resource_type="eip",
            address_family="ipv4",
            cidr=None if wanted is None else f"{wanted}/{ADDRESS_LENGTH}",
            netmask_length=ADDRESS_LENGTH if wanted is None else None,
            tags=tags,
        )
        allocation.assign_to(allocation_id)
        return str(allocation.network.network_address)

    def give_back(self, public_ip: str, *, allocation_id: str) -> None:  # noqa: ARG002
        """IPAM finds out later."""
        for allocation in self._ipam.allocations_of(allocation_id):
            release_later(allocation)


def _draw() -> str:
    """An address that nobody has and nobody may want back."""
    remembered = {address.public_ip for backend in all_backends() for address in backend.released_addresses.values()}
    for _ in range(MAX_DRAWS):
        public_ip = str(AMAZON_ADDRESSES[random.randint(0, AMAZON_ADDRESSES.num_addresses - 1)])
        if public_ip not in remembered and holder_of(public_ip) is None:
            return public_ip
    raise InsufficientAddressCapacityError
