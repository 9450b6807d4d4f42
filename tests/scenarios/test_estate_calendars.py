"""Change calendars by API, on the account's own time."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.scenarios.calendars import freeze
from tests.scenarios.estate import EAST, HUB, WEST, Estate, refused
from tests.scenarios.simulated_account import statement, unique

pytestmark = pytest.mark.scenario


def test_a_calendar_closes_and_opens_with_the_accounts_time(estate: Estate) -> None:
    account, name = estate.account(HUB), unique("calendar")
    ssm, now = account.client("ssm"), account.now()
    content = freeze(now + timedelta(hours=1), timedelta(hours=2))
    ssm.create_document(Name=name, Content=content, DocumentType="ChangeCalendar", DocumentFormat="TEXT")
    states = [ssm.get_calendar_state(CalendarNames=[name])["State"]]
    for _ in range(2):
        account.advance(2 * 3600)
        states.append(ssm.get_calendar_state(CalendarNames=[name])["State"])
    assert states == ["OPEN", "CLOSED", "OPEN"]
    within = (now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    closed = ssm.get_calendar_state(CalendarNames=[name], AtTime=within)
    assert closed["NextTransitionTime"] == (now + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ssm.get_document(Name=name)["Content"] == content
    other = freeze(now, timedelta(minutes=1))
    assert ssm.update_document(Name=name, Content=other)["DocumentDescription"]["DocumentVersion"] == "2"
    assert ssm.get_calendar_state(CalendarNames=[name], AtTime=within)["State"] == "OPEN"
    ssm.delete_document(Name=name)
    assert refused(ssm.get_calendar_state, CalendarNames=[name]) == "InvalidDocument"


def test_a_calendar_is_read_only_by_who_may_read_it(estate: Estate) -> None:
    account, name = estate.account(HUB), unique("calendar")
    content = freeze(account.now(), timedelta(hours=1))
    template = {
        "Resources": {
            "Calendar": {
                "Type": "AWS::SSM::Document",
                "Properties": {"Name": name, "DocumentType": "ChangeCalendar", "Content": content},
            }
        }
    }
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50}
    )
    allowed = statement("Allow", "ssm:GetCalendarState", f"arn:aws:ssm:{EAST}:{HUB}:document/{name}")
    role = estate.role(HUB, allowed, trust={"Principal": {"AWS": HUB}})
    ssm = estate.session(role, of=account).client("ssm")
    assert refused(ssm.get_calendar_state, CalendarNames=[name]) is None
    assert refused(ssm.get_calendar_state, CalendarNames=["other"]) == "AccessDeniedException"
    elsewhere = estate.account(HUB, WEST).client("ssm")
    assert refused(elsewhere.get_calendar_state, CalendarNames=[name]) == "InvalidDocument"
    mistaken = {"Name": unique("c"), "Content": "no calendar", "DocumentType": "ChangeCalendar"}
    assert refused(account.client("ssm").create_document, **mistaken) == "InvalidDocumentContent"
