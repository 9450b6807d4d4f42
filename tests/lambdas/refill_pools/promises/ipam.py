"""IPAM pools in a few objects: what AWS lists, what it grants and what it refuses, and when each shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lambdas.common.space import BITS, Range, parse, without, written
from tests.lambdas.refill_pools.promises.table import error

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

IPV4 = BITS["ipv4"]
ACCOUNT, HOME = "123456789012", "us-east-1"


@dataclass
class Cidr:
    """A CIDR of a pool; times are seconds. A token tells that it was asked for under one."""

    id: str
    block: Range
    asked: float
    arrives: float
    token: str = ""
    refused: bool = False
    gone: bool = False

    def state(self, now: float) -> str:
        if self.gone:
            return "deprovisioned"
        if now < self.arrives:
            return "pending-provision"
        return "failed-provision" if self.refused else "provisioned"

    @property
    def held(self) -> bool:
        """Whether it takes addresses."""
        return not self.refused and not self.gone


@dataclass
class Pool:
    """A pool; `allocations` are those to resources, not to other pools."""

    id: str
    source: Pool | None
    tags: dict[str, str]
    cidrs: list[Cidr] = field(default_factory=list)
    allocations: list[Range] = field(default_factory=list)
    children: list[Pool] = field(default_factory=list)

    def held(self) -> list[Range]:
        return [cidr.block for cidr in self.cidrs if cidr.held]

    def arrived(self, now: float) -> list[Range]:
        return [cidr.block for cidr in self.cidrs if cidr.held and now >= cidr.arrives]

    def taken(self) -> list[Range]:
        return [*self.allocations, *(block for child in self.children for block in child.held())]

    def free(self, now: float) -> list[Range]:
        return without(self.arrived(now), self.taken())


class Ipam:
    """One scope; EC2's answers about it."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 0.0
        self.pools: dict[str, Pool] = {}
        self.resources: list[Range] = []
        self.provisioning = 30.0
        self.lag = 0.0
        self._chance = chance

    def pool(self, source: Pool | None, block: str, **tags: str) -> Pool:
        """Make a pool with a CIDR."""
        pool = Pool(id=f"ipam-pool-{len(self.pools)}", source=source, tags=tags)
        self.pools[pool.id] = pool
        if source:
            source.children.append(pool)
        self._ask(pool, parse(block), at=self.now - 3600)
        return pool

    def conflicts(self, pool: Pool, block: Range) -> list[Range]:
        """What AWS refuses a CIDR for: what its source has not free, or what overlaps a pool of the scope."""
        if pool.source is not None:
            return without([block], pool.source.free(self.now))
        tops = [top for top in self.pools.values() if top.source is None]
        return overlapping(block, (held for top in tops for held in top.held()))

    def provision_ipam_pool_cidr(self, *, IpamPoolId: str, Cidr: str, ClientToken: str) -> Any:
        pool = self.pools[IpamPoolId]
        found = next((cidr for cidr in pool.cidrs if cidr.token == ClientToken), None)
        return {"IpamPoolCidr": {"State": (found or self._ask(pool, parse(Cidr), token=ClientToken)).state(self.now)}}

    def by_hand(self, pool: Pool, block: Range) -> None:
        """Somebody asks for a CIDR without us."""
        self._ask(pool, block)

    def describe_ipam_pools(self, **_: Any) -> Any:
        return {"IpamPools": [self._described(pool) for pool in self.pools.values()]}

    def describe_ipam_scopes(self, **_: Any) -> Any:
        return {"IpamScopes": [{"IpamScopeId": "ipam-scope-0"}]}

    def get_ipam_pool_cidrs(self, *, IpamPoolId: str, **_: Any) -> Any:
        if IpamPoolId not in self.pools:
            raise error("InvalidIpamPoolId.NotFound", "GetIpamPoolCidrs")
        view = self._view()
        return {
            "IpamPoolCidrs": [
                {
                    "IpamPoolCidrId": cidr.id,
                    "Cidr": written(cidr.block, IPV4),
                    "State": cidr.state(view),
                    **({"FailureReason": {"Code": "cidr-not-available", "Message": ""}} if cidr.refused else {}),
                }
                for cidr in self.pools[IpamPoolId].cidrs
                if cidr.asked <= view
            ]
        }

    def get_ipam_pool_allocations(self, *, IpamPoolId: str, **_: Any) -> Any:
        pool, view = self.pools[IpamPoolId], self._view()
        children = [cidr for child in pool.children for cidr in child.cidrs if cidr.held and cidr.asked <= view]
        blocks = [*pool.allocations, *(cidr.block for cidr in children)]
        return {"IpamPoolAllocations": [{"Cidr": written(block, IPV4)} for block in blocks]}

    def get_ipam_resource_cidrs(self, **_: Any) -> Any:
        return {"IpamResourceCidrs": [{"ResourceCidr": written(block, IPV4)} for block in self.resources]}

    def asked_by_us(self) -> list[Cidr]:
        """The CIDRs that were asked for under a token."""
        return [cidr for pool in self.pools.values() for cidr in pool.cidrs if cidr.token]

    def is_shown(self, cidr: Cidr) -> bool:
        """Whether every list shows it."""
        return cidr.asked + self.lag <= self.now

    def _view(self) -> float:
        """The time that a list shows: now, or an older one."""
        return self.now - self._chance.choice((0.0, self.lag))

    def _ask(self, pool: Pool, block: Range, *, token: str = "", at: float | None = None) -> Cidr:
        asked = self.now if at is None else at
        cidr = Cidr(
            id=f"ipam-pool-cidr-{pool.id}-{len(pool.cidrs)}",
            block=block,
            asked=asked,
            arrives=asked + self.provisioning,
            token=token,
            refused=bool(self.conflicts(pool, block)),
        )
        pool.cidrs.append(cidr)
        return cidr

    @staticmethod
    def _described(pool: Pool) -> dict[str, Any]:
        return {
            "IpamPoolId": pool.id,
            "OwnerId": ACCOUNT,
            "IpamRegion": HOME,
            "Locale": "None",
            "IpamScopeArn": f"arn:aws:ec2::{ACCOUNT}:ipam-scope/ipam-scope-0",
            "IpamScopeType": "private",
            "AddressFamily": "ipv4",
            "State": "create-complete",
            **({"SourceIpamPoolId": pool.source.id} if pool.source else {}),
            "Tags": [{"Key": key, "Value": value} for key, value in pool.tags.items()],
        }


def overlapping(block: Range, others: Iterable[Range]) -> list[Range]:
    """Which of these share addresses with a block."""
    return [other for other in others if other.start < block.end and block.start < other.end]
