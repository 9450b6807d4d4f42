"""Pools of every kind, from what they lack to what AWS gives them, or to why nobody asks for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common.errors import RunFailedError
from lambdas.common.space import parse
from lambdas.refill_pools import request
from lambdas.refill_pools.model import PoolCidr
from lambdas.refill_pools.need import shortage, useful_lengths
from simulator.clock import CLOCK
from simulator.ipam.settings import changed_settings
from tests.lambdas.account import ACCOUNT, HOME, LEDGER, RULE, SETTINGS, items
from tests.lambdas.refill_pools.test_plan import FREE_LEASE, pool, rule, space
from tests.lambdas.refill_pools.world import ProcessEndedError, contributor, entries, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World

PROOF = {"Message": "1|aws|123456789012|130.137.0.0/16|20300101|SHA256|RSAPSS", "Signature": "signed"}
CONTIGUOUS = {"Locale": "us-east-1", "AwsService": "ec2", "PublicIpSource": "amazon"}
PUBLIC_RULE = {**RULE, "match": {"id": None, "tags": {"refill": "yes"}, "scope": "public", "family": None}}


@pytest.fixture
def public(world: World, configure: Callable[..., None]) -> str:
    """The public scope; its pools are governed by a rule that says so."""
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": [PUBLIC_RULE, RULE]})
    filters = [{"Name": "ipam-scope-type", "Values": ["public"]}]
    return str(world.ec2.describe_ipam_scopes(Filters=filters)["IpamScopes"][0]["IpamScopeId"])


def made(world: World, scope: str, family: str = "ipv4", *, tag: str = "yes", **settings: Any) -> str:
    """A new pool, governed unless its tag says otherwise."""
    tags = [{"ResourceType": "ipam-pool", "Tags": [{"Key": "refill", "Value": tag}]}]
    answer = world.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily=family, TagSpecifications=tags, **settings)
    CLOCK.advance(60)
    return str(answer["IpamPool"]["IpamPoolId"])


def provisioned(world: World, pool: str, **parameters: Any) -> str:
    """Give the pool a CIDR by hand; which one it got."""
    before = set(world.cidrs(pool))
    world.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, **parameters)
    CLOCK.advance(120)
    (cidr,) = set(world.cidrs(pool)) - before
    return cidr


def low(world: World, pool: str) -> str:
    """Use seven eighths of the pool's first CIDR."""
    length = int(next(iter(world.cidrs(pool))).rpartition("/")[2])
    for longer in (1, 2, 3):
        world.allocate(pool, length + longer)
    return pool


def contiguous(world: World, public: str) -> tuple[str, str]:
    """A pool with one contiguous block, nearly full, and the block."""
    pool = made(world, public, **CONTIGUOUS)
    block = provisioned(world, pool, NetmaskLength=29)
    return low(world, pool), block


# --- Private IPv6


def test_a_private_ipv6_pool_gets_a_block_of_its_source_pool(world: World) -> None:
    top = made(world, world.scope, "ipv6", tag="no")
    provisioned(world, top, NetmaskLength=40)
    pool = made(world, world.scope, "ipv6", SourceIpamPoolId=top)
    provisioned(world, pool, Cidr="fd80:0:0:1000::/52")
    low(world, pool)
    refilled(world, pool)
    assert set(world.cidrs(pool)) == {"fd80:0:0:1000::/52", "fd80::/53"}
    assert entries() == [("provision_cidr", "done", "low-water")]


def test_a_top_level_pool_of_unique_local_addresses_gets_the_block_that_aws_chooses(world: World, calls: Calls) -> None:
    pool = made(world, world.scope, "ipv6")
    provisioned(world, pool, NetmaskLength=48)
    low(world, pool)
    refilled(world, pool)
    assert set(world.cidrs(pool)) == {"fd80::/48", "fd80:0:1::/49"}
    (sent,) = calls.sent["ProvisionIpamPoolCidr"]
    assert (sent["NetmaskLength"], "Cidr" in sent) == (49, False)
    (item,) = items(LEDGER)
    assert item["detail"]["result"] == {"cidr": "fd80:0:1::/49", "state": "provisioned"}


def test_a_top_level_ipv6_pool_with_a_supply_takes_from_there(world: World, configure: Callable[..., None]) -> None:
    rules = [{**RULE, "supply": ["fd90::/40", "10.0.0.0/8"]}]
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": rules})
    pool = made(world, world.scope, "ipv6")
    provisioned(world, pool, NetmaskLength=48)
    low(world, pool)
    refilled(world, pool)
    assert set(world.cidrs(pool)) == {"fd80::/48", "fd90::/49"}


# --- Public pools


def test_a_public_pool_below_a_byoip_pool_gets_a_block_that_can_be_advertised(
    world: World, public: str, calls: Calls
) -> None:
    top = made(world, public, tag="no")
    provisioned(world, top, Cidr="130.137.240.0/20", CidrAuthorizationContext=PROOF)
    pool = made(world, public, SourceIpamPoolId=top, Locale="us-east-1", AwsService="ec2")
    provisioned(world, pool, Cidr="130.137.240.0/24")
    low(world, pool)
    refilled(world, pool)
    # A /25 would reach the target, but nothing longer than a /24 can be advertised.
    assert set(world.cidrs(pool)) == {"130.137.240.0/24", "130.137.241.0/24"}
    assert calls.provisions == 1


def test_a_byoip_top_level_pool_needs_a_person(world: World, public: str, calls: Calls) -> None:
    pool = made(world, public)
    provisioned(world, pool, Cidr="130.137.245.0/24", CidrAuthorizationContext=PROOF)
    low(world, pool)
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "needs-authorization")]
    assert calls.provisions == 0


def test_a_pool_of_amazons_contiguous_addresses_gets_a_second_block_and_its_price_is_said_before(
    world: World, public: str, calls: Calls
) -> None:
    pool, first = contiguous(world, public)
    wake(contributor(pool))
    (item,) = items(LEDGER)
    assert (item["outcome"], item["detail"]["cidr"]) == ("pending", "/30")
    assert "It costs money: AWS bills each of its 4 addresses by the hour" in item["detail"]["why"]
    CLOCK.advance(120)
    wake(schedule())
    (second,) = set(world.cidrs(pool)) - {first}
    assert second.endswith("/30")
    assert entries() == [("provision_cidr", "done", "low-water")]
    (told,) = calls.announced
    assert told["detail"]["result"]["cidr"] == second


def test_a_third_contiguous_block_is_not_asked_for_whichever_pools_have_the_two(
    world: World, public: str, calls: Calls
) -> None:
    provisioned(world, made(world, public, tag="no", **CONTIGUOUS), NetmaskLength=30)
    pool, _ = contiguous(world, public)
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "contiguous-quota")]
    assert calls.provisions == 0


def test_addresses_that_cost_money_are_not_bought_by_a_rule_that_does_not_mean_them(
    world: World, public: str, calls: Calls, configure: Callable[..., None]
) -> None:
    pool, _ = contiguous(world, public)
    configure()
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "no-supply")]
    (told,) = calls.announced
    assert "costs money" in told["detail"]["why"]
    by_id = {**RULE, "match": {"id": pool, "tags": {}, "scope": None, "family": None}}
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": [by_id]})
    refilled(world, pool)
    assert len(world.cidrs(pool)) == 2


def test_a_rule_whose_blocks_aws_does_not_give_is_explained(
    world: World, public: str, configure: Callable[..., None]
) -> None:
    rules = [{**PUBLIC_RULE, "max_netmask_length": 24}]
    configure(refill_pools={**SETTINGS["refill_pools"], "rules": rules})
    pool, _ = contiguous(world, public)
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "no-supply")]
    (item,) = items(LEDGER)
    assert "AWS gives such a pool blocks of /29 to /30" in item["detail"]["why"]


def test_a_pool_of_amazons_ipv6_addresses_gets_a_block_where_the_quota_has_room(world: World, public: str) -> None:
    with changed_settings(amazon_ipv6_blocks_per_region=2):
        pool = made(world, public, "ipv6", **CONTIGUOUS)
        provisioned(world, pool, NetmaskLength=48)
        low(world, pool)
        refilled(world, pool)
    # A /49 would be enough, but Amazon gives only every fourth length.
    assert [cidr.rpartition("/")[2] for cidr in world.cidrs(pool)] == ["48", "48"]


def test_a_quota_that_only_aws_knows_is_heeded_once_it_refused(world: World, public: str, calls: Calls) -> None:
    pool = made(world, public, "ipv6", **CONTIGUOUS)
    provisioned(world, pool, NetmaskLength=52)
    low(world, pool)
    wake(contributor(pool))
    CLOCK.advance(1200)
    with pytest.raises(RunFailedError):
        wake(schedule())
    wake(schedule())
    assert ("provision_cidr", "failed", "cidr-quota") in entries()
    assert ("none", "blocked", "cidr-quota") in entries()
    assert calls.provisions == 1


# --- Exactly once, although the CIDR is not known before it arrives


def test_the_same_event_again_and_again_is_one_block(world: World, public: str, calls: Calls) -> None:
    pool, _ = contiguous(world, public)
    for _ in range(3):
        wake(contributor(pool))
        CLOCK.advance(30)
        wake(schedule())
    CLOCK.advance(120)
    wake(schedule())
    assert len(world.cidrs(pool)) == 2
    assert calls.provisions == 1
    assert entries() == [("provision_cidr", "done", "low-water")]


@pytest.mark.parametrize("later", [5, 120, 3600])
def test_a_block_whose_answer_was_lost_is_adopted_and_not_asked_for_again(
    world: World, calls: Calls, later: float
) -> None:
    pool = made(world, world.scope, "ipv6")
    provisioned(world, pool, NetmaskLength=48)
    low(world, pool)
    calls.end_process_after("ProvisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        wake(contributor(pool))
    CLOCK.advance(later)
    wake(contributor(pool))
    CLOCK.advance(120)
    wake(schedule())
    assert set(world.cidrs(pool)) == {"fd80::/48", "fd80:0:1::/49"}
    assert entries() == [("provision_cidr", "done", "low-water")]
    assert calls.provisions == 1


def test_a_block_that_does_not_show_yet_is_asked_for_again_under_the_same_token(world: World, calls: Calls) -> None:
    pool = made(world, world.scope, "ipv6")
    provisioned(world, pool, NetmaskLength=48)
    low(world, pool)
    CLOCK.advance(600)
    calls.end_process_after("ProvisionIpamPoolCidr")
    with changed_settings(read_lag=240):
        with pytest.raises(ProcessEndedError):
            wake(contributor(pool))
        CLOCK.advance(30)
        wake(contributor(pool))
        first, second = calls.sent["ProvisionIpamPoolCidr"]
        assert first == second
        CLOCK.advance(600)
        wake(schedule())
    assert set(world.cidrs(pool)) == {"fd80::/48", "fd80:0:1::/49"}
    assert entries() == [("provision_cidr", "done", "low-water")]


def test_a_crash_before_the_call_is_made_up_for(world: World, public: str, calls: Calls) -> None:
    pool, _ = contiguous(world, public)
    calls.end_process_before("ProvisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        wake(contributor(pool))
    assert len(world.cidrs(pool)) == 1
    refilled(world, pool)
    assert len(world.cidrs(pool)) == 2
    assert entries() == [("provision_cidr", "done", "low-water")]


def test_a_cidr_that_somebody_asked_for_by_its_length_counts_as_in_flight(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    world.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=21)
    wake(contributor(pool))
    assert calls.provisions == 0
    (item,) = items(LEDGER)
    assert (item["outcome"], item["reason"]) == ("skipped", "in-flight")
    assert "/21 is being provisioned to it already" in item["detail"]["why"]


# --- Pools that are never changed


def test_a_pool_that_plans_a_vpc_is_never_changed_but_explained(world: World, calls: Calls) -> None:
    vpc = world.ec2.create_vpc(CidrBlock="10.128.0.0/20")["Vpc"]["VpcId"]
    resource = {"ResourceId": vpc, "ResourceType": "vpc", "ResourceRegion": HOME, "ResourceOwner": ACCOUNT}
    pool = made(world, world.scope, SourceResource=resource)
    provisioned(world, pool, Cidr="10.128.0.0/20")
    low(world, pool)
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "vpc-planning-pool")]
    assert calls.provisions == 0


def test_a_pool_under_an_external_authority_is_never_changed_but_explained(world: World, calls: Calls) -> None:
    authority = {"Type": "infoblox", "ExternalResourceIdentifier": "1.identity.account.123.realm"}
    ipam = world.ec2.describe_ipams()["Ipams"][0]["IpamId"]
    scope = world.ec2.create_ipam_scope(IpamId=ipam, ExternalAuthorityConfiguration=authority)["IpamScope"]
    CLOCK.advance(60)
    pool = made(world, scope["IpamScopeId"])
    provisioned(world, pool, NetmaskLength=20)
    low(world, pool)
    wake(contributor(pool))
    assert entries() == [("none", "blocked", "external-authority")]
    assert calls.provisions == 0


# --- Which lengths


@pytest.mark.parametrize(
    ("of", "cidr", "lengths", "expected"),
    [
        ({"scope_type": "public", "public_ip_source": "amazon"}, "18.97.0.0/29", {}, [29, 30]),
        ({"scope_type": "public", "public_ip_source": "amazon"}, "18.97.0.0/30", {}, [30]),
        ({"scope_type": "public", "public_ip_source": "amazon"}, "18.97.0.0/29", {"max_netmask_length": 28}, []),
        ({"scope_type": "public", "public_ip_source": "amazon", "family": "ipv6"}, "2600:1f00::/44", {}, [44, 48, 52]),
        ({"family": "ipv6"}, "fd80::/57", {"target_percent": 50}, [57, 58, 59, 60]),
        ({"scope_type": "public", "source_pool_id": "ipam-pool-0", "regional_byoip": True}, "130.137.0.0/24", {}, [24]),
        (
            {"scope_type": "public", "source_pool_id": "ipam-pool-0", "regional_byoip": True, "family": "ipv6"}
            | {"advertisable": True},
            "2605:9cc0::/46",
            {"target_percent": 50},
            [46, 47, 48],
        ),
    ],
)
def test_only_lengths_that_aws_gives_are_asked_for(
    of: dict[str, Any], cidr: str, lengths: dict[str, Any], expected: list[int]
) -> None:
    full = space(cidr, used=(cidr,), of=pool(**{"source_pool_id": None, **of}))
    given = rule(**lengths)
    need = shortage(full, given, FREE_LEASE)
    assert need is not None
    assert useful_lengths(full, given, need) == expected


def test_what_came_of_a_request_is_what_the_pool_has_besides_what_it_had() -> None:
    had = PoolCidr(id="ipam-pool-cidr-1", cidr="18.97.0.0/29", block=parse("18.97.0.0/29"), state="provisioned")
    asked = request.by_length(29, space(had))
    assert request.told(asked) == "/29"
    assert request.answered(asked, [had]) == []
    other = PoolCidr(id="ipam-pool-cidr-2", cidr="18.97.1.0/30", block=parse("18.97.1.0/30"), state="provisioned")
    came = PoolCidr(id="ipam-pool-cidr-3", cidr="18.97.2.0/29", block=parse("18.97.2.0/29"), state="provisioned")
    assert request.answered(asked, [had, other, came]) == [came]
