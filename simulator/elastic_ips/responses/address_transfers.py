"""EnableAddressTransfer and its siblings."""

from __future__ import annotations

from moto.core.responses import ActionResult

from simulator.ipam.responses._base_response import IpamBaseResponse


class AddressTransfers(IpamBaseResponse):
    """The operations on transfers."""

    def enable_address_transfer(self) -> ActionResult:
        """EnableAddressTransfer."""
        self.error_on_dryrun()
        transfer = self.ec2_backend.enable_address_transfer(
            self._required("AllocationId"), transfer_account_id=self._required("TransferAccountId")
        )
        return ActionResult({"AddressTransfer": transfer})

    def disable_address_transfer(self) -> ActionResult:
        """DisableAddressTransfer; the answer tells no more than that it is disabled."""
        self.error_on_dryrun()
        transfer = self.ec2_backend.disable_address_transfer(self._required("AllocationId"))
        return ActionResult(
            {
                "AddressTransfer": {
                    "PublicIp": transfer.public_ip,
                    "AllocationId": transfer.allocation_id,
                    "AddressTransferStatus": transfer.address_transfer_status,
                }
            }
        )

    def accept_address_transfer(self) -> ActionResult:
        """AcceptAddressTransfer, called by the other account."""
        tags = self._tags("elastic-ip")
        self.error_on_dryrun()
        transfer = self.ec2_backend.accept_address_transfer(self._required("Address"), tags)
        return ActionResult({"AddressTransfer": transfer})

    def describe_address_transfers(self) -> ActionResult:
        """DescribeAddressTransfers."""
        self.error_on_dryrun()
        transfers = self.ec2_backend.describe_address_transfers(self._get_param("AllocationIds", []))
        return self._page("AddressTransfers", transfers, key=lambda transfer: transfer.allocation_id)
