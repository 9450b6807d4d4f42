"""IPAM pools as plain values: what a plan looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from lambdas.common.space import BITS, aligned_blocks, largest, total, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lambdas.common.space import Range

USABLE_STATES = frozenset({"create-complete", "modify-complete"})
PENDING_STATES = frozenset({"pending-provision", "pending-import"})
FAILED_STATES = frozenset({"failed-provision", "failed-import"})

# IPAM user guide, "Provision CIDRs to a pool", "Quotas for your IPAM" and "Bring your own IP addresses".
CONTIGUOUS_IPV4 = range(29, 31)
AMAZON_IPV6 = range(40, 53, 4)
PRIVATE_TOP_IPV6 = range(9, 61)
REGIONAL_BYOIP_IPV4 = range(25)
REGIONAL_BYOIP_IPV6 = range(61)
ADVERTISED_BYOIP_IPV6 = range(49)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """An IPAM pool as DescribeIpamPools tells it.

    `region` is the IPAM's home Region, where pools are changed; `locale` the Region where its allocations are
    asked for, the home Region for a pool without one. `planned_for` is the resource (a VPC) whose addresses
    the pool plans, for a resource-planning pool. Netmask lengths are None where the pool has no such rule.
    `regional_byoip` says that its source pool is one of addresses brought to AWS, without a source of its own.
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
    advertisable: bool = False
    regional_byoip: bool = False

    @property
    def amazon_owned(self) -> bool:
        """Whether its CIDRs are blocks that Amazon chooses and owns."""
        return self.scope_type == "public" and self.public_ip_source == "amazon" and not self.source_pool_id

    @property
    def contiguous(self) -> bool:
        """Whether its CIDRs are Amazon's contiguous IPv4 blocks, each of which costs money."""
        return self.amazon_owned and self.family == "ipv4"

    @property
    def netmask_lengths(self) -> range:
        """The netmask lengths of the CIDRs that AWS lets it have."""
        if self.amazon_owned:
            return CONTIGUOUS_IPV4 if self.contiguous else AMAZON_IPV6
        if self.regional_byoip:
            if self.family == "ipv4":
                return REGIONAL_BYOIP_IPV4
            return ADVERTISED_BYOIP_IPV6 if self.advertisable else REGIONAL_BYOIP_IPV6
        if self.scope_type == "private" and self.family == "ipv6" and not self.source_pool_id:
            return PRIVATE_TOP_IPV6
        return range(self.bits + 1)

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
    """A CIDR of a pool; a failure can show while it is still pending.

    One that was asked for by its netmask length shows no addresses before it is provisioned: its `cidr` is then
    such as `/24` and its `block` empty.
    """

    cidr: str
    block: Range
    state: str
    id: str = ""
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
        return present(self.cidrs)

    @cached_property
    def free(self) -> list[Range]:
        """What is not allocated, by address; each range lies within one CIDR, as every allocation must."""
        return without((cidr.block for cidr in self.provisioned), self.allocated)

    @cached_property
    def largest_free(self) -> int:
        """The addresses in the largest block that is not allocated and within one CIDR, or 0."""
        return largest(aligned_blocks(self.free))

    @cached_property
    def size(self) -> int:
        """The addresses that can be allocated from."""
        return total(cidr.block for cidr in self.provisioned)

    @cached_property
    def used(self) -> int:
        """The addresses among them that are allocated."""
        return self.size - total(self.free)


def present(cidrs: Iterable[PoolCidr]) -> list[PoolCidr]:
    """Leave out the CIDRs that a pool never got or has got rid of."""
    gone = FAILED_STATES | {"deprovisioned"}
    return [cidr for cidr in cidrs if cidr.state not in gone]
