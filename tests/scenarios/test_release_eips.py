"""Idle addresses in a deployed account, from outside: which go, which stay and why, and which come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.addresses import Estate
from tests.scenarios.hosted_zones import Zone
from tests.scenarios.kill_switch import switch

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

CONFIG = """
mode: enforce
regions: [us-east-1, eu-west-1]
release_eips:
  grace: 3h
  warn_before: 1h
  max_releases_per_run: 3
  breaker: {share: 0.5, at_least: 5}
  keep_tags: {keep: "true"}
contacts: {"123456789012": owners@example.com}
notifications:
  email: [net-oncall@example.com]
"""
OTHER_ACCOUNT = "444455556666"
UNTIL_RELEASED = 5

STACK = {"Resources": {"Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}}}


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(CONFIG)


@pytest.fixture(scope="module")
def estate(account: Simulation) -> Estate:
    """So many addresses are in use that the breaker is no matter."""
    made = Estate(account)
    interface = made.interface()
    for _ in range(12):
        made.ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, SecondaryPrivateIpAddressCount=1)
    privates = made.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    for private in privates["PrivateIpAddresses"]:
        made.ec2.associate_address(
            AllocationId=made.allocate(),
            NetworkInterfaceId=interface,
            PrivateIpAddress=private["PrivateIpAddress"],
        )
    account.settle()
    return made


def test_an_idle_address_is_warned_of_once_then_released_and_comes_back_as_it_was(estate: Estate) -> None:
    idle = estate.allocate(Name="build-7", poolwarden__owner="team-a")
    public_ip = estate.address(idle)["PublicIp"]
    estate.pass_hours(2)
    assert idle in estate.ids()
    estate.pass_hours(UNTIL_RELEASED - 2)

    assert idle not in estate.ids()
    assert estate.records(idle) == [("skipped", "within-grace"), ("skipped", "warned"), ("done", "idle")]
    assert estate.told(idle) == [("skipped", "warned")] * 2 + [("done", "idle")] * 2  # on call, and the owners
    warning = next(each for each in estate.simulation.outbox() if idle in each["message"])
    assert "owned by team-a" in warning["message"]
    assert "poolwarden:protect = true" in warning["message"]
    (item,) = [each for each in estate.simulation.ledger() if (each["resource_id"], each["outcome"]) == (idle, "done")]
    assert float(item["detail"]["cost_usd_month"]) == 3.65

    answer = estate.ask("undo", estate.decision(idle, "done", "idle"))

    assert answer["outcome"] == "undone"
    (back,) = [each for each in estate.ec2.describe_addresses()["Addresses"] if each["PublicIp"] == public_ip]
    assert {tag["Key"]: tag["Value"] for tag in back["Tags"]} == {"Name": "build-7", "poolwarden:owner": "team-a"}
    estate.ec2.release_address(AllocationId=back["AllocationId"])


def test_an_address_that_somebody_else_has_by_now_is_taken(estate: Estate) -> None:
    idle = estate.allocate()
    public_ip = estate.address(idle)["PublicIp"]
    estate.pass_hours(UNTIL_RELEASED)
    estate.simulation.give_address(public_ip, account=OTHER_ACCOUNT, region=estate.region)

    answer = estate.ask("undo", estate.decision(idle, "done", "idle"))

    assert (answer["outcome"], answer["reason"]) == ("blocked", "taken")
    estate.simulation.settle()
    assert ("blocked", "taken") in estate.told(idle)


def test_what_speaks_for_an_address_keeps_it_and_is_recorded(estate: Estate) -> None:
    simulation = estate.simulation
    kept = {
        "protected": estate.allocate(poolwarden__protect="true"),
        "keep-until": estate.allocate(poolwarden__keep_until="2099-12-31"),
        "keep-tag": estate.allocate(keep="true"),
        "ptr-record": estate.allocate(),
        "dns-record": estate.allocate(),
        "transfer-pending": estate.allocate(),
        "stack-managed": _of_a_stack(estate),
    }
    unreadable = estate.allocate(poolwarden__keep_until="spring")
    locked = estate.allocate()
    simulation.lock_address(locked)
    estate.ec2.modify_address_attribute(AllocationId=kept["ptr-record"], DomainName="mail.example.com")
    estate.ec2.enable_address_transfer(AllocationId=kept["transfer-pending"], TransferAccountId=OTHER_ACCOUNT)
    Zone(simulation).point("www", estate.address(kept["dns-record"])["PublicIp"], routing="weighted")

    estate.pass_hours(UNTIL_RELEASED + 1)

    for reason, allocation_id in kept.items():
        assert reason in [each for _, each in estate.records(allocation_id)], reason
        assert allocation_id in estate.ids(), reason
    assert ("blocked", "keep-until") in estate.told(unreadable)
    assert ("blocked", "locked") in estate.records(locked)
    assert [each for each in estate.records(locked) if each == ("blocked", "locked")] == [("blocked", "locked")]
    assert estate.told(kept["protected"]) == []

    # Nothing is kept for ever: what speaks for it goes, and so does the address.
    estate.ec2.reset_address_attribute(AllocationId=kept["ptr-record"], Attribute="domain-name")
    simulation.lock_address(locked, locked=False)
    estate.pass_hours(2)
    assert not {kept["ptr-record"], locked} & estate.ids()
    estate.ec2.release_address(AllocationId=unreadable)


def test_a_warning_is_taken_back_when_the_address_is_used(estate: Estate) -> None:
    idle = estate.allocate()
    estate.pass_hours(2)
    assert ("skipped", "warned") in estate.records(idle)

    interface = estate.interface()
    association = estate.ec2.associate_address(AllocationId=idle, NetworkInterfaceId=interface)["AssociationId"]
    estate.simulation.settle()
    estate.ec2.disassociate_address(AssociationId=association)
    estate.pass_hours(1)

    assert estate.records(idle)[-2:] == [("skipped", "reassociated"), ("skipped", "within-grace")]
    assert ("skipped", "reassociated") in estate.told(idle)
    assert idle in estate.ids()
    estate.ec2.release_address(AllocationId=idle)


def test_what_cannot_be_read_proves_nothing_and_is_told_once_for_all(estate: Estate) -> None:
    idle = [estate.allocate(), estate.allocate()]
    simulation = estate.simulation
    simulation.fault("route53", "ListHostedZones", "AccessDenied", times=100)
    estate.pass_hours(UNTIL_RELEASED)
    simulation.clear_faults()

    place = f"{simulation.account}/{estate.region}"
    assert set(idle) <= estate.ids()
    for each in idle:
        assert ("blocked", "access-denied") in estate.records(each)
        assert ("blocked", "access-denied") not in estate.told(each)
    assert estate.told(place) == [("blocked", "access-denied")] * 2
    estate.pass_hours(2)
    assert not set(idle) & estate.ids()


def test_each_call_for_a_release_has_a_look_of_its_own_immediately_before(estate: Estate) -> None:
    simulation = estate.simulation
    idle = estate.allocate()
    estate.pass_hours(2)
    simulation.clear_calls()
    simulation.fault("ec2", "ReleaseAddress", "RequestLimitExceeded", status=503, times=2)
    estate.pass_hours(2)

    assert idle not in estate.ids()
    calls = [each for each in simulation.calls() if "ReleaseEips" in each["principal"] and each["service"] == "ec2"]
    releases = [number for number, each in enumerate(calls) if each["operation"] == "ReleaseAddress"]
    assert [calls[number]["error"] for number in releases] == ["RequestLimitExceeded"] * 2 + [None]
    assert {calls[number - 1]["operation"] for number in releases} == {"DescribeAddresses"}


def test_the_kill_switch_and_the_cap_hold(estate: Estate) -> None:
    simulation = estate.simulation
    idle = [estate.allocate() for _ in range(4)]
    estate.pass_hours(2)
    switch(simulation, "observe")
    estate.pass_hours(2)
    assert set(idle) <= estate.ids()
    assert all(("blocked", "switched-off") in estate.records(each) for each in idle)

    switch(simulation, "deployed")
    estate.pass_hours(1)
    (left,) = set(idle) & estate.ids()
    assert ("blocked", "run-cap") in estate.records(left)
    estate.pass_hours(1)
    assert not set(idle) & estate.ids()


def test_an_ipam_watches_and_gets_its_addresses_back(estate: Estate) -> None:
    simulation, ec2 = estate.simulation, estate.ec2
    ipam = ec2.create_ipam(OperatingRegions=[{"RegionName": estate.region}])["Ipam"]
    contiguous = _contiguous_pool(estate, ipam["PublicDefaultScopeId"])
    brought = _brought_pool(estate)
    unused, used = (ec2.allocate_address(IpamPoolId=contiguous)["AllocationId"] for _ in range(2))
    own = ec2.allocate_address(PublicIpv4Pool=brought)["AllocationId"]
    estate.pass_hours(1)
    interface = estate.interface()
    association = ec2.associate_address(AllocationId=used, NetworkInterfaceId=interface)["AssociationId"]
    estate.pass_hours(UNTIL_RELEASED - 1)

    assert estate.records(own) == [("skipped", "byoip")]
    assert unused not in estate.ids()
    assert used in estate.ids()
    assert ("done", "idle") in estate.records(unused)
    ec2.disassociate_address(AssociationId=association)
    answer = estate.ask("undo", estate.decision(unused, "done", "idle"))
    assert answer["outcome"] in ("undone", "pending")
    simulation.settle()
    assert ("undone", "idle") in estate.records(unused)


def test_many_at_once_wait_for_a_person_who_decides_about_all_of_them(account: Simulation) -> None:
    estate = Estate(account, "eu-west-1")
    idle = [estate.allocate() for _ in range(6)]
    estate.pass_hours(UNTIL_RELEASED)

    place = f"{account.account}/eu-west-1"
    assert set(idle) <= estate.ids()
    assert estate.told(place) == [("proposed", "breaker")] * 2
    for each in idle:
        assert estate.records(each)[-1] == ("proposed", "breaker")
        assert ("proposed", "breaker") not in estate.told(each)

    answer = estate.ask("approve", estate.decision(idle[0], "proposed", "breaker"))
    assert answer["outcome"] == "done"
    assert idle[0] not in estate.ids()

    answer = estate.ask("approve", estate.decision(place, "proposed", "breaker"))
    assert answer["outcome"] == "done"
    assert len(set(idle) & estate.ids()) == 2  # one run may release three
    estate.pass_hours(1)
    assert not set(idle) & estate.ids()


def _contiguous_pool(estate: Estate, scope: str) -> str:
    pool = estate.ec2.create_ipam_pool(
        IpamScopeId=scope,
        AddressFamily="ipv4",
        Locale=estate.region,
        AwsService="ec2",
        PublicIpSource="amazon",
    )["IpamPool"]["IpamPoolId"]
    estate.simulation.settle()
    estate.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
    estate.simulation.settle()
    return str(pool)


def _brought_pool(estate: Estate) -> str:
    proof = {"Message": "message", "Signature": "signature"}
    estate.ec2.provision_byoip_cidr(Cidr="130.137.249.0/24", CidrAuthorizationContext=proof)
    estate.simulation.settle()
    return str(estate.ec2.describe_public_ipv4_pools()["PublicIpv4Pools"][-1]["PoolId"])


def _of_a_stack(estate: Estate) -> str:
    cloudformation = estate.simulation.client("cloudformation")
    cloudformation.create_stack(StackName="web", TemplateBody=json.dumps(STACK))
    (resource,) = cloudformation.describe_stack_resources(StackName="web")["StackResources"]
    (address,) = estate.ec2.describe_addresses(PublicIps=[resource["PhysicalResourceId"]])["Addresses"]
    return str(address["AllocationId"])
