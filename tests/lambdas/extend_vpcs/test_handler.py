"""Where a wakeup makes the function look."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from lambdas.common.targets import Target
from lambdas.extend_vpcs import handler
from tests.lambdas.account import ACCOUNT, HOME
from tests.lambdas.extend_vpcs.world import EXTEND, contributor, event, recheck, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

EUROPE, ASIA = "eu-west-1", "ap-south-1"
MEMBER, STRANGER = "111122223333", "999999999999"
VPC, POOL = "vpc-0a1b2c3d", "ipam-pool-0a"
HERE, THERE = Target(account=ACCOUNT, region=HOME), Target(account=ACCOUNT, region=EUROPE)
EVERYWHERE = {HERE: None, THERE: None}
ORGANIZATION = {"id": "o-a1b2c3d4e5", "accounts": [MEMBER], "exclude_accounts": [], "modes": {}}


@pytest.fixture
def looked(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> dict[Target, Any]:
    """Where the function looked, and for which VPCs."""
    configure(regions=[HOME, EUROPE], extend_vpcs=EXTEND)
    monkeypatch.setattr("lambdas.common.accounts.own", lambda: ACCOUNT)
    monkeypatch.setattr("lambdas.common.accounts.home_region", lambda: HOME)
    monkeypatch.setattr("lambdas.common.clock.latest", lambda _, now, **__: now)
    found: dict[Target, Any] = {}

    def extend_there(target: Target, named: Any, **_: object) -> None:
        found[target] = named

    monkeypatch.setattr(handler, "extend_there", extend_there)
    return found


@pytest.mark.parametrize(
    ("wakeup", "expected"),
    [
        (schedule(), EVERYWHERE),
        (contributor(VPC), {HERE: {VPC}}),
        (contributor(VPC, region=EUROPE), {THERE: {VPC}}),
        (contributor("Other"), EVERYWHERE),
        (event("CloudWatch Alarm State Change", {"alarmName": "Poolwarden-VpcsAbove80Percent"}), EVERYWHERE),
        (recheck(VPC), {HERE: {VPC}}),
        (event("Poolwarden Sweep", {"account": ACCOUNT, "region": EUROPE}), {THERE: None}),
        (event("Poolwarden Sweep", {"account": STRANGER, "region": EUROPE}), {}),
        (event("Poolwarden Sweep", {"account": ACCOUNT, "region": ASIA}), {}),
        (refilled(POOL), {HERE: None}),
        (refilled(POOL, locale=ASIA), {}),
        (event("Something Else", {"account": ACCOUNT, "region": EUROPE, "vpc": VPC}), {}),
    ],
)
def test_an_event_is_a_hint_about_where_to_look(
    looked: dict[Target, Any], wakeup: dict[str, Any], expected: dict[Target, Any]
) -> None:
    wake(wakeup)
    assert looked == expected


@pytest.mark.parametrize("away", [{"account": STRANGER}, {"region": ASIA}])
def test_a_vpc_that_nobody_looks_after_wakes_it_for_nothing_but_the_schedules_look(
    looked: dict[Target, Any], away: dict[str, str]
) -> None:
    wake(contributor(VPC, **away))
    assert VPC not in {each for named in looked.values() for each in named or ()}


def test_in_an_organisation_each_place_with_a_vpc_from_a_pool_gets_a_message(
    aws: None,  # noqa: ARG001 - sets up
    looked: dict[Target, Any],
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(regions=[HOME, EUROPE], organization=ORGANIZATION, extend_vpcs=EXTEND)
    queue = boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)
    seen = {HERE, Target(account=MEMBER, region=EUROPE), Target(account=STRANGER, region=HOME)}
    monkeypatch.setattr("lambdas.extend_vpcs.aws.places_with_vpcs", lambda _: seen)
    wake(schedule())
    sent = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    details = [json.loads(each["Body"])["detail"] for each in sent]
    assert sorted((each["account"], each["region"]) for each in details) == [(MEMBER, EUROPE), (ACCOUNT, HOME)]
    assert looked == {}


def test_without_a_section_of_its_own_it_does_nothing(configure: Callable[..., None]) -> None:
    configure(extend_vpcs=None)
    assert wake(schedule()) is None


def test_the_handler_is_imported_without_any_environment() -> None:
    code = "import lambdas.extend_vpcs.handler, lambdas.extend_vpcs.operations"
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
