"""What was for EC2-Classic, which AWS has retired."""

from __future__ import annotations

from typing import NoReturn

from simulator.elastic_ips.exceptions import UnsupportedOperationError
from simulator.ipam.responses._base_response import IpamBaseResponse


class ClassicAddresses(IpamBaseResponse):
    """The deprecated operations."""

    def move_address_to_vpc(self) -> NoReturn:
        """MoveAddressToVpc."""
        self._refuse()

    def restore_address_to_classic(self) -> NoReturn:
        """RestoreAddressToClassic."""
        self._refuse()

    def describe_moving_addresses(self) -> NoReturn:
        """DescribeMovingAddresses."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UnsupportedOperationError(f"The operation {self._get_action()} is not supported: EC2-Classic is retired.")
