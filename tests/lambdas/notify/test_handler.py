"""The deployed function in one process with a simulated account: what reaches the topics' subscribers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.common.events import EventError
from lambdas.notify import aws
from lambdas.notify.handler import handler
from tests.lambdas.account import LEDGER, MODE
from tests.lambdas.notify.decisions import release
from tests.lambdas.notify.test_plan import DONE

if TYPE_CHECKING:
    from collections.abc import Callable

NOWHERE = "arn:aws:sns:us-east-1:123456789012:nowhere"


def decided(*, event_id: str = "1", **changes: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "source": "poolwarden",
        "detail-type": "Poolwarden Decision",
        "time": "2026-03-01T12:01:00Z",
        "detail": {**DONE, **changes},
    }


def scheduled(time: str = "2026-03-02T08:00:00Z") -> dict[str, Any]:
    return {"id": "2", "source": "aws.events", "detail-type": "Scheduled Event", "time": time, "detail": {}}


def alarmed(alarm: str, scope: str, *, event_id: str = "3", value: str = "ALARM") -> dict[str, Any]:
    return {
        "id": event_id,
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm Contributor State Change",
        "time": "2026-03-01T12:01:00Z",
        "account": "123456789012",
        "region": "us-east-1",
        "detail": {
            "alarmName": alarm,
            "alarmContributor": {"id": "d4f3", "attributes": {"ScopeID": scope}},
            "state": {"value": value},
        },
    }


def record(item: dict[str, Any]) -> None:
    values = json.loads(json.dumps({**item, "record": "act"}), parse_float=Decimal)
    boto3.resource("dynamodb").Table(LEDGER).put_item(Item=values)


def test_a_decision_is_told_once_however_often_it_is_announced(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    for number in range(3):
        handler(decided(event_id=str(number)), None)
    handler(decided(event_id="0"), None)
    (message,) = inbox()
    assert message["Subject"].startswith("Poolwarden: 10.0.16.0/21 added to")
    assert message["MessageAttributes"]["severity"] == {"Type": "String", "Value": "info"}


def test_another_outcome_of_the_same_decision_is_told_too(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    handler(decided(outcome="failed", reason="api-error"), None)
    handler(decided(), None)
    assert len(inbox()) == 2


def test_what_concerns_nobody_is_not_told(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    handler(decided(outcome="pending"), None)
    handler(decided(outcome="skipped", reason="in-flight"), None)
    assert inbox() == []


def test_the_contact_of_the_account_is_named(
    inbox: Callable[[], list[dict[str, Any]]], configure: Callable[..., None]
) -> None:
    configure(contacts={"123456789012": "team-a@example.com"})
    handler(decided(), None)
    (message,) = inbox()
    assert message["MessageAttributes"]["contact"]["Value"] == "team-a@example.com"


def test_a_topic_that_fails_raises_and_the_retry_of_the_same_event_tells(
    inbox: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setenv("TOPIC_ARN", NOWHERE)
        with pytest.raises(ClientError):
            handler(decided(), None)
    handler(decided(event_id="somebody else's, while the first is being tried again"), None)
    assert inbox() == []
    handler(decided(), None)
    handler(decided(), None)
    assert len(inbox()) == 1


def test_what_its_event_never_told_is_told_for_a_later_one(
    inbox: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setenv("TOPIC_ARN", NOWHERE)
        with pytest.raises(ClientError):
            handler(decided(), None)
    handler({**decided(event_id="later"), "time": "2026-03-01T13:02:00Z"}, None)
    assert len(inbox()) == 1


@pytest.mark.parametrize("lacking", ["decision_id", "outcome", "reason", "account", "detail"])
def test_what_is_no_decision_is_refused_by_name(inbox: Callable[[], list[dict[str, Any]]], lacking: str) -> None:
    event = decided()
    del event["detail"][lacking]
    with pytest.raises(EventError, match=lacking):
        handler(event, None)
    assert inbox() == []


def test_slack_gets_its_own_form_of_what_matters_enough(
    inbox: Callable[[], list[dict[str, Any]]],
    channel: Callable[[], list[dict[str, Any]]],
    configure: Callable[..., None],
) -> None:
    configure(notifications={"minimum_severity": "warning"})
    handler(decided(), None)
    handler(decided(outcome="blocked", reason="daily-cap"), None)
    assert len(inbox()) == 2
    (message,) = channel()
    assert json.loads(message["Message"])["source"] == "custom"
    assert message["MessageAttributes"]["severity"]["Value"] == "warning"


def test_when_slack_alone_fails_the_retry_tells_slack_alone(
    inbox: Callable[[], list[dict[str, Any]]],
    channel: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setenv("SLACK_TOPIC_ARN", NOWHERE)
        with pytest.raises(ClientError):
            handler(decided(), None)
    handler(decided(), None)
    assert len(inbox()) == 1
    assert len(channel()) == 1


def test_an_alarm_is_told_with_the_resources_once_however_many_contributors_it_has(
    inbox: Callable[[], list[dict[str, Any]]],
) -> None:
    ec2 = boto3.client("ec2")
    scope = ec2.create_ipam(OperatingRegions=[{"RegionName": "us-east-1"}])["Ipam"]["PrivateDefaultScopeId"]
    for number in range(3):
        handler(alarmed("Poolwarden-OverlappingCidrs", scope, event_id=str(number)), None)
    (message,) = inbox()
    assert f"Maybe overlapping CIDRs ({scope})" in message["Subject"]
    assert "its lists show none" in message["Message"]
    attributes = {name: value["Value"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"kind": "alarm", "severity": "warning", "account": "123456789012", "region": "us-east-1"}


def test_an_alarm_that_is_over_is_not_told_and_a_strange_one_is_refused(
    inbox: Callable[[], list[dict[str, Any]]],
) -> None:
    handler(alarmed("Poolwarden-OverlappingCidrs", "ipam-scope-0a", value="OK"), None)
    with pytest.raises(EventError, match="somebody-elses"):
        handler(alarmed("somebody-elses", "ipam-scope-0a"), None)
    assert inbox() == []


def test_a_day_without_anything_to_say_has_no_digest(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    handler(scheduled(), None)
    assert inbox() == []


def test_the_digest_goes_to_the_operators_to_slack_and_to_the_contact_whom_it_concerns_once(
    inbox: Callable[[], list[dict[str, Any]]],
    channel: Callable[[], list[dict[str, Any]]],
    configure: Callable[..., None],
) -> None:
    configure(contacts={"111122223333": "team-a@example.com", "444455556666": "team-b@example.com"})
    record(release(last_seen="2026-03-02T07:00:00.000Z"))
    record({**DONE, "decision_id": "2", "last_seen": "2026-02-27T07:00:00.000Z"})
    handler(scheduled(), None)
    handler(scheduled(), None)
    told = inbox()
    contacts = [message["MessageAttributes"].get("contact", {}).get("Value") for message in told]
    assert sorted(contacts, key=str) == [None, "team-a@example.com"]
    assert {message["Subject"] for message in told} == {"Poolwarden: 2026-03-02: 1 released"}
    assert len(channel()) == 1


def test_the_digest_reads_past_what_is_within_its_grace_however_much_it_is(
    inbox: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "MOST_ITEMS", 1)
    record(release(last_seen="2026-03-02T06:00:00.000Z"))
    idle = {"resource_id": "eipalloc-0b", "outcome": "skipped", "reason": "within-grace", "action": "none"}
    record({**release(last_seen="2026-03-02T07:00:00.000Z"), **idle, "decision_id": "2"})
    handler(scheduled(), None)
    (message,) = inbox()
    assert message["Subject"] == "Poolwarden: 2026-03-02: 1 released"


@pytest.mark.parametrize("reason", ["service-managed", "protected", "keep-tag", "keep-until", "byoip"])
def test_what_is_left_alone_as_it_should_be_crowds_nothing_out_of_the_digest(
    inbox: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr(aws, "MOST_ITEMS", 1)
    record(release(last_seen="2026-03-02T06:00:00.000Z"))
    kept = {"resource_id": "eipalloc-0b", "outcome": "skipped", "reason": reason, "action": "none", "decision_id": "2"}
    tags = {"before": {"tags": {"poolwarden:keep-until": "2026-12-31"}}}
    record(release(last_seen="2026-03-02T07:00:00.000Z", detail=tags, **kept))
    handler(scheduled(), None)
    (message,) = inbox()
    assert message["Subject"] == "Poolwarden: 2026-03-02: 1 released"


def test_what_people_were_warned_of_is_over_once_a_tag_protects_it(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    skipped: dict[str, Any] = {"outcome": "skipped", "action": "none"}
    record(release(last_seen="2026-03-01T20:00:00.000Z", reason="warned", **skipped))
    record(release(last_seen="2026-03-02T07:00:00.000Z", reason="protected", decision_id="2", **skipped))
    handler(scheduled(), None)
    assert inbox() == []


def test_a_kill_switch_that_is_on_is_in_the_digest(inbox: Callable[[], list[dict[str, Any]]]) -> None:
    boto3.client("ssm").put_parameter(Name=MODE, Value="observe", Type="String", Overwrite=True)
    handler(scheduled(), None)
    (message,) = inbox()
    assert "The kill switch is on" in message["Message"]
    assert message["MessageAttributes"]["severity"]["Value"] == "warning"


def test_an_ipam_that_cannot_be_read_is_said_and_stops_no_digest(
    inbox: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> list[str]:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "DescribeIpamScopes")

    monkeypatch.setattr(aws, "scopes", refused)
    record(release(last_seen="2026-03-02T07:00:00.000Z"))
    handler(scheduled(), None)
    (message,) = inbox()
    assert "Not looked at: IPAM's resources. AWS said: An error occurred (UnauthorizedOperation)" in message["Message"]
    assert "Addresses released (1)" in message["Message"]
