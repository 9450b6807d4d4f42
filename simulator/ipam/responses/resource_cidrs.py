"""GetIpamResourceCidrs, ModifyIpamResourceCidr and GetIpamAddressHistory."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from simulator.clock import CLOCK
from simulator.ipam.exceptions import InvalidParameterValueError
from simulator.ipam.filters import filtered
from simulator.ipam.models.resource_cidrs import RESOURCE_CIDR_FILTERS, resource_cidr
from simulator.ipam.pagination import PageBounds
from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.ipam.models.discovery import DiscoveredCidr
    from simulator.ipam.models.resource_cidrs import IpamResourceCidr
    from simulator.ipam.models.scopes import IpamScope

HISTORY_PAGE = PageBounds(least=1, most=1000, usual=100)


class IpamResourceCidrs(IpamBaseResponse):
    """The operations on what IPAM monitors."""

    def get_ipam_resource_cidrs(self) -> ActionResult:
        """GetIpamResourceCidrs."""
        self.error_on_dryrun()
        scope = self.ec2_backend.get_ipam_scope(self._required("IpamScopeId"))
        return self._page(
            "IpamResourceCidrs",
            scope.ipam.monitor.found,
            key=lambda cidr: cidr.key,
            view=self._view(scope),
        )

    def modify_ipam_resource_cidr(self) -> ActionResult:
        """ModifyIpamResourceCidr."""
        self.error_on_dryrun()
        self._required("Monitored")
        cidr = self.ec2_backend.modify_ipam_resource_cidr(
            resource_id=self._required("ResourceId"),
            cidr=self._required("ResourceCidr"),
            region=self._required("ResourceRegion"),
            scope_id=self._required("CurrentIpamScopeId"),
            destination_scope_id=self._get_param("DestinationIpamScopeId"),
            monitored=self._get_bool_param("Monitored"),
        )
        return ActionResult({"IpamResourceCidr": cidr})

    def get_ipam_address_history(self) -> ActionResult:
        """GetIpamAddressHistory: without times, what is so now."""
        self.error_on_dryrun()
        try:
            cidr = str(ip_network(self._required("Cidr")))
        except ValueError:
            raise InvalidParameterValueError(f"The CIDR '{self._get_param('Cidr')}' is invalid.") from None
        end = self._time("EndTime") or CLOCK.now()
        records = self.ec2_backend.get_ipam_address_history(
            self._required("IpamScopeId"),
            cidr=cidr,
            vpc_id=self._get_param("VpcId"),
            start=self._time("StartTime") or end,
            end=end,
        )

        def key(record: Any) -> tuple[str, str, str]:  # noqa: ANN401 - a HistoryRecord
            return record.sampled_start_time.isoformat(), record.resource_type, record.resource_id or ""

        return self._page("HistoryRecords", sorted(records, key=key), key=key, bounds=HISTORY_PAGE)

    def _time(self, name: str) -> datetime | None:
        """A time; moto reads it without its zone, which is UTC."""
        value: datetime | None = self._get_param(name)
        return value.replace(tzinfo=UTC) if value is not None else None

    def _view(self, scope: IpamScope) -> Callable[[DiscoveredCidr], IpamResourceCidr | None]:
        """What to show of a discovered CIDR: nothing unless it is in the scope and everything asked for matches."""
        filters = {name: list(values) for name, values in self._filters_from_querystring().items()}
        for parameter, name in (
            ("IpamPoolId", "ipam-pool-id"),
            ("ResourceId", "resource-id"),
            ("ResourceType", "resource-type"),
            ("ResourceOwner", "resource-owner-id"),
        ):
            if self._get_param(parameter) is not None:
                filters[name] = [self._get_param(parameter)]
        if self._get_param("ResourceTag") is not None:
            filters[f"tag:{self._required('ResourceTag.Key')}"] = [self._get_param("ResourceTag.Value", "")]
        filtered([], filters, RESOURCE_CIDR_FILTERS)

        def view(cidr: DiscoveredCidr) -> IpamResourceCidr | None:
            if scope.ipam.monitor.scope_of(cidr) != scope.id:
                return None
            shown = resource_cidr(scope.ipam.monitor, cidr)
            return next(iter(filtered([shown], filters, RESOURCE_CIDR_FILTERS)), None)

        return view
