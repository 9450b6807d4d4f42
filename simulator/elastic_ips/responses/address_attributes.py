"""ModifyAddressAttribute and its siblings: PTR records."""

from __future__ import annotations

from moto.core.responses import ActionResult

from simulator.ipam.pagination import PageBounds
from simulator.ipam.responses._base_response import IpamBaseResponse

ATTRIBUTES_PAGE = PageBounds(least=1, most=1000)


class AddressAttributes(IpamBaseResponse):
    """The operations on PTR records."""

    def describe_addresses_attribute(self) -> ActionResult:
        """DescribeAddressesAttribute."""
        self.error_on_dryrun()
        self._one_of("Attribute", "domain-name")
        addresses = self.ec2_backend.describe_addresses_attribute(self._get_param("AllocationIds", []))
        return self._page("Addresses", addresses, bounds=ATTRIBUTES_PAGE, key=lambda address: address.id)

    def modify_address_attribute(self) -> ActionResult:
        """ModifyAddressAttribute."""
        self.error_on_dryrun()
        address = self.ec2_backend.modify_address_attribute(
            self._required("AllocationId"), domain_name=self._required("DomainName")
        )
        return ActionResult({"Address": address})

    def reset_address_attribute(self) -> ActionResult:
        """ResetAddressAttribute."""
        self.error_on_dryrun()
        self._required("Attribute")
        self._one_of("Attribute", "domain-name")
        address = self.ec2_backend.reset_address_attribute(self._required("AllocationId"))
        return ActionResult({"Address": address})
