"""Finding network interfaces by the public addresses on them and by who has them attached."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from simulator.elastic_ips.models.core import ElasticIpBackendParts
from simulator.ipam.filters import filtered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILTERS = {
    "addresses.association.public-ip": "public_ips",
    "association.allocation-id": "allocation_id",
    "association.association-id": "association_id",
    "association.ip-owner-id": "ip_owner_id",
    "association.public-ip": "public_ip",
    "attachment.instance-owner-id": "attached_by",
}
"""The filters that moto lacks, or answers wrongly for interfaces of services, with what they look at."""

_sequence = count(1)


class FoundNetworkInterfacesBackend(ElasticIpBackendParts):
    """Comes before moto's NetworkInterfaceBackend in EC2Backend's bases."""

    def get_all_network_interfaces(
        self, eni_ids: Sequence[str] | None = None, filters: Mapping[str, Sequence[str]] | None = None
    ) -> list[Any]:
        """The interfaces, or those of the given ids, that match the filters, oldest first."""
        for interface in self.enis.values():
            if not hasattr(interface, "sequence"):  # pages go by it, and moto makes interfaces in many places
                interface.sequence = next(_sequence)
        wanted = filters or {}
        rest = {name: values for name, values in wanted.items() if name not in FILTERS}
        found = super().get_all_network_interfaces(eni_ids, rest)  # type: ignore[misc] # moto's
        own = {name: values for name, values in wanted.items() if name in FILTERS}
        if not own:
            return list(found)
        return [seen.interface for seen in filtered((_Seen(each) for each in found), own, FILTERS)]


@dataclass(frozen=True)
class _Seen:
    """An interface as the filters look at it."""

    interface: Any
    tag_map: Mapping[str, str] = field(default_factory=dict)

    @property
    def public_ip(self) -> str | None:
        return self.interface.public_ip

    @property
    def public_ips(self) -> list[str]:
        entries = self.interface.private_ip_addresses
        elastic = [entry["Association"]["PublicIp"] for entry in entries if "Association" in entry]
        return list({*elastic, *([self.public_ip] if self.public_ip else ())})

    @property
    def allocation_id(self) -> str | None:
        return self._association.get("AllocationId")

    @property
    def association_id(self) -> str | None:
        return self._association.get("AssociationId")

    @property
    def ip_owner_id(self) -> str | None:
        amazons = "amazon" if self.public_ip else None
        return self._association.get("IpOwnerId", amazons)

    @property
    def attached_by(self) -> str | None:
        attachment = self.interface.attachment
        return (
            attachment["InstanceOwnerId"]
            if isinstance(attachment, dict)
            else getattr(attachment, "instance_owner_id", None)
        )

    @property
    def _association(self) -> Mapping[str, str]:
        """Of the Elastic IP on the primary private address."""
        for entry in self.interface.private_ip_addresses:
            if entry.get("PrivateIpAddress") == self.interface.private_ip_address:
                return entry.get("Association", {})
        return {}
