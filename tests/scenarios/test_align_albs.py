"""`align_albs` deployed by the CDK, seen from outside: the state of AWS, the ledger, what people were told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import Simulation
from tests.scenarios.calendars import CLOSED, OPEN
from tests.scenarios.interruptions import during
from tests.scenarios.load_balancers import Fleet
from tests.scenarios.pools import decisions_told, records
from tests.scenarios.simulated_account import MORNING, cdk_cli

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.scenario

HOUR = 3600.0
CONFIG = """
mode: enforce
change_calendar: Freeze
refill_pools:
  pools:
    - match: {{family: ipv4, tags: {{refill: "yes"}}}}
      low_water_percent: 1
      target_percent: 2
      max_netmask_length: 28
align_albs:
  pools: {{us-east-1: {pool}}}
  allowed_pools: any
notifications:
  email: [net-oncall@example.com]
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """An account with a pool for its Region, into which the app is deployed then: the configuration names the pool."""
    folder = tmp_path_factory.mktemp("deployed")
    with Simulation.start(clock=MORNING) as account:
        fleet = Fleet(account)
        fleet.region_pool = fleet.pool(24)
        account.client("ssm").create_document(
            Name="Freeze", Content=OPEN, DocumentType="ChangeCalendar", DocumentFormat="TEXT"
        )
        config = folder / "poolwarden.yaml"
        config.write_text(CONFIG.format(pool=fleet.region_pool), encoding="utf-8")
        cdk = cdk_cli(account)
        cdk.bootstrap()
        cdk.deploy("PoolwardenHub", config=config, output=folder / "assembly")
        yield fleet


@pytest.fixture
def account(fleet: Fleet) -> Iterator[Simulation]:
    yield fleet.simulation
    fleet.simulation.clear_faults()
    fleet.simulation.reset_settings()


def operate(account: Simulation, action: str, arn: str) -> dict[str, Any]:
    """Have an operator decide about the last act on a load balancer."""
    (*_, act) = [item for item in account.ledger() if item["resource_id"] == arn and item["record"] == "act"]
    event = {"action": action, "decision_id": act["decision_id"], "actor": "somebody"}
    answer = account.client("lambda").invoke(
        FunctionName=account.outputs()["OperateFunction"], Payload=json.dumps(event).encode()
    )
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    return result


def test_a_new_load_balancer_is_on_its_pool_one_settle_later(fleet: Fleet, account: Simulation) -> None:
    arn = fleet.alb()
    old = fleet.addresses(arn)

    account.settle()

    assert fleet.pool_of(arn) == fleet.region_pool
    assert all(address.startswith("130.137.0.") for address in fleet.addresses(arn))
    assert records(account, arn) == [("done", "off-pool")]
    assert decisions_told(account, arn) == [("done", "off-pool")]
    (message,) = [entry["message"] for entry in account.outbox() if arn in entry["message"]]
    assert "Its public addresses may change" in message
    assert all(address in message for address in old)


def test_drift_by_hand_is_corrected_and_an_hour_changes_nothing_more(fleet: Fleet, account: Simulation) -> None:
    arn = fleet.alb()
    account.settle()
    fleet.modify(arn, fleet.pool())

    account.settle()
    account.clear_calls()
    account.advance(HOUR, step=HOUR / 4)

    assert fleet.pool_of(arn) == fleet.region_pool
    assert records(account, arn) == [("done", "off-pool")] * 2
    assert not [call for call in account.calls() if call["operation"] == "ModifyIpPools"]


def test_a_short_pool_is_refilled_and_the_load_balancer_moves_without_a_human(
    fleet: Fleet, account: Simulation
) -> None:
    pool = fleet.pool(29, refill="yes")
    arn = fleet.alb(zones=3, tags={"ipam-pool": pool})

    account.settle()

    assert fleet.pool_of(arn) == pool
    assert sorted(records(account, arn)) == [("blocked", "pool-short"), ("done", "off-pool")]
    assert records(account, pool) == [("done", "demanded")]
    (short,) = [item for item in account.ledger() if item["reason"] == "pool-short"]
    assert short["detail"]["needed"] == 9
    assert decisions_told(account, arn) == [("blocked", "pool-short"), ("done", "off-pool")]


def test_a_load_balancer_that_grows_beyond_its_pool_is_told_once(fleet: Fleet, account: Simulation) -> None:
    pool = fleet.pool(29)
    arn = fleet.alb(tags={"ipam-pool": pool})
    account.settle()
    taken = fleet.use_up(pool, leave=0)
    fleet.scale(arn, 2)

    account.advance(3 * HOUR, step=HOUR)

    assert sorted(records(account, arn)) == [("blocked", "spilled"), ("done", "off-pool")]
    assert decisions_told(account, arn) == [("done", "off-pool"), ("blocked", "spilled")]
    off = [address for address in fleet.addresses(arn) if not address.startswith("130.137.")]
    told = [each["message"] for each in account.outbox() if off[0] in each["message"]]
    assert len(off) == 2
    assert len(told) == 1
    assert off[1] in told[0]

    fleet.ec2.release_address(AllocationId=taken[0])
    fleet.scale(arn, 1)
    account.advance(HOUR)

    assert ("done", "spilled") in records(account, arn)
    assert decisions_told(account, arn) == [("done", "off-pool"), ("blocked", "spilled")]


def test_addresses_that_aws_leaves_in_place_are_converging_and_nobody_is_bothered(
    fleet: Fleet, account: Simulation
) -> None:
    account.change_settings(pool_change="lingers")
    arn = fleet.alb()
    old = fleet.addresses(arn)

    account.settle()
    account.advance(HOUR)

    assert fleet.pool_of(arn) == fleet.region_pool
    assert fleet.addresses(arn) == old
    assert sorted(records(account, arn)) == [("done", "off-pool"), ("skipped", "converging")]
    assert decisions_told(account, arn) == [("done", "off-pool")]

    fleet.scale(arn, 1)
    account.advance(HOUR)

    assert ("done", "converging") in records(account, arn)
    assert decisions_told(account, arn) == [("done", "off-pool")]


def test_undo_puts_it_back_on_no_pool_where_it_stays(fleet: Fleet, account: Simulation) -> None:
    arn = fleet.alb()
    account.settle()

    answer = operate(account, "undo", arn)
    account.settle()
    account.advance(2 * HOUR, step=HOUR)

    assert answer["outcome"] == "undone"
    assert fleet.pool_of(arn) is None
    outcomes = sorted((item["action"], item["outcome"]) for item in account.ledger() if item["resource_id"] == arn)
    assert outcomes == [("modify_ip_pools", "done"), ("modify_ip_pools", "undone"), ("none", "rejected")]
    assert ("undone", "off-pool") in decisions_told(account, arn)


def test_undo_puts_it_back_on_the_pool_that_it_was_on(fleet: Fleet, account: Simulation) -> None:
    other = fleet.pool()
    arn = fleet.alb(IpamPools={"Ipv4IpamPoolId": other})
    account.settle()
    assert fleet.pool_of(arn) == fleet.region_pool

    operate(account, "undo", arn)
    account.settle()

    assert fleet.pool_of(arn) == other


def test_what_is_not_moved_is_told_with_its_reason(fleet: Fleet, account: Simulation) -> None:
    protected = fleet.alb(tags={"protect": "true"})
    useless = fleet.alb(tags={"ipam-pool": fleet.pool(None)})
    network = fleet.alb(Type="network")
    deleted = fleet.alb()
    fleet.elb.delete_load_balancer(LoadBalancerArn=deleted)

    answer = account.settle()

    assert decisions_told(account, protected) == [("blocked", "protected")]
    assert decisions_told(account, useless) == [("blocked", "pool-not-usable")]
    assert records(account, network) == records(account, deleted) == []
    assert [each["error"] for each in answer["invocations"] if each["error"]] == []


def test_what_an_ipam_policy_governs_is_left_to_it_unless_a_tag_names_a_pool(fleet: Fleet, account: Simulation) -> None:
    pool = fleet.pool()
    policy = fleet.govern_by_policy(pool)
    governed, tagged = fleet.alb(), fleet.alb(tags={"ipam-pool": fleet.region_pool})

    account.settle()
    fleet.ec2.disable_ipam_policy(IpamPolicyId=policy)

    assert fleet.pool_of(governed) is None
    assert decisions_told(account, governed) == [("skipped", "policy-managed")]
    assert fleet.pool_of(tagged) == fleet.region_pool

    account.advance(HOUR)

    assert fleet.pool_of(governed) == fleet.region_pool


def test_a_pool_change_that_fails_for_good_is_told_and_mended_by_the_schedule(
    fleet: Fleet, account: Simulation
) -> None:
    account.fault("elasticloadbalancing", "ModifyIpPools", "InternalFailure", status=500, times=1000)
    arn = fleet.alb()

    account.settle()

    assert fleet.pool_of(arn) is None
    assert decisions_told(account, arn) == [("failed", "api-error")]

    account.clear_faults()
    account.advance(HOUR)

    assert fleet.pool_of(arn) == fleet.region_pool
    assert records(account, arn) == [("done", "off-pool")]


def test_a_calendar_that_closes_between_two_load_balancers_stops_the_run_there(
    fleet: Fleet, account: Simulation
) -> None:
    pair = {fleet.alb(), fleet.alb()}
    account.settle()
    account.change_settings(trails_off=[account.account])
    other = fleet.pool()
    for arn in pair:
        fleet.modify(arn, other)
    account.fault("elasticloadbalancing", "ModifyIpPools", None, delay_ms=3000)

    def close() -> None:
        account.client("ssm").update_document(Name="Freeze", Content=CLOSED, DocumentVersion="$LATEST")

    runs = during(account, lambda: account.advance(HOUR), close, remediation="align_albs")["invocations"]

    (left,) = [arn for arn in pair if fleet.pool_of(arn) == other]
    (moved,) = pair - {left}
    assert fleet.pool_of(moved) == fleet.region_pool
    assert records(account, moved)[-1] == ("done", "off-pool")
    assert records(account, left)[-1] == decisions_told(account, left)[-1] == ("blocked", "change-freeze")
    assert {run["status"] for run in runs} == {"ok"}
    account.client("ssm").update_document(Name="Freeze", Content=OPEN, DocumentVersion="$LATEST")
    account.advance(HOUR)
    assert fleet.pool_of(left) == fleet.region_pool
