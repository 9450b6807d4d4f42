"""BYOIP CIDRs: public ranges that an account brought to a Region, by itself or through IPAM.

What an account provisioned by itself (EC2 user guide, "Bring your own IP addresses") can be moved to IPAM; what IPAM
provisioned to a pool with a locale shows here too, so that it can be advertised.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from simulator.clock import CLOCK
from simulator.ipam.cidrs import parse_cidr
from simulator.ipam.exceptions import (
    IncorrectStateError,
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterCombinationError,
    InvalidParameterValueError,
)
from simulator.ipam.models.allocations import IpamPoolAllocation
from simulator.ipam.models.byoasns import advertise_by
from simulator.ipam.models.consistency import Observed
from simulator.ipam.models.core import EC2BackendParts
from simulator.ipam.models.pool_cidrs import IpamPoolCidr
from simulator.ipam.models.public_supply import BYOIP_IPV4_LONGEST
from simulator.ipam.models.supply import Asked, CannotBeProvisionedError, free_in_scope
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from simulator.ipam.models.byoasns import AsnAssociation
    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.models.public_ipv4_pools import PublicIpv4Pool
    from simulator.ipam.space import Network

READY = frozenset({"provisioned", "provisioned-not-publicly-advertisable", "advertised"})


class ByoipCidr(Observed):
    """A public range in this Region."""

    lagging = ("state", "status_message", "ipam_pool_id", "pool_id")
    advertisement_type = "unicast"

    def __init__(
        self,
        network: Network,
        *,
        state: str,
        publicly_advertisable: bool = True,
        description: str | None = None,
        ipam_pool_cidr: IpamPoolCidr | None = None,
        network_border_group: str | None = None,
        status_message: str | None = None,
    ) -> None:
        super().__init__(state)
        self.network = network
        self.cidr = str(network)
        self.publicly_advertisable = publicly_advertisable
        self.description = description
        self.ipam_pool_cidr = ipam_pool_cidr
        self.network_border_group = network_border_group
        self.status_message = status_message
        self.pool: PublicIpv4Pool | None = None
        self.transfer: str | None = None
        self.asns: dict[str, AsnAssociation] = {}
        self.advertised_by: str | None = None
        """The ASN that advertises it in place of Amazon's."""
        self.asn_changed_at: float | None = None

    @property
    def asn_associations(self) -> list[AsnAssociation]:
        """The ASNs that may advertise the range."""
        return [association.as_seen() for association in self.asns.values()]

    @property
    def sort_key(self) -> tuple[int, int]:
        """IPv4 before IPv6, each in order of address."""
        return self.network.version, int(self.network.network_address)

    @property
    def ipam_pool_id(self) -> str | None:
        """The IPAM pool that the range is provisioned to."""
        return self.ipam_pool_cidr.pool.id if self.ipam_pool_cidr else None

    def is_gone(self) -> bool:
        """Whether IPAM has given the range up."""
        return self.ipam_pool_cidr is not None and self.ipam_pool_cidr.state == "deprovisioned"

    @property
    def pool_id(self) -> str | None:
        """The public IPv4 pool that the range is in."""
        return self.pool.id if self.pool else None


class ByoipCidrsBackend(EC2BackendParts):
    """The BYOIP CIDRs of an account in this Region."""

    def __init__(self) -> None:
        self.byoip_cidrs: dict[str, ByoipCidr] = {}

    def provision_byoip_cidr(
        self, cidr: str, *, publicly_advertisable: bool, description: str | None, authorized: bool
    ) -> ByoipCidr:
        """Begin to bring a range; it ends up in a new public IPv4 pool."""
        network = parse_cidr(cidr, address_family="ipv4")
        if not isinstance(network, IPv4Network) or network.prefixlen > BYOIP_IPV4_LONGEST or not network.is_global:
            raise InvalidParameterValueError(f"The CIDR '{cidr}' cannot be brought.")
        if publicly_advertisable and not authorized:
            raise InvalidParameterCombinationError("The request must contain a CIDR Authorization Context.")
        if any(network.overlaps(known.network) for known in self._known_byoip_cidrs().values()):
            raise InvalidParameterValueError(f"The CIDR '{cidr}' overlaps one that is provisioned already.")
        byoip = ByoipCidr(
            network,
            state="pending-provision",
            publicly_advertisable=publicly_advertisable,
            description=description,
            network_border_group=self.region_name,
        )
        self.byoip_cidrs[byoip.cidr] = byoip
        CLOCK.after(settings().cidr_provisioning, lambda: self._finish_bringing(byoip), label=f"{cidr} provisioned")
        return byoip

    def describe_byoip_cidrs(self) -> list[ByoipCidr]:
        """The ranges of this Region, in order of address, as reads see them."""
        known = sorted(self._known_byoip_cidrs().values(), key=lambda byoip: byoip.sort_key)
        return [byoip.as_seen() for byoip in known]

    def get_byoip_cidr(self, cidr: str) -> ByoipCidr:
        """The range; what IPAM provisioned is remembered from here on."""
        byoip = self._known_byoip_cidrs().get(cidr)
        if byoip is not None:
            return self.byoip_cidrs.setdefault(cidr, byoip)
        raise InvalidParameterValueError(f"The CIDR '{cidr}' is not provisioned in this Region.")

    def advertise_byoip_cidr(self, cidr: str, *, asn: str | None = None) -> ByoipCidr:
        """Advertise a range to the internet, by an ASN that is associated with it or, else, by Amazon's."""
        byoip = self.get_byoip_cidr(cidr)
        if byoip.state not in READY or not byoip.publicly_advertisable:
            raise IncorrectStateError(cidr, byoip.state)
        advertise_by(byoip, asn)
        byoip.state = "advertised"
        return byoip

    def withdraw_byoip_cidr(self, cidr: str) -> ByoipCidr:
        """Stop advertising a range."""
        byoip = self.get_byoip_cidr(cidr)
        if byoip.state != "advertised":
            raise IncorrectStateError(cidr, byoip.state)
        byoip.state = "provisioned"
        byoip.advertised_by = None
        return byoip

    def deprovision_byoip_cidr(self, cidr: str) -> ByoipCidr:
        """Give a range up: one that is not advertised, is not IPAM's, and has no address in use."""
        byoip = self.get_byoip_cidr(cidr)
        in_use = byoip.pool is not None and byoip.pool.total_available_address_count < byoip.pool.total_address_count
        if byoip.state == "advertised" or byoip.ipam_pool_id is not None or in_use or byoip.asns:
            raise IncorrectStateError(cidr, byoip.state)
        byoip.state = "pending-deprovision"
        CLOCK.after(settings().cidr_deprovisioning, lambda: self._finish_giving_up(byoip), label=f"{cidr} given up")
        return byoip

    def move_byoip_cidr_to_ipam(self, cidr: str, *, ipam_pool_id: str, ipam_pool_owner: str) -> ByoipCidr:
        """Begin to move a range from its public IPv4 pool to an IPAM pool; asked again, tell how far that is.

        The IPAM pool gets the CIDR, and in it an allocation for the public IPv4 pool, whose addresses stay in use.
        """
        byoip = self.byoip_cidrs.get(cidr)
        if byoip is None or byoip.pool is None:
            raise InvalidParameterValueError(f"The CIDR '{cidr}' is not in a public IPv4 pool of this Region.")
        pool = self.usable_ipam_pool(ipam_pool_id)
        if pool.owner_id != ipam_pool_owner:
            raise InvalidIpamResourceIdNotFoundError("ipam-pool", ipam_pool_id)
        if byoip.transfer is None:
            _must_take_ranges(pool, self.region_name)
            self._begin_transfer(byoip, pool)
        return byoip

    def _known_byoip_cidrs(self) -> dict[str, ByoipCidr]:
        known = {cidr: byoip for cidr, byoip in self.byoip_cidrs.items() if not byoip.is_gone()}
        for pool in self.visible_ipam_pools():
            if pool.owner_id == self.account_id and pool.serves(self.region_name) and _brings_to_region(pool):
                known.update(self._provisioned_by_ipam(pool, known))
        return known

    def _provisioned_by_ipam(self, pool: IpamPool, known: dict[str, ByoipCidr]) -> dict[str, ByoipCidr]:
        return {
            str(cidr.network): ByoipCidr(
                cidr.network,
                state="provisioned",
                publicly_advertisable=pool.publicly_advertisable is not False,
                ipam_pool_cidr=cidr,
                network_border_group=pool.locale,
                status_message="Cidr successfully provisioned",
            )
            for cidr in pool.cidrs.values()
            if cidr.network is not None and cidr.state == "provisioned" and str(cidr.network) not in known
        }

    def _finish_bringing(self, byoip: ByoipCidr) -> None:
        byoip.pool = self.create_public_ipv4_pool(description=byoip.description or "")
        byoip.pool.add_range(IPv4Network(byoip.cidr))
        byoip.status_message = byoip.pool.id
        byoip.state = "provisioned" if byoip.publicly_advertisable else "provisioned-not-publicly-advertisable"

    def _finish_giving_up(self, byoip: ByoipCidr) -> None:
        byoip.state = "deprovisioned"
        self.byoip_cidrs.pop(byoip.cidr, None)
        if byoip.pool is not None:
            self.public_ipv4_pools.pop(byoip.pool.id, None)

    def _begin_transfer(self, byoip: ByoipCidr, pool: IpamPool) -> None:
        byoip.transfer = "pending-transfer"
        pool_cidr = IpamPoolCidr(pool, asked_for=byoip.cidr, netmask_length=byoip.network.prefixlen)
        pool_cidr.state = "pending-import"
        try:
            asked = Asked(pool=pool, cidr=byoip.network, netmask_length=byoip.network.prefixlen)
            pool_cidr.network = free_in_scope(asked)
        except CannotBeProvisionedError as refusal:
            pool_cidr.failure_reason = refusal.reason
        pool.cidrs[pool_cidr.ipam_pool_cidr_id] = pool_cidr
        CLOCK.after(
            settings().cidr_provisioning,
            lambda: _finish_transfer(byoip, pool_cidr),
            label=f"{byoip.cidr} moved to {pool.id}",
        )


def _finish_transfer(byoip: ByoipCidr, pool_cidr: IpamPoolCidr) -> None:
    if pool_cidr.network is None or byoip.pool is None:
        pool_cidr.state = "failed-import"
        byoip.transfer = None
        return
    pool_cidr.pool.space.add(pool_cidr.network)
    pool_cidr.state = "provisioned"
    byoip.transfer = "complete-transfer"
    byoip.ipam_pool_cidr = pool_cidr
    byoip.pool.range_of(IPv4Network(byoip.cidr)).allocation = IpamPoolAllocation.make(
        pool_cidr.pool,
        byoip.network,
        resource_type="ec2-public-ipv4-pool",
        resource_owner=byoip.pool.owner_id,
        resource_id=byoip.pool.id,
        resource_region=byoip.pool.ipam_region,
    )


def _brings_to_region(pool: IpamPool) -> bool:
    """Whether a pool is the first with a locale on the way down from a top-level BYOIP pool."""
    is_byoip = pool.ipam_scope_type == "public" and pool.public_ip_source == "byoip"
    return is_byoip and pool.has_locale() and (pool.source_pool is None or not pool.source_pool.has_locale())


def _must_take_ranges(pool: IpamPool, region: str) -> None:
    """A range moves only to a top-level IPv4 pool whose locale is the range's Region."""
    pool.must_be_settled()
    is_byoip = pool.ipam_scope_type == "public" and pool.public_ip_source == "byoip"
    if not is_byoip or pool.source_pool is not None or pool.address_family != "ipv4" or pool.locale != region:
        raise InvalidParameterValueError(
            f"{pool.id} is not a top-level IPv4 BYOIP pool in a public scope with the locale {region}."
        )
