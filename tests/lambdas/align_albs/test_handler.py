"""Where a wakeup makes the function look."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.align_albs import handler
from lambdas.common.aws_clients import CONFIG
from lambdas.common.errors import RunFailedError
from lambdas.common.events import parse
from lambdas.common.targets import Target
from tests.lambdas.account import ACCOUNT, HOME, LEDGER, items
from tests.lambdas.align_albs.fleets import OTHER, POOL
from tests.lambdas.align_albs.world import ALIGN, called, event, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

EUROPE = "eu-west-1"
MEMBER = "111122223333"
STRANGER = "999999999999"
ARN = f"arn:aws:elasticloadbalancing:{HOME}:{ACCOUNT}:loadbalancer/app/web-1/50dc6c495c0c9188"
IN_EUROPE = ARN.replace(HOME, EUROPE)
AT_MEMBERS = ARN.replace(ACCOUNT, MEMBER)
HERE, THERE = Target(account=ACCOUNT, region=HOME), Target(account=ACCOUNT, region=EUROPE)
EVERYWHERE = {HERE: None, THERE: None}
ORGANIZATION = {"id": "o-a1b2c3d4e5", "accounts": [MEMBER], "exclude_accounts": [], "modes": {}}


@pytest.fixture
def looked(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> dict[Target, Any]:
    """Where the function looked, and for which load balancers."""
    configure(regions=[HOME, EUROPE], align_albs={**ALIGN, "pools": {HOME: POOL}})
    monkeypatch.setattr("lambdas.common.accounts.own", lambda: ACCOUNT)
    monkeypatch.setattr("lambdas.common.accounts.home_region", lambda: HOME)
    monkeypatch.setattr("lambdas.common.clock.latest", lambda _, now, **__: now)
    found: dict[Target, Any] = {}

    def align_there(target: Target, named: Any, **_: object) -> None:
        found[target] = named

    monkeypatch.setattr(handler, "align_there", align_there)
    return found


@pytest.mark.parametrize(
    ("wakeup", "expected"),
    [
        (schedule(), EVERYWHERE),
        (called("SetSubnets", ARN), {HERE: {ARN}}),
        (called("ModifyIpPools", ARN.replace("/app/", "/net/")), {}),
        (called("SetSubnets", ARN.replace(HOME, "ap-south-1")), {}),
        (called("SetSubnets", ARN.replace(ACCOUNT, STRANGER)), {}),
        (called("CreateLoadBalancer", "none"), {}),
        (called("ModifyIpPools", POOL), {}),
        (refilled(POOL), {HERE: None}),
        (refilled(OTHER, locale=EUROPE), {}),
        (event("Poolwarden Recheck", {"resource_id": ARN}), {HERE: {ARN}}),
        (event("Poolwarden Recheck", {"account": ACCOUNT, "region": EUROPE}), {THERE: None}),
        (event("Poolwarden Sweep", {"account": ACCOUNT, "region": EUROPE}), {THERE: None}),
        (event("Poolwarden Sweep", {"account": STRANGER, "region": EUROPE}), {}),
        (event("Poolwarden Sweep", {"account": ACCOUNT, "region": "ap-south-1"}), {}),
        (event("Something Else", {"account": ACCOUNT, "region": EUROPE}), {}),
    ],
)
def test_an_event_is_a_hint_about_where_to_look(
    looked: dict[Target, Any], wakeup: dict[str, Any], expected: dict[Target, Any]
) -> None:
    wake(wakeup)
    assert looked == expected


def test_tags_of_several_load_balancers_at_once_are_looked_at_in_their_regions(looked: dict[Target, Any]) -> None:
    wake(event("AWS API Call via CloudTrail", {"requestParameters": {"resourceArns": [ARN, IN_EUROPE]}}))
    assert looked == {HERE: {ARN}, THERE: {IN_EUROPE}}


def test_a_move_of_our_own_is_no_reason_to_look_and_one_by_hand_is(looked: dict[Target, Any]) -> None:
    detail = {"eventName": "ModifyIpPools", "requestParameters": {"loadBalancerArn": ARN}}
    ours = f"Boto3/1.43.106 Botocore/1.43.106 {CONFIG.user_agent_extra}"  # type: ignore[attr-defined]
    wake(event("AWS API Call via CloudTrail", {**detail, "userAgent": ours}))
    assert looked == {}
    wake(event("AWS API Call via CloudTrail", {**detail, "userAgent": "aws-cli/2.27"}))
    assert looked == {HERE: {ARN}}


def test_a_new_load_balancer_is_named_by_what_the_call_answered(looked: dict[Target, Any]) -> None:
    answer = {"loadBalancers": [{"loadBalancerArn": ARN, "type": "application"}]}
    wake(event("AWS API Call via CloudTrail", {"eventName": "CreateLoadBalancer", "responseElements": answer}))
    assert looked == {HERE: {ARN}}


@pytest.mark.parametrize("allowed", ["any", [OTHER]])
def test_a_pool_that_tags_may_name_is_looked_at_in_its_own_region(
    looked: dict[Target, Any], configure: Callable[..., None], allowed: object
) -> None:
    configure(regions=[HOME, EUROPE], align_albs={**ALIGN, "allowed_pools": allowed})
    wake(refilled(OTHER, locale=EUROPE))
    assert looked == {THERE: None}


@pytest.fixture
def sent(aws: None, looked: dict[Target, Any], configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001
    """What the messages say that an organisation's function sent itself since the last look: account and Region."""
    align = {**ALIGN, "pools": {HOME: POOL, EUROPE: OTHER}}
    configure(regions=[HOME, EUROPE], organization=ORGANIZATION, align_albs=align)
    queue = boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)

    def read() -> list[tuple[Any, ...]]:
        found = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return sorted((tuple(json.loads(each["Body"])["detail"].values()) for each in found), key=str)

    return read


def test_in_an_organisation_each_account_and_region_gets_a_message(looked: dict[Target, Any], sent: Any) -> None:
    wake(schedule())
    assert sent() == [(MEMBER, EUROPE), (MEMBER, HOME), (ACCOUNT, EUROPE), (ACCOUNT, HOME)]
    wake(refilled(POOL))
    assert sent() == [(MEMBER, HOME), (ACCOUNT, HOME)]
    assert looked == {}


@pytest.mark.parametrize(
    ("align", "regions"),
    [
        ({"pools": {HOME: POOL}}, [HOME]),
        ({"pools": {HOME: POOL}, "allowed_pools": [OTHER]}, [EUROPE, HOME]),
        ({"allowed_pools": "any"}, [EUROPE, HOME]),
        ({}, []),
    ],
)
def test_in_an_organisation_a_region_where_nothing_can_be_moved_gets_no_messages(
    looked: dict[Target, Any], sent: Any, configure: Callable[..., None], align: dict[str, Any], regions: list[str]
) -> None:
    configure(regions=[HOME, EUROPE], organization=ORGANIZATION, align_albs={**ALIGN, **align})
    wake(schedule())
    assert sent() == [(account, region) for account in (MEMBER, ACCOUNT) for region in regions]
    assert looked == {}


def test_places_for_which_a_run_had_no_time_get_their_messages_from_the_next(
    looked: dict[Target, Any], sent: Any
) -> None:
    handler.look_where_hinted(parse(schedule()), deadline=0)
    assert sent() == [(MEMBER, HOME), (ACCOUNT, HOME), ([EUROPE], "")]
    wake(event("Poolwarden Fan-Out", {"regions": [EUROPE], "after": MEMBER}))
    assert sent() == [(ACCOUNT, EUROPE)]
    assert looked == {}


def test_what_happens_in_a_member_account_is_looked_at_there_at_once(looked: dict[Target, Any], sent: Any) -> None:
    wake(called("CreateLoadBalancer", AT_MEMBERS))
    assert looked == {Target(account=MEMBER, region=HOME): {AT_MEMBERS}}
    assert sent() == []


def test_one_region_that_fails_does_not_stop_the_others(
    looked: dict[Target, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def align_there(target: Target, *_: object, **__: object) -> None:
        looked[target] = None
        if target == HERE:
            raise RuntimeError("broken")

    monkeypatch.setattr(handler, "align_there", align_there)
    with pytest.raises(RunFailedError, match=HOME):
        wake(schedule())
    assert looked == EVERYWHERE


@pytest.mark.parametrize(
    ("operation", "code", "reason"),
    [
        ("AssumeRole", "AccessDenied", "role-missing"),
        ("DescribeLoadBalancers", "AccessDenied", "access-denied"),
        ("DescribeLoadBalancers", "UnrecognizedClientException", "region-closed"),
    ],
)
@pytest.mark.usefixtures("aws", "looked")
def test_a_place_where_nobody_can_work_is_one_finding_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, operation: str, code: str, reason: str
) -> None:
    def align_there(*_: object, **__: object) -> None:
        response: Any = {"Error": {"Code": code, "Message": "no"}}
        raise ClientError(response, operation)

    monkeypatch.setattr(handler, "align_there", align_there)
    monkeypatch.setenv("SPOKE_ROLE", "PoolwardenSpoke-AlignAlbs")
    wake(called("SetSubnets", ARN))
    wake(called("SetSubnets", ARN))
    (item,) = items(LEDGER)
    where = HERE.account if reason == "role-missing" else HERE.name
    assert (item["resource_id"], item["outcome"], item["reason"]) == (where, "blocked", reason)


def test_without_a_section_of_its_own_it_does_nothing(configure: Callable[..., None]) -> None:
    configure(align_albs=None)
    assert wake(schedule()) is None


def test_the_handler_is_imported_without_any_environment() -> None:
    code = "import lambdas.align_albs.handler, lambdas.align_albs.operations"
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
