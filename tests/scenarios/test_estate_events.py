"""Events from bus to bus, across accounts and Regions, and where no trail reports calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.estate import EAST, HUB, MEMBER, STRANGER, WEST, Estate, refused
from tests.scenarios.simulated_account import attributes_of, statement, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.simulated_account import Account, Queue

pytestmark = pytest.mark.scenario

EVENTS = "events.amazonaws.com"


class Hub:
    """A bus of the hub's, with a queue that receives whatever reaches it."""

    def __init__(self, estate: Estate) -> None:
        self.account = estate.account(HUB)
        self.name = unique("bus")
        self.arn: str = self.account.client("events").create_event_bus(Name=self.name)["EventBusArn"]
        self.queue = self.account.queue(allow=EVENTS)
        listen(self.account, self.queue.arn, bus=self.name)

    def admit(self, principal: str, **condition: str) -> None:
        """Let an account, or everybody under a condition, put events on the bus."""
        admitted: dict[str, Any] = {"Principal": principal, "Action": "events:PutEvents"}
        if condition:
            admitted["Condition"] = condition
        self.account.client("events").put_permission(EventBusName=self.name, StatementId=unique("s"), **admitted)

    def heard(self) -> list[Any]:
        """The events that reached the bus since the last look."""
        self.account.settle()
        messages = self.account.messages(self.queue)
        sqs = self.account.client("sqs")
        for message in messages:
            sqs.delete_message(QueueUrl=self.queue.url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def hub(estate: Estate) -> Iterator[Hub]:
    hub = Hub(estate)
    yield hub
    hub.account.client("events").delete_event_bus(Name=hub.name)


def listen(account: Account, target: str, *, bus: str, source: str | None = None, **options: Any) -> str:
    """Send what arrives at a bus, or only what comes from one source, to a target."""
    events, name = account.client("events"), unique("rule")
    pattern = {"source": [source]} if source else {"account": [{"exists": True}]}
    arn: str = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": target, **options}])
    return arn


def forwarding_role(estate: Estate, account: str, bus: str) -> str:
    trust = {"Principal": {"Service": EVENTS}, "Condition": {"StringEquals": {"aws:SourceAccount": account}}}
    return estate.role(account, statement("Allow", "events:PutEvents", bus), trust=trust)


def dead_letter_code(account: Account, queue: Queue) -> str:
    (message,) = account.messages(queue)
    return attributes_of(message)["ERROR_CODE"]


def test_an_event_crosses_accounts_and_regions_as_it_was(estate: Estate, hub: Hub) -> None:
    hub.admit(MEMBER)
    for region in (EAST, WEST):
        member, source = estate.account(MEMBER, region), unique("source")
        listen(member, hub.arn, bus="default", source=source, RoleArn=forwarding_role(estate, MEMBER, hub.arn))
        member.put_event(source, {"n": region}, detail_type="Address")
        (event,) = hub.heard()
        assert (event["account"], event["region"]) == (MEMBER, region)
        assert (event["source"], event["detail-type"], event["detail"]) == (source, "Address", {"n": region})


def test_a_bus_admits_whom_its_policy_names_and_the_others_dead_letter_says_so(estate: Estate, hub: Hub) -> None:
    hub.admit(MEMBER)
    codes = {}
    for account in (MEMBER, STRANGER):
        there, source = estate.account(account), unique("source")
        dead = there.queue(allow=EVENTS)
        role = forwarding_role(estate, account, hub.arn)
        listen(there, hub.arn, bus="default", source=source, RoleArn=role, DeadLetterConfig={"Arn": dead.arn})
        there.put_event(source, {})
        codes[account] = [event["account"] for event in hub.heard()] or dead_letter_code(there, dead)
    assert codes == {MEMBER: [MEMBER], STRANGER: "NO_PERMISSIONS"}


def test_a_bus_admits_an_organisation(estate: Estate, hub: Hub) -> None:
    organizations = estate.account(HUB).client("organizations")
    organization = organizations.create_organization()["Organization"]["Id"]
    estate.join(HUB, MEMBER)
    hub.admit("*", Type="StringEquals", Key="aws:PrincipalOrgID", Value=organization)
    for account in (MEMBER, STRANGER):
        there, source = estate.account(account), unique("source")
        role = forwarding_role(estate, account, hub.arn)
        listen(there, hub.arn, bus="default", source=source, RoleArn=role)
        there.put_event(source, {})
    assert [event["account"] for event in hub.heard()] == [MEMBER]
    organizations.remove_account_from_organization(AccountId=MEMBER)
    organizations.delete_organization()


def test_a_rule_sends_only_with_a_role_that_may(estate: Estate, hub: Hub) -> None:
    hub.admit(MEMBER)
    member = estate.account(MEMBER)
    rule = unique("rule")
    member.client("events").put_rule(Name=rule, EventPattern='{"source": ["none"]}')
    put = member.client("events").put_targets
    assert refused(put, Rule=rule, Targets=[{"Id": "1", "Arn": hub.arn}]) == "ValidationException"
    elsewhere = forwarding_role(estate, MEMBER, hub.arn.replace(hub.name, "other"))
    for_functions = estate.role(
        MEMBER, statement("Allow", "events:PutEvents"), trust={"Principal": {"Service": "lambda.amazonaws.com"}}
    )
    for role in (elsewhere, for_functions):
        source, dead = unique("source"), member.queue(allow=EVENTS)
        listen(member, hub.arn, bus="default", source=source, RoleArn=role, DeadLetterConfig={"Arn": dead.arn})
        member.put_event(source, {})
        assert hub.heard() == []
        assert dead_letter_code(member, dead) == "NO_PERMISSIONS"


def test_an_event_for_a_bus_that_is_not_there_is_a_dead_letter(estate: Estate) -> None:
    member, source = estate.account(MEMBER), unique("source")
    gone = f"arn:aws:events:{WEST}:{HUB}:event-bus/gone"
    dead = member.queue(allow=EVENTS)
    role = forwarding_role(estate, MEMBER, gone)
    listen(member, gone, bus="default", source=source, RoleArn=role, DeadLetterConfig={"Arn": dead.arn})
    member.put_event(source, {})
    member.settle()
    assert dead_letter_code(member, dead) == "NO_RESOURCE"


def test_an_event_goes_to_no_third_bus(estate: Estate, hub: Hub) -> None:
    member, source = estate.account(MEMBER), unique("source")
    between = member.client("events").create_event_bus(Name=unique("bus"))["EventBusArn"]
    listen(member, between, bus="default", source=source)
    listen(member, hub.arn, bus=between.rpartition("/")[2], RoleArn=forwarding_role(estate, MEMBER, hub.arn))
    direct = forwarding_role(estate, MEMBER, hub.arn)
    hub.admit(MEMBER)
    member.put_event(source, {"n": 1})
    assert hub.heard() == []
    listen(member, hub.arn, bus="default", source=source, RoleArn=direct)
    member.put_event(source, {"n": 2})
    assert [event["detail"] for event in hub.heard()] == [{"n": 2}]


def test_a_bus_shows_its_policy_and_takes_permissions_back(hub: Hub) -> None:
    events = hub.account.client("events")
    events.put_permission(EventBusName=hub.name, StatementId="member", Principal=MEMBER, Action="events:PutEvents")
    (shown,) = json.loads(events.describe_event_bus(Name=hub.name)["Policy"])["Statement"]
    assert shown["Principal"] == {"AWS": f"arn:aws:iam::{MEMBER}:root"}
    assert shown["Resource"] == hub.arn
    remove = events.remove_permission
    assert refused(remove, EventBusName=hub.name, StatementId="other") == "ResourceNotFoundException"
    events.remove_permission(EventBusName=hub.name, StatementId="member")
    assert "Policy" not in events.describe_event_bus(Name=hub.name)
    put = events.put_permission
    request = {"StatementId": "s", "Principal": MEMBER, "Action": "events:PutEvents"}
    assert refused(put, EventBusName="gone", **request) == "ResourceNotFoundException"


def test_calls_reach_the_hub_only_where_a_trail_logs_them(estate: Estate, hub: Hub) -> None:
    hub.admit(MEMBER)
    for region in (EAST, WEST):
        role = forwarding_role(estate, MEMBER, hub.arn)
        listen(estate.account(MEMBER, region), hub.arn, bus="default", source="aws.ec2", RoleArn=role)

    def heard_from() -> list[str]:
        for region in (EAST, WEST):
            ec2 = estate.account(MEMBER, region).client("ec2")
            ec2.release_address(AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"])
        return sorted({event["region"] for event in hub.heard()})

    def trails() -> dict[str, list[bool]]:
        """Of each trail that is seen in a Region, whether it logs."""
        found = {}
        for region in (EAST, WEST):
            cloudtrail = estate.account(MEMBER, region).client("cloudtrail")
            arns = [trail["TrailARN"] for trail in cloudtrail.describe_trails()["trailList"]]
            found[region] = [cloudtrail.get_trail_status(Name=arn)["IsLogging"] for arn in arns]
        return found

    assert heard_from() == [EAST, WEST]
    assert trails() == {EAST: [True], WEST: [True]}
    estate.simulation.change_settings(trails_off=[f"{MEMBER}/{WEST}"])
    assert heard_from() == [EAST]
    assert trails() == {EAST: [True], WEST: []}
    estate.simulation.change_settings(trails_off=[MEMBER])
    assert heard_from() == []
