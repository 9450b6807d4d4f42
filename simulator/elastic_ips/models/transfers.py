"""Giving Elastic IPs to other accounts. EC2 user guide, "Transfer an Elastic IP address between AWS accounts"."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moto.ec2.exceptions import InvalidAddressError

from simulator.clock import CLOCK
from simulator.elastic_ips.exceptions import InvalidTransferError, ServiceOwnedError
from simulator.elastic_ips.models.address_pools import Origin
from simulator.elastic_ips.models.core import ElasticIpBackendParts
from simulator.elastic_ips.settings import SETTINGS
from simulator.ipam.exceptions import IncorrectStateError, InvalidParameterValueError, OperationNotPermittedError
from simulator.ipam.models.core import all_backends

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.elastic_ips.models.addresses import ElasticIp

_ACCOUNT_ID = re.compile(r"\d{12}")


class AddressTransfer:
    """The offer of an address to another account, and what became of it."""

    def __init__(self, address: ElasticIp, *, transfer_account_id: str) -> None:
        self.public_ip = address.public_ip
        self.allocation_id = address.id
        self.transfer_account_id = transfer_account_id
        self.address_transfer_status = "pending"
        self.settled_at: float | None = None
        self._expires_at = CLOCK.time() + SETTINGS.transfer_offer

    @property
    def transfer_offer_expiration_timestamp(self) -> datetime:
        """When the offer ends."""
        return datetime.fromtimestamp(self._expires_at, UTC)

    @property
    def transfer_offer_accepted_timestamp(self) -> datetime | None:
        """When it was accepted."""
        if self.address_transfer_status != "accepted" or self.settled_at is None:
            return None
        return datetime.fromtimestamp(self.settled_at, UTC)

    def settle(self, status: str) -> None:
        """The offer is `accepted` or `disabled`."""
        self.address_transfer_status = status
        self.settled_at = CLOCK.time()

    def is_pending(self) -> bool:
        """Whether the other account can accept."""
        return self.settled_at is None and CLOCK.time() < self._expires_at

    def is_listed(self) -> bool:
        """Whether the account that made the offer sees it.

        Accepted ones are listed for 14 days; how long disabled ones are is not documented, here as long.
        """
        if self.settled_at is None:
            return self.is_pending()
        return CLOCK.time() < self.settled_at + SETTINGS.settled_transfers_stay_listed


class AddressTransfersBackend(ElasticIpBackendParts):
    """The offers that this account has made in this Region."""

    def __init__(self) -> None:
        self.address_transfers: dict[str, AddressTransfer] = {}

    def enable_address_transfer(self, allocation_id: str, *, transfer_account_id: str) -> AddressTransfer:
        """Offer an address of Amazon's pool to another account; it may be associated and have a PTR record."""
        address = self.get_elastic_ip(allocation_id)
        if not _ACCOUNT_ID.fullmatch(transfer_account_id) or transfer_account_id == self.account_id:
            raise InvalidParameterValueError(
                f"Value ({transfer_account_id}) for parameter transferAccountId is invalid."
            )
        if address.service_managed is not None:
            raise ServiceOwnedError
        if address.pool.origin is not Origin.AMAZON:
            raise OperationNotPermittedError(
                f"The address {address.public_ip} cannot be transferred, because it was allocated from "
                f"{address.public_ipv4_pool}."
            )
        if allocation_id in self.address_transfers and self.address_transfers[allocation_id].is_pending():
            raise IncorrectStateError(allocation_id, "pending transfer")
        transfer = AddressTransfer(address, transfer_account_id=transfer_account_id)
        self.address_transfers[allocation_id] = transfer
        return transfer

    def disable_address_transfer(self, allocation_id: str) -> AddressTransfer:
        """Take an offer back."""
        self.get_elastic_ip(allocation_id)
        transfer = self.address_transfers.get(allocation_id)
        if transfer is None or not transfer.is_pending():
            raise IncorrectStateError(allocation_id, "no pending transfer")
        transfer.settle("disabled")
        return transfer

    def accept_address_transfer(self, public_ip: str, tags: Mapping[str, str]) -> AddressTransfer:
        """Take an address that another account offers: it keeps its allocation id and loses its tags."""
        for source in all_backends(self.region_name):
            for transfer in source.address_transfers.values():
                offered_to = transfer.transfer_account_id if transfer.is_pending() else None
                if (transfer.public_ip, offered_to) == (public_ip, self.account_id):
                    self._take_over(source.get_elastic_ip(transfer.allocation_id), tags)
                    transfer.settle("accepted")
                    return transfer
        raise InvalidAddressError(public_ip)

    def describe_address_transfers(self, allocation_ids: Sequence[str] = ()) -> list[AddressTransfer]:
        """The offers that are pending or were settled lately, or those of the given addresses."""
        listed = [transfer for transfer in self.address_transfers.values() if transfer.is_listed()]
        chosen = [transfer for transfer in listed if not allocation_ids or transfer.allocation_id in allocation_ids]
        for allocation_id in allocation_ids:
            if allocation_id not in [transfer.allocation_id for transfer in chosen]:
                self.get_elastic_ip(allocation_id)
        return sorted(chosen, key=lambda transfer: transfer.allocation_id)

    def _take_over(self, address: ElasticIp, tags: Mapping[str, str]) -> None:
        self.must_be_within_address_quota()
        if address.reverse_dns.is_described():
            raise InvalidTransferError("AddressCustomPtrSet", f"The address {address.public_ip} has a PTR record set.")
        if address.is_associated():
            raise InvalidTransferError("AddressAssociated", f"The address {address.public_ip} is associated.")
        address.ec2_backend.addresses.remove(address)
        address.ec2_backend.tags.pop(address.id, None)
        self.add_elastic_ip(address, tags)
