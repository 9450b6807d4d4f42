"""VPCs and the pools that their CIDRs come from, as plain values: what a plan looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.common.space import parse, total, without

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.common.decision import Lease
    from lambdas.common.space import Range

COMPLETE_STATES = frozenset({"create-complete", "modify-complete"})
ASSOCIATING, ASSOCIATED = "associating", "associated"
UNDER_WAY = frozenset({ASSOCIATING, "disassociating"})
FAILED = frozenset({"failing", "failed"})
GONE = "disassociated"
LARGEST, SMALLEST = 16, 28
"""The netmask lengths of the largest and of the smallest CIDR that a VPC can have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """An IPv4 CIDR of a VPC, and its state as AWS names it; those that are gone stay listed for a while."""

    association: str
    cidr: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Vpc:
    """A VPC of the account that it is in.

    `primary` is the CIDR that it was made with. `subnets` are the IPv4 CIDRs of its subnets, by id.
    """

    id: str
    account: str
    region: str
    primary: str
    blocks: tuple[Block, ...]
    subnets: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def cidrs(self) -> tuple[str, ...]:
        """Its CIDRs that subnets can be made in, the primary one first."""
        usable = {block.cidr for block in self.blocks if block.state == ASSOCIATED}
        return tuple(sorted(usable, key=lambda cidr: (cidr != self.primary, parse(cidr))))

    @property
    def failed(self) -> tuple[str, ...]:
        """The CIDRs that AWS could not give it, as long as it lists them."""
        return tuple(block.cidr for block in self.blocks if block.state in FAILED)

    @property
    def changing(self) -> bool:
        """Whether a CIDR is on its way to it, or away from it."""
        return any(block.state in UNDER_WAY for block in self.blocks)

    @property
    def size(self) -> int:
        """How many addresses it has."""
        return total(map(parse, self.cidrs))

    @property
    def taken(self) -> int:
        """How many of them its subnets have taken."""
        return self.size - total(without(map(parse, self.cidrs), map(parse, self.subnets.values())))

    def block(self, cidr: str) -> Block | None:
        """Find the latest word on one of its CIDRs; None where it does not have it, or no longer.

        AWS lists an association that failed for a while, also where the CIDR was asked for again since.
        """
        listed = [each for each in self.blocks if each.cidr == cidr and each.state != GONE]
        return min(listed, key=_lateness, default=None)

    def subnets_in(self, cidr: str) -> list[str]:
        """Give the subnets that are in one of its CIDRs, by id."""
        start, end = parse(cidr)
        return sorted(subnet for subnet, own in self.subnets.items() if start <= parse(own).start < end)


def _lateness(block: Block) -> int:
    """Tell which of the associations of one CIDR came last: one that failed was before all others. Less is later."""
    return {ASSOCIATING: 0, ASSOCIATED: 1}.get(block.state, 3 if block.state in FAILED else 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a VPC is connected with: the CIDRs of its peers, and where its route tables lead (IPv4 destinations).

    `asked` are the peerings that it has asked for and nobody has accepted yet, by id.
    """

    peers: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """An IPAM pool that VPCs get their CIDRs from.

    `locale` is a Region, or `None` as a word. The netmask lengths are its allocation rules, None where it has none;
    `required_tags` are what a resource must have to get anything. `cidrs` are those provisioned to it, `allocated` what
    it gave away, `resources` the CIDRs of VPCs in its scope, whoever gave them: all of them as AWS's lists show them.
    """

    id: str
    family: str
    locale: str
    state: str
    min_netmask_length: int | None = None
    max_netmask_length: int | None = None
    required_tags: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    cidrs: tuple[Range, ...] = ()
    allocated: tuple[Range, ...] = ()
    resources: tuple[Range, ...] = ()

    @property
    def free(self) -> list[Range]:
        """What nobody has, as far as it is known."""
        return without(self.cidrs, (*self.allocated, *self.resources))


@dataclass(frozen=True, kw_only=True)
class Estate:
    """The VPCs of an account in a Region, as they were seen together.

    `origins` gives the pool that each VPC's CIDRs come from, where one does; `leases` are known of all of them, and of
    VPCs that were being extended and may be gone. Only of those that are nearly full are the `surroundings` known, and
    of their pools what they are; a pool that is not there is none that we can see.
    """

    vpcs: Mapping[str, Vpc]
    leases: Mapping[str, Lease]
    origins: Mapping[str, str] = field(default_factory=dict)
    surroundings: Mapping[str, Surroundings] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
