"""This version deployed over the release before, out of the history: what that one knew and had begun goes on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from simulator.client import ROOT, Simulation
from tests.scenarios.addresses import Estate
from tests.scenarios.load_balancers import Fleet
from tests.scenarios.pools import PoolTree, alarm_event, decisions_told, invoke, now, records
from tests.scenarios.simulated_account import MORNING, cdk_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.scenario, pytest.mark.deep]

RELEASE = "d256624"
"""The commit of 1.0.0."""

CONFIG = """
mode: enforce
refill_pools:
  pools:
    - match: {tags: {env: prod}}
      low_water_percent: 20
      target_percent: 40
      max_provisions_per_day: 1
release_eips: {grace: 4h, warn_before: 2h}
align_albs: {mode: approve, allowed_pools: any}
notifications:
  email: [net-oncall@example.com]
"""
GRACE, WARNED = 4, 3
"""Hours until an address is released, and until people have been warned of it."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release before, as a checkout of its own."""
    git = shutil.which("git") or pytest.skip("there is no git to take the release before out of the history")
    archive = subprocess.run([git, "archive", RELEASE], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"there is no {RELEASE} in the history here: {archive.stderr.decode()}")
    folder = tmp_path_factory.mktemp("release")
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)  # noqa: S607 - wherever it is
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def account() -> Iterator[Simulation]:
    with Simulation.start(clock=MORNING) as account:
        yield account


@pytest.fixture(scope="module")
def deploy(account: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Deploy the hub of a checkout."""
    folder = tmp_path_factory.mktemp("deployed")
    config = folder / "poolwarden.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    cli = cdk_cli(account)
    cli.bootstrap()

    def deploy(checkout: Path) -> None:
        output = folder / checkout.name
        cli.deploy("PoolwardenHub", config=config, output=output, checkout=checkout)

    return deploy


@pytest.fixture(scope="module")
def tree(account: Simulation, deploy: Callable[[Path], None], release: Path) -> PoolTree:
    """A tree of pools in the account, in which the release before is deployed."""
    deploy(release)
    return PoolTree(account)


@pytest.fixture(scope="module")
def estate(tree: PoolTree) -> Estate:
    """The account's addresses: some in use, so that the breaker is no matter."""
    estate = Estate(tree.simulation)
    interface = estate.interface()
    estate.ec2.associate_address(AllocationId=estate.allocate(), NetworkInterfaceId=interface)
    return estate


@pytest.fixture(scope="module")
def refilled(account: Simulation, tree: PoolTree) -> str:
    """A pool that the release before has refilled."""
    pool = tree.environment()
    tree.fill(pool)
    account.settle()
    assert len(tree.cidrs(pool)) == 2
    return pool


@pytest.fixture(scope="module")
def proposed(tree: PoolTree) -> str:
    """A load balancer whose move is proposed."""
    account, fleet = tree.simulation, Fleet(tree.simulation)
    balancer = fleet.alb(tags={"ipam-pool": fleet.pool(24)})
    account.settle()
    assert records(account, balancer) == [("proposed", "off-pool")]
    return balancer


@pytest.fixture(scope="module")
def roomy(tree: PoolTree) -> tuple[str, str]:
    """Two pools that have enough."""
    return tree.environment(), tree.environment()


@pytest.fixture(scope="module")
def released(estate: Estate) -> str:
    """An address that is released."""
    address = estate.allocate(Name="build-7")
    estate.pass_hours(GRACE + 1)
    assert address not in estate.ids()
    return address


@pytest.fixture(scope="module")
def warned(estate: Estate) -> str:
    """An address that is idle for most of its grace, which people were warned of."""
    address = estate.allocate(Name="build-8")
    estate.pass_hours(WARNED)
    assert estate.told(address) == [("skipped", "warned")]
    return address


@pytest.fixture(scope="module")
def pending(account: Simulation, tree: PoolTree, roomy: tuple[str, str]) -> str:
    """A pool whose block AWS is still about to provision."""
    pool, _ = roomy
    tree.fill(pool)
    invoke(account, alarm_event(account, pool, now=now(account)))
    assert records(account, pool) == [("pending", "low-water")]
    return pool


@pytest.fixture(scope="module")
def unheard(account: Simulation, tree: PoolTree, roomy: tuple[str, str]) -> str:
    """A pool of which an event tells that cannot be worked on now, and waits to be tried again."""
    _, pool = roomy
    tree.fill(pool)
    account.fault("ec2", "DescribeIpamPools", "InternalError", status=500, times=1000)
    event = json.dumps(alarm_event(account, pool, now=now(account))).encode()
    function = account.outputs()["RefillPoolsFunction"]
    account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=event)
    assert records(account, pool) == []
    return pool


BEGUN = ("refilled", "proposed", "roomy", "released", "warned", "pending", "unheard")
"""In this order: whatever settles the account takes its time, and would end what is under way."""


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest, account: Simulation, deploy: Callable[[Path], None]) -> set[tuple[str, str]]:
    """What is in the ledger when this version is deployed over all that the release before has begun."""
    for fixture in BEGUN:
        request.getfixturevalue(fixture)
    items = {(item["decision_id"], item["record"]) for item in account.ledger()}
    deploy(ROOT)
    account.clear_faults()
    account.settle()
    return items


@pytest.fixture(scope="module", autouse=True)
def _deployed_over_it(kept: set[tuple[str, str]]) -> None:
    """Every test here finds this version deployed."""


def test_the_clock_of_an_idle_address_goes_on_and_nobody_is_warned_again(estate: Estate, warned: str) -> None:
    assert warned in estate.ids()
    estate.pass_hours(GRACE - WARNED + 1)

    assert warned not in estate.ids()
    assert estate.told(warned) == [("skipped", "warned"), ("done", "idle")]


def test_the_ledger_is_kept(account: Simulation, kept: set[tuple[str, str]]) -> None:
    assert kept < {(item["decision_id"], item["record"]) for item in account.ledger()}
    assert [item for item in account.ledger() if item["outcome"] == "intended"] == []


def test_what_was_under_way_and_what_waited_are_done_once(
    account: Simulation, tree: PoolTree, pending: str, unheard: str
) -> None:
    for pool in (pending, unheard):
        assert len(tree.cidrs(pool)) == 2
        assert decisions_told(account, pool) == [("done", "low-water")]


def test_the_caps_of_the_day_count_what_was_done_before(account: Simulation, tree: PoolTree, pending: str) -> None:
    tree.ec2.allocate_ipam_pool_cidr(IpamPoolId=pending, NetmaskLength=21)
    account.settle()

    assert len(tree.cidrs(pending)) == 2
    assert ("blocked", "daily-cap") in records(account, pending)


def test_a_proposal_can_be_approved(estate: Estate, proposed: str) -> None:
    estate.ask("approve", estate.decision(proposed, "proposed", "off-pool"))
    estate.simulation.settle()

    assert ("done", "off-pool") in records(estate.simulation, proposed)


def test_what_was_done_can_be_undone(estate: Estate, refilled: str, released: str) -> None:
    estate.simulation.clear_calls()
    estate.ask("undo", estate.decision(released, "done", "idle"))
    estate.ask("undo", estate.decision(refilled, "done", "low-water"))
    estate.simulation.settle()

    assert ("undone", "idle") in estate.records(released)
    assert ("undone", "low-water") in records(estate.simulation, refilled)
    reversals = {"AllocateAddress", "DeprovisionIpamPoolCidr"}
    assert reversals < {call["operation"] for call in estate.simulation.calls()}


def test_the_release_before_can_be_deployed_again(
    account: Simulation, deploy: Callable[[Path], None], release: Path, tree: PoolTree
) -> None:
    pool = tree.environment()
    tree.fill(pool)
    invoke(account, alarm_event(account, pool, now=now(account)))
    deploy(release)
    account.settle()

    assert len(tree.cidrs(pool)) == 2
    assert decisions_told(account, pool) == [("done", "low-water")]
