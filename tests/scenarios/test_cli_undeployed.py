"""The command line where nothing is deployed: a plan with no more than read permissions, in other accounts too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.operator_cli import Operator

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

HUB, MEMBER, CLOSED, ZONES = (f"{number}" * 6 for number in (60, 61, 62, 63))
ROLE = "Viewer"
CONFIG = f"""
mode: observe
organization:
  id: o-a1b2c3d4e5
  accounts: ["{MEMBER}", "{CLOSED}"]
release_eips: {{}}
"""


@pytest.fixture
def operator(empty_account: Simulation, tmp_path: Path) -> Operator:
    config = tmp_path / "poolwarden.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    keys = {"AWS_ACCESS_KEY_ID": HUB, "AWS_SECRET_ACCESS_KEY": "simulated"}
    return Operator(simulation=empty_account, config=config, credentials=keys)


def allocate(simulation: Simulation, account: str) -> str:
    return str(simulation.client("ec2", account=account).allocate_address(Domain="vpc")["AllocationId"])


def let_look(simulation: Simulation, account: str) -> None:
    """Have the account trust the hub's operators with a role that may look at addresses."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}, "Action": "sts:AssumeRole"}
    reads = ["ec2:Describe*", "route53:List*", "cloudformation:DescribeStackResources"]
    look = {"Effect": "Allow", "Action": reads, "Resource": "*"}
    iam = simulation.client("iam", account=account)
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName=ROLE, PolicyName="look", PolicyDocument=policy(look))


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_plan_needs_no_deploy_and_looks_into_the_accounts_where_it_may(
    empty_account: Simulation, operator: Operator
) -> None:
    own, members = allocate(empty_account, HUB), allocate(empty_account, MEMBER)
    let_look(empty_account, MEMBER)

    alone = operator.asks("plan")
    everywhere = operator.asks("plan", "--member-role", ROLE, status=1)
    table = operator.types("plan")

    assert (alone["deployed"], alone["members"], alone["forbidden_by"]) == (False, False, None)
    assert [(each["resource_id"], each["reason"]) for each in alone["decisions"]] == [(own, "within-grace")]
    assert "First seen now" in alone["decisions"][0]["detail"]["why"]
    assert "it would be released" in alone["decisions"][0]["detail"]["why"]
    assert "Not deployed here" in table
    assert {(each["account"], each["resource_id"], each["reason"]) for each in everywhere["decisions"]} == {
        (HUB, own, "within-grace"),
        (MEMBER, members, "within-grace"),
        (CLOSED, CLOSED, "role-missing"),
    }
    assert [each["permission"] for each in everywhere["missing_permissions"]] == ["sts:AssumeRole"]


def test_a_plan_says_that_zones_in_other_accounts_were_not_read_where_no_role_is_named(
    empty_account: Simulation, operator: Operator
) -> None:
    own = allocate(empty_account, HUB)
    let_look(empty_account, ZONES)
    operator.config.write_text(f'release_eips: {{dns_accounts: ["{ZONES}"]}}\n', encoding="utf-8")

    without = operator.asks("plan")
    under_the_role = operator.asks("plan", "--member-role", ROLE)

    (kept,), (going,) = (
        [each["detail"]["why"] for each in found["decisions"] if each["resource_id"] == own]
        for found in (without, under_the_role)
    )
    assert "it would stay (role-missing)" in kept
    assert f"no role is named under which account {ZONES} could be looked at" in kept
    assert "it would be released" in going


@pytest.mark.parametrize("command", [["status"], ["history"], ["undo", "0123456789abcdef"]])
def test_what_needs_the_hub_says_that_it_is_not_deployed(operator: Operator, command: list[str]) -> None:
    line = operator.types(*command, status=1)
    assert f"PoolwardenHub is not deployed in account {HUB}, us-east-1" in line
    assert len(line.splitlines()) == 1
