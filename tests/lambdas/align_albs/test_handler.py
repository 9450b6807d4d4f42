"""Where a wakeup makes the function look."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.align_albs import handler
from lambdas.align_albs.model import Target
from lambdas.common import events, settings
from lambdas.common.errors import RunFailedError
from tests.lambdas.account import HOME
from tests.lambdas.align_albs.fleets import OTHER, POOL, SETTINGS
from tests.lambdas.align_albs.world import ALIGN, called, event, refilled, schedule

if TYPE_CHECKING:
    from collections.abc import Callable

EUROPE = "eu-west-1"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web-1/50dc6c495c0c9188"
IN_EUROPE = ARN.replace(HOME, EUROPE)
EVERYWHERE = {Target(region=HOME): None, Target(region=EUROPE): None}


@pytest.fixture(autouse=True)
def two_regions(configure: Callable[..., None]) -> None:
    configure(regions=[HOME, EUROPE], align_albs={**ALIGN, "pools": {HOME: POOL}})


def hinted(wakeup: dict[str, Any]) -> Any:
    return handler.targets(events.parse(wakeup), settings.load(), SETTINGS)


@pytest.mark.parametrize(
    ("wakeup", "expected"),
    [
        (schedule(), EVERYWHERE),
        (called("SetSubnets", ARN), {Target(region=HOME): {ARN}}),
        (called("ModifyIpPools", ARN.replace("/app/", "/net/")), {}),
        (called("SetSubnets", ARN.replace(HOME, "ap-south-1")), {}),
        (called("CreateLoadBalancer", "none"), {}),
        (refilled(POOL), {Target(region=HOME): None}),
        (refilled(OTHER), EVERYWHERE),
        (event("Poolwarden Recheck", {"resource_id": ARN}), {Target(region=HOME): {ARN}}),
        (event("Poolwarden Recheck", {"region": EUROPE}), {Target(region=EUROPE): None}),
        (event("Poolwarden Recheck", {"region": "ap-south-1"}), {}),
        (event("Something Else", {}), {}),
    ],
)
def test_an_event_is_a_hint_about_where_to_look(wakeup: dict[str, Any], expected: dict[Target, Any]) -> None:
    assert hinted(wakeup) == expected


def test_tags_of_several_load_balancers_at_once_are_looked_at_in_their_regions() -> None:
    wakeup = event("AWS API Call via CloudTrail", {"requestParameters": {"resourceArns": [ARN, IN_EUROPE]}})
    assert hinted(wakeup) == {Target(region=HOME): {ARN}, Target(region=EUROPE): {IN_EUROPE}}


def test_a_new_load_balancer_is_named_by_what_the_call_answered() -> None:
    answer = {"loadBalancers": [{"loadBalancerArn": ARN, "type": "application"}]}
    wakeup = event("AWS API Call via CloudTrail", {"eventName": "CreateLoadBalancer", "responseElements": answer})
    assert hinted(wakeup) == {Target(region=HOME): {ARN}}


@pytest.mark.usefixtures("aws")
def test_one_region_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    def align_there(target: Target, *_: object, **__: object) -> None:
        looked.append(target.region)
        if target.region == HOME:
            raise RuntimeError("closed")

    monkeypatch.setattr(handler, "align_there", align_there)
    with pytest.raises(RunFailedError, match=HOME):
        handler.handler(schedule(), None)
    assert looked == [HOME, EUROPE]


def test_without_a_section_of_its_own_it_does_nothing(configure: Callable[..., None]) -> None:
    configure(align_albs=None)
    assert handler.handler(schedule(), None) is None


def test_the_handler_is_imported_without_any_environment() -> None:
    code = "import lambdas.align_albs.handler, lambdas.align_albs.operations"
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
