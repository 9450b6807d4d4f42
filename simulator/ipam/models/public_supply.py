"""Where the CIDRs of top-level pools in the public scope come from: Amazon, or their owner (BYOIP)."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from moto.ec2.models import ec2_backends

from simulator.ipam.exceptions import InvalidParameterCombinationError, InvalidParameterValueError
from simulator.ipam.models.supply import (
    Asked,
    CannotBeProvisionedError,
    ExternalAuthoritySupply,
    OwnerSupply,
    PrivateIpv6Supply,
    SourcePoolSupply,
    Supply,
    VpcSupply,
    first_avoiding,
    free_in_scope,
)
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.space import Network

AMAZON_IPV4 = IPv4Network("18.97.0.0/16")
"""Where the simulated Amazon keeps its contiguous IPv4 blocks; the IPAM user guide's example is 18.97.0.40/29."""

AMAZON_IPV6 = IPv6Network("2600:1f00::/24")
"""Where the simulated Amazon keeps the IPv6 blocks that it provides."""

AMAZON_IPV6_LENGTHS = range(40, 53, 4)
BYOIP_IPV4_LONGEST = 24
BYOIP_IPV6_LONGEST = 60
BYOIP_ADVERTISED_IPV6_LONGEST = 48


def supply_of(pool: IpamPool) -> Supply:
    """The supply of a pool, which follows from its place in the tree and from its scope."""
    if pool.source_pool is not None:
        return ByoipRegionalSupply() if _is_byoip_regional(pool) else SourcePoolSupply()
    if pool.source_resource is not None:
        return VpcSupply()
    if pool.ipam_scope_type == "public":
        return _public_supply_of(pool)
    if pool.scope.external_authority_configuration is not None and pool.address_family == "ipv4":
        return ExternalAuthoritySupply()
    return OwnerSupply() if pool.address_family == "ipv4" else PrivateIpv6Supply()


class AmazonIpv4Supply:
    """Contiguous IPv4 blocks of Amazon's, which cost money. IPAM user guide, "Allocate sequential Elastic IP ..."."""

    def check(self, asked: Asked) -> None:
        """Only a netmask length can be asked for, in a pool with a locale."""
        _must_be_amazons_choice(asked)

    def find(self, asked: Asked) -> Network:
        """A block; limit-exceeded for a size or a number beyond the quota, in the words that AWS was seen to use."""
        pool, quota = asked.pool, settings()
        allowed = range(quota.contiguous_ipv4_shortest_netmask, 31)
        blocks = [cidr for cidr in _amazon_networks("ipv4") if cidr.owner == pool.owner_id]
        if asked.netmask_length not in allowed or len(blocks) >= quota.contiguous_ipv4_blocks:
            raise CannotBeProvisionedError(
                "limit-exceeded",
                f"account {pool.owner_id} cannot provision a ipv4 contiguous block of size "
                f"/{asked.netmask_length} in locale {pool.locale}",
            )
        return first_avoiding(asked, (AMAZON_IPV4,), [cidr.network for cidr in _amazon_networks("ipv4")])


class AmazonIpv6Supply:
    """IPv6 blocks of Amazon's, one in a Region."""

    def check(self, asked: Asked) -> None:
        """Only a netmask length from /40 to /52, in steps of four, in a pool with a locale."""
        _must_be_amazons_choice(asked)
        if asked.netmask_length not in AMAZON_IPV6_LENGTHS:
            raise InvalidParameterValueError(
                "The netmask length of an Amazon-provided IPv6 CIDR must be one of 40, 44, 48 and 52."
            )

    def find(self, asked: Asked) -> Network:
        """A block, or limit-exceeded."""
        pool, limit = asked.pool, settings().amazon_ipv6_blocks_per_region
        blocks = [
            cidr for cidr in _amazon_networks("ipv6") if (cidr.owner, cidr.locale) == (pool.owner_id, pool.locale)
        ]
        if len(blocks) >= limit:
            raise CannotBeProvisionedError(
                "limit-exceeded",
                f"account {pool.owner_id} cannot provision more than {limit} Amazon-provided IPv6 CIDRs "
                f"in locale {pool.locale}",
            )
        return first_avoiding(asked, (AMAZON_IPV6,), [cidr.network for cidr in _amazon_networks("ipv6")])


class ByoipSupply:
    """The owner of a public range, who must prove it."""

    def check(self, asked: Asked) -> None:
        """A CIDR with proof; /24 or wider for IPv4, /48 or wider for advertised and /60 for other IPv6."""
        if asked.cidr is None:
            raise InvalidParameterCombinationError("The request must contain a CIDR for a top-level BYOIP pool.")
        if not asked.authorized:
            raise InvalidParameterCombinationError(
                "The request must contain a CIDR Authorization Context or a verification token."
            )
        _must_be_wide_enough(asked)
        if not asked.cidr.is_global:
            raise InvalidParameterValueError(f"The CIDR '{asked}' is not publicly routable.")

    def find(self, asked: Asked) -> Network:
        """The given block, if nothing in the scope overlaps it."""
        return free_in_scope(asked)


class ByoipRegionalSupply(SourcePoolSupply):
    """A top-level BYOIP pool, out of which regional pools get ranges that can be advertised by themselves."""

    def check(self, asked: Asked) -> None:
        """The same bounds as for the top-level pool; pools further down may have less."""
        _must_be_wide_enough(asked)


class _AmazonCidr:
    """A block that Amazon provided to somebody's pool."""

    def __init__(self, pool: IpamPool, network: Network) -> None:
        self.owner = pool.owner_id
        self.locale = pool.locale
        self.network = network


def _amazon_networks(address_family: str) -> Iterator[_AmazonCidr]:
    for _, _, backend in list(ec2_backends.iter_backends()):
        for pool in getattr(backend, "ipam_pools", {}).values():
            if (pool.public_ip_source, pool.address_family, pool.source_pool) == ("amazon", address_family, None):
                yield from (_AmazonCidr(pool, cidr.held_network) for cidr in pool.held_cidrs())


def _public_supply_of(pool: IpamPool) -> Supply:
    if pool.public_ip_source != "amazon":
        return ByoipSupply()
    return AmazonIpv4Supply() if pool.address_family == "ipv4" else AmazonIpv6Supply()


def _is_byoip_regional(pool: IpamPool) -> bool:
    source = pool.source_pool
    return source is not None and source.source_pool is None and source.public_ip_source == "byoip"


def _must_be_amazons_choice(asked: Asked) -> None:
    if asked.cidr is not None:
        raise InvalidParameterCombinationError(
            "The request must contain NetmaskLength and no CIDR for a pool of Amazon-provided addresses."
        )
    if not asked.pool.has_locale():
        raise InvalidParameterCombinationError("A pool of Amazon-provided addresses must have a locale.")


def _must_be_wide_enough(asked: Asked) -> None:
    if asked.pool.address_family == "ipv4":
        longest = BYOIP_IPV4_LONGEST
    else:
        advertised = asked.pool.publicly_advertisable is not False
        longest = BYOIP_ADVERTISED_IPV6_LONGEST if advertised else BYOIP_IPV6_LONGEST
    if asked.netmask_length > longest:
        raise InvalidParameterValueError(f"The netmask length of a BYOIP CIDR must be /{longest} or shorter.")
