"""What a resource discovery has seen: samples of all that it covers, taken some time after something changed.

AWS samples all the time, and what it shows is minutes old, at times 20 and more. Here a change of the resources sets
one timer for the next sample, so that an account in which nothing happens has nothing pending; in between, a sample
is as good as the later ones that would have shown the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simulator.clock import CLOCK
from simulator.ipam.models.core import account_backends, everywhere
from simulator.ipam.models.coverage import covered_accounts, covers
from simulator.ipam.models.discovery import DiscoveredCidr, discover
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from simulator.ipam.models.coverage import CoveredAccount
    from simulator.ipam.models.public_addresses import DiscoveredPublicAddress
    from simulator.ipam.models.resource_discoveries import IpamResourceDiscovery


class Observation:
    """The last sample of a resource discovery."""

    def __init__(self, discovery: IpamResourceDiscovery) -> None:
        self._discovery = discovery
        self.accounts: list[CoveredAccount] = []
        self.cidrs: list[DiscoveredCidr] = []
        self.public_addresses: list[DiscoveredPublicAddress] = []
        self._taken_at: float | None = None
        self._outdated_since: float | None = None

    @property
    def sample_time(self) -> datetime | None:
        """When the sample was taken that showed this last; None before the first."""
        if self._taken_at is None:
            return None
        period = settings().discovery
        holds_until = CLOCK.time() if self._outdated_since is None else self._outdated_since
        later = (holds_until - self._taken_at) // period * period if period else 0
        return datetime.fromtimestamp(self._taken_at + later, UTC)

    def take_later(self) -> None:
        """Take a sample when the discovery comes round to it, however much changes until then."""
        if self._outdated_since is None:
            self._outdated_since = CLOCK.time()
            CLOCK.after(settings().discovery, self.take, label=f"{self._discovery.id} discovers resources")

    def take(self) -> None:
        """Look at everything in all accounts and Regions, and tell the IPAMs that look through this discovery.

        A Region in which an account never did anything is not looked into: that would create its default VPC.
        """
        self._outdated_since = None
        self._taken_at = CLOCK.time()
        self.accounts = covered_accounts(self._discovery.owner_id, self._discovery.exclusions)
        regions = self._discovery.regions
        backends = [
            backend
            for account in self.accounts
            for backend in account_backends(account.account_id)
            if backend.region_name in regions
        ]
        found = (cidr for backend in backends for cidr in discover(backend))
        self.cidrs = sorted(found, key=lambda cidr: cidr.key)
        addresses = (address for backend in backends for address in backend.discover_public_addresses())
        self.public_addresses = sorted(addresses, key=lambda address: address.key)
        self.tell_observers()

    def tell_observers(self) -> None:
        """Let each IPAM that is associated with the discovery make of it what it can."""
        for association in everywhere("ipam_resource_discovery_associations", region=self._discovery.ipam_region):
            if association.discovery is self._discovery:
                association.ipam.monitor.look()

    def covers(self, account: str, region: str) -> bool:
        """Whether a sample that was taken now would show that account and Region."""
        discovery = self._discovery
        return region in discovery.regions and covers(discovery.owner_id, discovery.exclusions, account)
