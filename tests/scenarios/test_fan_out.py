"""A whole organisation swept from the hub: who is looked after, who is not, and what stops nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.foresight import foreseen, happened, let_look, now, of_people, sweep_now
from tests.scenarios.interruptions import during, kill
from tests.scenarios.kill_switch import switch
from tests.scenarios.load_balancers import Fleet
from tests.scenarios.operator_cli import Operator
from tests.scenarios.pools import Pools
from tests.scenarios.spoke_role import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

EAST, WEST = "us-east-1", "us-west-2"
TEAM, OTHER, WATCHED, LOST, FOREIGN = (f"{number}" * 12 for number in "12345")
HOUR = 3600.0

CONFIG = f"""
mode: enforce
regions: [{EAST}, {WEST}]
organization:
  id: o-a1b2c3d4e5
  accounts: ["{TEAM}", "{OTHER}", "{WATCHED}", "{LOST}"]
  modes: {{"{WATCHED}": observe}}
refill_pools:
  schedule: rate(7 days)
  pools: [{{match: {{tags: {{env: prod}}}}}}]
release_eips:
  grace: 2h
  warn_before: 1h
  breaker: {{share: 1, at_least: 1000}}
align_albs:
  schedule: rate(7 days)
  allowed_pools: any
notifications: {{email: [a@example.com]}}
"""


@pytest.fixture(scope="module")
def hub(deploy_account: Callable[[str], Simulation]) -> Simulation:
    simulation = deploy_account(CONFIG)
    Role(simulation, LOST).delete()  # before anybody takes it on
    return simulation


@pytest.fixture(scope="module")
def pools(hub: Simulation) -> Pools:
    pools = Pools(hub, WEST)
    hub.settle()
    return pools


@pytest.fixture(scope="module")
def operator(hub: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """Somebody at the hub's command line, who may look into all accounts."""
    config = tmp_path_factory.mktemp("operator") / "poolwarden.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    for account in (TEAM, OTHER, WATCHED, LOST):
        let_look(hub, account)
    keys = {"AWS_ACCESS_KEY_ID": hub.account, "AWS_SECRET_ACCESS_KEY": "simulated"}
    return Operator(simulation=hub, config=config, credentials=keys)


@pytest.fixture(autouse=True)
def clean_slate(hub: Simulation, pools: Pools) -> Iterator[None]:  # noqa: ARG001 - an IPAM, which discovers
    hub.clear_calls()
    yield
    hub.reset_settings()
    hub.clear_faults()


def allocate(hub: Simulation, account: str, region: str = EAST) -> str:
    ec2 = hub.client("ec2", account=account, region=region)
    return str(ec2.allocate_address(Domain="vpc")["AllocationId"])


def has(hub: Simulation, account: str, address: str, region: str = EAST) -> bool:
    found = hub.client("ec2", account=account, region=region).describe_addresses()["Addresses"]
    return address in {each["AllocationId"] for each in found}


def records(hub: Simulation, resource: str) -> set[tuple[str, str]]:
    return {(item["outcome"], item["reason"]) for item in hub.ledger() if item["resource_id"] == resource}


def sweep(hub: Simulation, hours: int) -> dict[str, Any]:
    hub.settle()
    return hub.advance(hours * HOUR, step=HOUR)


def test_an_account_without_the_role_is_one_clear_finding_stops_nobody_and_is_complete_once_mended(
    hub: Simulation,
) -> None:
    lost, team = allocate(hub, LOST), allocate(hub, TEAM)

    sweep(hub, 4)

    assert has(hub, LOST, lost)
    assert not has(hub, TEAM, team)
    assert records(hub, LOST) == {("blocked", "role-missing")}
    told = [entry for entry in hub.outbox() if entry["attributes"].get("reason") == "role-missing"]
    assert [entry["attributes"]["account"] for entry in told] == [LOST]
    assert dead_letters(hub) == 0
    Role(hub, TEAM).put_into(LOST)
    sweep(hub, 4)
    assert not has(hub, LOST, lost)


def test_idle_addresses_go_in_every_account_and_region_that_is_looked_after_and_nowhere_else(hub: Simulation) -> None:
    here = allocate(hub, hub.account)
    team, west, other = allocate(hub, TEAM), allocate(hub, TEAM, WEST), allocate(hub, OTHER)
    watched, foreign = allocate(hub, WATCHED), allocate(hub, FOREIGN)

    sweep(hub, 5)

    assert not has(hub, hub.account, here)
    assert not has(hub, TEAM, team)
    assert not has(hub, TEAM, west, WEST)
    assert not has(hub, OTHER, other)
    assert has(hub, WATCHED, watched)
    assert ("observed", "idle") in records(hub, watched)
    assert has(hub, FOREIGN, foreign)
    assert records(hub, foreign) == set()
    roles = {call["principal"].split(":")[4] for call in hub.calls() if "assumed-role" in call["principal"]}
    assert FOREIGN not in roles


def test_a_region_that_is_not_enabled_is_one_clear_finding(hub: Simulation) -> None:
    west, east = allocate(hub, OTHER, WEST), allocate(hub, OTHER)
    hub.settle()
    hub.change_settings(regions_off=[f"{OTHER}/{WEST}"])

    sweep(hub, 4)

    assert records(hub, f"{OTHER}/{WEST}") == {("blocked", "region-closed")}
    assert not has(hub, OTHER, east)
    hub.change_settings(regions_off=[])
    sweep(hub, 4)
    assert not has(hub, OTHER, west, WEST)


def test_a_use_in_a_member_account_stops_the_clock_at_the_hub(hub: Simulation) -> None:
    address = allocate(hub, TEAM)
    sweep(hub, 1)
    ec2 = hub.client("ec2", account=TEAM)
    interface = new_interface(ec2)
    association = ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)["AssociationId"]
    hub.settle()
    ec2.disassociate_address(AssociationId=association)

    sweep(hub, 1)

    assert has(hub, TEAM, address)
    ec2.release_address(AllocationId=address)


def test_a_message_or_event_about_an_account_that_is_not_looked_after_is_left_alone(hub: Simulation) -> None:
    foreign = allocate(hub, FOREIGN)
    function = hub.outputs()["ReleaseEipsFunction"]
    detail = {"account": FOREIGN, "region": EAST}
    message = {
        "source": "poolwarden",
        "detail-type": "Poolwarden Sweep",
        "time": now(hub).isoformat(),
        "detail": detail,
    }
    call = {"eventName": "AllocateAddress", "recipientAccountId": FOREIGN, "awsRegion": EAST}
    asked = {**call, "responseElements": {"allocationId": foreign}}
    forged = {
        "source": "aws.ec2",
        "detail-type": "AWS API Call via CloudTrail",
        "account": FOREIGN,
        "time": now(hub).isoformat(),
        "detail": asked,
    }
    hub.clear_calls()

    for event in (message, forged):
        answer = hub.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        assert "FunctionError" not in answer

    assert not [each for each in hub.calls() if each["account"] == FOREIGN or each["operation"] == "AssumeRole"]
    assert records(hub, foreign) == set()


def test_a_throttled_account_is_complete_once_it_is_not(hub: Simulation) -> None:
    address = allocate(hub, OTHER)
    sweep(hub, 1)
    hub.fault("ec2", "DescribeAddresses", "RequestLimitExceeded", status=503, times=4)

    sweep(hub, 3)

    assert not has(hub, OTHER, address)
    assert dead_letters(hub) == 0


def test_a_worker_that_dies_in_one_account_stops_no_other_and_its_work_is_done_once(hub: Simulation) -> None:
    address, others = allocate(hub, OTHER), [allocate(hub, TEAM), allocate(hub, TEAM, WEST)]
    hub.fault("ec2", "ReleaseAddress", None, delay_ms=3000, account=OTHER)
    function = hub.outputs()["ReleaseEipsFunction"]

    answer = during(hub, lambda: sweep(hub, 5), lambda: kill(hub, function), account=OTHER)

    errors = [run["error"] for run in answer["invocations"] if run["status"] == "error"]
    assert errors == ["Runtime.ExitError: Runtime exited without providing a reason"]
    assert not has(hub, TEAM, others[0])
    assert not has(hub, TEAM, others[1], WEST)
    assert not has(hub, OTHER, address)
    assert ("done", "idle") in records(hub, address)
    assert ("intended", "idle") not in records(hub, address)
    assert dead_letters(hub) == 0


def test_what_a_plan_foresees_in_all_accounts_is_what_then_happens(
    hub: Simulation, pools: Pools, operator: Operator
) -> None:
    for account, region in ((hub.account, EAST), (TEAM, EAST), (OTHER, WEST), (WATCHED, EAST)):
        allocate(hub, account, region)
    fleet = Fleet(hub)
    public, balancer = fleet.pool(), fleet.alb()
    source = pools.make(pools.private, {"Cidr": "10.0.0.0/16"})
    low = pools.make(pools.private, {"Cidr": "10.0.0.0/20"}, env="prod", SourceIpamPoolId=source, Locale=EAST)
    switch(hub, "observe")
    pools.fill(low)
    fleet.tag(balancer, **{"ipam-pool": public})
    hub.advance(4 * HOUR, step=HOUR)
    switch(hub, "deployed")

    start, planned = now(hub), of_people(foreseen(operator))
    sweep_now(hub)

    expected = {each: as_observed(said) for each, said in planned.items()}
    assert of_people(happened(hub, since=start)).items() <= expected.items() <= happened(hub).items()
    # Of the accounts that other tests share with this one, there may be more than one address.
    assert {(account, reason) for _, account, _, _, outcome, reason in planned.values() if outcome == "done"} == {
        (TEAM, "idle"),
        (hub.account, "idle"),
        (hub.account, "low-water"),
        (hub.account, "off-pool"),
        (OTHER, "idle"),
        (WATCHED, "idle"),
    }


def as_observed(said: tuple[str, ...]) -> tuple[str, ...]:
    """What is foreseen of a decision, as it is recorded where an account is only watched."""
    resource, account, region, action, outcome, reason = said
    return (resource, account, region, action, "observed", reason) if (account, outcome) == (WATCHED, "done") else said


def new_interface(ec2: Any) -> str:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/28")["Subnet"]["SubnetId"]
    return str(ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"])


def dead_letters(hub: Simulation) -> int:
    """How many messages the function's dead-letter queue holds."""
    function = hub.client("lambda").get_function_configuration(FunctionName=hub.outputs()["ReleaseEipsFunction"])
    queue = function["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
    sqs = hub.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
