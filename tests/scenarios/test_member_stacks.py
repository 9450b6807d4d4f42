"""How member accounts get their stacks: by the hub's stack sets, or by hand with the CDK CLI, without its bootstrap."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

ROOT = Path(__file__).parents[2]
EAST, WEST = "us-east-1", "us-west-2"
MEMBER, OTHER, BY_HAND = "111111111111", "222222222222", "333333333333"
CONFIG = f"""
mode: enforce
regions: [{EAST}, {WEST}]
organization:
  id: o-a1b2c3d4e5
  accounts: ["{MEMBER}", "{OTHER}"]
  stack_set: {{targets: [ou-ab12-11111111]}}
release_eips: {{}}
notifications: {{email: [a@example.com]}}
"""


@pytest.fixture(scope="module")
def hub(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(CONFIG)


def roles(hub: Simulation, account: str) -> set[str]:
    found = hub.client("iam", account=account).list_roles()["Roles"]
    return {role["RoleName"] for role in found if role["RoleName"].startswith("Poolwarden")}


def rules(hub: Simulation, account: str, region: str) -> set[str]:
    found = hub.client("events", account=account, region=region).list_rules(NamePrefix="PoolwardenEvents")["Rules"]
    return {rule["Name"] for rule in found}


def test_stack_sets_give_each_listed_account_its_roles_and_each_region_its_rules(hub: Simulation) -> None:
    hub.settle()

    for account in (MEMBER, OTHER):
        assert {"PoolwardenSpoke-ReleaseEips", "PoolwardenSpoke-Operate"} <= roles(hub, account)
        assert rules(hub, account, EAST) == rules(hub, account, WEST) != set()
    assert roles(hub, BY_HAND) == set()
    ec2 = hub.client("ec2", account=MEMBER, region=WEST)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    hub.settle()
    assert address in {item["resource_id"] for item in hub.ledger()}


def test_by_hand_they_are_deployed_into_an_account_that_was_never_bootstrapped(hub: Simulation, tmp_path: Path) -> None:
    config = tmp_path / "poolwarden.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    make = ["make", "--no-print-directory", "deploy-spoke", f"HUB_ACCOUNT={hub.account}", f"HUB_REGION={EAST}"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": hub.endpoint,
        "AWS_ACCESS_KEY_ID": BY_HAND,
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_REGION": EAST,
        "AWS_DEFAULT_REGION": EAST,
        "POOLWARDEN_CONFIG": str(config),
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
        "CI": "true",
    }

    refused = subprocess.run(make, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    external_id = hub.outputs()["SpokeExternalId"]
    deployed = subprocess.run(
        [*make, f"EXTERNAL_ID={external_id}", "APPROVAL=never"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode
    assert "SpokeExternalId" in refused.stderr
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "PoolwardenSpoke-ReleaseEips" in roles(hub, BY_HAND)
    assert rules(hub, BY_HAND, EAST)
