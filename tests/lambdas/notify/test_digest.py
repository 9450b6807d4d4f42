"""The daily digest: what is in it, what is over, and who gets which."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.notify.conditions import CONDITIONS
from lambdas.notify.digest import MOST_LINES, OPERATORS, Known, chosen, digests
from tests.lambdas.notify.decisions import ALB, alignment, extension, release
from tests.lambdas.notify.test_plan import DONE

if TYPE_CHECKING:
    from lambdas.notify.message import Message

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
THIS_MORNING, YESTERDAY, LAST_WEEK = "2026-03-02T07:00:00.000Z", "2026-03-01T12:00:00.000Z", "2026-02-23T12:00:00.000Z"
OVERLAP = {
    "ResourceId": "vpc-0a",
    "ResourceCidr": "10.0.0.0/16",
    "ResourceType": "vpc",
    "ResourceOwnerId": "111122223333",
    "ResourceRegion": "eu-west-1",
    "OverlapStatus": "overlapping",
}


def seen(item: dict[str, Any], last_seen: str = THIS_MORNING, **changes: Any) -> dict[str, Any]:
    return {**item, "time": LAST_WEEK, "last_seen": last_seen, **changes}


def written(
    *items: dict[str, Any],
    forbids: str | None = None,
    contacts: dict[str, str] | None = None,
    resources: tuple[dict[str, Any], ...] = (),
) -> dict[str, Message]:
    conditions = [(each, [cidr for cidr in resources if each.holds(cidr)]) for each in CONDITIONS]
    latest_first = sorted(items, key=lambda item: str(item["last_seen"]), reverse=True)
    known = Known(items=list(chosen(latest_first, now=NOW)), forbids=forbids, conditions=conditions, now=NOW)
    return dict(digests(known, contacts=contacts or {}))


def for_operators(*items: dict[str, Any], **known: Any) -> Message:
    return written(*items, **known)[OPERATORS]


def test_nothing_to_say_is_no_digest() -> None:
    assert written() == {}


def test_changes_of_the_last_day_are_told_with_the_money_that_they_save() -> None:
    other = {**release(), "resource_id": "eipalloc-0b", "decision_id": "2"}
    text = for_operators(seen(DONE), seen(release()), seen(other), seen(alignment()), seen(extension()))
    assert text.subject == "Poolwarden: 2026-03-02: 1 refilled, 2 released, 1 moved, 1 extended"
    assert "Addresses released (2), which saves about 7.30 USD a month:\n  - 203.0.113.7 (eipalloc-" in text.body
    assert "Pools refilled (1):\n  - 10.0.16.0/21 added to ipam-pool-0a1b2c3d4e5f60718" in text.body
    assert "VPCs extended (1):\n  - " in text.body
    assert text.attributes == {"kind": "digest", "severity": "info"}


def test_a_change_is_told_on_one_day_only() -> None:
    assert written(seen(DONE, "2026-03-01T07:59:00.000Z")) == {}


def test_what_is_blocked_is_told_with_since_when_and_ends_when_it_was_done() -> None:
    blocked = seen({**DONE, "outcome": "blocked", "reason": "source-exhausted"})
    text = for_operators(blocked)
    assert "(source-exhausted since 2026-02-23, 123456789012, us-east-1)" in text.body
    assert text.attributes["severity"] == "critical"
    assert for_operators({**blocked, "last_seen": YESTERDAY}, seen(DONE)).title.endswith(": 1 refilled")


def test_of_each_resource_only_what_it_was_last_is_told() -> None:
    warned = seen(release(outcome="skipped", reason="warned", action="none"), YESTERDAY)
    proposed = seen(release(outcome="proposed"))
    assert for_operators(warned, proposed).title == "2026-03-02: 1 to approve"
    assert for_operators(seen(warned), seen(proposed, YESTERDAY)).title == "2026-03-02: 1 due"


def test_what_is_due_names_the_day() -> None:
    text = for_operators(seen(release(outcome="skipped", reason="warned", action="none")))
    assert "Due in the next days (1):\n  - 203.0.113.7" in text.body
    assert "is idle, release due 2026-03-01" in text.body


def test_a_proposal_is_told_with_its_command_until_it_expires() -> None:
    open_one = seen(release(outcome="proposed", detail={"expires": "2026-03-04T12:00:00.000Z"}))
    assert "`poolwarden approve 0123456789abcdef` before 2026-03-04T12:00" in for_operators(open_one).body
    assert written(seen(release(outcome="proposed", detail={"expires": "2026-03-02T07:30:00.000Z"}))) == {}


def test_what_the_breaker_holds_is_told_as_one() -> None:
    held = [
        seen(release(outcome="proposed", reason="breaker", resource_id=f"eipalloc-{number}")) for number in range(5)
    ]
    whole = release(outcome="proposed", reason="breaker", action="none", resource_id="111122223333/eu-west-1")
    text = for_operators(*held, seen(whole))
    assert text.title == "2026-03-02: 1 to approve"
    assert text.attributes["severity"] == "critical"


def test_what_is_proposed_again_is_no_longer_told_as_expired() -> None:
    expired, again = seen(release(outcome="expired")), seen(release(outcome="proposed", decision_id="2"))
    assert for_operators(expired, again).title == for_operators(again, expired).title == "2026-03-02: 1 to approve"


def test_what_waits_in_a_place_and_what_cannot_be_read_there_are_told_side_by_side() -> None:
    place: dict[str, Any] = {"action": "none", "resource_id": "111122223333/eu-west-1"}
    asked = seen(release(outcome="proposed", reason="breaker", **place))
    unread = seen(release(outcome="blocked", reason="access-denied", decision_id="2", **place))
    refused = seen(alignment(outcome="blocked", reason="access-denied", **place), "2026-03-02T07:30:00.000Z")
    for order in ((asked, unread, refused), (refused, unread, asked)):
        text = for_operators(*order)
        assert text.title == "2026-03-02: 1 to approve, 2 blocked"
        blocked = text.body.partition("Blocked or left alone (2):\n")[2].splitlines()
        assert blocked[0].startswith("  - load balancers of 111122223333/eu-west-1 are not looked at")
        assert blocked[1].startswith("  - the addresses of 111122223333/eu-west-1 cannot be judged")


def test_a_role_that_is_missing_is_told_of_each_remediation_that_needs_it() -> None:
    missing = {"action": "none", "outcome": "blocked", "reason": "role-missing", "resource_id": "111122223333"}
    found = [seen({**made(), **missing}) for made in (release, alignment, extension)]
    text = for_operators(*found)
    assert text.title == "2026-03-02: 3 blocked"
    assert for_operators(*reversed(found)).body == text.body


def test_all_that_was_found_of_one_resource_at_once_is_told_and_what_it_was_before_is_over() -> None:
    unmeasured = seen({**DONE, "action": "none", "outcome": "skipped", "reason": "no-metric", "decision_id": "1"})
    exhausted = seen({**DONE, "action": "none", "outcome": "blocked", "reason": "source-exhausted", "decision_id": "2"})
    before = seen({**DONE, "action": "none", "outcome": "blocked", "reason": "not-ready"}, YESTERDAY)
    converging = seen(alignment(action="none", outcome="skipped", reason="converging"))
    spilled = seen(alignment(action="none", outcome="blocked", reason="spilled"))
    found = (unmeasured, exhausted, before, converging, spilled)
    text = for_operators(*found)
    assert text.title == "2026-03-02: 2 blocked, 1 converging, 1 spilled"
    assert "not-ready" not in text.body
    assert for_operators(*reversed(found)).body == text.body


def test_a_release_with_a_late_sign_of_use_is_one_release_and_one_saving() -> None:
    lost = seen(release(reason="reassociated"))
    text = for_operators(seen(release()), lost)
    assert text.title == "2026-03-02: 1 released in use, 1 released"
    assert "Released while in use (1):\n  - 203.0.113.7 (eipalloc-0a1b2c3d4e5f60718) was RELEASED while" in text.body
    assert "Addresses released (1), which saves about 3.65 USD a month:" in text.body
    assert text.attributes["severity"] == "critical"
    assert for_operators(seen(release(outcome="undone")), lost).title == "2026-03-02: 1 released in use, 1 undone"


def test_converging_and_spilled_load_balancers_have_their_own_places() -> None:
    text = for_operators(
        seen(alignment(outcome="skipped", reason="converging")),
        seen(alignment(outcome="blocked", reason="spilled", resource_id=ALB.replace("shop", "blog"))),
    )
    assert text.title == "2026-03-02: 1 converging, 1 spilled"
    assert text.attributes["severity"] == "warning"


def test_what_is_left_alone_as_it_should_be_and_reversals_are_not_in_it() -> None:
    protected = seen(release(outcome="skipped", reason="protected"))
    rejected = seen(release(outcome="rejected", resource_id="eipalloc-0c"))
    reversal = seen(alignment(detail={"undo_of": "1"}))
    assert written(protected, rejected, reversal) == {}


def test_a_kill_switch_alone_is_told_to_the_operators_alone() -> None:
    texts = written(forbids="switched-off", contacts={"111122223333": "team-a@example.com"})
    assert list(texts) == [OPERATORS]
    assert "until it says `deployed` again" in texts[OPERATORS].body
    assert "change calendar is closed" in for_operators(forbids="change-freeze").body


def test_each_contact_hears_of_their_accounts_only() -> None:
    contacts = {
        "111122223333": "team-a@example.com",
        "222233334444": "team-a@example.com",
        "123456789012": "team-b@example.com",
        "999999999999": "team-c@example.com",
    }
    texts = written(seen(release()), seen(DONE), forbids="switched-off", contacts=contacts, resources=(OVERLAP,))
    assert set(texts) == {OPERATORS, "team-a@example.com", "team-b@example.com"}
    team_a, team_b = texts["team-a@example.com"], texts["team-b@example.com"]
    assert team_a.title == "2026-03-02: nothing may be changed, 1 released, 1 overlapping"
    assert team_b.title == "2026-03-02: nothing may be changed, 1 refilled"
    assert team_b.attributes["account"] == "123456789012"
    assert "account" not in team_a.attributes


def test_address_space_that_is_not_as_it_should_be_is_in_it() -> None:
    text = for_operators(resources=(OVERLAP,))
    assert "Overlapping CIDRs (1):\n  - 10.0.0.0/16 of vpc vpc-0a, account 111122223333, eu-west-1" in text.body


def test_a_long_list_is_cut_and_says_so() -> None:
    many = [seen({**release(), "resource_id": f"eipalloc-{number}"}) for number in range(MOST_LINES + 5)]
    text = for_operators(*many)
    assert text.title == f"2026-03-02: {MOST_LINES + 5} released"
    assert "  - and 5 more: `poolwarden status` lists them" in text.body
