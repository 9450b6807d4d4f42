"""What a pool demands of the blocks that resources get from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.ipam.cidrs import check_netmask_length
from simulator.ipam.exceptions import AllocationTooBigError, InvalidParameterValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.ipam.space import Network


@dataclass(frozen=True, kw_only=True)
class AllocationRules:
    """What a pool demands of its allocations; a child pool does not inherit it."""

    min_netmask_length: int | None = None
    max_netmask_length: int | None = None
    default_netmask_length: int | None = None
    resource_tags: Mapping[str, str] = field(default_factory=dict)

    def check(self, *, address_family: str) -> None:
        """InvalidParameterValue unless min <= default <= max, each a length of the family."""
        lengths = [
            check_netmask_length(length, address_family=address_family)
            for length in (self.min_netmask_length, self.default_netmask_length, self.max_netmask_length)
            if length is not None
        ]
        if lengths != sorted(lengths):
            raise InvalidParameterValueError(
                "The allocation netmask lengths must satisfy minimum <= default <= maximum."
            )

    def admit_length(self, prefixlen: int) -> None:
        """InvalidParameterValue if an allocation of this length is too big or too small for the pool."""
        if self.min_netmask_length is not None and prefixlen < self.min_netmask_length:
            raise AllocationTooBigError
        if self.max_netmask_length is not None and prefixlen > self.max_netmask_length:
            raise InvalidParameterValueError("The allocation size is too small for the pool.")

    def admit_tags(self, tags: Mapping[str, str]) -> None:
        """InvalidParameterValue if the resource lacks a tag that the pool requires."""
        if self._missing(tags):
            raise InvalidParameterValueError(
                "The resource is missing one or more of the resource tags required by the IPAM pool."
            )

    def are_met_by(self, network: Network, tags: Mapping[str, str]) -> bool:
        """Whether a resource with this CIDR and these tags complies."""
        shortest = self.min_netmask_length or 0
        longest = network.max_prefixlen if self.max_netmask_length is None else self.max_netmask_length
        return shortest <= network.prefixlen <= longest and not self._missing(tags)

    def _missing(self, tags: Mapping[str, str]) -> bool:
        return any(tags.get(key) != value for key, value in self.resource_tags.items())
