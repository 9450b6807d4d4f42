"""What an IPAM makes of the resources that the resource discoveries associated with it show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.models.history import History
from simulator.ipam.models.importing import import_resources
from simulator.ipam.models.overlaps import overlapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.ipam.models.allocations import IpamPoolAllocation
    from simulator.ipam.models.discovery import DiscoveredCidr
    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.resource_discoveries import IpamResourceDiscovery
    from simulator.ipam.models.scopes import IpamScope

Key = tuple[str, str, str, str]

MANAGEABLE = frozenset({"vpc", "public-ipv4-pool"})


class Monitor:
    """The resources in one IPAM's operating Regions, as last seen, and what was decided about them."""

    def __init__(self, ipam: Ipam) -> None:
        self.ipam = ipam
        self.found: list[DiscoveredCidr] = []
        self.ignored: set[Key] = set()
        self.history = History()
        self._moved_to: dict[Key, str] = {}
        self._overlapping: set[Key] = set()

    def sample_later(self) -> None:
        """Have the resources looked at again when their discoveries come round to it."""
        for discovery in self._discoveries():
            discovery.observation.take_later()

    def look(self) -> None:
        """Take what the discoveries show; import what pools import; remember who has which address."""
        shown = {
            cidr.key: cidr
            for discovery in self._discoveries()
            for cidr in discovery.observation.cidrs
            if cidr.resource_region in self.ipam.regions
        }
        everything = [shown[key] for key in sorted(shown)]
        self.found = [cidr for cidr in everything if not cidr.is_history_only()]
        import_resources(self)
        self._overlapping = {
            key for scope in self.ipam.scopes.values() for key in overlapping(scope, self._vpc_cidrs_in(scope))
        }
        self.history.update(self, everything)

    def allocation_of(self, cidr: DiscoveredCidr) -> IpamPoolAllocation | None:
        """The allocation that a resource has for this CIDR."""
        if cidr.resource_id is None:
            return None
        allocations = self.ipam.allocations_of(cidr.resource_id)
        return next((allocation for allocation in allocations if allocation.network == cidr.network), None)

    def scope_of(self, cidr: DiscoveredCidr) -> str:
        """The id of the scope that a CIDR is in.

        That of the pool it comes from; else the one it was moved to; else the default scope of its kind. A moved
        CIDR that is still allocated moves when the allocation is gone (user guide, "Move VPC CIDRs between scopes").
        """
        allocation = self.allocation_of(cidr)
        if allocation is not None:
            return allocation.pool.scope.id
        if cidr.is_public():
            return self.ipam.public_default_scope_id
        return self._moved_to.get(self._key_for_moves(cidr), self.ipam.private_default_scope_id)

    def move(self, cidr: DiscoveredCidr, scope: IpamScope) -> None:
        """Put a VPC CIDR, and with it its subnets, into another scope."""
        self._moved_to[cidr.key] = scope.id

    def management_state(self, cidr: DiscoveredCidr) -> str | None:
        """`managed`, `unmanaged`, `ignored`; None for a kind of resource that cannot be managed."""
        if cidr.key in self.ignored:
            return "ignored"
        if self.allocation_of(cidr) is not None:
            return "managed"
        return "unmanaged" if cidr.resource_type in MANAGEABLE else None

    def compliance_status(self, cidr: DiscoveredCidr) -> str | None:
        """`compliant` or `noncompliant` with the rules of the pool, else as the management state."""
        state = self.management_state(cidr)
        allocation = self.allocation_of(cidr)
        if state != "managed" or allocation is None:
            return state
        pool = allocation.pool
        right_place = pool.serves(cidr.resource_region)
        return "compliant" if right_place and pool.rules.are_met_by(cidr.network, cidr.tags) else "noncompliant"

    def overlap_status(self, cidr: DiscoveredCidr) -> str | None:
        """`overlapping` or `nonoverlapping` with anything else in its scope; `ignored`; None as above."""
        state = self.management_state(cidr)
        if state in (None, "ignored"):
            return state
        return "overlapping" if cidr.key in self._overlapping else "nonoverlapping"

    def find(self, scope: IpamScope, *, resource_id: str, cidr: str, region: str) -> DiscoveredCidr | None:
        """The CIDR of that resource in that scope, if the last sample has it."""
        for found in self.found:
            named = (found.resource_id, str(found.network), found.resource_region)
            if named == (resource_id, cidr, region) and self.scope_of(found) == scope.id:
                return found
        return None

    def _discoveries(self) -> Iterator[IpamResourceDiscovery]:
        return self.ipam.ec2_backend.discoveries_of_ipam(self.ipam)

    def _vpc_cidrs_in(self, scope: IpamScope) -> list[DiscoveredCidr]:
        return [
            cidr
            for cidr in self.found
            if cidr.resource_type == "vpc" and cidr.key not in self.ignored and self.scope_of(cidr) == scope.id
        ]

    def _key_for_moves(self, cidr: DiscoveredCidr) -> Key:
        if cidr.resource_type != "subnet" or cidr.vpc_id is None:
            return cidr.key
        for key in self._moved_to:
            region, vpc_id, network, _ = key
            if (region, vpc_id) == (cidr.resource_region, cidr.vpc_id) and _covers(network, cidr):
                return key
        return cidr.key


def _covers(network: str, cidr: DiscoveredCidr) -> bool:
    outer = type(cidr.network)(network) if (":" in network) == (cidr.address_family == "ipv6") else None
    return outer is not None and outer.overlaps(cidr.network)
