"""Where the CIDRs of a pool come from: its source pool, its owner, a VPC, or another system.

For each kind of pool a supply says what may be asked for (`check`: an error at once) and finds the block
(`find`: CannotBeProvisionedError ends the CIDR as failed-provision, see pool_cidrs.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Network
from typing import TYPE_CHECKING, Protocol

from simulator.ipam.exceptions import InvalidParameterCombinationError, InvalidParameterValueError
from simulator.ipam.settings import settings
from simulator.ipam.space import AddressSpace, Network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.ipam.models.pools import IpamPool

UNIQUE_LOCAL = IPv6Network("fd00::/8")
"""RFC 4193; the half fc00::/8 is not defined."""

AMAZON_UNIQUE_LOCAL = IPv6Network("fd00::/16")
"""Reserved by Amazon; IPAM user guide, "Enable provisioning private IPv6 GUA CIDRs"."""

UNIQUE_LOCAL_SUPPLY = IPv6Network("fd80::/9")
"""Where IPAM takes ULA blocks asked for by netmask length; IPAM user guide, "Provision CIDRs to a pool"."""

PRIVATE_IPV6_LENGTHS = range(9, 61)


class CannotBeProvisionedError(Exception):
    """Why a CIDR that was asked for will end as failed-provision."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = {"Code": code, "Message": message}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request to provision: a CIDR, or only its netmask length."""

    pool: IpamPool
    cidr: Network | None
    netmask_length: int
    authorized: bool = False
    """Whether it comes with proof that the public range is the caller's."""

    def __str__(self) -> str:
        return str(self.cidr) if self.cidr is not None else f"A block of netmask length {self.netmask_length}"


class Supply(Protocol):
    """A place that CIDRs come from."""

    def check(self, asked: Asked) -> None:
        """An EC2ClientError if this can never be asked for."""

    def find(self, asked: Asked) -> Network:
        """The block; CannotBeProvisionedError if it cannot be had."""


class SourcePoolSupply:
    """The free space of the pool's source pool. Taking it out is the caller's."""

    def check(self, asked: Asked) -> None:
        """Every block can be asked for; the source pool's allocation rules are for resources, not for pools."""

    def find(self, asked: Asked) -> Network:
        """The given block if it is free, else the first free block of the length."""
        source = asked.pool.source_pool
        if source is None:
            raise LookupError(asked.pool.id)
        network = asked.cidr or source.space.first_fit(asked.netmask_length)
        if network is None or not source.space.is_free(network):
            raise CannotBeProvisionedError(
                "cidr-not-available", f"{asked} is not available in the source pool {source.id}."
            )
        return network


class OwnerSupply:
    """The owner of a private network, who says which IPv4 range is theirs."""

    def check(self, asked: Asked) -> None:
        """A netmask length alone says nothing about a network of one's own."""
        if asked.cidr is None:
            raise InvalidParameterCombinationError(
                "The request must contain a CIDR for a top-level IPv4 pool in a private scope."
            )

    def find(self, asked: Asked) -> Network:
        """The given block, if nothing in the scope overlaps it."""
        return free_in_scope(asked)


class PrivateIpv6Supply:
    """ULA ranges for everybody, GUA ranges where the IPAM has them enabled."""

    def check(self, asked: Asked) -> None:
        """/9 to /60, within fd00::/8 but not fd00::/16, or global if EnablePrivateGua is set."""
        if asked.netmask_length not in PRIVATE_IPV6_LENGTHS:
            raise InvalidParameterValueError("The netmask length of a private IPv6 CIDR must be between 9 and 60.")
        if asked.cidr is None or not isinstance(asked.cidr, IPv6Network):
            return
        if asked.cidr.subnet_of(UNIQUE_LOCAL):
            if asked.cidr.overlaps(AMAZON_UNIQUE_LOCAL):
                raise InvalidParameterValueError(f"The CIDR '{asked}' overlaps a range that Amazon reserves.")
        elif not asked.cidr.is_global or not asked.pool.scope.ipam.enable_private_gua:
            raise InvalidParameterValueError(
                f"The CIDR '{asked}' is no ULA range, and private IPv6 GUA CIDRs are not enabled for the IPAM."
            )

    def find(self, asked: Asked) -> Network:
        """The given block, or the first ULA block of the length, that nothing in the scope overlaps."""
        if asked.cidr is not None:
            return free_in_scope(asked)
        return first_unused(asked, (UNIQUE_LOCAL_SUPPLY,))


class ExternalAuthoritySupply:
    """Another IPAM product, which a scope names as its authority: it decides about top-level IPv4 CIDRs."""

    def check(self, asked: Asked) -> None:
        """Both a CIDR and a netmask length can be put to the authority."""

    def find(self, asked: Asked) -> Network:
        """What the authority grants: blocks of its ranges that nothing in the scope overlaps."""
        ranges = settings().external_authority_ranges
        if asked.cidr is None:
            return first_unused(asked, ranges)
        if not any(_within(asked.cidr, granted) for granted in ranges):
            raise CannotBeProvisionedError(
                "cidr-not-available", f"{asked} was refused by the external authority of the scope."
            )
        return free_in_scope(asked)


class VpcSupply:
    """The VPC of a resource-planning pool, whose CIDRs the pool's must equal, each in one pool."""

    def check(self, asked: Asked) -> None:
        """IPAM user guide: "the CIDR must match a CIDR provisioned to the VPC"."""
        if asked.cidr is None:
            raise InvalidParameterCombinationError("The request must contain a CIDR for a pool with a source resource.")
        if asked.cidr not in asked.pool.cidrs_of_source_resource():
            raise InvalidParameterValueError(f"The CIDR '{asked}' is not a CIDR of the pool's source resource.")

    def find(self, asked: Asked) -> Network:
        """The given block, if no other planning pool has it."""
        planned = [
            cidr.held_network
            for pool in asked.pool.scope.pools.values()
            if pool.source_resource is not None and pool.source_pool is None
            for cidr in pool.held_cidrs()
        ]
        if asked.cidr is None or asked.cidr in planned:
            raise CannotBeProvisionedError("cidr-not-available", f"{asked} is provisioned to another pool.")
        return asked.cidr


def free_in_scope(asked: Asked) -> Network:
    """The given CIDR, unless it overlaps one of a top-level pool of the scope."""
    wanted = asked.cidr
    if wanted is None or any(wanted.overlaps(taken) for taken in asked.pool.scope.top_level_networks()):
        raise CannotBeProvisionedError(
            "cidr-not-available", f"{asked} overlaps a CIDR that is provisioned to a pool in the scope."
        )
    return wanted


def first_unused(asked: Asked, ranges: Iterable[Network]) -> Network:
    """The first block of the length in these ranges that no top-level pool of the scope overlaps."""
    return first_avoiding(asked, ranges, asked.pool.scope.top_level_networks())


def first_avoiding(asked: Asked, ranges: Iterable[Network], taken: Iterable[Network]) -> Network:
    """The first block of the length in these ranges that touches nothing taken."""
    space = AddressSpace()
    for supply in ranges:
        space.add(supply)
    found = space.first_fit(asked.netmask_length, avoiding=tuple(taken))
    if found is None:
        raise CannotBeProvisionedError("cidr-not-available", f"{asked} is not available.")
    return found


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.overlaps(outer) and inner.prefixlen >= outer.prefixlen
