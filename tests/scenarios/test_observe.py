"""`observe`, deployed: what is seen and told, and that nothing is changed nor could be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.function_roles import FunctionRole
from tests.scenarios.load_balancers import Fleet
from tests.scenarios.pools import ENFORCE, PoolTree, alarm_event, decisions_told, invoke, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(
        ENFORCE.replace("mode: enforce", "mode: observe") + "align_albs: {allowed_pools: any}\nrelease_eips: {}\n"
    )


@pytest.fixture(scope="module")
def tree(account: Simulation) -> PoolTree:
    return PoolTree(account)


@pytest.fixture(scope="module")
def fleet(account: Simulation, tree: PoolTree) -> Fleet:
    """In the tree's IPAM: the quota is one for each Region."""
    assert tree
    return Fleet(account)


def test_a_pool_below_its_mark_is_recorded_and_told_once_and_nothing_is_changed(
    account: Simulation, tree: PoolTree
) -> None:
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


def test_a_load_balancer_off_its_pool_is_recorded_and_told_once_and_stays_where_it_is(
    account: Simulation, fleet: Fleet
) -> None:
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


def test_no_role_could_change_anything_but_operates_which_takes_changes_back(
    account: Simulation, tree: PoolTree, fleet: Fleet
) -> None:
    refilling, releasing, aligning, operating = (
        FunctionRole.of(account, f"{name}Function") for name in ("RefillPools", "ReleaseEips", "AlignAlbs", "Operate")
    )
    pool, block = tree.environment(), "10.15.240.0/20"
    provision: dict[str, Any] = {"IpamPoolId": pool, "Cidr": block}
    address = account.client("ec2").allocate_address()["AllocationId"]
    move = {"LoadBalancerArn": fleet.alb(), "IpamPools": {"Ipv4IpamPoolId": fleet.pool()}}
    for role in (refilling, operating):
        assert role.refusal("ec2", "provision_ipam_pool_cidr", **provision) == "no permission"
    for role in (releasing, operating):
        assert role.refusal("ec2", "release_address", AllocationId=address) == "no permission"
    assert aligning.refusal("elbv2", "modify_ip_pools", **move) == "no permission"
    assert operating.refusal("elbv2", "modify_ip_pools", **move) is None
