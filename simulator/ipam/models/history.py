"""Who had which address when, as far as samples can tell. IPAM user guide, "View IP address history"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from simulator.clock import CLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from simulator.ipam.models.discovery import DiscoveredCidr
    from simulator.ipam.models.monitoring import Monitor

KEPT_FOR = timedelta(days=3 * 365)


@dataclass(kw_only=True)
class HistoryRecord:
    """One resource having one CIDR in one scope, from the sample that first showed it to the one that no longer did."""

    scope_id: str
    resource: DiscoveredCidr
    sampled_start_time: datetime
    sampled_end_time: datetime | None = None
    resource_compliance_status: str | None = None
    resource_overlap_status: str | None = None

    @property
    def resource_owner_id(self) -> str:
        """The account that owns the resource."""
        return self.resource.resource_owner_id

    @property
    def resource_region(self) -> str:
        """Where the resource is."""
        return self.resource.resource_region

    @property
    def resource_type(self) -> str:
        """`vpc`, `subnet`, `eip`, `network-interface` or `instance`."""
        return self.resource.resource_type

    @property
    def resource_id(self) -> str | None:
        """The id of the resource."""
        return self.resource.resource_id

    @property
    def resource_cidr(self) -> str:
        """The CIDR."""
        return str(self.resource.network)

    @property
    def resource_name(self) -> str | None:
        """The resource's Name tag."""
        return self.resource.resource_name

    @property
    def vpc_id(self) -> str | None:
        """The VPC that the resource is in, or is."""
        return self.resource.vpc_id


class History:
    """The records of one IPAM, by CIDR."""

    def __init__(self) -> None:
        self._by_cidr: dict[str, list[HistoryRecord]] = {}
        self._open: dict[tuple[str, tuple[str, str, str, str]], HistoryRecord] = {}

    def update(self, monitor: Monitor, sample: Iterable[DiscoveredCidr]) -> None:
        """Begin records for what is new, end those of what is gone, and forget what is three years past."""
        now = CLOCK.now()
        seen = set()
        for cidr in sample:
            identity = monitor.scope_of(cidr), cidr.key
            seen.add(identity)
            record = self._open.get(identity)
            if record is None:
                record = HistoryRecord(scope_id=identity[0], resource=cidr, sampled_start_time=now)
                self._open[identity] = record
                self._by_cidr.setdefault(record.resource_cidr, []).append(record)
            record.resource = cidr
            record.resource_compliance_status = monitor.compliance_status(cidr)
            record.resource_overlap_status = monitor.overlap_status(cidr)
        for identity in self._open.keys() - seen:
            self._open.pop(identity).sampled_end_time = now
        self._forget(before=now - KEPT_FOR)

    def records(
        self, *, scope_id: str, cidr: str, vpc_id: str | None, start: datetime, end: datetime
    ) -> list[HistoryRecord]:
        """The records of exactly this CIDR whose time touches that from `start` to `end`, oldest first."""
        return [
            record
            for record in self._by_cidr.get(cidr, [])
            if record.scope_id == scope_id
            and vpc_id in (None, record.vpc_id)
            and record.sampled_start_time <= end
            and (record.sampled_end_time is None or record.sampled_end_time >= start)
        ]

    def _forget(self, *, before: datetime) -> None:
        for cidr, records in list(self._by_cidr.items()):
            kept = [record for record in records if record.sampled_end_time is None or record.sampled_end_time > before]
            if kept:
                self._by_cidr[cidr] = kept
            else:
                del self._by_cidr[cidr]
