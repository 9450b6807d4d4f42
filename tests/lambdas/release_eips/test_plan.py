"""The judgement of one address, by tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common.decision import Action, Lease
from lambdas.common.settings import Breaker
from lambdas.common.targets import Target
from lambdas.release_eips import plan
from lambdas.release_eips.model import Address, Clock, Evidence, Unread
from lambdas.release_eips.plan import Case
from tests.lambdas.release_eips.function import settings_with

if TYPE_CHECKING:
    from lambdas.common.decision import Decision

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TARGET = Target(account="123456789012", region="us-east-1")
MONTH = {"grace": 30 * 86400, "warn_before": 7 * 86400}
UNREADABLE = Unread(what="DNS", reason="access-denied", message="no")


def case(*, idle: timedelta = 40 * DAY, warned: timedelta | None = 8 * DAY, **more: Any) -> Case:
    """An address that is idle and of which people were warned so long ago; by default one that is to go."""
    release = settings_with(**MONTH).release_eips
    assert release is not None
    clock = Clock(
        lease=Lease(guard="lease"),
        idle_since=NOW - idle,
        warned_at=None if warned is None else NOW - warned,
    )
    made = Case(
        target=TARGET,
        address=address(),
        clock=clock,
        settings=release,
        tag_prefix="poolwarden",
        now=NOW,
        evidence=Evidence(),
    )
    return replace(made, **more)


def address(**more: Any) -> Address:
    usual = Address(
        allocation_id="eipalloc-1",
        public_ip="203.0.113.1",
        pool="amazon",
        border_group="us-east-1",
        associated=False,
        service_managed=None,
        tags={},
    )
    return replace(usual, **more)


def judged(of: Case) -> tuple[str | None, str]:
    decision = plan.decided(of)
    return decision.outcome and str(decision.outcome), decision.reason


def test_what_nothing_speaks_for_is_to_be_released() -> None:
    decision = plan.decided(case())
    assert (decision.outcome, decision.reason, decision.action) == (None, "idle", Action.RELEASE_ADDRESS)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"tags": {"poolwarden:protect": "true"}}, ("skipped", "protected")),
        ({"tags": {"poolwarden:protect": "false"}}, (None, "idle")),
        ({"tags": {"keep": "true"}}, ("skipped", "keep-tag")),
        ({"tags": {"keep": "no"}}, (None, "idle")),
        ({"tags": {"poolwarden:keep-until": "2026-03-01"}}, (None, "idle")),
        ({"tags": {"poolwarden:keep-until": "2026-03-02"}}, ("skipped", "keep-until")),
        ({"tags": {"poolwarden:keep-until": "2026-12-31"}}, ("skipped", "keep-until")),
        ({"tags": {"poolwarden:keep-until": "2026-02-30"}}, ("blocked", "keep-until")),
        ({"tags": {"poolwarden:keep-until": "20261231"}}, ("blocked", "keep-until")),
        ({"tags": {"poolwarden:keep-until": ""}}, ("blocked", "keep-until")),
        ({"tags": {"aws:cloudformation:stack-name": "web"}}, ("skipped", "stack-managed")),
        ({"service_managed": "nlb"}, ("skipped", "service-managed")),
        ({"pool": "ipv4pool-ec2-1"}, ("skipped", "byoip")),
        ({"pool": "ipam-pool-1"}, (None, "idle")),
    ],
)
def test_an_address_speaks_for_itself(changed: dict[str, Any], expected: tuple[str | None, str]) -> None:
    assert judged(case(address=address(**changed))) == expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(transfer="111122223333"), ("skipped", "transfer-pending")),
        (Evidence(ptr="mail.example.com."), ("blocked", "ptr-record")),
        (Evidence(dns="www.example.com."), ("blocked", "dns-record")),
        (Evidence(stack="web"), ("skipped", "stack-managed")),
        (Evidence(used_at=NOW - DAY), ("skipped", "reassociated")),
        (Evidence(dns=UNREADABLE), ("blocked", "access-denied")),
        (Evidence(used_at=replace(UNREADABLE, reason="api-error")), ("blocked", "api-error")),
        (Evidence(ptr=UNREADABLE, dns="www.example.com."), ("blocked", "dns-record")),
    ],
)
def test_evidence_speaks_for_an_address_and_so_does_what_cannot_be_read(
    evidence: Evidence, expected: tuple[str, str]
) -> None:
    assert judged(case(evidence=evidence)) == expected


@pytest.mark.parametrize("unread", ["transfer", "ptr", "dns", "stack", "used_at"])
def test_nothing_is_released_while_anything_that_could_speak_for_it_is_unread(unread: str) -> None:
    findings: dict[str, Any] = {unread: UNREADABLE}
    assert judged(case(evidence=Evidence(**findings))) == ("blocked", "access-denied")


@pytest.mark.parametrize(
    ("idle", "warned", "expected"),
    [
        (timedelta(), None, "within-grace"),
        (23 * DAY - timedelta(seconds=1), None, "within-grace"),
        (23 * DAY, None, "warned"),
        (29 * DAY, 6 * DAY, "warned"),
        (30 * DAY - timedelta(seconds=1), 7 * DAY, "warned"),
        (30 * DAY, 7 * DAY, "idle"),
        (300 * DAY, None, "warned"),
        (300 * DAY, 7 * DAY - timedelta(seconds=1), "warned"),
        (300 * DAY, 7 * DAY, "idle"),
    ],
)
def test_nobody_loses_an_address_without_having_heard_of_it_in_time(
    idle: timedelta, warned: timedelta | None, expected: str
) -> None:
    assert judged(case(idle=idle, warned=warned))[1] == expected


def test_evidence_is_asked_for_only_where_it_can_matter() -> None:
    assert plan.decide(case(evidence=None)) is None
    assert plan.decide(case(evidence=None, idle=DAY, warned=None)) is not None
    assert plan.decide(case(evidence=None, address=address(tags={"poolwarden:protect": "true"}))) is not None


@pytest.mark.parametrize(
    ("idle", "told", "expected"),
    [(25 * DAY, "warned", "warned"), (25 * DAY, "dns-record", None), (30 * DAY, "warned", None)],
)
def test_evidence_is_not_asked_for_again_where_people_were_warned_until_it_is_due(
    idle: timedelta, told: str, expected: str | None
) -> None:
    of = case(idle=idle, warned=7 * DAY, evidence=None)
    decision = plan.decide(replace(of, clock=replace(of.clock, said=f"skipped#{told}")))
    assert (decision and decision.reason) == expected


@pytest.mark.parametrize(
    ("idle", "said"),
    [
        (timedelta(), "that is for 0 minutes."),
        (timedelta(minutes=1), "that is for 1 minute."),
        (timedelta(minutes=59, seconds=59), "that is for 59 minutes."),
        (timedelta(hours=1), "that is for 1 hour."),
        (timedelta(hours=23, minutes=59), "that is for 23 hours."),
        (DAY, "that is for 1 day."),
        (1.5 * DAY, "that is for 1 day."),
        (2 * DAY, "that is for 2 days."),
    ],
)
def test_it_is_told_for_how_long_an_address_is_idle(idle: timedelta, said: str) -> None:
    settings = settings_with(grace=0, warn_before=0).release_eips
    assert settings is not None
    assert said in str(plan.decided(case(idle=idle, settings=settings)).detail["why"])


def test_a_record_is_named_without_the_dot_at_its_end() -> None:
    decision = plan.decided(case(evidence=Evidence(dns="MAX.")))
    assert str(decision.detail["why"]).startswith("The DNS record MAX names it.")


def test_the_same_idleness_gives_the_same_decision_and_another_one_another() -> None:
    def release(of: Case) -> Decision:
        return plan.decided(of)

    assert release(case()).id == release(case(now=NOW + DAY, address=address(tags={"Name": "x"}))).id
    assert release(case()).id != release(case(idle=41 * DAY)).id


@pytest.mark.parametrize(("pool", "usd"), [("amazon", 3.65), ("ipam-pool-1", 0), ("ipv4pool-ec2-1", 0)])
def test_money_is_saved_on_amazons_single_addresses_only(pool: str, usd: float) -> None:
    detail = plan.decided(case(address=address(pool=pool))).detail
    assert detail["cost_usd_month"] == usd
    assert ("saves no money" in str(detail["why"])) == (pool == "ipam-pool-1")


@pytest.mark.parametrize(
    ("since", "last", "anew"),
    [
        (None, None, True),
        (timedelta(hours=1), None, False),
        (timedelta(hours=4), None, True),
        (timedelta(hours=40), timedelta(hours=3), False),
        (timedelta(hours=40), timedelta(hours=3, seconds=1), True),
        (timedelta(hours=1), timedelta(hours=40), False),
    ],
)
def test_a_clock_starts_anew_when_nobody_looked_for_more_than_three_periods(
    since: timedelta | None, last: timedelta | None, *, anew: bool
) -> None:
    clock = Clock(lease=Lease(guard="lease"), idle_since=None if since is None else NOW - since)
    looked = None if last is None else NOW - last
    hourly = replace(case().settings, sweep_period=timedelta(hours=1), grace=timedelta(hours=12))
    assert plan.starts_anew(clock, last=looked, now=NOW, settings=hourly) is anew
    assert plan.starts_anew(replace(clock, stopped=True), last=looked, now=NOW, settings=hourly)


@pytest.mark.parametrize(
    ("period", "grace", "longest"),
    [
        (timedelta(hours=1), timedelta(days=30), timedelta(hours=25)),
        (timedelta(hours=1), timedelta(days=4), timedelta(hours=24)),
        (timedelta(hours=1), timedelta(hours=2), timedelta(hours=3)),
        (timedelta(days=1), timedelta(days=30), timedelta(days=3)),
    ],
)
def test_an_outage_of_a_day_does_not_begin_a_long_grace_anew(
    period: timedelta, grace: timedelta, longest: timedelta
) -> None:
    assert plan.longest_gap(replace(case().settings, sweep_period=period, grace=grace)) == longest


@pytest.mark.parametrize(
    ("due", "of", "tripped"), [(5, 10, True), (4, 5, False), (5, 11, False), (6, 11, True), (100, 100, True)]
)
def test_the_breaker_trips_at_its_share_and_its_number(due: int, of: int, *, tripped: bool) -> None:
    assert plan.is_tripped(Breaker(share=0.5, at_least=5), due=due, of=of) is tripped
