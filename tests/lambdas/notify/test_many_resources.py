"""Address space of any size: a message keeps what it shows, and reads no more than its condition is about."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common.aws_clients import client
from lambdas.notify import alarm, aws
from lambdas.notify.conditions import CONDITIONS
from lambdas.notify.digest import MOST_LINES, Known, digests
from lambdas.notify.handler import RESERVE_SECONDS, handler
from lambdas.notify.standing import Standing
from tests.lambdas.notify.decisions import release
from tests.lambdas.notify.test_handler import alarmed, record, scheduled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FEW, MANY = 10_000, 100_000
ALIKE = 1.3
"""What is kept of ten times as many resources, at most: numbers have more digits, and counters are larger."""

CONTACTS = {"111122223333": "team-a", "222233334444": "team-a", "333344445555": "team-b"}
STRANGER = "999999999999"


def resource(number: int, owner: str = STRANGER, **changes: Any) -> dict[str, Any]:
    return {
        "ResourceId": f"subnet-{number:017x}",
        "ResourceCidr": f"10.{number >> 12 & 255}.{number >> 4 & 255}.{number % 16 * 16}/28",
        "ResourceType": "subnet",
        "ResourceOwnerId": owner,
        "ResourceRegion": "eu-west-1",
        "OverlapStatus": "overlapping",
        "IpUsage": 0.95,
        **changes,
    }


def resources(number: int) -> Iterator[dict[str, Any]]:
    """So many resources, all of them wrong, of as many accounts as there can be."""
    return (resource(each, owner=f"{each:012}") for each in range(number))


def most_kept(work: Callable[[], object]) -> int:
    """Give the bytes that some work kept at most at one time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*CONTACTS, STRANGER]), st.sampled_from(["vpc", "subnet"]), st.sampled_from([0.5, 0.95])
        ),
        max_size=12 * MOST_LINES,
    )
)
def test_digests_are_those_of_all_resources_in_a_list(found: list[tuple[str, str, float]]) -> None:
    listed = [
        resource(number, owner, ResourceType=kind, IpUsage=usage) for number, (owner, kind, usage) in enumerate(found)
    ]
    standing = Standing(CONTACTS)
    for each in listed:
        standing.add(each)
    kept = Known(items=[], forbids=None, conditions=standing.conditions, more=standing.more, now=NOW)
    all_of_each = [(condition, [each for each in listed if condition.holds(each)]) for condition in CONDITIONS]
    whole = Known(items=[], forbids=None, conditions=all_of_each, now=NOW)
    assert digests(kept, contacts=CONTACTS) == digests(whole, contacts=CONTACTS)


def test_each_reader_of_a_digest_keeps_the_first_and_no_more() -> None:
    standing = Standing(CONTACTS)
    owners = [STRANGER, *CONTACTS]
    for number in range(FEW):
        standing.add(resource(number, owners[number % len(owners)]))
    readers = 1 + len(set(CONTACTS.values()))
    for condition, kept in standing.conditions:
        assert len(kept) <= MOST_LINES * readers
        more = sum(count for (name, _), count in standing.more.items() if name == condition.alarm)
        assert len(kept) + more in {0, FEW}


@pytest.mark.parametrize("event", [scheduled(), alarmed("Poolwarden-OverlappingCidrs", "ipam-scope-0a")])
def test_what_a_message_keeps_does_not_grow_with_the_resources(
    inbox: Callable[[], list[dict[str, Any]]],
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    event: dict[str, Any],
) -> None:
    configure(contacts=CONTACTS)
    monkeypatch.setattr(aws, "scopes", lambda: ["ipam-scope-0a"])
    days = count(1)

    def told_of(number: int) -> int:
        monkeypatch.setattr(aws, "resource_cidrs", lambda *_, **__: resources(number))
        return most_kept(lambda: handler({**event, "time": f"2026-03-{next(days):02}T08:00:00Z"}, None))

    told_of(1)
    few, many = told_of(FEW), told_of(MANY)
    subjects = [message["Subject"] for message in inbox()]
    assert [str(number) in subject for number, subject in zip((1, FEW, MANY), subjects, strict=True)] == [True] * 3
    assert many < ALIKE * few


def test_the_pages_of_a_scope_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def paginate(number: int) -> Mock:
        pages = ({"IpamResourceCidrs": [resource(each) for each in range(1_000)]} for _ in range(number))
        return Mock(return_value=Mock(get_paginator=Mock(return_value=Mock(paginate=Mock(return_value=pages)))))

    def read(number: int) -> int:
        monkeypatch.setattr(aws, "client", paginate(number))
        return most_kept(lambda: sum(1 for _ in aws.resource_cidrs("ipam-scope-0a")))

    read(1)
    assert read(40) < ALIKE * read(4)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.alarm)
def test_an_alarm_asks_for_the_resources_that_it_is_about_alone(
    inbox: Callable[[], list[dict[str, Any]]], condition: Any
) -> None:
    ec2 = boto3.client("ec2")
    scope = ec2.create_ipam(OperatingRegions=[{"RegionName": "us-east-1"}])["Ipam"]["PrivateDefaultScopeId"]
    asked: list[dict[str, Any]] = []
    event = "before-parameter-build.ec2.GetIpamResourceCidrs"

    def note(params: dict[str, Any], **_: object) -> None:
        asked.append(dict(params))

    client("ec2").meta.events.register(event, note)
    try:
        handler(alarmed(condition.alarm, scope), None)
    finally:
        client("ec2").meta.events.unregister(event, note)
    (params,) = asked
    assert params["IpamScopeId"] == scope
    types = {"VpcIPUsage": "vpc", "SubnetIPUsage": "subnet", "PublicIPv4PoolIPUsage": "public-ipv4-pool"}
    assert params.get("ResourceType") == types.get(condition.metric)
    assert len(inbox()) == 1


def test_a_long_list_of_an_alarm_is_counted_and_named_as_if_it_were_kept() -> None:
    listed = list(resources(alarm.MOST_NAMED + 12))
    passing = alarm.Passing(listed)
    assert alarm.sameness(passing) == alarm.sameness(reversed(listed))
    told: Any = {"found": {}, "account": "123456789012", "region": "us-east-1"}
    kept = alarm.message(CONDITIONS[0], passing.first, more=passing.more, **told)
    assert kept == alarm.message(CONDITIONS[0], listed, **told)
    assert "  - and 12 more" in kept.body


def test_a_resource_that_is_there_twice_is_another_thing_to_tell() -> None:
    one, other = resources(2)
    assert len({alarm.sameness(each) for each in ([], [one], [one, one], [one, other], [other])}) == 5


class Context:
    """An invocation's, with no time for anything but its end."""

    def get_remaining_time_in_millis(self) -> int:
        return int(RESERVE_SECONDS * 1000)


def test_a_digest_that_has_no_time_for_all_resources_tells_of_those_that_it_saw(
    inbox: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = count(0.0)
    monkeypatch.setattr(aws, "scopes", lambda: ["ipam-scope-0a"])
    monkeypatch.setattr(aws, "resource_cidrs", lambda _: resources(MANY))
    monkeypatch.setattr("lambdas.notify.handler.time", Mock(monotonic=lambda: next(seconds)))
    record(release(last_seen="2026-03-02T07:00:00.000Z"))
    handler(scheduled(), None)
    (message,) = inbox()
    (looked_at,) = [text for text in message["Message"].split("\n") if text.startswith("Not looked at: ")]
    seen = int(looked_at.partition("after the first ")[2].partition(".")[0])
    assert 0 < seen < MANY
    assert f"1 released, {seen} overlapping" in message["Subject"]
    assert "There was no more time." in looked_at


def test_a_day_on_which_not_all_was_looked_at_has_a_digest_for_the_operators_alone(
    inbox: Callable[[], list[dict[str, Any]]], configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(contacts=CONTACTS)
    monkeypatch.setattr(aws, "scopes", lambda: ["ipam-scope-0a"])
    monkeypatch.setattr(aws, "resource_cidrs", lambda _: resources(1))
    handler(scheduled(), Context())
    (message,) = inbox()
    assert message["Subject"] == "Poolwarden: 2026-03-02: not all was looked at"
    assert message["MessageAttributes"]["severity"]["Value"] == "warning"
    assert "Not looked at: IPAM's resources after the first 0. There was no more time." in message["Message"]
