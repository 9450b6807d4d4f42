"""Whatever VPCs, pools and surroundings there are: no block overlaps anything, none is one that AWS refuses."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.decision import Action, Outcome
from lambdas.common.space import parse
from simulator.ipam.models import vpc_cidrs
from tests.lambdas.extend_vpcs.estates import planned, pool, terms, vpc

if TYPE_CHECKING:
    from lambdas.extend_vpcs.model import Pool, Vpc

RANGES = [
    IPv4Network(each) for each in ("10.0.0.0/14", "10.64.0.0/18", "172.30.0.0/15", "192.168.0.0/18", "100.64.0.0/18")
]


@st.composite
def networks(draw: st.DrawFn, *, shortest: int = 20, longest: int = 26) -> str:
    """A block of a private or shared range; few enough that they meet each other."""
    base = draw(st.sampled_from(RANGES))
    length = draw(st.integers(shortest, longest))
    step = 2 ** (32 - length)
    count = min(base.num_addresses // step, 8)
    return str(IPv4Network((int(base.network_address) + step * draw(st.integers(0, count - 1)), length)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Vpc], Pool, dict[str, Any]]:
    """VPCs of one pool, all with the same surroundings, and how the section is."""
    provisioned = draw(st.lists(networks(shortest=18, longest=22), min_size=1, max_size=3))
    vpcs = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        own = draw(st.lists(networks(), min_size=1, max_size=3, unique=True))
        vpcs.append(vpc(*own, number=number, taken=draw(st.sampled_from([own, own[:1], []]))))
    given = pool(
        allocated=draw(st.lists(networks(), max_size=3)),
        cidrs=tuple(map(parse, _apart(provisioned))),
        resources=tuple(map(parse, draw(st.lists(networks(), max_size=3)))),
        max_netmask_length=draw(st.sampled_from([None, 24])),
    )
    more = {
        "peers": tuple(draw(st.lists(networks(), max_size=2))),
        "routes": tuple(draw(st.lists(networks(), max_size=2))),
        "settings": {"netmask_length": draw(st.sampled_from([None, 20, 24, 28]))},
    }
    return vpcs, given, more


def _apart(cidrs: list[str]) -> list[str]:
    """Those that overlap none before them, as a pool's CIDRs do."""
    kept: list[str] = []
    for cidr in cidrs:
        if not any(IPv4Network(cidr).overlaps(IPv4Network(each)) for each in kept):
            kept.append(cidr)
    return kept


def inside(block: IPv4Network, given: Pool) -> bool:
    return any(
        each.start <= int(block.network_address) and int(block.broadcast_address) < each.end for each in given.cidrs
    )


def overlaps(block: IPv4Network, ranges: Any) -> bool:
    first, last = int(block.network_address), int(block.broadcast_address)
    return any(each.start <= last and first < each.end for each in ranges)


@given(cases())
def test_every_block_is_the_pools_free_and_nobody_elses(case: tuple[list[Vpc], Pool, dict[str, Any]]) -> None:
    vpcs, given, more = case
    blocks = [(each, IPv4Network(each.subject)) for each in planned(*vpcs, of=given, **more).extensions]
    for decision, block in blocks:
        (own,) = [each for each in vpcs if each.id == decision.resource_id]
        assert inside(block, given)
        assert not overlaps(block, (*given.allocated, *given.resources))
        assert not overlaps(block, map(parse, (*own.cidrs, *more["peers"])))
        assert not any(IPv4Network(route).subnet_of(block) for route in more["routes"])
        assert 16 <= block.prefixlen <= min(28, given.max_netmask_length or 28)
    assert not any(one.overlaps(other) for (_, one), (_, other) in combinations(blocks, 2))


@given(cases())
def test_no_block_is_one_that_awss_table_keeps_from_a_vpc_with_one_range(
    case: tuple[list[Vpc], Pool, dict[str, Any]],
) -> None:
    vpcs, given, more = case
    for decision in planned(*vpcs, of=given, **more).extensions:
        (own,) = [each for each in vpcs if each.id == decision.resource_id]
        first = [IPv4Network(own.primary)]
        assert not any(IPv4Network(decision.subject).overlaps(each) for each in vpc_cidrs._restricted(first))


@given(cases())
def test_every_full_vpc_is_spoken_of_once_and_no_other(case: tuple[list[Vpc], Pool, dict[str, Any]]) -> None:
    vpcs, given, more = case
    made = planned(*vpcs, of=given, **more)
    full = [each.id for each in vpcs if terms().nearly_full(each)]
    assert [each.resource_id for each in made.decisions] == full
    for each in made.decisions:
        assert (each.action is Action.ASSOCIATE_CIDR) is (each.outcome is None)
        assert each.outcome in {None, Outcome.BLOCKED}
    assert bool(made.needs) is any(each.reason == "pool-short" for each in made.decisions)


@given(cases())
def test_what_was_added_is_enough_or_more_is_added_until_it_is(case: tuple[list[Vpc], Pool, dict[str, Any]]) -> None:
    """A VPC that got its block is the next time judged with it, and ends with room or with a reason."""
    vpcs, given, more = case
    (one, *_) = vpcs
    for _ in range(terms().settings.max_cidrs_per_vpc):
        made = planned(one, of=given, **more).extensions
        if not made:
            break
        (decision,) = made
        one = vpc(*one.cidrs, decision.subject, taken=one.subnets.values())
        given = pool(
            allocated=(),
            cidrs=given.cidrs,
            resources=(*given.resources, *given.allocated, parse(decision.subject)),
            max_netmask_length=given.max_netmask_length,
        )
    assert not planned(one, of=given, **more).extensions
