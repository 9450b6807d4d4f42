"""The judge of the episodes: what keeps the promises passes, and what breaks one is named."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chaos.history import Final, History, failed_at_aws
from chaos.judge_extensions import Extensions
from chaos.log import Call, Log, Run
from chaos.oracle import judge

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ADDRESS = {"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.1"}
INTENT = {
    "decision_id": "0123456789abcdef",
    "record": "act",
    "resource_id": "eipalloc-1",
    "action": "release_address",
    "outcome": "intended",
    "reason": "idle",
    "last_seen": NOW.isoformat(),
    "detail": {"before": {"public_ip": "198.51.100.1", "pool": "amazon", "tags": {}}},
}


class Story:
    """A release that keeps every promise, to be told otherwise."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {"addresses": [ADDRESS]}
        self.switch = "deployed"
        self.idle = timedelta(hours=3)
        self.mode = "enforce"
        self.ledger: tuple[dict[str, Any], ...] = (INTENT, {**INTENT, "resource_id": "eipalloc-2"})
        self.outcome = "done"
        self.records: list[dict[str, Any]] = []
        self.releases = 1
        self.approved = ""
        self.at_least = 100
        self.heard = timedelta(hours=9)
        self.capped = ""
        self.written = "done"
        self.event: dict[str, Any] = {}

    def violations(self) -> list[str]:
        calls = [
            self._call("DescribeAddresses", answer={"Addresses": [ADDRESS]}, time=NOW - self.idle),
            replace(self._call("PutEvents", answer={}), run=2),
            self._call("DescribeAddressTransfers", answer={"AddressTransfers": []}),
            self._call("DescribeAddressesAttribute", answer={"Addresses": []}),
            self._call("ListResourceRecordSets", answer={"ResourceRecordSets": self.records}),
            self._call("GetParameter", answer={"Parameter": {"Value": self.switch}}),
            self._call("TransactWriteItems", answer={}),
        ]
        for number in range(self.releases):
            address = {**ADDRESS, "AllocationId": f"eipalloc-{number + 1}"}
            look = self._call("DescribeAddresses", answer={"Addresses": [address]}, seen=self.seen)
            release = self._call("ReleaseAddress", answer={}, ledger=self.ledger)
            calls += [look, replace(release, parameters={"AllocationId": address["AllocationId"]})]
        written = self._call("UpdateItem", answer={})
        values = {":outcome": {"S": self.written}}
        capped = {":reason": {"S": "run-cap"}, ":resource_id": {"S": self.capped}}
        for each in (values, *([capped] if self.capped else [])):
            calls.append(replace(written, parameters={"ExpressionAttributeValues": each}))
        log = Log([replace(call, number=number) for number, call in enumerate(calls)])
        use = {"eventName": "AssociateAddress", "requestParameters": {"allocationId": "eipalloc-1"}}
        sign = {"time": (NOW - self.heard).isoformat(), "detail": use}
        approval = {"action": "approve", "decision_id": self.approved}
        log.runs = [
            Run(number=0, function="release_eips", source="request-1", event=self.event, began=NOW, ended="done"),
            Run(number=1, function="operate", source="request-2", event=approval, began=NOW, ended="done"),
            Run(number=2, function="release_eips", source="request-3", event=sign, began=NOW, ended="done"),
        ]
        return judge(log, self._final())[0]

    def _call(self, operation: str, *, time: datetime = NOW, **rest: Any) -> Call:
        parameters: dict[str, Any] = {"Filters": [{}]} if rest.get("seen") else {}
        caller = "release_eips"
        common: dict[str, Any] = {"caller": caller, "run": 0, "took_effect": True, "parameters": parameters}
        return Call(number=0, time=time, operation=operation, **common, **rest)

    def _final(self) -> Final:
        return Final(
            settings={
                "refill_pools": {"max_provisions_per_day": 1, "rules": []},
                "release_eips": {
                    "mode": self.mode,
                    "grace": 7200,
                    "max_releases_per_run": 1,
                    "sweep_period": 3600,
                    "breaker": {"share": 1.0, "at_least": self.at_least},
                },
                "align_albs": {"pools": {}, "exclude_tags": {}},
                "extend_vpcs": {"high_water_percent": 80, "max_extensions_per_day": 1},
            },
            quiet_since=NOW,
            ended=NOW + timedelta(hours=1),
            ledger=tuple({**item, "outcome": self.outcome} for item in self.ledger),
            pools=[],
            vpcs=[],
            addresses=[],
            load_balancers=[],
            bad="",
        )


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_release_that_keeps_every_promise_passes(story: Story) -> None:
    assert story.violations() == []


@pytest.mark.parametrize(
    ("what", "value", "told"),
    [
        ("seen", {"addresses": [{**ADDRESS, "AssociationId": "eipassoc-1"}]}, "promise 1: .* in use"),
        ("seen", {"addresses": [{**ADDRESS, "ServiceManaged": "rds"}]}, "promise 1: .* service"),
        (
            "seen",
            {"addresses": [{**ADDRESS, "Tags": [{"Key": "poolwarden:protect", "Value": "true"}]}]},
            "promise 1: .* protected",
        ),
        ("seen", {}, "promise 1: .* without a look"),
        ("idle", timedelta(hours=1), "promise 1: .* idle for 1:00:00"),
        ("heard", timedelta(minutes=5), "promise 1: .* idle for 0:05:00"),
        (
            "records",
            [{"Name": "www.example.com.", "ResourceRecords": [{"Value": "198.51.100.1"}]}],
            "promise 1: .* ListResourceRecordSets names it",
        ),
        ("releases", 2, "promise 4: 2 releases"),
        ("at_least", 1, "promise 4: .* past the breaker"),
        ("mode", "observe", "promise 5: .* in observe"),
        ("mode", "approve", "promise 5: .* nobody approved"),
        ("switch", "observe", "promise 5: .* switch"),
        ("written", "failed", "promise 7: release_eips recorded a failure and ended as done"),
        ("ledger", (), "promise 6: .* not in the ledger"),
        ("outcome", "intended", "promise 6: .* at the end"),
        ("outcome", "skipped", "promise 6: .* happened"),
    ],
)
def test_what_breaks_a_promise_is_named(story: Story, what: str, value: object, told: str) -> None:
    setattr(story, what, value)

    assert any(re.match(told, each) for each in story.violations())


def test_a_change_is_approved_where_somebody_approved_its_decision(story: Story) -> None:
    story.mode, story.approved = "approve", str(INTENT["decision_id"])

    assert story.violations() == []


def test_the_approval_of_another_decision_approves_nothing(story: Story) -> None:
    story.mode, story.approved = "approve", "fedcba9876543210"

    assert any(re.match("promise 5: .* nobody approved", each) for each in story.violations())


def test_the_approval_of_all_that_the_breaker_holds_approves_each(story: Story) -> None:
    whole = {
        "decision_id": "aaaaaaaaaaaaaaaa",
        "record": "proposed#breaker",
        "resource_id": "123456789012/us-east-1",
        "reason": "breaker",
        "detail": {"held": {"eipalloc-1": "bbbbbbbbbbbbbbbb"}},
    }
    story.ledger = (*story.ledger, {**INTENT, **whole})
    story.mode, story.approved = "approve", "aaaaaaaaaaaaaaaa"

    assert story.violations() == []


EARLIER = (NOW - timedelta(hours=1)).isoformat()
LATER = (NOW + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize(
    ("decision_id", "time", "named"),
    [("0123456789abcdef", EARLIER, True), ("0123456789abcdef", LATER, False), ("bbbbbbbbbbbbbbbb", EARLIER, False)],
)
def test_what_somebody_had_rejected_may_not_happen(story: Story, decision_id: str, time: str, *, named: bool) -> None:
    said = {"record": "rejected#idle", "outcome": "rejected", "decision_id": decision_id, "time": time}
    story.ledger = ({**INTENT, **said}, *story.ledger)
    story.outcome = "done"

    assert any("somebody had rejected it" in each for each in story.violations()) is named


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, True),
        ({"detail": {"held": {"eipalloc-1": "bbbbbbbbbbbbbbbb"}, "expires": LATER}}, False),
        ({"detail": {"held": {"eipalloc-1": "0123456789abcdef"}, "expires": EARLIER}}, False),
        ({"time": NOW.isoformat()}, False),
        ({"outcome": "expired"}, False),
        ({"decision_id": "cccccccccccccccc"}, False),
    ],
)
def test_what_the_breaker_holds_for_an_answer_may_not_happen(
    story: Story, change: dict[str, Any], *, named: bool
) -> None:
    asked = {
        "decision_id": "aaaaaaaaaaaaaaaa",
        "record": "proposed#breaker",
        "resource_id": "123456789012/us-east-1",
        "outcome": "proposed",
        "reason": "breaker",
        "time": EARLIER,
        "announced": "proposed#breaker",
        "detail": {"held": {"eipalloc-1": "0123456789abcdef"}, "expires": LATER},
    }
    story.ledger = (*story.ledger, {**INTENT, **asked, **change})
    story.approved = "cccccccccccccccc"

    assert any("holds it for an answer" in each for each in story.violations()) is named


@pytest.mark.parametrize(("was_on", "changes"), [("ipam-pool-1", 0), ("ipam-pool-2", 1), (None, 1)])
def test_what_leaves_a_load_balancer_on_its_pool_is_no_change(story: Story, was_on: str | None, changes: int) -> None:
    seen = {"load_balancer": {"IpamPools": {"Ipv4IpamPoolId": was_on} if was_on else {}}}
    call = replace(
        story._call("ModifyIpPools", answer={}, seen=seen),
        parameters={"LoadBalancerArn": "arn", "IpamPools": {"Ipv4IpamPoolId": "ipam-pool-1"}},
    )

    assert len(History(Log([call]), story._final()).changes) == changes


def test_a_message_that_failed_in_a_batch_is_a_failure_too(story: Story) -> None:
    story.event, story.written = {"Records": [{"messageId": "1"}]}, "failed"

    assert any(re.match("promise 7: release_eips recorded a failure", each) for each in story.violations())


def test_what_only_the_cap_kept_counts_for_the_breaker(story: Story) -> None:
    story.at_least, story.capped = 2, "eipalloc-9"

    assert any(re.match("promise 4: .* of 2 that were due of 1, past the breaker", each) for each in story.violations())


def extension(number: int, cidr: str) -> Call:
    """A request for a CIDR of a VPC, all by one decision."""
    intent = {**INTENT, "resource_id": "vpc-1", "action": "associate_cidr", "detail": {}}
    associations = [{"CidrBlock": "10.0.0.0/24", "CidrBlockState": {"State": "associated"}}]
    return Call(
        number=number,
        time=NOW,
        caller="extend_vpcs",
        run=0,
        operation="AssociateVpcCidrBlock",
        parameters={"VpcId": "vpc-1", "CidrBlock": cidr},
        answer={},
        took_effect=True,
        seen={
            "resources": [],
            "vpc": {"VpcId": "vpc-1", "CidrBlockAssociationSet": associations, "Subnets": ["10.0.0.0/24"]},
        },
        ledger=(intent,),
    )


@pytest.mark.parametrize(("cidrs", "asked"), [(["10.0.1.0/24"] * 2, 1), (["10.0.1.0/24", "10.0.2.0/24"], 2)])
def test_another_block_counts_against_the_cap_also_under_the_same_decision(
    story: Story, cidrs: list[str], asked: int
) -> None:
    final = story._final()
    final.settings["extend_vpcs"]["max_extensions_per_vpc_per_day"] = 1
    log = Log([extension(number, cidr) for number, cidr in enumerate(cidrs)])
    told = [found for _, found in Extensions(History(log, final)).examine() if found]
    assert told == [
        f"2 extensions of {what} on 2027-03-01, where 1 are allowed" for what in ("all", "vpc-1") if asked == 2
    ]


@pytest.mark.parametrize(("state", "failed"), [("failed", True), ("associated", False)])
def test_a_request_that_aws_took_and_did_not_carry_out_is_known_by_what_the_vpc_shows(
    story: Story, state: str, *, failed: bool
) -> None:
    shown = {"CidrBlock": "10.0.1.0/24", "CidrBlockState": {"State": state}}
    final = replace(story._final(), vpcs=[{"VpcId": "vpc-1", "CidrBlockAssociationSet": [shown]}])
    assert failed_at_aws(extension(1, "10.0.1.0/24"), final) is failed
    assert not failed_at_aws(extension(1, "10.0.2.0/24"), final)
