"""What answers show of the accounts and of everything else that a resource discovery has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from simulator.ipam.models.coverage import CoveredAccount

DISCOVERED_CIDR_FILTERS = {
    "resource-region": "resource_region",
    "resource-owner-id": "resource_owner_id",
    "resource-id": "resource_id",
    "resource-name": "resource_name",
    "resource-cidr": "resource_cidr",
    "resource-type": "resource_type",
    "ip-source": "ip_source",
    "vpc-id": "vpc_id",
    "subnet-id": "subnet_id",
    "availability-zone-id": "availability_zone_id",
}
"""The API reference names none: they are named after the members of the answer, as other filters of EC2's are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscoveredAccount:
    """An account in a Region."""

    filter_names: ClassVar[Mapping[str, str]] = {
        "account-id": "account_id",
        "discovery-region": "discovery_region",
        "organizational-unit-id": "organizational_unit_id",
    }
    tag_map: ClassVar[Mapping[str, str]] = {}
    failure_reason: ClassVar[None] = None

    account: CoveredAccount
    discovery_region: str
    sample_time: datetime | None

    @property
    def account_id(self) -> str:
        """The id of the account."""
        return self.account.account_id

    @property
    def organizational_unit_id(self) -> str | None:
        """The unit that it is in, if it is in one."""
        return self.account.organizational_unit_id

    @property
    def last_attempted_discovery_time(self) -> datetime | None:
        """When it was last looked into."""
        return self.sample_time

    @property
    def last_successful_discovery_time(self) -> datetime | None:
        """The same: nothing keeps this IPAM from looking."""
        return self.sample_time


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled:
    """Something that was found, with the resource discovery that found it and the time of the sample."""

    found: Any
    ipam_resource_discovery_id: str
    sample_time: datetime | None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever was found
        return getattr(self.found, name)
