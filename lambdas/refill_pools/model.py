"""IPAM pools as plain values: what a plan looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from lambdas.refill_pools.space import BITS, total, without

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.refill_pools.space import Range

USABLE_STATES = frozenset({"create-complete", "modify-complete"})
PENDING_STATES = frozenset({"pending-provision", "pending-import"})
FAILED_STATES = frozenset({"failed-provision", "failed-import"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """An IPAM pool as DescribeIpamPools tells it.

    `region` is the IPAM's home Region, where pools are changed; `locale` the Region where its allocations are
    asked for, the home Region for a pool without one. `planned_for` is the resource (a VPC) whose addresses
    the pool plans, for a resource-planning pool. Netmask lengths are None where the pool has no such rule.
    """

    id: str
    account: str
    region: str
    locale: str
    scope_id: str
    scope_type: Literal["private", "public"]
    family: Literal["ipv4", "ipv6"]
    state: str
    source_pool_id: str | None
    planned_for: str | None
    public_ip_source: str | None
    allocation_min_netmask_length: int | None
    allocation_max_netmask_length: int | None
    allocation_default_netmask_length: int | None
    tags: Mapping[str, str]

    @property
    def bits(self) -> int:
        """The length of an address of this pool's family, in bits."""
        return BITS[self.family]

    @property
    def draws_from(self) -> str:
        """What it shares with others that get their blocks from there: its source pool, else its scope."""
        return self.source_pool_id or self.scope_id

    @property
    def usable(self) -> bool:
        """Whether AWS lets anything be done with it."""
        return self.state in USABLE_STATES


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolCidr:
    """A CIDR of a pool; a failure can show while it is still pending."""

    cidr: str
    block: Range
    state: str
    failure_code: str | None = None
    failure_message: str | None = None


@dataclass(frozen=True, kw_only=True)
class PoolSpace:
    """A pool's CIDRs and what is allocated from them, as they were read at one moment."""

    pool: Pool
    cidrs: tuple[PoolCidr, ...]
    allocated: tuple[Range, ...]

    def in_state(self, states: frozenset[str]) -> list[PoolCidr]:
        """Give the CIDRs in one of these states."""
        return [cidr for cidr in self.cidrs if cidr.state in states]

    @cached_property
    def provisioned(self) -> list[PoolCidr]:
        """The CIDRs that can be allocated from, by address."""
        return sorted(self.in_state(frozenset({"provisioned"})), key=lambda cidr: cidr.block)

    @cached_property
    def present(self) -> list[PoolCidr]:
        """The CIDRs that the pool has, gets or has not got rid of: those that its quota counts."""
        gone = FAILED_STATES | {"deprovisioned"}
        return [cidr for cidr in self.cidrs if cidr.state not in gone]

    @cached_property
    def free(self) -> list[Range]:
        """What is not allocated, by address; each range lies within one CIDR, as every allocation must."""
        return without((cidr.block for cidr in self.provisioned), self.allocated)

    @cached_property
    def size(self) -> int:
        """The addresses that can be allocated from."""
        return total(cidr.block for cidr in self.provisioned)

    @cached_property
    def used(self) -> int:
        """The addresses among them that are allocated."""
        return self.size - total(self.free)
