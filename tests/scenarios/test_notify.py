"""What people hear, deployed: every incident once, to those whom it concerns, and a digest in the morning."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.lambdas.notify.decisions import alignment, release
from tests.scenarios.kill_switch import switch
from tests.scenarios.pools import PoolTree, alarm_states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

ONCALL, TEAM = "net-oncall@example.com", "team-a@example.com"
CONFIG = f"""
mode: enforce
refill_pools:
  max_provisions_per_day: 50
  pools:
    - match: {{tags: {{env: prod}}}}
contacts: {{"123456789012": {TEAM}, "111122223333": team-b@example.com}}
notifications:
  email: [{ONCALL}]
  slack: {{workspace_id: T0123456789, channel_id: C0123456789}}
"""
EVERYBODY = {ONCALL: 1, TEAM: 1, "slack": 1}
"""Whom an incident in this account concerns, and how often each hears of it."""

HOUR, QUARTER = 3600.0, 900.0


class Reader:
    """The outbox from here on."""

    def __init__(self, account: Simulation) -> None:
        self._account, self._seen = account, len(account.outbox())

    def heard(self, **attributes: str) -> list[dict[str, Any]]:
        """The deliveries since the start with these attributes; `text` must be in the message."""
        text = attributes.pop("text", "")
        return [
            entry
            for entry in self._account.outbox()[self._seen :]
            if attributes.items() <= entry["attributes"].items() and text in entry["message"]
        ]

    def counts(self, **attributes: str) -> dict[str, int]:
        """How many deliveries each recipient had."""
        return dict(Counter(_recipient(entry) for entry in self.heard(**attributes)))


def _recipient(entry: dict[str, Any]) -> str:
    return "slack" if entry["protocol"] == "https" else str(entry["endpoint"])


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(CONFIG)


@pytest.fixture(scope="module")
def tree(account: Simulation) -> PoolTree:
    return PoolTree(account)


@pytest.fixture
def reader(account: Simulation) -> Iterator[Reader]:
    yield Reader(account)
    account.clear_faults()


def announce(account: Simulation, item: dict[str, Any]) -> None:
    """Put a decision on the bus as a remediation does."""
    entry = {"Source": "poolwarden", "DetailType": "Poolwarden Decision", "Detail": json.dumps(item)}
    assert account.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def until_morning(account: Simulation) -> None:
    """Move the clock over the next 08:00 UTC, with the schedules on the way."""
    now = datetime.fromisoformat(account.settle()["now"])
    morning = now.replace(hour=8, minute=5, second=0, microsecond=0)
    morning += timedelta(days=1) if morning <= now + timedelta(minutes=5) else timedelta()
    account.advance((morning - now).total_seconds(), step=6 * HOUR)


def test_a_refill_is_told_once_to_operators_contact_and_slack(
    account: Simulation, tree: PoolTree, reader: Reader
) -> None:
    pool = tree.environment(poolwarden_owner="team-a")
    tree.fill(pool)

    account.settle()
    account.advance(HOUR, step=QUARTER)

    decision = {"kind": "decision", "text": pool}  # the day's digest names it, too, if it is time for that
    assert reader.counts(**decision) == EVERYBODY
    told = {_recipient(entry): entry for entry in reader.heard(**decision)}
    assert told[ONCALL]["subject"].isascii()
    assert "owned by team-a, account 123456789012" in told[ONCALL]["message"]
    assert "`poolwarden undo " in told[ONCALL]["message"]
    assert told[ONCALL]["attributes"] == {
        "kind": "decision",
        "remediation": "refill_pools",
        "outcome": "done",
        "reason": "low-water",
        "severity": "info",
        "account": account.account,
        "region": account.region,
        "contact": TEAM,
    }
    assert json.loads(told["slack"]["message"])["source"] == "custom"


def test_each_incident_with_addresses_and_load_balancers_is_told_once(account: Simulation, reader: Reader) -> None:
    mine = {"account": account.account, "region": account.region}
    incidents = [
        {**release(decision_id="a" * 16), **mine},
        {**release(decision_id="b" * 16, outcome="skipped", reason="warned", action="none"), **mine},
        {**release(decision_id="c" * 16, outcome="done", reason="reassociated"), **mine},
        {**alignment(decision_id="d" * 16), **mine},
        {**alignment(decision_id="e" * 16, outcome="blocked", reason="spilled", action="none"), **mine},
        {**release(decision_id="f" * 16, outcome="undone"), **mine},
    ]
    summary = {"resource_id": f"{account.account}/{account.region}", "action": "none", **mine}
    breaker = {**release(decision_id="1" * 16, outcome="proposed", reason="breaker"), **summary}
    for item in [*incidents, breaker, *incidents]:
        announce(account, item)
    routine = [
        {**release(decision_id="2" * 16, outcome="proposed", reason="breaker"), **mine},
        {**release(decision_id="3" * 16, outcome="skipped", reason="within-grace"), **mine},
        {**alignment(decision_id="4" * 16, outcome="skipped", reason="converging"), **mine},
        {**release(decision_id="5" * 16, action="allocate_address", detail={"undo_of": "f" * 16}), **mine},
    ]
    for item in routine:
        announce(account, item)

    account.settle()

    for item in [*incidents, breaker]:
        assert reader.counts(text=item["decision_id"]) == EVERYBODY, item["reason"]
    assert [item["decision_id"] for item in routine if reader.heard(text=item["decision_id"])] == []


def test_what_concerns_another_account_reaches_its_own_contact(account: Simulation, reader: Reader) -> None:
    announce(account, release(decision_id="6" * 16))
    account.settle()
    assert reader.counts(text="6" * 16) == {ONCALL: 1, "team-b@example.com": 1, "slack": 1}


def test_an_sns_that_fails_for_a_while_loses_nothing_and_repeats_nothing(account: Simulation, reader: Reader) -> None:
    account.fault("sns", "Publish", "InternalError", status=500, times=3)
    announce(account, release(decision_id="7" * 16))

    account.settle()

    assert reader.counts(text="7" * 16) == {ONCALL: 1, "team-b@example.com": 1, "slack": 1}


def test_an_sns_that_fails_for_good_leaves_the_event_in_a_queue_whose_alarm_people_hear(
    account: Simulation, reader: Reader
) -> None:
    account.fault("sns", "Publish", "InternalError", status=500, times=1000)
    announce(account, release(decision_id="8" * 16))

    account.settle()

    assert reader.heard(text="8" * 16) == []
    (alarm,) = [
        name for name, state in alarm_states(account).items() if "NotifyDeadLetters" in name and state == "ALARM"
    ]
    assert reader.counts(text=alarm) == {ONCALL: 1, "slack": 1}
    functions = account.client("lambda").list_functions()["Functions"]
    (notify,) = [each for each in functions if each["Handler"] == "lambdas.notify.handler.handler"]
    queue = notify["DeadLetterConfig"]["TargetArn"].rpartition(":")[2]
    sqs = account.client("sqs")
    (lost,) = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"])["Messages"]
    assert "8" * 16 in lost["Body"]


def test_overlapping_networks_are_told_by_name_once(account: Simulation, tree: PoolTree, reader: Reader) -> None:
    vpcs = [tree.ec2.create_vpc(CidrBlock="192.168.0.0/24")["Vpc"]["VpcId"] for _ in range(2)]

    account.settle()
    account.settle()

    (told,) = [entry for entry in reader.heard(kind="alarm") if entry["endpoint"] == ONCALL]
    assert "2 overlapping CIDRs" in told["subject"]
    assert all(f"192.168.0.0/24 of vpc {vpc}" in told["message"] for vpc in vpcs)
    assert reader.counts(kind="alarm") == {ONCALL: 1, "slack": 1}


def test_a_sweep_that_does_not_run_any_more_is_told_once(account: Simulation) -> None:
    account.advance(HOUR, step=QUARTER)  # after whatever gap other tests left
    reader = Reader(account)
    account.advance(4 * HOUR, step=QUARTER)
    events = account.client("events")
    (rule,) = [
        each["Name"] for each in events.list_rules()["Rules"] if each.get("ScheduleExpression") == "rate(15 minutes)"
    ]
    assert not reader.heard(text="has not come to the end of a scheduled run")
    events.disable_rule(Name=rule)

    account.advance(5 * HOUR, step=QUARTER)

    assert reader.counts(text="has not come to the end of a scheduled run") == {ONCALL: 1, "slack": 1}
    events.enable_rule(Name=rule)


def test_the_morning_brings_one_digest_to_each_whom_it_concerns(
    account: Simulation, tree: PoolTree, reader: Reader
) -> None:
    pool = tree.environment()
    tree.fill(pool)
    stuck = tree.environment(poolwarden_protect="true")
    tree.fill(stuck)
    until_morning(account)
    account.settle()

    assert reader.counts(kind="digest") == EVERYBODY
    (digest,) = [entry for entry in reader.heard(kind="digest") if entry["endpoint"] == ONCALL]
    refilled, blocked = (digest["message"].partition(heading)[2] for heading in ("Pools refilled", "Blocked or left"))
    assert pool in refilled
    assert f"{stuck} cannot be refilled (protected since" in blocked
    assert "Overlapping CIDRs" in digest["message"]


def test_a_kill_switch_that_is_on_is_in_the_digest(account: Simulation, reader: Reader) -> None:
    switch(account, "observe")
    until_morning(account)
    switch(account, "deployed")

    (digest,) = [entry for entry in reader.heard(kind="digest") if entry["endpoint"] == ONCALL]
    assert "The kill switch is on" in digest["message"]
    assert "nothing may be changed" in digest["subject"]


def test_the_dashboard_is_there_with_metrics_to_draw(account: Simulation) -> None:
    cloudwatch = account.client("cloudwatch")
    name = account.outputs()["DashboardName"]
    assert [each["DashboardName"] for each in cloudwatch.list_dashboards()["DashboardEntries"]] == [name]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    assert "Decisions by outcome" in [widget["properties"].get("title") for widget in body["widgets"]]
    decisions = cloudwatch.list_metrics(Namespace="Poolwarden", MetricName="Decisions")["Metrics"]
    dimensions = [{each["Name"]: each["Value"] for each in metric["Dimensions"]} for metric in decisions]
    assert {"Remediation": "refill_pools", "Outcome": "done", "Reason": "low-water"} in dimensions
