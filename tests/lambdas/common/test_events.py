"""Whatever wakes a function is read as a time and a hint where to look; what is neither is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.errors import RunFailedError
from lambdas.common.events import EventError, Kind, Wakeup, handle, parse, parse_record

POOL_ID = r"ipam-pool-[0-9a-z]+"
POOL = "ipam-pool-0123456789abcdef0"

ALARM = {
    "version": "0",
    "source": "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm State Change",
    "time": "2019-10-02T17:04:40Z",
    "account": "123456789012",
    "region": "us-east-1",
    "resources": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:low"],
    "detail": {
        "alarmName": "low",
        "state": {"value": "ALARM", "timestamp": "2019-10-02T17:04:40.985+0000"},
        "configuration": {
            "metrics": [
                {
                    "id": "m1",
                    "metricStat": {
                        "metric": {
                            "namespace": "AWS/IPAM",
                            "name": "PercentAvailable",
                            "dimensions": {"PoolID": POOL},
                        },
                        "period": 300,
                        "stat": "Minimum",
                    },
                }
            ]
        },
    },
}
CONTRIBUTOR = {
    "source": "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm Contributor State Change",
    "time": "2019-10-02T17:04:40Z",
    "detail": {"alarmContributor": {"id": "d4f3", "attributes": {"PoolID": POOL}}, "state": {"value": "ALARM"}},
}
DIRECT = {
    "source": "aws.cloudwatch",
    "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:low",
    "accountId": "123456789012",
    "time": "2019-10-02T17:04:40.985+0000",
    "region": "us-east-1",
    "alarmData": ALARM["detail"],
}
SCHEDULE = {
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "time": "2019-10-02T17:04:40Z",
    "detail": {},
}
API_CALL = {
    "source": "aws.ec2",
    "detail-type": "AWS API Call via CloudTrail",
    "time": "2019-10-02T17:04:40Z",
    "detail": {"eventName": "CreateVpc", "errorCode": "Client.Invalid", "requestParameters": {"ipv4IpamPoolId": POOL}},
}
RECHECK = {
    "source": "poolwarden",
    "detail-type": "Poolwarden Recheck",
    "time": "2019-10-02T17:04:40Z",
    "detail": {"resource_id": POOL},
}


def message(body: object, identifier: str = "1", **stamps: str) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": identifier, "eventSource": "aws:sqs", "body": text, "attributes": stamps}


@pytest.mark.parametrize("event", [ALARM, DIRECT])
def test_an_event_says_where_it_happened(event: dict[str, Any]) -> None:
    assert (parse(event).account, parse(event).region) == ("123456789012", "us-east-1")


def test_an_event_that_does_not_say_where_it_happened_is_read_all_the_same() -> None:
    assert (parse(CONTRIBUTOR).account, parse(CONTRIBUTOR).region) == ("", "")


@pytest.mark.parametrize(
    ("event", "kind", "named"),
    [
        (ALARM, Kind.ALARM, {POOL}),
        (CONTRIBUTOR, Kind.CONTRIBUTOR, {POOL}),
        (DIRECT, Kind.ALARM, {POOL}),
        (SCHEDULE, Kind.SCHEDULE, set()),
        (API_CALL, Kind.API_CALL, {POOL}),
        (RECHECK, Kind.RECHECK, {POOL}),
        ({**DIRECT, "alarmData": CONTRIBUTOR["detail"]}, Kind.CONTRIBUTOR, {POOL}),
        ({**CONTRIBUTOR, "detail-type": "Something New"}, Kind.OTHER, {POOL}),
    ],
)
def test_every_event_that_can_come_is_a_hint_where_to_look(event: dict[str, Any], kind: Kind, named: set[str]) -> None:
    wakeup = parse(event)
    assert wakeup.kind is kind
    assert wakeup.named(POOL_ID) == named
    assert wakeup.time.replace(microsecond=0) == datetime(2019, 10, 2, 17, 4, 40, tzinfo=UTC)


def test_only_a_whole_text_is_a_name() -> None:
    event = {**SCHEDULE, "detail": {"reason": f"{POOL} is low", "list": [[{"deep": POOL}]], "number": 1}}
    assert parse(event).named(POOL_ID) == {POOL}
    assert parse({**SCHEDULE, "detail": {"reason": f"{POOL} is low"}}).named(POOL_ID) == frozenset()


def test_times_are_utc_whatever_offset_they_are_written_with() -> None:
    event = {**SCHEDULE, "time": "2019-10-02T19:04:40.985+0200"}
    assert parse(event).time == datetime(2019, 10, 2, 17, 4, 40, 985000, tzinfo=UTC)


@pytest.mark.parametrize(
    "time", [None, 1570035880, "", "yesterday", "2019-10-02T17:04:40", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_an_event_without_a_proper_time_is_refused(time: object) -> None:
    with pytest.raises(EventError, match="time"):
        parse({**SCHEDULE, "time": time})


@pytest.mark.parametrize(
    "event",
    [
        {"time": "2019-10-02T17:04:40Z"},
        {**SCHEDULE, "detail": "text"},
        {**SCHEDULE, "detail-type": None},
        {**DIRECT, "alarmData": []},
    ],
)
def test_what_is_no_event_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(EventError, match="neither"):
        parse(event)


@pytest.mark.parametrize("event", [None, [], "text", 7, {"Records": "text"}, {"Records": [{}]}, {"Records": [None]}])
def test_what_is_no_event_at_all_does_nothing(event: object) -> None:
    with pytest.raises(EventError):
        handle(event, lambda wakeup: pytest.fail(f"worked on {wakeup}"))


LEAVES = st.none() | st.booleans() | st.floats() | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_nothing_that_json_can_say_gets_further_than_a_clear_error(event: object) -> None:
    with pytest.raises(EventError):
        handle(event, lambda wakeup: pytest.fail(f"worked on {wakeup}"))


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ({}, "2019-10-02T17:04:40Z"),
        ({"SentTimestamp": "1570035900000"}, "2019-10-02T17:05:00Z"),
        (
            {"SentTimestamp": "1570035900000", "ApproximateFirstReceiveTimestamp": "1570035960000"},
            "2019-10-02T17:06:00Z",
        ),
        ({"SentTimestamp": "1000"}, "2019-10-02T17:04:40Z"),
        ({"SentTimestamp": "soon"}, "2019-10-02T17:04:40Z"),
    ],
)
def test_a_message_happens_when_it_is_received(stamps: dict[str, str], expected: str) -> None:
    assert parse_record(message(RECHECK, **stamps)).time == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "record",
    [
        message("no json"),
        message("[]"),
        message(json.dumps("text")),
        message({"time": "2019-10-02T17:04:40Z"}),
        {**message(RECHECK), "eventSource": "aws:kinesis"},
        {"messageId": "1", "eventSource": "aws:sqs"},
        message("[" * 100_000),
    ],
)
def test_a_message_that_is_no_event_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(EventError):
        parse_record(record)


def test_of_a_batch_only_what_failed_is_delivered_again() -> None:
    done: list[Wakeup] = []

    def work(wakeup: Wakeup) -> None:
        if wakeup.kind is Kind.CONTRIBUTOR:
            raise RunFailedError("as expected")
        if wakeup.kind is Kind.API_CALL:
            raise ValueError("not expected")
        done.append(wakeup)

    bodies = {"a": RECHECK, "b": CONTRIBUTOR, "c": "no json", "d": API_CALL, "e": SCHEDULE}
    records = [message(body, identifier) for identifier, body in bodies.items()]
    assert handle({"Records": records}, work) == {
        "batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "c"}, {"itemIdentifier": "d"}]
    }
    assert [wakeup.kind for wakeup in done] == [Kind.RECHECK, Kind.SCHEDULE]


def test_a_single_event_fails_as_a_whole() -> None:
    def work(wakeup: Wakeup) -> None:
        raise RunFailedError(wakeup.kind)

    with pytest.raises(RunFailedError):
        handle(SCHEDULE, work)
