"""The named scenarios: what is there once they are built."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from infra.config import load
from simulator.client import ROOT, Simulation
from simulator.scenarios.catalogue import SCENARIOS
from tests.scenarios.kill_switch import switch
from tests.scenarios.simulated_account import MORNING, cdk_cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.scenario

MEMBERS = [f"2000000000{number:02d}" for number in range(1, 25)]
REGIONS = ["us-east-1", "us-west-2", "eu-west-1"]


@pytest.fixture(scope="module")
def start_up() -> Iterator[Simulation]:
    """The start-up, with the app deployed as suits it."""
    with Simulation.start(scenario="start-up", clock=MORNING) as simulation:
        yield simulation


@pytest.fixture(scope="module")
def organisation() -> Iterator[Simulation]:
    """The organisation as it is built, without the app: to deploy into all its places takes another minute."""
    with Simulation.start(scenario="organisation", clock=MORNING, options=["--no-deploy"]) as simulation:
        yield simulation


def users_addresses(ec2: Any) -> list[dict[str, Any]]:
    """The addresses that people hold themselves, not a service for them."""
    return [address for address in ec2.describe_addresses()["Addresses"] if "ServiceManaged" not in address]


def test_a_start_up_has_pools_networks_idle_addresses_and_load_balancers(start_up: Simulation) -> None:
    ec2, elb = start_up.client("ec2"), start_up.client("elbv2")
    names = {
        tag["Value"] for pool in ec2.describe_ipam_pools()["IpamPools"] for tag in pool["Tags"] if tag["Key"] == "Name"
    }
    assert names == {"company", "region", "prod", "dev", "public"}
    addresses = users_addresses(ec2)
    idle = [address for address in addresses if "AssociationId" not in address]
    assert (len(addresses), len(idle)) == (12, 7)
    balancers = {each["LoadBalancerName"]: each for each in elb.describe_load_balancers()["LoadBalancers"]}
    assert {name: each["State"]["Code"] for name, each in balancers.items()} == {"web": "active", "preview": "active"}
    assert "IpamPools" in balancers["web"]
    assert "IpamPools" not in balancers["preview"]


UPGRADED = """
mode: observe
refill_pools:
  pools:
    - {match: {scope: private}, low_water_percent: 35, target_percent: 60}
notifications: {email: [founders@example.com]}
"""


def test_an_upgrade_over_a_running_account_keeps_what_was_recorded_and_what_people_set(
    start_up: Simulation, tmp_path: Path
) -> None:
    start_up.advance(3600, step=900)
    before = start_up.outputs()
    records = start_up.ledger()
    assert records, "the hourly sweeps found something to say"
    switch(start_up, "observe")

    config = tmp_path / "poolwarden.yaml"
    config.write_text(UPGRADED, encoding="utf-8")
    cli = cdk_cli(start_up)
    cli.deploy("PoolwardenHub", config=config, output=tmp_path / "assembly")

    (stack,) = start_up.client("cloudformation").describe_stacks(StackName="PoolwardenHub")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    after = start_up.outputs()
    assert after["LedgerTableName"] == before["LedgerTableName"]
    assert [item["decision_id"] for item in start_up.ledger()] == [item["decision_id"] for item in records]
    assert start_up.client("ssm").get_parameter(Name="/poolwarden/mode")["Parameter"]["Value"] == "observe"
    assert "ReleaseEipsFunction" in before
    assert "ReleaseEipsFunction" not in after
    alarms = start_up.client("cloudwatch").describe_alarms()["MetricAlarms"]
    thresholds = {alarm["AlarmName"] for alarm in alarms if "PoolsBelow" in alarm["AlarmName"]}
    assert thresholds == {"Poolwarden-PoolsBelow35Percent"}
    answer = start_up.advance(900)
    runs = [run for run in answer["invocations"] if run["function"] == after["RefillPoolsFunction"]]
    assert [run["status"] for run in runs if run["trigger"] == "schedule"] == ["ok"]


def test_an_organisation_is_as_large_as_it_says(organisation: Simulation) -> None:
    manager = organisation.client("organizations", account="999999999999")
    accounts = set(manager.get_paginator("list_accounts").paginate().search("Accounts[].Id"))
    assert accounts == {"999999999999", organisation.account, *MEMBERS}
    assert len(organisation.client("ec2").describe_ipam_pools()["IpamPools"]) == 60
    made = Counter(call["operation"] for call in organisation.calls() if not call["error"])
    assert (made["AllocateAddress"], made["CreateLoadBalancer"], made["CreateVpc"]) == (2000, 150, 75)
    for region in REGIONS:
        ec2, elb = (organisation.client(each, account=MEMBERS[0], region=region) for each in ("ec2", "elbv2"))
        assert len(users_addresses(ec2)) in (26, 27)
        balancers = elb.describe_load_balancers()["LoadBalancers"]
        assert [each["State"]["Code"] for each in balancers] == ["active", "active"]


@pytest.mark.deep
def test_the_app_is_deployed_in_every_account_and_region_of_an_organisation() -> None:
    with Simulation.start(scenario="organisation", clock=MORNING) as simulation:
        _is_deployed_everywhere(simulation)


def _is_deployed_everywhere(organisation: Simulation) -> None:
    def stacks(account: str, region: str) -> set[str]:
        listed = organisation.client("cloudformation", account=account, region=region).list_stacks()["StackSummaries"]
        return {each["StackName"] for each in listed if each["StackStatus"] == "CREATE_COMPLETE"}

    home, *others = REGIONS
    for account in (MEMBERS[0], MEMBERS[-1]):
        assert stacks(account, home) == {"PoolwardenSpoke", "PoolwardenEvents"}
        assert [stacks(account, region) for region in others] == [{"PoolwardenEvents"}] * 2
    assert [stacks(organisation.account, region) for region in others] == [{"PoolwardenEvents"}] * 2
    assert "PoolwardenHub" in stacks(organisation.account, home)
    assert stacks("999999999999", home) == set(), "the manager is looked after by nobody"


def test_the_ipam_of_an_organisation_sees_all_its_accounts(organisation: Simulation) -> None:
    ec2 = organisation.client("ec2")
    (discovery,) = ec2.describe_ipam_resource_discoveries()["IpamResourceDiscoveries"]
    seen: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for region in REGIONS:
        token: dict[str, str] = {}
        for _ in range(20):
            page = ec2.get_ipam_discovered_public_addresses(
                IpamResourceDiscoveryId=discovery["IpamResourceDiscoveryId"], AddressRegion=region, **token
            )
            addresses = page["IpamDiscoveredPublicAddresses"]
            seen.update(address["AddressOwnerId"] for address in addresses)
            kinds.update(address["AddressType"] for address in addresses)
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
    assert set(seen) == {organisation.account, *MEMBERS}
    assert kinds["amazon-owned-eip"] == 2000
    assert sum(kinds.values()) > 2000, "load balancers have addresses too"


def test_the_configuration_of_a_scenario_is_kept_for_the_command_line(start_up: Simulation) -> None:
    port = start_up.endpoint.rpartition(":")[2]
    kept = load(ROOT / "build" / "scenarios" / f"start-up-{port}.yaml")
    assert kept.align_albs
    names = {pool["IpamPoolId"] for pool in start_up.client("ec2").describe_ipam_pools()["IpamPools"]}
    assert set(kept.align_albs.pools.values()) <= names


def test_a_scenario_that_is_not_there_is_told_with_those_that_are() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "simulator", "--scenario", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "invalid choice: 'nothing'" in refused.stderr
    assert all(name in refused.stderr for name in SCENARIOS)
