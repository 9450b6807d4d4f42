"""GetIpamDiscoveredAccounts and its siblings: what a resource discovery has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.filters import filtered
from simulator.ipam.models.discovered import DISCOVERED_CIDR_FILTERS, DiscoveredAccount, Sampled
from simulator.ipam.models.public_addresses import PUBLIC_ADDRESS_FILTERS
from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moto.core.responses import ActionResult

    from simulator.ipam.models.discovery import DiscoveredCidr
    from simulator.ipam.models.public_addresses import DiscoveredPublicAddress
    from simulator.ipam.models.resource_discoveries import IpamResourceDiscovery


class IpamDiscovered(IpamBaseResponse):
    """The operations that read what was discovered, in one Region at a time."""

    def get_ipam_discovered_accounts(self) -> ActionResult:
        """GetIpamDiscoveredAccounts: none before the first look, nor in a Region that is not looked into."""
        self.error_on_dryrun()
        discovery, region = self._discovery(), self._required("DiscoveryRegion")
        accounts = [
            DiscoveredAccount(account=account, discovery_region=region, sample_time=discovery.observation.sample_time)
            for account in discovery.observation.accounts
            if region in discovery.regions
        ]
        filters = self._filters_from_querystring()
        return self._page(
            "IpamDiscoveredAccounts",
            filtered(accounts, filters, DiscoveredAccount.filter_names),
            key=lambda account: account.account_id,
        )

    def get_ipam_discovered_resource_cidrs(self) -> ActionResult:
        """GetIpamDiscoveredResourceCidrs."""
        self.error_on_dryrun()
        discovery, region = self._discovery(), self._required("ResourceRegion")
        show = self._show(discovery, DISCOVERED_CIDR_FILTERS)

        def view(cidr: DiscoveredCidr) -> Sampled | None:
            return None if cidr.resource_region != region or cidr.is_history_only() else show(cidr)

        cidrs = discovery.observation.cidrs
        return self._page("IpamDiscoveredResourceCidrs", cidrs, key=lambda cidr: cidr.key, view=view)

    def get_ipam_discovered_public_addresses(self) -> ActionResult:
        """GetIpamDiscoveredPublicAddresses."""
        self.error_on_dryrun()
        discovery, region = self._discovery(), self._required("AddressRegion")
        show = self._show(discovery, PUBLIC_ADDRESS_FILTERS)

        def view(address: DiscoveredPublicAddress) -> Sampled | None:
            return show(address) if address.address_region == region else None

        addresses = discovery.observation.public_addresses
        page = self._page("IpamDiscoveredPublicAddresses", addresses, key=lambda address: address.key, view=view)
        result: dict[str, Any] = page.result
        if result["IpamDiscoveredPublicAddresses"]:
            result["OldestSampleTime"] = discovery.observation.sample_time
        return page

    def _show(
        self, discovery: IpamResourceDiscovery, filter_names: Mapping[str, str]
    ) -> Callable[[Any], Sampled | None]:
        """What to show of something found: nothing unless it matches the request's filters."""
        filters = self._filters_from_querystring()
        filtered([], filters, filter_names)
        sample_time = discovery.observation.sample_time

        def show(found: Any) -> Sampled | None:  # noqa: ANN401 - anything that was found
            if not filtered([found], filters, filter_names):
                return None
            return Sampled(found=found, ipam_resource_discovery_id=discovery.id, sample_time=sample_time)

        return show

    def _discovery(self) -> IpamResourceDiscovery:
        return self.ec2_backend.get_ipam_resource_discovery(self._required("IpamResourceDiscoveryId"))
