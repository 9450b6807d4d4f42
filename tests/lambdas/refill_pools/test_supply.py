"""Pools without a source pool, refilled from their rule's supply: in a simulated account, and as a table."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.decision import Action, Outcome
from lambdas.common.errors import RunFailedError
from lambdas.common.space import parse, total, without
from lambdas.refill_pools.plan import decide
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, RULE, SETTINGS, items
from tests.lambdas.refill_pools.test_plan import SEVEN_EIGHTHS, case, cidr, decided, pool, rule, space
from tests.lambdas.refill_pools.world import contributor, entries, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World

TOP = pool(source_pool_id=None)
LOW_TOP = space("10.0.0.0/20", used=SEVEN_EIGHTHS, of=TOP)


def supplied(*cidrs: str, **changes: Any) -> Any:
    """A low pool without a source pool, whose rule has this supply."""
    given = rule(supply=tuple(ip_network(each) for each in cidrs), **changes.pop("rule", {}))
    return case(LOW_TOP, source=None, rule=given, **changes)


# --- Which block


def test_the_first_supply_that_has_a_block_of_the_size_gives_it() -> None:
    assert decided(supplied("10.64.0.0/16", "10.32.0.0/16")).subject == "10.64.0.0/21"
    too_small_first = supplied("10.64.0.0/24", "10.32.0.0/16")
    assert decided(too_small_first).subject == "10.32.0.0/21"


def test_a_smaller_block_comes_from_the_supply_when_there_is_no_larger_one() -> None:
    assert decided(supplied("10.64.0.0/24", "10.32.0.0/23")).subject == "10.32.0.0/23"


def test_a_supply_of_the_other_family_is_none() -> None:
    decision = decided(supplied("fd80::/16"))
    assert (decision.outcome, decision.reason) == (Outcome.BLOCKED, "no-supply")
    assert decided(supplied("fd80::/16", "10.64.0.0/16")).subject == "10.64.0.0/21"


def test_what_is_taken_in_the_scope_and_by_pools_being_refilled_is_skipped() -> None:
    taken = supplied("10.64.0.0/16", scope_taken=(parse("10.64.0.0/20"),), reserved=(parse("10.64.16.0/20"),))
    assert decided(taken).subject == "10.64.32.0/21"


def test_a_supply_that_the_pool_has_itself_is_not_given_twice() -> None:
    assert decided(supplied("10.0.0.0/19")).subject == "10.0.16.0/21"
    failed = replace(LOW_TOP, cidrs=(*LOW_TOP.cidrs, cidr("10.0.16.0/20", "failed-provision", "cidr-not-available")))
    used_up = replace(supplied("10.0.0.0/19"), space=failed)
    assert decided(used_up).reason == "supply-exhausted"


def test_an_exhausted_supply_says_what_is_missing_and_what_there_is() -> None:
    exhausted = decided(
        supplied("10.64.0.0/20", rule={"max_netmask_length": 21}, scope_taken=(parse("10.64.0.0/22"),) * 2)
    )
    assert exhausted.subject == "10.64.8.0/21"
    exhausted = decided(
        supplied("10.64.0.0/20", rule={"max_netmask_length": 20}, scope_taken=(parse("10.64.0.0/22"),) * 2)
    )
    assert (exhausted.action, exhausted.outcome, exhausted.reason) == (Action.NONE, Outcome.BLOCKED, "supply-exhausted")
    why = "It needs a /20, the largest free block is a /21 in its rule's supply (10.64.0.0/20)."
    assert str(exhausted.detail["why"]).endswith(why)


def test_a_pool_with_a_source_pool_takes_nothing_from_a_supply() -> None:
    with_source = case(rule=rule(supply=(ip_network("10.64.0.0/16"),)))
    assert decided(with_source).subject == "10.0.16.0/21"


def test_a_public_pool_takes_nothing_from_a_supply() -> None:
    public = replace(supplied("10.64.0.0/16"), space=replace(LOW_TOP, pool=replace(TOP, scope_type="public")))
    assert decided(public).reason == "needs-authorization"


def blocks() -> st.SearchStrategy[list[str]]:
    return st.lists(
        st.builds(
            lambda length, index: f"10.64.{index % 256 & -(1 << 24 - length)}.0/{length}",
            st.integers(17, 24),
            st.integers(0, 255),
        ),
        max_size=10,
    )


@given(supply=blocks(), taken=blocks(), reserved=blocks(), target=st.integers(21, 95))
def test_whatever_is_chosen_lies_in_the_supply_and_overlaps_nothing(
    supply: list[str], taken: list[str], reserved: list[str], target: int
) -> None:
    decision = decide(
        supplied(
            *supply,
            rule={"target_percent": target},
            scope_taken=tuple(map(parse, taken)),
            reserved=tuple(map(parse, reserved)),
        )
    )
    assert decision is not None
    if decision.action is Action.NONE:
        assert decision.reason == ("supply-exhausted" if supply else "no-supply")
        return
    chosen = parse(decision.subject)
    assert any(not without([chosen], [parse(each)]) for each in supply)
    assert total(without([chosen], map(parse, (*taken, *reserved)))) == chosen.size


# --- In an account


@pytest.fixture
def supply(configure: Callable[..., None]) -> Callable[..., None]:
    def write(*cidrs: str, **changes: Any) -> None:
        rules = [{**RULE, "supply": list(cidrs), **changes}]
        configure(refill_pools={**SETTINGS["refill_pools"], "rules": rules})

    return write


def low_top_pool(world: World) -> str:
    """A governed pool without a source pool, seven eighths of it in use."""
    pool = world.pool("172.16.0.0/20", tags={"refill": "yes"})
    for length in (21, 22, 23):
        world.allocate(pool, length)
    return pool


def discover(world: World, cidr: str) -> str:
    """A VPC that somebody made without IPAM, once IPAM has found it."""
    vpc = str(world.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])
    CLOCK.advance(1800)
    return vpc


def test_a_pool_without_a_source_pool_is_refilled_from_its_supply(
    world: World, calls: Calls, supply: Callable[..., None]
) -> None:
    supply("172.18.0.0/16")
    pool = low_top_pool(world)
    refilled(world, pool)
    assert set(world.cidrs(pool)) == {"172.16.0.0/20", "172.18.0.0/21"}
    assert entries() == [("provision_cidr", "done", "low-water")]
    (item,) = items(LEDGER)
    assert item["detail"]["evidence"]["supply"] == ["172.18.0.0/16"]
    assert calls.provisions == 1


def test_whatever_is_in_the_scope_is_skipped(world: World, supply: Callable[..., None]) -> None:
    """Pools of their own, pools below them, allocations, and resources of each management state."""
    supply("172.18.0.0/16")
    pool = low_top_pool(world)
    world.pool("172.18.8.0/21", source=world.pool("172.18.0.0/20"))
    world.allocate(world.pool("172.18.16.0/20"), 28)
    discover(world, "172.18.32.0/20")
    ignored = discover(world, "172.18.48.0/20")
    world.ec2.modify_ipam_resource_cidr(
        ResourceId=ignored,
        ResourceCidr="172.18.48.0/20",
        ResourceRegion="us-east-1",
        CurrentIpamScopeId=world.scope,
        Monitored=False,
    )
    refilled(world, pool)
    assert set(world.cidrs(pool)) == {"172.16.0.0/20", "172.18.64.0/21"}


def test_resources_of_every_page_count(
    world: World, supply: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.refill_pools.aws.LIST_PAGE", 5)
    supply("172.18.0.0/16")
    pool = low_top_pool(world)
    for third in range(0, 112, 16):
        world.ec2.create_vpc(CidrBlock=f"172.18.{third}.0/20")
    CLOCK.advance(1800)
    refilled(world, pool)
    assert set(world.cidrs(pool)) == {"172.16.0.0/20", "172.18.112.0/21"}


def test_what_appears_between_the_look_and_the_call_is_refused_by_aws_and_not_overlapped(
    world: World, calls: Calls, supply: Callable[..., None]
) -> None:
    supply("172.18.0.0/16")
    pool = low_top_pool(world)
    calls.on("TransactWriteItems", lambda: world.pool("172.18.0.0/20"))
    wake(contributor(pool))
    CLOCK.advance(120)
    with pytest.raises(RunFailedError):
        wake(schedule())
    refilled(world, pool)
    assert world.cidrs(pool) == {
        "172.16.0.0/20": "provisioned",
        "172.18.0.0/21": "failed-provision",
        "172.18.16.0/21": "provisioned",
    }


def test_two_pools_of_one_scope_never_get_the_same_block(world: World, supply: Callable[..., None]) -> None:
    supply("172.18.0.0/16")
    first = low_top_pool(world)
    second = world.pool("172.17.0.0/20", tags={"refill": "yes"})
    for length in (21, 22, 23):
        world.allocate(second, length)
    wake(contributor(first))
    wake(contributor(second))
    CLOCK.advance(120)
    added = {*world.cidrs(first), *world.cidrs(second)} - {"172.16.0.0/20", "172.17.0.0/20"}
    assert added == {"172.18.0.0/21", "172.18.8.0/21"}


def test_an_exhausted_supply_is_told_as_blocked_and_nothing_is_asked_for(
    world: World, calls: Calls, supply: Callable[..., None]
) -> None:
    supply("172.18.0.0/22", max_netmask_length=21)
    pool = low_top_pool(world)
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "supply-exhausted")]
    (told,) = calls.announced
    assert "It needs a /21, the largest free block is a /22 in its rule's supply" in told["detail"]["why"]
    assert calls.provisions == 0


def test_without_a_supply_a_pool_without_a_source_pool_is_explained(world: World, calls: Calls) -> None:
    pool = low_top_pool(world)
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "no-supply")]
    assert calls.counted["GetIpamResourceCidrs"] == 0
