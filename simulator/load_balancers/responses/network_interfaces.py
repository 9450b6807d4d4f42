"""DescribeNetworkInterfaces in pages, because load balancers make interfaces many."""

from __future__ import annotations

from moto.core.responses import ActionResult

from simulator.ipam.responses._base_response import IpamBaseResponse


class PagedNetworkInterfaces(IpamBaseResponse):
    """Comes before moto's ElasticNetworkInterfaces in EC2Response's bases."""

    def describe_network_interfaces(self) -> ActionResult:
        """DescribeNetworkInterfaces: pages of 5 to 1000, or everything if nobody asks for pages."""
        self.error_on_dryrun()
        found = self.ec2_backend.get_all_network_interfaces(
            self._get_param("NetworkInterfaceIds", []), self._filters_from_querystring()
        )
        if self._get_param("MaxResults") is None and self._get_param("NextToken") is None:
            return ActionResult({"NetworkInterfaces": found})
        return self._page("NetworkInterfaces", found)
