"""Whatever the fleet, the pools and the order of events: no pool is overdrawn, no useless one is used, and it ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.align_albs.model import Alb, Fleet, Memory, Policy, Pool, Space
from lambdas.align_albs.plan import Plan, plan
from lambdas.align_albs.pools import faults
from lambdas.common.decision import Lease
from tests.lambdas.align_albs.fleets import OTHER, POOL, alb, pool, terms

TERMS = terms(allowed_pools=(OTHER,))
CIDRS = {POOL: "198.51.100.0/26", OTHER: "203.0.113.0/27"}
MORE = "192.0.2.0/24"
ENOUGH_RUNS = 40
INTERNAL = 5
"""Each fifth load balancer is not for the internet: it has no public addresses, and takes no pool."""


@dataclass
class Region:
    """A Region that does as AWS does: load balancers that take addresses where they find them, at once or later."""

    albs: dict[str, Alb]
    pools: dict[str, Pool]
    taken: dict[str, int]
    lingers: bool
    listed: set[str] = field(default_factory=set)
    leases: dict[str, int] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    def free(self, pool_id: str) -> int:
        """How many addresses the pool can really give."""
        return self.space(pool_id).size - self.taken[pool_id] - len(self.held(pool_id))

    def space(self, pool_id: str) -> Space:
        space = self.pools[pool_id].space
        assert space is not None
        return space

    def held(self, pool_id: str) -> set[str]:
        """The pool's addresses that load balancers have."""
        addresses = {address for each in self.albs.values() for address in each.addresses}
        return addresses - self.space(pool_id).outside(addresses)

    def list_allocations(self) -> None:
        """Let AWS's list of allocations show what is so by now."""
        self.listed = {address for pool_id in self.pools for address in self.held(pool_id)}

    def seen(self, judged: set[str]) -> Fleet:
        pools = {}
        for pool_id, each in self.pools.items():
            space = self.space(pool_id)
            shown = frozenset(self.listed - space.outside(self.listed))
            free = max(0, space.size - self.taken[pool_id] - len(shown))
            pools[pool_id] = replace(each, space=replace(space, free=free, singles=shown))
        leases = {arn: Lease(guard=arn, generation=self.leases.get(arn, 0)) for arn in self.albs}
        return Fleet(
            albs=dict(self.albs),
            judged=frozenset(judged),
            pools=pools,
            policy=Policy(),
            leases=leases,
            memories=dict(self.memories),
        )

    def run(self, judged: set[str] | None = None) -> Plan:
        """One run of the function, checked against what must never happen."""
        fleet = self.seen(set(self.albs) if judged is None else judged)
        made = plan(fleet, TERMS)
        self.memories |= made.memories
        must_be_free: dict[str, int] = {}
        for move in made.moves:
            chosen, moved = fleet.pools[move.subject], self.albs[move.resource_id]
            assert faults(chosen, alb=moved) == []
            assert moved.tags.get("poolwarden:protect") != "true"
            must_be_free[move.subject] = must_be_free.get(move.subject, 0) + TERMS.needs(moved)
        for pool_id, number in must_be_free.items():
            assert number + self.owed(pool_id) <= self.free(pool_id)
        for move in made.moves:
            self.move(move.resource_id, move.subject)
        return made

    def run_until_it_rests(self) -> Plan:
        """Run for as long as a run moves something or asks to look again at what could move; the last run's plan."""
        for _ in range(ENOUGH_RUNS):
            self.list_allocations()
            made = self.run()
            if not made.moves and not made.waiting:
                return made
        raise AssertionError("it goes on and on")

    def owed(self, pool_id: str) -> int:
        """What load balancers on the pool may still take from it."""
        space = self.space(pool_id)
        there = [each for each in self.albs.values() if each.pool == pool_id]
        return sum(max(0, each.zones - len(each.addresses - space.outside(each.addresses))) for each in there)

    def move(self, arn: str, pool_id: str) -> None:
        self.albs[arn] = replace(self.albs[arn], pool=pool_id)
        self.leases[arn] = self.leases.get(arn, 0) + 1
        self.memories[arn] = Memory(pool=pool_id, before=self.albs[arn].addresses)
        if not self.lingers:
            self.renew(arn)

    def renew(self, arn: str) -> None:
        """AWS replaces the addresses of a load balancer: from its pool as long as that has any."""
        one = replace(self.albs[arn], addresses=frozenset())
        self.albs[arn] = one
        for _ in range(one.zones if one.takes_pools else 0):
            address = self._new_address(one.pool)
            self.albs[arn] = replace(self.albs[arn], addresses=self.albs[arn].addresses | {address})

    def _new_address(self, pool_id: str) -> str:
        if pool_id in self.pools and self.free(pool_id) > 0:
            held = {address for each in self.albs.values() for address in each.addresses}
            blocks = [IPv4Network(CIDRS[pool_id]), IPv4Network(MORE)]
            return next(str(each) for block in blocks for each in block if str(each) not in held)
        number = next(self.numbers)
        return f"54.1.{number // 250}.{number % 250}"


TAGS = st.sampled_from(
    [
        {},
        {},
        {"poolwarden:ipam-pool": OTHER},
        {"poolwarden:ipam-pool": "ipam-pool-0else"},
        {"poolwarden:protect": "true"},
    ]
)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    albs = [
        alb(
            number,
            zones=draw(st.integers(2, 4)),
            pool=draw(st.sampled_from(["", "", POOL, OTHER])) if number % INTERNAL else "",
            state=draw(st.sampled_from(["active", "active", "active_impaired", "provisioning"])),
            scheme="internet-facing" if number % INTERNAL else "internal",
            tags=draw(TAGS),
            addresses=frozenset(),
        )
        for number in range(1, draw(st.integers(1, 7)))
    ]
    usable = {key: pool(key, cidr=cidr) for key, cidr in CIDRS.items()}
    states = st.sampled_from(["create-complete", "modify-complete", "modify-complete", "delete-in-progress"])
    faulty = {key: replace(each, state=draw(states)) for key, each in usable.items()}
    made = Region(
        albs={each.arn: each for each in albs},
        pools=faulty,
        taken={key: draw(st.integers(0, IPv4Network(cidr).num_addresses)) for key, cidr in CIDRS.items()},
        lingers=draw(st.booleans()),
    )
    for each in albs:
        made.renew(each.arn)
    return made


@given(region=regions(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_in_whatever_order_events_come_no_pool_is_overdrawn_or_used_that_cannot_be(
    region: Region, data: st.DataObject
) -> None:
    arns = st.sampled_from(sorted(region.albs)) if region.albs else st.nothing()
    events = st.sampled_from(["one", "all", "drift", "renew", "take", "give", "list"])
    for event in data.draw(st.lists(events, max_size=10)) if region.albs else []:
        arn = data.draw(arns)
        match event:
            case "one":
                region.run({arn})
            case "all":
                region.run()
            case "drift" if region.albs[arn].takes_pools:
                region.albs[arn] = replace(region.albs[arn], pool=data.draw(st.sampled_from(["", POOL, OTHER])))
            case "renew":
                region.renew(arn)
            case "take":
                region.taken[POOL] += data.draw(st.integers(0, max(0, region.free(POOL))))
            case "list":
                region.list_allocations()
            case "give":
                region.taken[POOL] = 0


@given(regions())
@settings(max_examples=300, deadline=None)
def test_it_comes_to_an_end_that_further_runs_do_not_change(region: Region) -> None:
    """A run asks to look again as long as the next one would do more; then only what was said before is said again."""
    region.run_until_it_rests()
    before = dict(region.memories)
    again = region.run()
    assert again.moves == []
    assert region.memories == before


@given(regions())
@settings(max_examples=200, deadline=None)
def test_what_a_pool_is_asked_to_grow_to_is_enough_for_all_that_found_no_room(region: Region) -> None:
    asked = region.run().needs
    for pool_id, size in asked.items():
        space = region.space(pool_id)
        assert size > space.size
        grown = Space(cidrs=(*space.cidrs, IPv4Network(MORE)), size=size, free=0)
        region.pools[pool_id] = replace(region.pools[pool_id], space=grown)
    last = region.run_until_it_rests()
    assert not last.needs.keys() & asked.keys()
