"""Everything that is recorded of a judged address, in full: what people read, and what an undo needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lambdas.common.decision import Lease
from lambdas.release_eips import plan
from lambdas.release_eips.model import Clock, Evidence, Unread
from tests.lambdas.expected import assert_as_in
from tests.lambdas.release_eips.function import settings_with
from tests.lambdas.release_eips.test_plan import DAY, MONTH, NOW, TARGET, UNREADABLE, address, case

if TYPE_CHECKING:
    from lambdas.common.settings import ReleaseSettings

TAGGED = {"Name": "nat", "poolwarden:owner": "team-a"}
READ = {"transfers": "2026-03-02T12:00:00.000Z"}


def release_settings(**changes: object) -> ReleaseSettings:
    release = settings_with(**MONTH, **changes).release_eips
    assert release is not None
    return release


def tagged(key: str, value: str) -> dict[str, str]:
    return {**TAGGED, key: value}


def test_a_decision_on_an_address_is_recorded_in_full() -> None:
    plain = address(tags=TAGGED, border_group="us-east-1-wl1-bos-wlz-1")
    cases = {
        "idle": case(address=plain, evidence=Evidence(read=READ)),
        "idle, from a pool of IPAM's": case(address=address(pool="ipam-pool-1")),
        "within its grace": case(idle=DAY, warned=None, evidence=None),
        "warned": case(idle=29 * DAY, warned=6 * DAY),
        "warned while observing": case(idle=29 * DAY, warned=None, settings=release_settings(mode="observe")),
        "protected": case(address=address(tags=tagged("poolwarden:protect", "true"))),
        "kept until a day": case(address=address(tags=tagged("poolwarden:keep-until", "2026-12-31"))),
        "kept until no day": case(address=address(tags=tagged("poolwarden:keep-until", "soon"))),
        "kept by a tag of the configuration": case(address=address(tags=tagged("keep", "true"))),
        "a service's": case(address=address(service_managed="alb")),
        "brought along": case(address=address(pool="ipv4pool-ec2-1")),
        "of a stack, by its tag": case(address=address(tags=tagged("aws:cloudformation:stack-name", "web"))),
        "of a stack, by CloudFormation": case(evidence=Evidence(stack="web")),
        "offered to another account": case(evidence=Evidence(transfer="111122223333")),
        "with a PTR record": case(evidence=Evidence(ptr="mail.example.com.")),
        "with a DNS record": case(evidence=Evidence(dns="www.example.com.")),
        "with DNS unread": case(evidence=Evidence(dns=UNREADABLE, read=READ)),
        "used meanwhile": case(evidence=Evidence(used_at=NOW - DAY)),
    }
    found = {name: plan.decided(each) for name, each in cases.items()}
    found["a service's, in use"] = plan.of_service(case(address=replace(plain, service_managed="nlb")))
    found["used after a warning"] = plan.taken_back(case(), NOW - timedelta(hours=1))
    found["held by the breaker"] = plan.summary(TARGET, {"eipalloc-1": "b", "eipalloc-2": "a"}, of=3, usd_month=7.3)
    found["unreadable"] = plan.unreadable(TARGET, Unread(what="DNS", reason="access-denied", message="AWS says no"))

    assert_as_in(Path(__file__).with_name("decisions.json"), found)


def test_the_grace_is_over_at_its_end_and_a_warning_late_moves_it() -> None:
    assert case(idle=40 * DAY, warned=8 * DAY).due == NOW - DAY
    assert case(idle=10 * DAY, warned=None).due == NOW + 20 * DAY
    assert case(idle=30 * DAY, warned=DAY).due == NOW + 6 * DAY


def test_without_the_moment_since_when_it_is_idle_nothing_is_judged() -> None:
    unknown = case(clock=Clock(lease=Lease(guard="lease")))

    with pytest.raises(ValueError, match=r"^it is not known since when eipalloc-1 is idle$"):
        plan.decide(unknown)


def test_a_decision_is_not_made_up_where_evidence_is_wanted() -> None:
    with pytest.raises(LookupError, match=r"^nothing can be decided about eipalloc-1 without evidence$"):
        plan.decided(case(evidence=None))


@pytest.mark.parametrize(
    ("pool", "include", "governed"),
    [
        ("amazon", ["amazon"], True),
        ("amazon", ["ipam"], False),
        ("ipam-pool-1", ["amazon"], False),
        ("ipam-pool-1", ["ipam"], True),
        ("ipv4pool-ec2-1", ["amazon"], True),  # so that its reason code can be told
    ],
)
def test_an_idle_address_is_governed_by_its_kind_and_one_in_use_never(
    pool: str, include: list[str], *, governed: bool
) -> None:
    settings = release_settings(include=include)

    assert plan.is_governed(address(pool=pool), settings) is governed
    assert not plan.is_governed(address(pool=pool, associated=True), settings)


def test_a_proposal_is_found_again_by_its_id_among_so_many_rounds() -> None:
    decision = plan.decided(case())
    third = replace(decision, proposal=3)

    assert plan.proposed_as(decision, third.id, rounds=3) == third
    assert plan.proposed_as(decision, third.id, rounds=2) is None
    assert plan.proposed_as(decision, decision.id, rounds=3) == replace(decision, proposal=1)
    assert plan.proposed_as(plan.decided(case(idle=41 * DAY)), third.id, rounds=3) is None
