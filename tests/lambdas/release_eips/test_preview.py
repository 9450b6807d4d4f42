"""A preview says just what the next sweep does with idle addresses, decision by decision, and changes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common.dynamo import plain
from lambdas.common.targets import Target
from lambdas.release_eips import aws
from lambdas.release_eips.preview import preview
from tests.lambdas.account import ACCOUNT, HOME, LEDGER
from tests.lambdas.release_eips.function import HOUR, Function, deployed
from tests.lambdas.release_eips.tables import refused
from tests.lambdas.release_eips.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

Told = set[tuple[str, str, str, str]]


@pytest.fixture(scope="module", autouse=True)
def _deployed() -> Iterator[None]:
    with deployed():
        yield


@dataclass
class Account:
    """A world with the function in it."""

    world: World = field(default_factory=World)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.function = Function(self.world, **self.settings)

    def foreseen(self, *, remembered: bool = True) -> Told:
        """What a preview says will be in the ledger."""
        with self.function._in_force():
            decisions = preview(self.function.settings, now=self.world.now, remembered=remembered)
        return {(each.id, each.resource_id, each.outcome or "done", each.reason) for each in decisions}

    def ledger(self) -> Told:
        items = [plain(item) for item in self.world.tables.items[LEDGER].values()]
        return {(item["decision_id"], item["resource_id"], item["outcome"], item["reason"]) for item in items}

    def happens(self) -> Told:
        """What a sweep puts into the ledger."""
        before = self.ledger()
        self.function.sweep()
        return self.ledger() - before


def test_every_sweep_does_what_was_foreseen_from_the_first_look_to_the_release() -> None:
    account = Account()
    world = account.world
    kept = [world.allocate(ptr=True), world.allocate(dns=True), world.allocate(stack=True)]
    protected, idle = world.allocate(tags={"poolwarden:protect": "true"}), world.allocate()
    world.associate(world.allocate())
    world.associate(world.allocate(service_managed="alb"))
    account.function.hear()
    for _ in range(6):
        planned = account.foreseen()
        new = account.happens()
        assert new <= planned
        assert planned <= account.ledger()
        world.now += HOUR
    assert {each.address.allocation_id for each in world.releases} == {idle.allocation_id}
    assert {each.allocation_id for each in [*kept, protected]} <= set(world.elastic)


def test_a_preview_changes_and_records_nothing() -> None:
    account = Account()
    account.world.allocate()
    account.foreseen()
    assert account.ledger() == set()
    assert not any(account.world.tables.items.values())


def test_the_breaker_is_foreseen_for_each_address_and_for_all_of_them() -> None:
    account = Account(settings={"breaker": {"share": 0.5, "at_least": 2}, "warn_before": 0})
    for _ in range(2):
        account.world.allocate()
    account.function.hear()
    account.function.pass_time(periods=3)
    for _ in range(2):
        planned = account.foreseen()
        assert {(outcome, reason) for _, _, outcome, reason in planned} == {("proposed", "breaker")}
        assert len(planned) == 3
        assert planned <= account.ledger() | account.happens()
    assert not account.world.releases


def test_the_cap_of_a_run_is_foreseen_and_what_other_runs_released_counts() -> None:
    account = Account(settings={"max_releases_per_run": 1, "warn_before": 0, "grace": 3600})
    for _ in range(3):
        account.world.allocate()
    account.function.hear()
    account.function.sweep()
    account.function.pass_time()
    account.world.now += HOUR
    planned = account.foreseen()
    assert sorted((outcome, reason) for _, _, outcome, reason in planned) == [
        ("blocked", "run-cap"),
        ("blocked", "run-cap"),
        ("done", "idle"),
    ]
    assert account.happens() == planned
    assert {(outcome, reason) for _, _, outcome, reason in account.foreseen()} == {("blocked", "run-cap")}


def test_the_cap_of_a_run_is_one_for_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world answers alike in every Region."""
    account = Account(settings={"max_releases_per_run": 3, "warn_before": 0, "grace": 3600})
    for _ in range(3):
        account.world.allocate()
    account.function.hear()
    account.function.sweep()
    account.function.pass_time()
    account.world.now += HOUR
    places = [Target(account=ACCOUNT, region=HOME), Target(account=ACCOUNT, region="eu-west-1")]
    monkeypatch.setattr("lambdas.release_eips.preview._targets", lambda _conf: places)
    planned = account.foreseen()
    assert Counter((outcome, reason) for _, _, outcome, reason in planned) == {
        ("done", "idle"): 3,
        ("blocked", "run-cap"): 3,
    }


def test_a_first_look_says_what_would_keep_an_address_once_its_grace_is_over() -> None:
    account = Account()
    free, with_ptr = account.world.allocate(), account.world.allocate(ptr=True)
    with account.function._in_force():
        decisions = preview(account.function.settings, now=account.world.now, remembered=False)
    why = {each.resource_id: str(each.detail["why"]) for each in decisions}
    assert {(each.outcome, each.reason) for each in decisions} == {("skipped", "within-grace")}
    assert "First seen now" in why[free.allocation_id]
    assert "it would be released" in why[free.allocation_id]
    assert "it would stay (ptr-record)" in why[with_ptr.allocation_id]


def test_addresses_that_cannot_be_read_are_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.world.allocate()

    def denied(*_: object) -> None:
        raise refused("UnauthorizedOperation", "DescribeAddresses")

    monkeypatch.setattr(aws, "addresses", denied)
    assert {told[1:] for told in account.foreseen()} == {(f"{ACCOUNT}/{HOME}", "failed", "access-denied")}
