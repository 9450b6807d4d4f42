"""AllocateIpamPoolCidr and its siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.pagination import PageBounds
from simulator.ipam.responses._base_response import IpamBaseResponse

ALLOCATIONS_PAGE = PageBounds(least=1000, most=100_000, usual=1000)
"""The bounds are documented; how many there are without MaxResults is not, so it is what finds who does not page."""


class IpamPoolAllocations(IpamBaseResponse):
    """The operations on allocations."""

    def allocate_ipam_pool_cidr(self) -> ActionResult:
        """AllocateIpamPoolCidr; with PreviewNextCidr only the block that it would be."""
        self.error_on_dryrun()
        if self._get_bool_param("PreviewNextCidr", if_none=False):
            return ActionResult({"IpamPoolAllocation": self._preview()})
        return self._once(self._allocate_ipam_pool_cidr)

    def release_ipam_pool_allocation(self) -> ActionResult:
        """ReleaseIpamPoolAllocation."""
        self.error_on_dryrun()
        self.ec2_backend.release_ipam_pool_allocation(
            self._required("IpamPoolId"),
            cidr=self._required("Cidr"),
            allocation_id=self._required("IpamPoolAllocationId"),
        )
        return ActionResult({"Success": True})

    def get_ipam_pool_allocations(self) -> ActionResult:
        """GetIpamPoolAllocations."""
        self.error_on_dryrun()
        allocations = self.ec2_backend.get_ipam_pool_allocations(
            self._required("IpamPoolId"),
            allocation_id=self._get_param("IpamPoolAllocationId"),
            filters=self._filters_from_querystring(),
        )
        return self._page("IpamPoolAllocations", allocations, bounds=ALLOCATIONS_PAGE)

    def describe_ipam_pool_allocations(self) -> ActionResult:
        """DescribeIpamPoolAllocations."""
        self.error_on_dryrun()
        allocations = self.ec2_backend.describe_ipam_pool_allocations(
            self._get_param("IpamPoolAllocationIds", []), self._filters_from_querystring()
        )
        return self._page("IpamPoolAllocations", allocations, bounds=ALLOCATIONS_PAGE)

    def modify_ipam_pool_allocation(self) -> ActionResult:
        """ModifyIpamPoolAllocation."""
        self.error_on_dryrun()
        allocation = self.ec2_backend.modify_ipam_pool_allocation(
            self._required("IpamPoolAllocationId"), description=self._get_param("Description")
        )
        return ActionResult({"IpamPoolAllocation": allocation})

    def _block_parameters(self) -> dict[str, Any]:
        return {
            "cidr": self._get_param("Cidr"),
            "netmask_length": self._get_int_param("NetmaskLength"),
            "allowed_cidrs": self._get_param("AllowedCidrs", []),
            "disallowed_cidrs": self._get_param("DisallowedCidrs", []),
        }

    def _preview(self) -> dict[str, Any]:
        pool = self.ec2_backend.usable_ipam_pool(self._required("IpamPoolId"))
        network = self.ec2_backend.next_ipam_pool_cidr(pool, **self._block_parameters())
        return {"Cidr": str(network), "ResourceType": "custom", "ResourceOwner": self.current_account}

    def _allocate_ipam_pool_cidr(self) -> dict[str, Any]:
        allocation = self.ec2_backend.allocate_ipam_pool_cidr(
            self._required("IpamPoolId"),
            description=self._get_param("Description"),
            tags=self._tags("ipam-pool-allocation"),
            **self._block_parameters(),
        )
        return {"IpamPoolAllocation": allocation}
