"""`observe`, deployed: what is seen and told, and that nothing is changed nor could be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.load_balancers import Fleet
from tests.scenarios.pools import ENFORCE, PoolTree, alarm_event, decisions_told, invoke, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(ENFORCE.replace("mode: enforce", "mode: observe") + "align_albs: {allowed_pools: any}\n")


def test_a_pool_below_its_mark_is_recorded_and_told_once_and_nothing_is_changed(account: Simulation) -> None:
    tree = PoolTree(account)
    pool = tree.environment()
    account.clear_calls()
    tree.fill(pool)

    now = account.settle()["now"]
    account.advance(3600, step=900)
    invoke(account, alarm_event(account, pool, now=now))
    account.settle()

    assert len(tree.cidrs(pool)) == 1
    assert records(account, pool) == [("observed", "low-water")]
    assert decisions_told(account, pool) == [("observed", "low-water")]
    by_functions = [call for call in account.calls() if "PoolwardenHub" in call["principal"]]
    assert by_functions
    assert not [call for call in by_functions if call["service"] == "ec2" and call["mutating"]]


def test_a_load_balancer_off_its_pool_is_recorded_and_told_once_and_stays_where_it_is(account: Simulation) -> None:
    fleet = Fleet(account)
    pool = fleet.pool()
    arns = [fleet.alb(zones=3, tags={"ipam-pool": pool}) for _ in range(2)]
    account.clear_calls()

    account.settle()
    account.advance(3600, step=1800)

    for arn in arns:
        assert fleet.pool_of(arn) is None
        assert records(account, arn) == [("observed", "off-pool")]
        assert decisions_told(account, arn) == [("observed", "off-pool")]
    assert not [call for call in account.calls() if call["operation"] == "ModifyIpPools"]


def test_the_role_could_not_change_a_pool(account: Simulation) -> None:
    function = account.client("lambda").get_function_configuration(
        FunctionName=account.outputs()["RefillPoolsFunction"]
    )
    role = function["Role"].rpartition("/")[2]
    iam = account.client("iam")
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    text = json.dumps(policies)
    assert "ec2:GetIpamPoolCidrs" in text
    assert "ProvisionIpamPoolCidr" not in text
    assert "ec2:*" not in text
