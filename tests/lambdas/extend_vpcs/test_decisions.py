"""Everything that a plan for VPCs holds, in full: what is recorded, and what a pool should be able to give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lambdas.common.decision import Lease
from lambdas.extend_vpcs.model import Block
from lambdas.extend_vpcs.plan import prospects
from tests.lambdas.expected import assert_as_in
from tests.lambdas.extend_vpcs.estates import NOW, estate, planned, pool, terms, vpc

TAGS = {"Name": "prod", "poolwarden:owner": "team-a"}
HELD = Lease(guard="lease", decision_id="1", subject="10.64.9.0/24")


def test_a_plan_is_made_in_full() -> None:
    two = vpc("10.64.0.0/24", "10.64.1.0/25")
    making = replace(vpc(), blocks=(*vpc().blocks, Block(association="a", cidr="10.64.5.0/24", state="associating")))
    cases = {
        "full": planned(vpc(tags=TAGS)),
        "full, with two CIDRs": planned(two),
        "two that are full": planned(vpc(), vpc("10.64.7.0/24", number=2)),
        "asked for before": planned(vpc(), lease=HELD),
        "excluded": planned(vpc(tags={"keep": "out"})),
        "protected": planned(vpc(tags={**TAGS, "poolwarden:protect": "true"})),
        "of a protected pool": planned(vpc(), of=pool(tags={"poolwarden:protect": "true"})),
        "changing": planned(making),
        "with as many CIDRs as it may have": planned(two, settings={"max_cidrs_per_vpc": 2}),
        "with a peering that nobody has accepted": planned(vpc(), asked=("pcx-1", "pcx-2")),
        "of a pool that nobody sees": planned(vpc(), seen=False),
        "of a pool with every fault": planned(
            vpc(),
            of=pool(
                family="ipv6",
                locale="eu-west-1",
                state="delete-in-progress",
                cidrs=(),
                required_tags={"a": "b", "c": "d"},
                min_netmask_length=29,
            ),
        ),
        "of a pool that is full": planned(vpc(), of=pool(allocated=["10.64.0.0/16"])),
        "of a pool that is full, twice": planned(
            vpc(), vpc("10.64.8.0/22", number=2), of=pool(allocated=["10.64.0.0/16"])
        ),
        "of a pool with blocks that its peers have": planned(vpc(), peers=("10.64.0.0/16",)),
        "of a pool with blocks that its routes lead to": planned(
            vpc(), of=pool("10.64.0.0/23", allocated=["10.64.0.0/24"]), routes=("10.64.1.0/24",)
        ),
        "with a route that leads to more than the block": planned(vpc(), routes=("10.64.0.0/16",)),
        "to be extended, before blocks are chosen": prospects(
            estate(vpc(tags=TAGS), replace(two, id="vpc-2"), of=pool()), terms(), now=NOW
        ),
    }

    assert_as_in(Path(__file__).with_name("plans.json"), cases)


def test_what_may_be_there_already_is_waited_for() -> None:
    unshown = Lease(guard="lease", recent={"10.64.9.0/24": NOW.replace(hour=13)})

    assert planned(vpc(), lease=unshown).decisions == []
    assert planned(vpc(), lease=replace(unshown, recent={"10.64.9.0/24": NOW.replace(hour=11)})).extensions
