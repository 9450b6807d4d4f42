"""What is read besides DescribeAddresses: IPAM's history, DNS, PTR records, transfers; and that it is never old."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from lambdas.release_eips import dns, pace
from tests.lambdas.account import ACCOUNT
from tests.lambdas.release_eips.function import HOUR, Function, deployed
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from tests.lambdas.release_eips.person import Person

RECORDS: list[dict[str, Any]] = [
    {"Name": "plain.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "203.0.113.1"}]},
    {
        "Name": "shared.example.com",
        "Type": "A",
        "SetIdentifier": "b",
        "Weight": 1,
        "TTL": 60,
        "ResourceRecords": [{"Value": "198.51.100.1"}, {"Value": "203.0.113.2"}],
    },
    {"Name": "text.example.com", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"203.0.113.3"'}]},
]


def record(kind: str, value: str) -> dict[str, Any]:
    return {"Name": "a.example.com.", "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}


@pytest.mark.parametrize(
    ("kind", "value", "names"),
    [
        ("A", "203.0.113.5", True),
        ("A", "203.0.113.51", False),
        ("CNAME", "ec2-203-0-113-5.compute-1.amazonaws.com", True),
        ("CNAME", "ec2-203-0-113-5.eu-west-1.compute.amazonaws.com.", True),
        ("CNAME", "ec2-203-0-113-51.compute-1.amazonaws.com", False),
        ("CNAME", "ec2-1203-0-113-5.compute-1.amazonaws.com", False),
        ("MX", "10 203.0.113.5.nip.io", True),
        ("TXT", '"v=spf1 ip4:203.0.113.5 -all"', True),
        ("TXT", '"v=spf1 ip4:203.0.113.50 include:203.0.113.5 -all"', False),
        ("TXT", '"v=spf1 IP4:203.0.113.0/28 -all"', True),
        ("TXT", '"v=spf1 ip4:203.0.113.8/29 -all"', False),
        ("TXT", '"v=spf1 ip4:203.0." "113.5 -all"', True),
        ("TXT", '"v=spf1 ip4:203.0.113.5.6 ip4:203.0.113.500 ip4:1/99 -all"', False),
        ("TXT", '"moved from 203.0.113.5"', False),
        ("CNAME", "example.com", False),
    ],
)
def test_a_record_names_an_address_that_it_leads_to(
    kind: str, value: str, *, names: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    route53 = ListedZone(record(kind, value))
    monkeypatch.setattr(dns, "client", lambda *_, **__: route53)
    monkeypatch.setattr("lambdas.common.accounts.own", lambda: ACCOUNT)

    assert named_by("203.0.113.5") == ("a.example.com." if names else None)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("5.113.0.203.in-addr.arpa.", True),
        ("5.113.0.203.IN-ADDR.ARPA", True),
        ("203.0.113.5.in-addr.arpa.", False),
        ("15.113.0.203.in-addr.arpa.", False),
        ("1.5.113.0.203.in-addr.arpa.", False),
    ],
)
def test_a_record_of_a_reverse_zone_names_its_address(
    name: str, *, names: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    route53 = ListedZone({**record("PTR", "mail.example.com"), "Name": name})
    monkeypatch.setattr(dns, "client", lambda *_, **__: route53)
    monkeypatch.setattr("lambdas.common.accounts.own", lambda: ACCOUNT)

    assert named_by("203.0.113.5") == (name if names else None)


def named_by(public_ip: str) -> str | None:
    """The record that names an address, read anew."""
    found = dns.records([ACCOUNT], region="us-east-1", is_late=lambda: False)
    assert isinstance(found, dns.Names)
    return found.get(public_ip)


class ListedZone:
    """Route 53 with one zone, that has these records."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self.pages = {
            "list_hosted_zones": [{"HostedZones": [{"Id": "Z1"}]}],
            "list_resource_record_sets": [{"ResourceRecordSets": list(records)}],
        }

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: self.pages[operation])


@pytest.mark.parametrize(
    ("began", "ended", "counts"),
    [
        (timedelta(minutes=80), timedelta(minutes=100), True),  # between two sweeps
        (timedelta(minutes=80), None, True),  # to this day, as far as IPAM knows
        (-HOUR, timedelta(minutes=5), False),  # the use that we know of, ended when IPAM took its next sample
        (-HOUR, timedelta(minutes=90), True),  # that is no delay of a sample any more
    ],
)
def test_a_use_that_only_ipam_saw_starts_the_clock_anew(
    began: timedelta, ended: timedelta | None, *, counts: bool
) -> None:
    with deployed():
        world = World()
        function = Function(world)
        address = world.allocate()
        function.hear()
        function.sweep()
        since = world.now
        function.pass_time()
        seen = {"ResourceType": "network-interface", "SampledStartTime": since + began}
        world.history[address.public_ip] = [seen if ended is None else {**seen, "SampledEndTime": since + ended}]
        function.pass_time()

    outcomes = world.outcomes(address.allocation_id)
    assert (("skipped", "reassociated") in outcomes) is counts
    assert (("done", "idle") in outcomes) is not counts


def test_records_of_every_zone_count_whatever_routes_them(person: Person) -> None:  # noqa: ARG001 - sets up
    route53 = boto3.client("route53")
    for number, private in enumerate([False, True]):
        more: Any = {"HostedZoneConfig": {"PrivateZone": True}} if private else {}
        zone = route53.create_hosted_zone(Name="example.com", CallerReference=str(number), **more)["HostedZone"]["Id"]
        mine: list[Any] = RECORDS[:1] if private else RECORDS[1:]
        changes: Any = [{"Action": "CREATE", "ResourceRecordSet": record} for record in mine]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})

    assert named_by("203.0.113.1") == "plain.example.com."
    assert named_by("203.0.113.2") == "shared.example.com."
    assert named_by("203.0.113.3") is None
    assert named_by("203.0.113.4") is None


def test_evidence_is_read_anew_before_it_is_five_minutes_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here each release takes a minute of real time."""
    seconds = 0.0
    monkeypatch.setattr(pace.RunTime, "elapsed", property(lambda _time: seconds))
    with deployed():
        world = World()
        function = Function(world)
        for _ in range(9):
            world.allocate()
        function.hear()
        function.sweep()
        function.pass_time()
        read_at: list[float] = []
        ages: list[float] = []

        def on_call(_index: int, operation: str) -> None:
            nonlocal seconds
            if operation == "list_resource_record_sets":
                read_at.append(seconds)
            if operation == "release_address":
                ages.append(seconds - read_at[-1])
                seconds += 60

        world.on_call = on_call
        function.pass_time()

    assert len(ages) == 9
    assert max(ages) < 300
    assert len(read_at) == 3


def test_nothing_is_released_by_evidence_that_got_old_while_calls_were_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 0.0
    monkeypatch.setattr(pace.RunTime, "elapsed", property(lambda _time: seconds))
    with deployed():
        world = World()
        function = Function(world)
        address = world.allocate()
        function.hear()
        function.sweep()
        function.pass_time()

        def slowly(_index: int, operation: str) -> None:
            nonlocal seconds
            seconds += 240 if operation == "transact_write_items" else 0

        world.on_call = slowly
        function.pass_time()
        kept = world.outcomes(address.allocation_id)
        world.on_call = lambda _index, _operation: None
        function.pass_time()

    assert ("skipped", "state-changed") in kept
    assert ("done", "idle") not in kept
    assert ("done", "idle") in world.outcomes(address.allocation_id)
