"""CIDRs provisioned to pools: from their source pool, or to a top-level pool.

What AWS refuses, when, and how it says so: a request that contradicts itself is an error at once. Whether the
block can be had is judged while the CIDR is `pending-provision`; a block that cannot ends as
`failed-provision` with a FailureReason, `cidr-not-available` or `limit-exceeded` (the only two codes of
IpamPoolCidrFailureReason), which GetIpamPoolCidrs can show while the state is still pending
(hashicorp/terraform-provider-aws#48142). A block that can be had is taken from the source pool at the
request, so that nobody else gets it meanwhile; a block asked for by its netmask length shows its CIDR once it
is provisioned ("filled in during the provisioning process").

A CIDR that still has allocations ends as `failed-deprovision` with the message but no code
(hashicorp/terraform-provider-aws#30165).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.ec2.utils import random_id

from simulator.clock import CLOCK
from simulator.ipam.cidrs import check_netmask_length, parse_cidr
from simulator.ipam.exceptions import (
    IncorrectStateError,
    InvalidParameterCombinationError,
    InvalidParameterValueError,
    MissingParameterError,
)
from simulator.ipam.filters import filtered
from simulator.ipam.models.allocations import IpamPoolAllocation
from simulator.ipam.models.consistency import Observed
from simulator.ipam.models.core import EC2BackendParts, everywhere
from simulator.ipam.models.public_supply import supply_of
from simulator.ipam.models.supply import Asked, CannotBeProvisionedError
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.space import Network

HELD = frozenset({"pending-provision", "pending-import", "provisioned", "pending-deprovision", "failed-deprovision"})

DEPROVISIONABLE = frozenset({"provisioned", "failed-deprovision", "failed-provision", "failed-import"})


class IpamPoolCidr(Observed):
    """A CIDR of a pool, with its way from pending to gone."""

    filter_names = {  # noqa: RUF012 - read only
        "cidr": "cidr",
        "state": "state",
        "ipam-pool-cidr-id": "ipam_pool_cidr_id",
        "netmask-length": "netmask_length",
        "failure-reason-code": "failure_reason_code",
    }
    lagging = ("state", "cidr", "failure_reason", "failure_reason_code")
    tag_map: Mapping[str, str] = {}

    def __init__(self, pool: IpamPool, *, asked_for: str | None, netmask_length: int) -> None:
        super().__init__(state="pending-provision")
        self.pool = pool
        self.ipam_pool_cidr_id = random_id(prefix="ipam-pool-cidr", size=33)
        self.sequence = CLOCK.time(), len(pool.cidrs)
        self.netmask_length = netmask_length
        self.failure_reason: dict[str, str] | None = None
        self.network: Network | None = None
        self.from_source: IpamPoolAllocation | None = None
        self.gone_since: float | None = None
        self._asked_for = asked_for

    @property
    def cidr(self) -> str | None:
        """The CIDR, once it is known: at once if it was asked for, else when it is provisioned."""
        if self.network is None or self.state == "pending-provision":
            return self._asked_for
        return str(self.network)

    @property
    def failure_reason_code(self) -> str | None:
        """The code of the failure reason."""
        return (self.failure_reason or {}).get("Code")

    @property
    def held_network(self) -> Network:
        """The network of a CIDR that is held."""
        if self.network is None:
            raise LookupError(self.ipam_pool_cidr_id)
        return self.network

    def is_held(self) -> bool:
        """Whether the CIDR takes addresses, and counts towards the quota of its pool."""
        return self.state in HELD and self.network is not None

    def is_listed(self) -> bool:
        """Whether GetIpamPoolCidrs shows it: what is deprovisioned stays for a while."""
        if not self.visibility.is_given():
            return False
        kept_for = settings().deprovisioned_cidrs_stay_listed
        return self.gone_since is None or CLOCK.time() < self.gone_since + kept_for

    def return_to_source(self) -> None:
        """Give the addresses back to the source pool, where they are an allocation."""
        if self.from_source is not None:
            self.from_source.release()
            self.from_source = None


class IpamPoolCidrsBackend(EC2BackendParts):
    """Provisioning and deprovisioning, in the IPAM's home Region."""

    def provision_ipam_pool_cidr(
        self,
        ipam_pool_id: str,
        *,
        cidr: str | None = None,
        netmask_length: int | None = None,
        authorized: bool = False,
    ) -> IpamPoolCidr:
        """Begin to provision the CIDR, or a block of that netmask length, to a pool.

        `authorized` says that the request came with proof of a public range's ownership.
        """
        pool = self.get_ipam_pool(ipam_pool_id)
        pool.must_be_settled()
        if cidr is None and netmask_length is None:
            raise MissingParameterError("cidr", "netmaskLength")
        if cidr is not None and netmask_length is not None:
            raise InvalidParameterCombinationError("The request can contain only one of Cidr and NetmaskLength.")
        wanted = None if cidr is None else parse_cidr(cidr, address_family=pool.address_family)
        length = wanted.prefixlen if wanted is not None else netmask_length or 0
        check_netmask_length(length, address_family=pool.address_family)
        asked = Asked(pool=pool, cidr=wanted, netmask_length=length, authorized=authorized)
        supply_of(pool).check(asked)
        pool_cidr = IpamPoolCidr(pool, asked_for=cidr, netmask_length=length)
        delay = settings().cidr_provisioning
        try:
            self._hold(pool_cidr, asked)
        except CannotBeProvisionedError as refusal:
            pool_cidr.failure_reason = refusal.reason
            delay = settings().limit_refusal if refusal.code == "limit-exceeded" else delay
        pool.cidrs[pool_cidr.ipam_pool_cidr_id] = pool_cidr
        CLOCK.after(
            delay,
            lambda: self._finish_provisioning(pool_cidr),
            label=f"{pool.id} {cidr or f'/{length}'} provisioned",
        )
        return pool_cidr

    def get_ipam_pool_cidrs(self, ipam_pool_id: str, filters: Mapping[str, Sequence[str]]) -> list[IpamPoolCidr]:
        """The CIDRs of a pool, failed and lately deprovisioned ones too."""
        cidrs = [cidr.as_seen() for cidr in self.usable_ipam_pool(ipam_pool_id).cidrs.values() if cidr.is_listed()]
        return filtered(cidrs, filters, IpamPoolCidr.filter_names)

    def deprovision_ipam_pool_cidr(self, ipam_pool_id: str, *, cidr: str | None = None) -> IpamPoolCidr:
        """Begin to take a CIDR away from a pool. Without `cidr` the only CIDR of the pool is meant."""
        pool = self.get_ipam_pool(ipam_pool_id)
        pool.must_be_settled()
        pool_cidr = self._cidr_of(pool, cidr)
        if pool_cidr.state not in DEPROVISIONABLE:
            raise IncorrectStateError(str(pool_cidr.cidr), pool_cidr.state)
        if pool_cidr.is_held() and pool_cidr.network is not None:
            pool.space.close(pool_cidr.network)
        pool_cidr.state = "pending-deprovision"
        pool_cidr.failure_reason = None
        CLOCK.after(
            settings().cidr_deprovisioning,
            lambda: self._finish_deprovisioning(pool_cidr),
            label=f"{pool.id} {pool_cidr.cidr} deprovisioned",
        )
        return pool_cidr

    def _hold(self, pool_cidr: IpamPoolCidr, asked: Asked) -> None:
        pool = asked.pool
        limit = settings().cidrs_per_pool
        if len(list(pool.held_cidrs())) >= limit:
            raise CannotBeProvisionedError(
                "limit-exceeded", f"The pool has reached the maximum number of CIDRs ({limit})."
            )
        network = supply_of(pool).find(asked)
        pool_cidr.network = network
        if pool.source_pool is not None:
            pool_cidr.from_source = IpamPoolAllocation.make(
                pool.source_pool,
                network,
                resource_type="ipam-pool",
                resource_id=pool.id,
                resource_owner=pool.owner_id,
            )

    def _finish_provisioning(self, pool_cidr: IpamPoolCidr) -> None:
        if pool_cidr.failure_reason is not None:
            pool_cidr.state = "failed-provision"
        elif pool_cidr.network is not None and pool_cidr.state == "pending-provision":
            pool_cidr.pool.space.add(pool_cidr.network)
            pool_cidr.state = "provisioned"
            if pool_cidr.pool.auto_import:
                pool_cidr.pool.scope.ipam.monitor.sample_later()

    def _finish_deprovisioning(self, pool_cidr: IpamPoolCidr) -> None:
        network, space = pool_cidr.network, pool_cidr.pool.space
        if network is not None:
            hindrance = self._hindrance(pool_cidr, network)
            if hindrance is not None:
                space.reopen(network)
                pool_cidr.state = "failed-deprovision"
                pool_cidr.failure_reason = {"Message": hindrance}
                return
            space.remove(network)
        pool_cidr.return_to_source()
        pool_cidr.state = "deprovisioned"
        pool_cidr.gone_since = CLOCK.time()

    def _hindrance(self, pool_cidr: IpamPoolCidr, network: Network) -> str | None:
        """Why a CIDR cannot be taken away from its pool, if it cannot."""
        if not pool_cidr.pool.space.is_untouched(network):
            return "The CIDR has one or more allocations."
        if any(byoip.asns for byoip in everywhere("byoip_cidrs") if byoip.ipam_pool_cidr is pool_cidr):
            return "The CIDR is associated with one or more ASNs."
        return None

    def _cidr_of(self, pool: IpamPool, cidr: str | None) -> IpamPoolCidr:
        found = [
            candidate
            for candidate in pool.cidrs.values()
            if candidate.state != "deprovisioned" and cidr in (None, candidate.cidr)
        ]
        if cidr is None and len(found) > 1:
            raise MissingParameterError("cidr")
        if not found:
            raise InvalidParameterValueError(f"The CIDR {cidr} is not provisioned to {pool.id}.")
        return max(found, key=lambda candidate: (candidate.is_held(), candidate.sequence))
