"""PTR records of Elastic IPs. EC2 user guide, "Create a reverse DNS record for email on Amazon EC2"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.clock import CLOCK
from simulator.elastic_ips.models.core import ElasticIpBackendParts
from simulator.elastic_ips.settings import SETTINGS
from simulator.ipam.exceptions import InvalidParameterValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.elastic_ips.models.addresses import ElasticIp

_DOMAIN_NAME = re.compile(r"(?=.{1,253}\.?$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{2,63}\.?")


class ReverseDns:
    """The PTR record of one address, and the change of it that is under way.

    AWS demands an A record that leads back to the address, which is not simulated: every change succeeds.
    """

    def __init__(self) -> None:
        self.record: str | None = None
        self.update: dict[str, str] | None = None
        self._lingers_until = 0.0

    def change(self, domain_name: str | None, *, label: str) -> None:
        """Begin to set the record, or to remove it for None; the last change wins."""
        record = None if domain_name is None else f"{domain_name.rstrip('.')}."
        self.update = update = {"Status": "PENDING", **({"Value": record} if record else {})}

        def finish() -> None:
            if self.update is update:
                if self.record is not None and record is None:
                    self._lingers_until = CLOCK.time() + SETTINGS.ptr_lingers
                self.record, self.update = record, None

        CLOCK.after(SETTINGS.ptr_update, finish, label=f"{label} PTR record")

    def is_described(self) -> bool:
        """Whether DescribeAddressesAttribute has anything to show."""
        return self.record is not None or self.update is not None

    def forbids_release(self) -> bool:
        """Whether ReleaseAddress still sees a record: it does for minutes after the record is gone."""
        return self.is_described() or CLOCK.time() < self._lingers_until


class ReverseDnsBackend(ElasticIpBackendParts):
    """ModifyAddressAttribute and its siblings."""

    def modify_address_attribute(self, allocation_id: str, *, domain_name: str) -> ElasticIp:
        """Begin to set the PTR record."""
        address = self.get_elastic_ip(allocation_id)
        if not _DOMAIN_NAME.fullmatch(domain_name):
            raise InvalidParameterValueError(f"Value ({domain_name}) for parameter domainName is invalid.")
        address.reverse_dns.change(domain_name, label=address.public_ip)
        return address

    def reset_address_attribute(self, allocation_id: str) -> ElasticIp:
        """Begin to remove the PTR record, if there is one."""
        address = self.get_elastic_ip(allocation_id)
        if address.reverse_dns.is_described():
            address.reverse_dns.change(None, label=address.public_ip)
        return address

    def describe_addresses_attribute(self, allocation_ids: Sequence[str] | None = None) -> list[ElasticIp]:
        """The addresses, or those of the given ids, that have a PTR record or are about to, in order of id.

        One without is left out even if it is named (Terraform's `aws_eip_domain_name` waits for that).
        """
        chosen = [self.get_elastic_ip(allocation_id) for allocation_id in allocation_ids or ()] or self.addresses
        described = (address for address in chosen if address.reverse_dns.is_described())
        return sorted(described, key=lambda address: address.id)
