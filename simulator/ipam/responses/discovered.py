"""GetIpamDiscoveredAccounts and its siblings: what a resource discovery has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.filters import filtered
from simulator.ipam.models.consistency import InState
from simulator.ipam.models.discovered import DISCOVERED_CIDR_FILTERS, DiscoveredAccount, DiscoveredResourceCidr
from simulator.ipam.models.public_addresses import PUBLIC_ADDRESS_FILTERS
from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
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
        filters = self._filters_from_querystring()
        filtered([], filters, DISCOVERED_CIDR_FILTERS)
        sample_time = discovery.observation.sample_time

        def view(cidr: DiscoveredCidr) -> DiscoveredResourceCidr | None:
            if cidr.resource_region != region or cidr.is_history_only():
                return None
            shown = DiscoveredResourceCidr(discovery_id=discovery.id, cidr=cidr, sample_time=sample_time)
            return next(iter(filtered([shown], filters, DISCOVERED_CIDR_FILTERS)), None)

        cidrs = discovery.observation.cidrs
        return self._page("IpamDiscoveredResourceCidrs", cidrs, key=lambda cidr: cidr.key, view=view)

    def get_ipam_discovered_public_addresses(self) -> ActionResult:
        """GetIpamDiscoveredPublicAddresses."""
        self.error_on_dryrun()
        discovery, region = self._discovery(), self._required("AddressRegion")
        filters = self._filters_from_querystring()
        filtered([], filters, PUBLIC_ADDRESS_FILTERS)
        sample_time = discovery.observation.sample_time

        def view(address: DiscoveredPublicAddress) -> InState | None:
            if address.address_region != region or not filtered([address], filters, PUBLIC_ADDRESS_FILTERS):
                return None
            return InState(address, "", ipam_resource_discovery_id=discovery.id, sample_time=sample_time)

        addresses = discovery.observation.public_addresses
        page = self._page("IpamDiscoveredPublicAddresses", addresses, key=lambda address: address.key, view=view)
        result: dict[str, Any] = page.result
        if result["IpamDiscoveredPublicAddresses"]:
            result["OldestSampleTime"] = sample_time
        return page

    def _discovery(self) -> IpamResourceDiscovery:
        return self.ec2_backend.get_ipam_resource_discovery(self._required("IpamResourceDiscoveryId"))
