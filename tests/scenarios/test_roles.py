"""What the deployed roles refuse whatever our code does, and that each of them is enough, in the hub and in members."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.function_roles import FunctionRole
from tests.scenarios.hosted_zones import ROUTING, Zone
from tests.scenarios.load_balancers import Fleet

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

HOUR = 3600.0
HUB, TEAM, ASKED, NAMES = "123456789012", "111111111111", "222222222222", "333333333333"
MANAGER = "999999999999"
"""Whose organisation it is."""

CONFIG = f"""
mode: enforce
organization:
  id: o-a1b2c3d4e5
  accounts: ["{HUB}", "{TEAM}", "{ASKED}"]
  modes: {{"{HUB}": approve, "{ASKED}": approve}}
change_calendar: Freeze
refill_pools:
  pools: [{{match: {{tags: {{env: prod}}}}}}]
release_eips:
  grace: 2h
  warn_before: 1h
  breaker: {{share: 1, at_least: 1000}}
  dns_accounts: ["{NAMES}"]
align_albs: {{pools: {{us-east-1: ipam-pool-0def}}, allowed_pools: any}}
notifications: {{email: [a@example.com]}}
"""
ALWAYS_OPEN = "BEGIN:VCALENDAR\nVERSION:2.0\nX-CALENDAR-TYPE:DEFAULT_OPEN\nEND:VCALENDAR\n"
STACK = {"Resources": {"Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}}}
TAGS = [{"Key": "env", "Value": "prod"}]
PROTECTED = [{"Key": "poolwarden:protect", "Value": "true"}]


@pytest.fixture(scope="module")
def hub(deploy_account: Callable[[str], Simulation]) -> Simulation:
    simulation = deploy_account(CONFIG)
    simulation.client("ssm").create_document(
        Name="Freeze", Content=ALWAYS_OPEN, DocumentType="ChangeCalendar", DocumentFormat="TEXT"
    )
    for account in (TEAM, ASKED, NAMES):
        Zone(simulation, account=account)
    simulation.client("ram", account=MANAGER).enable_sharing_with_aws_organization()
    return simulation


@pytest.fixture(scope="module")
def fleet(hub: Simulation) -> Fleet:
    return Fleet(hub)


@pytest.fixture(scope="module")
def pool(hub: Simulation, fleet: Fleet) -> str:
    """A public pool of the hub's that the members may use."""
    made = fleet.pool(24)
    (described,) = fleet.ec2.describe_ipam_pools(IpamPoolIds=[made])["IpamPools"]
    hub.client("ram").create_resource_share(
        name="addresses", resourceArns=[described["IpamPoolArn"]], principals=[TEAM, ASKED]
    )
    return made


def test_addresses_that_are_protected_or_of_a_stack_are_released_by_no_role(hub: Simulation) -> None:
    releasing = FunctionRole.of(hub, "ReleaseEipsFunction")
    operating = FunctionRole.of(hub, "OperateFunction")
    roles = {
        hub.account: [operating],
        TEAM: [releasing.in_member(TEAM, "PoolwardenSpoke-ReleaseEips")],
        ASKED: [operating.in_member(ASKED, "PoolwardenSpoke-Operate")],
    }
    for account, sessions in roles.items():
        ec2 = hub.client("ec2", account=account)
        protected = allocate(ec2, PROTECTED)
        stacks_own = of_a_stack(hub, account)
        for role in sessions:
            for address in (protected, stacks_own):
                assert role.refusal("ec2", "release_address", AllocationId=address) == "explicit deny"
            assert role.refusal("ec2", "release_address", AllocationId=allocate(ec2)) is None
        ec2.release_address(AllocationId=protected)
        tags = {"Resources": [stacks_own], "Tags": [{"Key": "env", "Value": "prod"}]}
        assert sessions[-1].refusal("ec2", "create_tags", **tags) in ("explicit deny", "no permission")


def test_protected_pools_and_load_balancers_are_changed_by_no_role(hub: Simulation, fleet: Fleet, pool: str) -> None:
    operating = FunctionRole.of(hub, "OperateFunction")
    fleet.ec2.create_tags(Resources=[pool], Tags=PROTECTED)
    block = {"IpamPoolId": pool, "Cidr": "130.137.250.0/24"}
    assert operating.refusal("ec2", "provision_ipam_pool_cidr", **block) == "explicit deny"
    assert operating.refusal("ec2", "deprovision_ipam_pool_cidr", **block) == "explicit deny"
    fleet.ec2.delete_tags(Resources=[pool], Tags=PROTECTED)
    assert operating.refusal("ec2", "deprovision_ipam_pool_cidr", **block) not in ("explicit deny", "no permission")

    arn = fleet.alb(tags={"protect": "true"})
    move = {"LoadBalancerArn": arn, "IpamPools": {"Ipv4IpamPoolId": pool}}
    assert operating.refusal("elbv2", "modify_ip_pools", **move) == "explicit deny"
    fleet.tag(arn, protect="false")
    assert operating.refusal("elbv2", "modify_ip_pools", **move) is None
    fleet.elb.delete_load_balancer(LoadBalancerArn=arn)


def test_the_hubs_own_account_is_changed_by_none_but_operate_where_its_mode_is_lower(
    hub: Simulation, fleet: Fleet, pool: str
) -> None:
    refilling, releasing, aligning = (
        FunctionRole.of(hub, f"{name}Function") for name in ("RefillPools", "ReleaseEips", "AlignAlbs")
    )
    address, arn = allocate(hub.client("ec2")), fleet.alb()
    block = {"IpamPoolId": pool, "Cidr": "130.137.250.0/24"}
    move = {"LoadBalancerArn": arn, "IpamPools": {"Ipv4IpamPoolId": pool}}
    assert refilling.refusal("ec2", "provision_ipam_pool_cidr", **block) == "no permission"
    assert releasing.refusal("ec2", "release_address", AllocationId=address) == "no permission"
    assert aligning.refusal("elbv2", "modify_ip_pools", **move) == "no permission"
    hub.client("ec2").release_address(AllocationId=address)
    fleet.elb.delete_load_balancer(LoadBalancerArn=arn)


def test_no_role_does_anothers_work(hub: Simulation, pool: str) -> None:
    releasing, refilling = (FunctionRole.of(hub, f"{name}Function") for name in ("ReleaseEips", "RefillPools"))
    address = allocate(hub.client("ec2"))
    block = {"IpamPoolId": pool, "Cidr": "130.137.250.0/24"}
    assert refilling.refusal("ec2", "release_address", AllocationId=address) == "no permission"
    assert releasing.refusal("ec2", "allocate_address") == "no permission"
    for operation in ("provision_ipam_pool_cidr", "deprovision_ipam_pool_cidr"):
        assert releasing.refusal("ec2", operation, **block) == "no permission"
    for other in ("dynamodb", "sns"):
        listing = {"dynamodb": "list_tables", "sns": "list_topics"}[other]
        assert releasing.refusal(other, listing) == "no permission"
    hub.client("ec2").release_address(AllocationId=address)


def test_a_member_is_changed_only_as_its_mode_lets_and_only_by_the_function_whose_role_it_is(hub: Simulation) -> None:
    releasing, aligning = (FunctionRole.of(hub, f"{name}Function") for name in ("ReleaseEips", "AlignAlbs"))
    address = allocate(hub.client("ec2", account=ASKED))
    there = releasing.in_member(ASKED, "PoolwardenSpoke-ReleaseEips")
    assert there.refusal("ec2", "describe_addresses") is None
    assert there.refusal("ec2", "release_address", AllocationId=address) == "no permission"
    for role, request in (
        (aligning, {}),
        (releasing, {"ExternalId": "a-guess"}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            role.in_member(TEAM, "PoolwardenSpoke-ReleaseEips", **request)
    hub.client("ec2", account=ASKED).release_address(AllocationId=address)


def test_members_are_looked_after_with_what_their_roles_allow(hub: Simulation, fleet: Fleet, pool: str) -> None:
    idle = allocate(hub.client("ec2", account=TEAM), TAGS)
    asked = [
        allocate(hub.client("ec2"), TAGS),
        allocate(hub.client("ec2", account=ASKED), TAGS, IpamPoolId=pool),
    ]
    fleet.govern_by_policy(pool, accounts=(HUB, TEAM, ASKED))
    off = {account: load_balancers(hub, account, pool) for account in (HUB, TEAM, ASKED)}
    low = fleet.pool(29, env="prod")
    for length in (30, 31, 32):
        fleet.ec2.allocate_ipam_pool_cidr(IpamPoolId=low, NetmaskLength=length)
    hub.settle()
    hub.advance(3 * HOUR, step=HOUR)

    assert outcome(hub, low) == "proposed"
    assert len(fleet.ec2.get_ipam_pool_cidrs(IpamPoolId=low)["IpamPoolCidrs"]) == 1
    assert pool_of(hub, TEAM, off[TEAM]) == pool
    assert pool_of(hub, ASKED, off[ASKED]) is None
    assert outcome(hub, idle) == "done"
    of_services = {address for account in (HUB, TEAM, ASKED) for address in service_managed(hub, account)}
    assert of_services
    assert of_services <= {item["resource_id"] for item in hub.ledger() if item["reason"] == "service-managed"}
    asked += [off[HUB], off[ASKED]]
    assert {outcome(hub, each) for each in asked} == {"proposed"}

    assert ask(hub, "approve", low)["outcome"] == "pending"
    hub.settle()
    assert len(fleet.ec2.get_ipam_pool_cidrs(IpamPoolId=low)["IpamPoolCidrs"]) == 2
    for each in asked:
        assert ask(hub, "approve", each)["outcome"] == "done"
    assert pool_of(hub, ASKED, off[ASKED]) == pool
    for each in asked:
        ask(hub, "undo", each)
    hub.settle()
    assert {outcome(hub, each) for each in asked} == {"undone"}
    assert pool_of(hub, ASKED, off[ASKED]) is None
    addresses = hub.client("ec2", account=ASKED).describe_addresses()["Addresses"]
    assert TAGS in [address.get("Tags") for address in addresses]


def test_a_record_in_the_zones_of_an_account_that_is_asked_for_its_dns_keeps_an_address(hub: Simulation) -> None:
    ec2 = hub.client("ec2", account=TEAM)
    public, private = Zone(hub, account=NAMES), Zone(hub, account=NAMES, name="internal", private=True)
    unnamed, inside = allocate(ec2), allocate(ec2)
    named = {routing: allocate(ec2) for routing in ROUTING}
    public_ips = {each["AllocationId"]: each["PublicIp"] for each in ec2.describe_addresses()["Addresses"]}
    records = {inside: private.point("db", public_ips[inside])}
    for routing, address in named.items():
        records[address] = public.point(routing, public_ips[address], routing=routing)
    hub.settle()
    hub.clear_calls()
    hub.advance(3 * HOUR, step=HOUR)

    assert outcome(hub, unnamed) == "done"
    assert records.keys() <= {each["AllocationId"] for each in ec2.describe_addresses()["Addresses"]}
    for address, record in records.items():
        (kept,) = [each for each in hub.ledger() if (each["resource_id"], each["reason"]) == (address, "dns-record")]
        assert f"The DNS record {record} names it." in kept["detail"]["why"]
    readers = {each["principal"] for each in hub.calls() if (each["service"], each["account"]) == ("route53", NAMES)}
    role = f"arn:aws:sts::{NAMES}:assumed-role/PoolwardenSpoke-ReleaseEips/"
    assert readers
    assert all(reader.startswith(role) for reader in readers)
    for address in records:
        ec2.release_address(AllocationId=address)


def test_the_morning_after_the_digest_says_whether_changes_are_held_up(hub: Simulation) -> None:
    hub.advance(24 * HOUR)

    assert "digest" in {entry["attributes"].get("kind") for entry in hub.outbox()}


def test_what_no_function_can_read_is_in_its_dead_letter_queue(hub: Simulation) -> None:
    for name in ("AlignAlbs", "Operate", "ReleaseEips"):
        function = hub.outputs()[f"{name}Function"]
        hub.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"source": 7}')
        hub.settle()
        assert dead_letters(hub, function) == 1


def allocate(ec2: Any, tags: list[dict[str, str]] | None = None, **request: str) -> str:
    if tags:
        request["TagSpecifications"] = [{"ResourceType": "elastic-ip", "Tags": tags}]  # type: ignore[assignment]
    return str(ec2.allocate_address(**request)["AllocationId"])


def service_managed(hub: Simulation, account: str) -> set[str]:
    """The addresses that load balancers have out of pools, which only their service may release."""
    addresses = hub.client("ec2", account=account).describe_addresses()["Addresses"]
    return {each["AllocationId"] for each in addresses if each.get("ServiceManaged") == "alb"}


def of_a_stack(hub: Simulation, account: str) -> str:
    cloudformation = hub.client("cloudformation", account=account)
    cloudformation.create_stack(StackName="web", TemplateBody=json.dumps(STACK))
    (resource,) = cloudformation.describe_stack_resources(StackName="web")["StackResources"]
    ec2 = hub.client("ec2", account=account)
    (address,) = ec2.describe_addresses(PublicIps=[resource["PhysicalResourceId"]])["Addresses"]
    return str(address["AllocationId"])


def load_balancers(hub: Simulation, account: str, pool: str) -> str:
    """A load balancer that belongs on the pool, as its tag says, and is not; beside it one without a tag."""
    ec2, elb = hub.client("ec2", account=account), hub.client("elbv2", account=account)
    subnets = sorted(each["SubnetId"] for each in ec2.describe_subnets()["Subnets"])[:2]
    tag = {"Key": "poolwarden:ipam-pool", "Value": pool}
    elb.create_load_balancer(Name="other", Subnets=subnets)
    made = elb.create_load_balancer(Name="web", Subnets=subnets, Tags=[tag])
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def pool_of(hub: Simulation, account: str, arn: str) -> str | None:
    elb = hub.client("elbv2", account=account)
    (found,) = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    pool: str | None = found.get("IpamPools", {}).get("Ipv4IpamPoolId")
    return pool


def acts(hub: Simulation, resource: str) -> list[dict[str, Any]]:
    """What was done or proposed about a resource, oldest first."""
    decided = ("done", "proposed", "undone")
    return [item for item in hub.ledger() if item["resource_id"] == resource and item["outcome"] in decided]


def outcome(hub: Simulation, resource: str) -> str:
    """What became of a resource: an undo is in the record of what was undone."""
    changes = [item for item in acts(hub, resource) if item["detail"].get("undo_of") is None]
    return str(max(changes, key=lambda item: str(item["last_seen"]))["outcome"])


def ask(hub: Simulation, action: str, resource: str) -> dict[str, Any]:
    """Ask for the last thing that was done or proposed about a resource to be approved, or undone."""
    decision = acts(hub, resource)[-1]["decision_id"]
    answer = hub.client("lambda").invoke(
        FunctionName=hub.outputs()["OperateFunction"],
        Payload=json.dumps({"action": action, "decision_id": decision, "actor": "jo"}).encode(),
    )
    return dict(json.loads(answer["Payload"].read()))


def dead_letters(hub: Simulation, function: str) -> int:
    """How many events a function gave up on."""
    configuration = hub.client("lambda").get_function_configuration(FunctionName=function)
    sqs, queue = hub.client("sqs"), configuration["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
    url, name = sqs.get_queue_url(QueueName=queue)["QueueUrl"], "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
