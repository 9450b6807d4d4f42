"""What is said of addresses and load balancers: what, what to do, how to undo and how to prevent it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common.decision import Outcome
from lambdas.common.settings import REMEDIATIONS
from lambdas.notify import texts
from lambdas.notify.plan import SEVERITY, Means, concerns_people, message, severity
from tests.lambdas.notify.decisions import ALB, alignment, extension, release

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.notify.message import Message

MEANS = Means(mode_parameter="/poolwarden/mode", tag_prefix="poolwarden")
REASONS = {
    "release_eips": (
        "idle within-grace warned protected keep-until keep-tag service-managed stack-managed byoip dns-record "
        "ptr-record transfer-pending reassociated run-cap breaker locked taken"
    ),
    "refill_pools": (
        "low-water fragmented demanded in-flight source-exhausted supply-exhausted no-supply cidr-quota "
        "contiguous-quota daily-cap needs-authorization vpc-planning-pool external-authority not-ready "
        "provision-failed protected no-metric"
    ),
    "align_albs": "off-pool pool-short pool-not-usable policy-managed converging spilled protected",
    "extend_vpcs": (
        "nearly-full pool-short pool-not-usable cidr-restricted cidr-quota peering-pending daily-cap "
        "association-failed protected"
    ),
}
ANY = "access-denied role-missing region-closed no-trail state-changed switched-off change-freeze api-error"
SPEAK_FOR_THEMSELVES = frozenset(
    {
        *(
            "idle",
            "within-grace",
            "warned",
            "low-water",
            "fragmented",
            "demanded",
            "in-flight",
            "off-pool",
            "converging",
        ),
        "nearly-full",
    }
)
"""Reasons why something is done, or is to be; what is to be done about them is nothing."""


def told(item: dict[str, Any]) -> Message:
    return message(item, contacts={}, means=MEANS)


@pytest.mark.parametrize("remediation", sorted(REASONS))
def test_every_reason_that_keeps_something_from_being_done_says_what_to_do(remediation: str) -> None:
    for reason in [*REASONS[remediation].split(), *ANY.split()]:
        item = {**release(outcome="blocked", reason=reason), "remediation": remediation}
        if reason not in SPEAK_FOR_THEMSELVES:
            assert "\nWhat now: " in told(item).body, reason


@pytest.mark.parametrize(
    ("action", "make"),
    [
        ("release_address", release),
        ("allocate_address", release),
        ("none", release),
        ("modify_ip_pools", alignment),
        ("none", alignment),
        ("associate_cidr", extension),
        ("disassociate_cidr", extension),
        ("none", extension),
    ],
)
def test_every_action_and_outcome_is_told_in_words_of_its_own(action: str, make: Callable[..., dict[str, Any]]) -> None:
    for outcome in sorted(SEVERITY.keys() - {"blocked", "skipped"}):
        text = told(make(action=action, outcome=outcome))
        assert "{" not in text.body
        assert "None" not in text.body
        assert "not released" not in text.subject


def test_a_release_is_told_with_what_it_saves_and_how_to_have_the_address_back() -> None:
    text = told(release())
    assert text.subject == "Poolwarden: 203.0.113.7 (eipalloc-0a1b2c3d4e5f60718) released (idle)"
    assert "Where:    eipalloc-0a1b2c3d4e5f60718, named build-7, owned by team-a, account 111122223333" in text.body
    assert "this saves about 3.65 USD a month" in text.body
    assert "Undo:     `poolwarden undo 0123456789abcdef` allocates the same address again" in text.body
    assert "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Addresses:" in text.body


def test_a_warning_names_the_day_the_owner_and_the_tags_that_stop_it() -> None:
    text = told(release(outcome="skipped", reason="warned", action="none"))
    assert text.subject.endswith("is idle, release due 2026-03-01 (warned)")
    assert "Undo:     once released it can be had back" in text.body
    assert "owned by team-a" in text.body
    assert "poolwarden:protect = true or poolwarden:keep-until = YYYY-MM-DD" in text.body
    assert text.attributes["severity"] == "warning"


def test_an_address_taken_while_it_was_released_is_critical_and_says_the_undo() -> None:
    text = told(release(reason="reassociated"))
    assert "was RELEASED while somebody began to use it" in text.subject
    assert text.attributes["severity"] == "critical"
    assert "poolwarden undo 0123456789abcdef" in text.body


def test_what_the_breaker_holds_is_told_as_one() -> None:
    held = release(outcome="proposed", reason="breaker")
    summary = {**held, "resource_id": "111122223333/eu-west-1"}
    assert not concerns_people(held)
    assert concerns_people(summary)
    assert severity(summary) == "critical"
    assert "many addresses of 111122223333/eu-west-1 are due at once" in told(summary).subject
    assert "poolwarden approve 0123456789abcdef" in told(summary).body


def test_what_came_of_a_release_of_many_is_told_also_where_its_run_ended_early() -> None:
    done = release(reason="breaker", action="none", resource_id="111122223333/eu-west-1")
    counted = {**done, "detail": {"result": {"released": 3, "left": 1}}}
    early = {**done, "outcome": "blocked", "detail": {"result": {"state": "ended early", "released": 0, "left": 4}}}
    stopped = {**done, "outcome": "blocked", "reason": "switched-off", "detail": {"result": {"released": 0, "left": 4}}}
    assert "3 addresses of 111122223333/eu-west-1 released, 1 left (breaker)" in told(counted).subject
    assert "0 addresses of 111122223333/eu-west-1 released, 4 left, as its run ended early" in told(early).subject
    assert "0 addresses of 111122223333/eu-west-1 released, 4 left (switched-off)" in told(stopped).subject


def test_an_address_that_is_left_alone_as_it_should_be_is_nobodys_business() -> None:
    for reason in ("within-grace", "protected", "keep-tag", "service-managed"):
        assert not concerns_people(release(outcome="skipped", reason=reason))


def test_a_keep_until_that_is_no_date_is_told() -> None:
    dated, unreadable = (
        release(outcome="skipped", reason="keep-until", detail={"before": {"tags": {"poolwarden:keep-until": value}}})
        for value in ("2026-12-31", "next year")
    )
    assert not concerns_people(dated)
    assert concerns_people(unreadable)


def test_a_move_is_told_with_both_pools_and_what_does_not_come_back() -> None:
    text = told(alignment())
    assert text.subject == "Poolwarden: shop moved to ipam-pool-0b (off-pool)"
    assert "was on ipam-pool-0a; not from the pool: 203.0.113.8, 203.0.113.9" in text.body
    assert "Undo:     `poolwarden undo 0123456789abcdef` puts it back on ipam-pool-0a; addresses that AWS" in text.body
    assert f"#LoadBalancer:loadBalancerArn={ALB}" in text.body


def test_a_load_balancer_that_had_no_pool_goes_back_to_amazons_addresses() -> None:
    assert "puts it back on Amazon's addresses" in told(alignment(detail={"before": {"pool": ""}})).body


def test_moving_takes_its_time_but_a_spill_is_told() -> None:
    assert not concerns_people(alignment(outcome="skipped", reason="converging"))
    assert concerns_people(alignment(outcome="skipped", reason="spilled"))


def test_a_spill_is_told_with_its_addresses_and_its_end_is_not_told() -> None:
    text = told(alignment(action="none", outcome="blocked", reason="spilled"))
    assert text.subject == "Poolwarden: shop has got addresses from outside its pool (spilled)"
    assert "Facts:    not from the pool: 203.0.113.8, 203.0.113.9" in text.body
    assert not concerns_people(alignment(action="none", outcome="done", reason="spilled"))


def test_a_further_cidr_is_told_with_how_many_the_vpc_has_and_how_to_take_it_away() -> None:
    text = told(extension())
    assert text.subject == "Poolwarden: 10.0.1.0/24 added to vpc-0a1b2c3d (nearly-full)"
    assert "with it the VPC has 2 CIDRs" in text.body
    assert "Undo:     `poolwarden undo 0123456789abcdef`, as long as no subnet is in the CIDR" in text.body
    assert "#VpcDetails:VpcId=vpc-0a1b2c3d" in text.body


def test_an_account_without_its_role_is_no_vpc() -> None:
    text = told(extension(action="none", outcome="blocked", reason="role-missing", resource_id="111122223333"))
    assert text.subject == "Poolwarden: VPCs of 111122223333 are not looked at (role-missing)"
    assert "/vpcconsole/home?region=eu-west-1#vpcs:\n" in text.body


@pytest.mark.parametrize(
    ("reason", "place"),
    [
        ("role-missing", "111122223333"),
        ("access-denied", "111122223333/eu-west-1"),
        ("region-closed", "111122223333/eu-west-1"),
    ],
)
def test_a_place_where_nobody_can_look_is_no_load_balancer(reason: str, place: str) -> None:
    text = told(alignment(action="none", outcome="blocked", reason=reason, resource_id=place, detail={"after": {}}))
    assert text.subject == f"Poolwarden: load balancers of {place} are not looked at ({reason})"
    assert "/ec2/home?region=eu-west-1#LoadBalancers:\n" in text.body


@pytest.mark.parametrize(
    ("action", "made"),
    [
        ("deprovision_cidr", release),
        ("allocate_address", release),
        ("modify_ip_pools", alignment),
        ("disassociate_cidr", extension),
    ],
)
def test_a_reversal_is_told_as_what_it_undid_but_its_failure_is_told_itself(
    action: str, made: Callable[..., dict[str, Any]]
) -> None:
    reversal = made(action=action, detail={"undo_of": "fedcba9876543210"})
    assert not concerns_people(reversal)
    assert concerns_people({**reversal, "outcome": "failed", "reason": "api-error"})
    assert concerns_people({**reversal, "outcome": "blocked", "reason": "taken"})


def test_the_console_is_that_of_the_partition() -> None:
    assert "https://cn-north-1.console.amazonaws.cn/ec2" in told(release(region="cn-north-1")).body
    assert "https://us-gov-west-1.console.amazonaws-us-gov.com/ec2" in told(release(region="us-gov-west-1")).body


def test_there_are_texts_for_every_remediation_and_no_other() -> None:
    assert set(texts.REMEDIATIONS) == set(REMEDIATIONS)
    assert set(REASONS) == set(REMEDIATIONS), "the reason codes of each stand in REASONS"
    with pytest.raises(KeyError):
        texts.of({"remediation": "something"})


def test_nothing_under_way_is_told() -> None:
    for outcome in (Outcome.INTENDED, Outcome.PENDING):
        assert not concerns_people(release(outcome=outcome))
