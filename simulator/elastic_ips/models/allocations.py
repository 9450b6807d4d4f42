"""Allocating, finding and releasing Elastic IPs."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING

from moto.ec2.exceptions import InvalidAddressError
from moto.ec2.utils import random_id

from simulator.elastic_ips.exceptions import (
    AddressInUseError,
    AddressLimitExceededError,
    AddressLockedError,
    AllocationIdNotFoundError,
    ForeignAddressError,
    PtrSetError,
    ServiceOwnedError,
)
from simulator.elastic_ips.models.address_pools import AmazonPool, IpamAddressPool, Origin, OwnPool
from simulator.elastic_ips.models.addresses import ElasticIp
from simulator.elastic_ips.models.core import ElasticIpBackendParts, holder_of
from simulator.elastic_ips.settings import SETTINGS
from simulator.ipam.exceptions import InvalidParameterCombinationError, InvalidParameterValueError
from simulator.ipam.filters import filtered
from simulator.ipam.models.core import all_backends
from simulator.ipam.models.policy_enforcement import pool_for_new

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.elastic_ips.models.address_pools import AddressPool

AMAZON = AmazonPool.pool_id


class ElasticIpsBackend(ElasticIpBackendParts):
    """Comes before moto's ElasticAddressBackend in EC2Backend's bases, and keeps its list of addresses."""

    def __init__(self) -> None:
        self.released_addresses: dict[str, ElasticIp] = {}

    def allocate_address(
        self,
        domain: str = "vpc",  # noqa: ARG002 - moto's; AWS takes any value for vpc since EC2-Classic is gone
        address: str | None = None,
        tags: Mapping[str, str] | None = None,
        *,
        ipam_pool_id: str | None = None,
        public_ipv4_pool: str | None = None,
        network_border_group: str | None = None,
        service_managed: str | None = None,
    ) -> ElasticIp:
        """A new Elastic IP, or with `address` the one that this account released, or wants out of a pool of its own.

        Where the request names nothing, an IPAM policy may name a pool. Services decide for themselves.
        """
        wanted = _checked(address)
        if service_managed is None and not (wanted or ipam_pool_id or public_ipv4_pool):
            ipam_pool_id = pool_for_new("eip", self.account_id, network_border_group or self.region_name)
        pool = self._pool_for(
            wanted,
            ipam_pool_id=ipam_pool_id,
            public_ipv4_pool=None if public_ipv4_pool == AMAZON else public_ipv4_pool,
            network_border_group=network_border_group,
        )
        if network_border_group not in (None, pool.network_border_group):
            raise InvalidParameterValueError(
                f"The network border group of {wanted or pool.pool_id} is {pool.network_border_group}, "
                f"not {network_border_group}."
            )
        if service_managed is None and pool.origin is not Origin.BRING_YOUR_OWN:
            self.must_be_within_address_quota()
        return self.allocate_from(pool, wanted, tags=tags or {}, service_managed=service_managed)

    def allocate_from(
        self, pool: AddressPool, wanted: str | None, *, tags: Mapping[str, str], service_managed: str | None = None
    ) -> ElasticIp:
        """A new Elastic IP out of this pool."""
        allocation_id = random_id(prefix="eipalloc", size=17)
        public_ip = pool.take(wanted, allocation_id=allocation_id, tags=tags)
        allocated = ElasticIp(
            self, pool=pool, public_ip=public_ip, allocation_id=allocation_id, service_managed=service_managed
        )
        self.add_elastic_ip(allocated, tags)
        return allocated

    def add_elastic_ip(self, address: ElasticIp, tags: Mapping[str, str]) -> None:
        """Let the account have an address."""
        address.ec2_backend = self
        self.addresses.append(address)
        address.add_tags(dict(tags))

    def must_be_within_address_quota(self) -> None:
        """AddressLimitExceeded if the account may have no further address. Ranges of one's own do not count."""
        counted = [
            address
            for address in self.addresses
            if address.service_managed is None and address.pool.origin is not Origin.BRING_YOUR_OWN
        ]
        if len(counted) >= SETTINGS.addresses_per_region:
            raise AddressLimitExceededError

    def describe_addresses(
        self,
        allocation_ids: Sequence[str] | None = None,
        public_ips: Sequence[str] | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> list[ElasticIp]:
        """The account's addresses in this Region, or those named, that match the filters. There are no pages."""
        known = {address.id: address for address in self.addresses}
        named = [
            known.get(allocation_id) or self.get_elastic_ip(allocation_id) for allocation_id in allocation_ids or ()
        ]
        named += [self.elastic_ip_at(public_ip) for public_ip in public_ips or ()]
        return filtered(dict.fromkeys(named) or self.addresses, filters or {}, ElasticIp.filter_names)

    def get_elastic_ip(self, allocation_id: str) -> ElasticIp:
        """The address of that allocation id; AuthFailure if it is another account's, now or by recovery."""
        for address in self.addresses:
            if address.allocation_id == allocation_id:
                return address
        foreign = [
            address
            for backend in all_backends(self.region_name)
            for address in backend.addresses
            if address.allocation_id == allocation_id
        ]
        released = self.released_addresses.get(allocation_id)
        holder = foreign[0] if foreign else released and holder_of(released.public_ip)
        if holder is not None and holder.ec2_backend is not self:
            raise ForeignAddressError(holder.public_ip)
        raise AllocationIdNotFoundError(allocation_id)

    def elastic_ip_at(self, public_ip: str) -> ElasticIp:
        """The account's Elastic IP that is this address; AuthFailure if another account has it."""
        holder = holder_of(public_ip)
        if holder is not None and holder.ec2_backend is self:
            return holder
        if holder is not None and holder.ec2_backend.account_id != self.account_id:
            raise ForeignAddressError(public_ip)
        raise InvalidAddressError(public_ip)

    def releasable_address(self, allocation_id: str, *, network_border_group: str | None = None) -> ElasticIp:
        """The address, if nothing forbids its release. In the default VPC being in use does not."""
        address = self.get_elastic_ip(allocation_id)
        if network_border_group not in (None, address.network_border_group):
            raise InvalidAddressError(address.public_ip)
        if address.is_in_service_hands():
            raise ServiceOwnedError
        if address.is_locked:
            raise AddressLockedError(allocation_id)
        if address.reverse_dns.forbids_release():
            raise PtrSetError(allocation_id)
        if address.is_associated() and not address.is_in_default_vpc():
            raise AddressInUseError(address.public_ip)
        return address

    def release_address(self, address: str | None = None, allocation_id: str | None = None) -> None:
        """Release the address of either name, if nothing forbids it, as moto's method does."""
        named = self.elastic_ip_at(address).allocation_id if address else allocation_id or ""
        self.let_go(self.releasable_address(named))

    def let_go(self, address: ElasticIp) -> None:
        """Release an address, whatever is to be said against it; it is disassociated silently."""
        self.unbind(address)
        self.addresses.remove(address)
        self.address_transfers.pop(address.id, None)
        self.tags.pop(address.id, None)
        self.released_addresses[address.id] = address
        address.pool.give_back(address.public_ip, allocation_id=address.id)

    def _pool_for(
        self,
        address: str | None,
        *,
        ipam_pool_id: str | None,
        public_ipv4_pool: str | None,
        network_border_group: str | None,
    ) -> AddressPool:
        if ipam_pool_id and public_ipv4_pool:
            raise InvalidParameterCombinationError("The request can contain only one of IpamPoolId and PublicIpv4Pool.")
        if ipam_pool_id:
            return IpamAddressPool(self, ipam_pool_id)
        if public_ipv4_pool:
            return OwnPool(self.get_public_ipv4_pool(public_ipv4_pool))
        if address:
            return self._pool_with(address)
        return AmazonPool(self._checked_border_group(network_border_group or self.region_name))

    def _pool_with(self, address: str) -> AddressPool:
        """The pool that gives a wanted address where none is named: one of the account's own, or Amazon's."""
        for pool in self.public_ipv4_pools.values():
            if any(IPv4Address(address) in part.network for part in pool.pool_address_ranges):
                return OwnPool(pool)
        for released in reversed(self.released_addresses.values()):
            if released.public_ip == address and released.pool.origin is Origin.AMAZON:
                return released.pool
        raise InvalidAddressError(address)

    def _checked_border_group(self, network_border_group: str) -> str:
        """A Region's own group, or that of Local or Wavelength Zones, whose names begin with the Region's."""
        if network_border_group != self.region_name and not network_border_group.startswith(f"{self.region_name}-"):
            raise InvalidParameterValueError(
                f"Value ({network_border_group}) for parameter networkBorderGroup is invalid."
            )
        return network_border_group


def _checked(address: str | None) -> str | None:
    try:
        return address and str(IPv4Address(address))
    except AddressValueError:
        raise InvalidParameterValueError(f"Value ({address}) for parameter address is invalid.") from None
