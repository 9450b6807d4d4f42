"""Load balancers, pools and policies as plain values: what a plan looks at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.decision import Lease

INTERNET_FACING = "internet-facing"
WITH_PUBLIC_IPV4 = frozenset({"ipv4", "dualstack"})
PROVISIONING = "provisioning"
WORKING_STATES = frozenset({"active", "active_impaired"})
COMPLETE_STATES = frozenset({"create-complete", "modify-complete"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Alb:
    """An Application Load Balancer.

    `pool` is the IPAM pool that it is configured with, empty where its addresses are Amazon's. `zones` is the number
    of its Availability Zones, `addresses` are the public IPv4 addresses on its network interfaces. `tags` are empty
    where nobody asked for them.
    """

    arn: str
    scheme: str
    ip_address_type: str
    state: str
    created: datetime
    pool: str
    zones: int
    addresses: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The account that has it."""
        return self.arn.split(":")[4]

    @property
    def region(self) -> str:
        """The Region that it is in."""
        return self.arn.split(":")[3]

    @property
    def interface_description(self) -> str:
        """What its network interfaces are described as: `ELB app/<name>/<id>`."""
        return f"ELB {self.arn.partition(':loadbalancer/')[2]}"

    @property
    def takes_pools(self) -> bool:
        """Whether it has public IPv4 addresses, which an IPAM pool could give.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#ip-pools
        """
        return self.scheme == INTERNET_FACING and self.ip_address_type in WITH_PUBLIC_IPV4


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """The addresses of a pool: the CIDRs that it has, how many addresses can be allocated and how many are not.

    `singles` and `blocks` are what is allocated as far as AWS's list shows it by now: single addresses, larger blocks.
    """

    cidrs: tuple[IPv4Network, ...]
    size: int
    free: int
    singles: frozenset[str] = frozenset()
    blocks: tuple[IPv4Network, ...] = ()

    def outside(self, addresses: Iterable[str]) -> frozenset[str]:
        """Give those of these addresses that are not the pool's."""
        return frozenset(each for each in addresses if not self._has(IPv4Address(each)))

    def unlisted(self, addresses: Iterable[str]) -> frozenset[str]:
        """Give those of the pool's addresses, which somebody has, that the list of allocations does not show yet."""
        return frozenset(
            each
            for each in addresses
            if each not in self.singles and not any(IPv4Address(each) in block for block in self.blocks)
        )

    def _has(self, address: IPv4Address) -> bool:
        return any(address in cidr for cidr in self.cidrs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """An IPAM pool as DescribeIpamPools tells it to the load balancer's account.

    `locale` is a Region, or `None` as a word; `service` is what may take addresses from it, empty where nothing may.
    `space` was not read where the rest makes the pool useless already.
    """

    id: str
    scope_type: str
    family: str
    locale: str
    service: str
    state: str
    space: Space | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What is known of the IPAM policy for load balancers of the account in the Region.

    `unknown` is where AWS would not say, for `said` as its reason.
    """

    standing: Literal["none", "governs", "unknown"] = "none"
    id: str = ""
    said: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What was seen of a load balancer's addresses since it is on `pool`; empty for Amazon's.

    `before` are the addresses from outside the pool that it had when it came there, and still has; `converging` says
    that this is recorded. `spilled` are those that came later, as people were told last, while there are any; `spills`
    counts how often that came to an end. `kept_off` is the pool that a person took it off again.
    """

    pool: str
    before: frozenset[str] = frozenset()
    converging: bool = False
    spilled: frozenset[str] = frozenset()
    spills: int = 0
    kept_off: str = ""


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The load balancers of an account in a Region, as they were seen together.

    `albs` are all of them; `judged` are the ARNs of those that are to be judged, of which alone the tags are known.
    `leases` and `memories` are theirs, and those of load balancers that were being moved and may be gone. `pools` has
    the pools that the account can see, of those that come into question.
    """

    albs: Mapping[str, Alb]
    judged: frozenset[str]
    pools: Mapping[str, Pool]
    policy: Policy
    leases: Mapping[str, Lease]
    memories: Mapping[str, Memory]

    def after(self, moves: Mapping[str, str], *, left: AbstractSet[str] = frozenset()) -> Fleet:
        """Give the fleet as it is once these load balancers, by ARN, are on these pools.

        Neither they nor those that are `left` as they are need to be judged again: the room is for the others.
        """
        there = {arn: replace(self.albs[arn], pool=pool_id) for arn, pool_id in moves.items() if arn in self.albs}
        return replace(self, albs={**self.albs, **there}, judged=self.judged.difference(moves, left))
