"""Everything that a plan for load balancers holds, in full: what is recorded, remembered, waited for and needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lambdas.align_albs.model import Memory, Policy
from lambdas.align_albs.plan import plan
from tests.lambdas.align_albs.fleets import OTHER, POOL, TERMS, alb, fleet, judge, pool, terms
from tests.lambdas.expected import assert_as_in

TAGS = {"Name": "shop", "poolwarden:owner": "team-a"}
TAGGED = {"poolwarden:ipam-pool": f" {OTHER} "}
ALLOWED = terms(allowed_pools=(OTHER,))
INSIDE = frozenset({"198.51.100.1", "198.51.100.2"})
OUTSIDE = frozenset({"54.0.0.9", "198.51.100.1"})


def on_pool(**changes: Any) -> Any:
    return alb(pool=POOL, **{"addresses": INSIDE, **changes})


def test_a_plan_is_made_in_full() -> None:
    left = Memory(pool=POOL, before=frozenset({"54.0.0.9"}), converging=True, spills=1)
    spilled = Memory(pool=POOL, spilled=frozenset({"54.0.0.9"}), spills=2)
    cases = {
        "off its pool": judge(alb(tags=TAGS), pool()),
        "off its pool, with some addresses of it": judge(alb(addresses=OUTSIDE), pool()),
        "off its pool, and without addresses": judge(alb(addresses=frozenset()), pool()),
        "on another pool": judge(alb(pool=OTHER), pool(), pool(OTHER)),
        "by its tag": judge(alb(tags=TAGGED), pool(OTHER), by=ALLOWED),
        "by a tag that names what it may not": judge(alb(tags=TAGGED), pool()),
        "by a tag that names what it may not, and no pool": judge(alb(tags=TAGGED), by=terms(pools={})),
        "protected": judge(alb(tags={"poolwarden:protect": "true"}), pool()),
        "on a pool that nobody sees": judge(alb()),
        "on a pool with every fault": judge(
            alb(), pool(scope_type="private", family="ipv6", locale="None", service="", state="x", space=None)
        ),
        "governed by a policy": judge(alb(), pool(), policy=Policy(standing="governs", id="ipam-policy-1")),
        "with a policy that we may not see": judge(alb(), pool(), policy=Policy(standing="unknown", said="no")),
        "taken off again": judge(alb(), pool(), memory=Memory(pool="", kept_off=POOL)),
        "on a pool that is short": judge(alb(zones=3), pool(cidr="198.51.100.0/28", free=4)),
        "on a pool that owes more than it has": plan(
            fleet([on_pool(addresses=frozenset()), alb(2)], [pool(cidr="198.51.100.0/30", free=0)]), TERMS
        ),
        "one that waits": plan(fleet([alb(1), alb(2), alb(3)], [pool(free=12)]), TERMS),
        "of three, one moves and none waits": plan(fleet([alb(3), alb(2), alb(1)], [pool(free=7)]), TERMS),
        "being made": judge(alb(state="provisioning"), pool()),
        "being made on its pool": judge(on_pool(state="provisioning", addresses=OUTSIDE), pool()),
        "on its pool, for the first time": judge(on_pool(), pool()),
        "on its pool, with addresses from before": judge(on_pool(addresses=OUTSIDE), pool()),
        "on its pool, with no more from before": judge(on_pool(), pool(), memory=left),
        "on its pool, with more from elsewhere": judge(on_pool(addresses=OUTSIDE), pool(), memory=Memory(pool=POOL)),
        "on its pool, with the same from elsewhere": judge(on_pool(addresses=OUTSIDE), pool(), memory=spilled),
        "on its pool, with none from elsewhere any more": judge(on_pool(), pool(), memory=spilled),
        "back on its pool by hand": judge(on_pool(), pool(), memory=Memory(pool="", kept_off=POOL)),
        "on a pool whose space is not known": judge(on_pool(), pool(space=None)),
        "gone from its pool": judge(alb(), pool(), memory=Memory(pool=POOL, spills=3, kept_off=OTHER)),
    }

    assert_as_in(Path(__file__).with_name("plans.json"), cases)


def test_the_address_of_its_interfaces_is_described_by_its_name_and_id() -> None:
    assert alb(7).interface_description == "ELB app/web-7/0000000000000007"
    assert (alb().account, alb().region) == ("123456789012", "us-east-1")
