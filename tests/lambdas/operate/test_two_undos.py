"""Messages about one decision while another's undo of the same pool is under way: each sees to its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.common import guards, reversal
from lambdas.operate.handler import handler
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, SETTINGS, engineers_client, items
from tests.lambdas.operate.test_handler import CONTEXT, ask, the
from tests.lambdas.refill_pools.world import ProcessEndedError, contributor, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.common.decision import Lease
    from lambdas.common.ledger import Record
    from tests.lambdas.refill_pools.world import Calls, World


@dataclass(frozen=True, kw_only=True)
class Twice:
    """A pool that was refilled, and for which another refill is proposed: their ids, and what was taken meanwhile."""

    pool: str
    first: str
    second: str
    taken: list[dict[str, Any]]

    def give_back(self, world: World) -> None:
        """Have both blocks free again."""
        for each in self.taken:
            world.ec2.release_ipam_pool_allocation(
                IpamPoolId=self.pool, Cidr=each["Cidr"], IpamPoolAllocationId=each["IpamPoolAllocationId"]
            )


@pytest.fixture
def twice(world: World, calls: Calls, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Twice:
    monkeypatch.setenv("RECHECK_QUEUE_URL", engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    pool = world.low_pool()
    refilled(world, pool)
    first = the("done")["decision_id"]
    CLOCK.advance(3600)
    taken = use_up(world, pool)
    configure(refill_pools={**SETTINGS["refill_pools"], "mode": "approve"})
    wake(contributor(pool))
    calls.sent.clear()
    return Twice(pool=pool, first=first, second=the("proposed")["decision_id"], taken=taken)


def use_up(world: World, pool: str) -> list[dict[str, Any]]:
    """Take all that a pool has."""
    taken: list[Any] = []
    while True:
        try:
            answer = world.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=24)
        except ClientError:
            return taken
        taken.append(answer["IpamPoolAllocation"])


def deliver(*messages: dict[str, Any]) -> None:
    assert handler({"Records": list(messages)}, CONTEXT) == {"batchItemFailures": []}


def act(decision_id: str) -> dict[str, Any]:
    (item,) = [item for item in items(LEDGER) if (item["decision_id"], item["record"]) == (decision_id, "act")]
    return item


def approved(twice: Twice, world: World) -> None:
    """Have the second refill made, and both blocks free."""
    assert ask("approve", twice.second)["outcome"] == "pending"
    CLOCK.advance(60)
    wake(schedule())
    assert act(twice.second)["outcome"] == "done"
    twice.give_back(world)


def first_is_being_undone(twice: Twice, calls: Calls) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask for the first refill's undo; the messages that look after it, the later one first."""
    calls.sent.clear()
    assert ask("undo", twice.first)["outcome"] == "pending"
    late, soon = calls.rechecks
    return late, soon


def test_a_late_message_about_an_undo_that_is_over_leaves_the_undo_of_another_refill_alone(
    world: World, calls: Calls, twice: Twice
) -> None:
    approved(twice, world)
    late, soon = first_is_being_undone(twice, calls)
    CLOCK.advance(120)
    deliver(soon)
    assert act(twice.first)["outcome"] == "undone"
    assert ask("undo", twice.second)["outcome"] == "pending"
    calls.sent.clear()

    deliver(late)

    assert not calls.announced
    assert not calls.sent["SendMessage"]


@pytest.mark.parametrize("killed", [False, True])
def test_a_message_about_an_approval_goes_on_with_it_while_an_undo_of_its_pool_is_under_way(
    world: World, calls: Calls, twice: Twice, *, killed: bool
) -> None:
    if killed:
        calls.end_process_before("ProvisionIpamPoolCidr")
        with pytest.raises(ProcessEndedError):
            ask("approve", twice.second)
    else:
        assert ask("approve", twice.second)["outcome"] == "pending"
    twice.give_back(world)
    assert ask("undo", twice.first)["outcome"] == "pending"

    for _ in range(3):
        again = [each for each in calls.rechecks if twice.second in each["body"]]
        calls.sent["SendMessage"].clear()
        deliver(*again)
        CLOCK.advance(901)

    assert act(twice.second)["outcome"] == ("skipped" if killed else "done")
    assert not [told for told in calls.announced if "undo_of" in told["detail"]]
    assert not calls.sent["SendMessage"]


@pytest.mark.parametrize("about", ["the approval", "the undo"])
def test_an_undo_that_ends_while_a_message_is_looked_at_is_not_taken_for_another_one(
    world: World, calls: Calls, twice: Twice, monkeypatch: pytest.MonkeyPatch, about: str
) -> None:
    approved(twice, world)
    of_approval = calls.rechecks[0]
    late, soon = first_is_being_undone(twice, calls)
    CLOCK.advance(150)
    read = reversal.lease_of

    def ends_then(done: Record) -> Lease:
        lease = read(done)
        monkeypatch.setattr(reversal, "lease_of", read)
        deliver(soon)
        calls.sent["PutEvents"].clear()
        return lease

    monkeypatch.setattr(reversal, "lease_of", ends_then)

    deliver(of_approval if about == "the approval" else late)

    assert act(twice.first)["outcome"] == "undone"
    assert not calls.announced
    assert [call["Cidr"] for call in calls.sent["DeprovisionIpamPoolCidr"]] == [
        act(twice.first)["detail"]["result"]["cidr"]
    ]


def test_of_two_who_undo_the_same_at_the_same_moment_one_does_and_the_other_hears_that(
    world: World, calls: Calls, twice: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(twice, world)
    calls.sent.clear()
    read, answers = reversal.lease_of, []

    def another_asks(done: Record) -> Lease:
        lease = read(done)
        monkeypatch.setattr(reversal, "lease_of", read)
        answers.append(ask("undo", twice.first))
        return lease

    monkeypatch.setattr(reversal, "lease_of", another_asks)
    answers.append(ask("undo", twice.first))

    assert [(each["outcome"], each["reason"]) for each in answers] == [
        ("pending", "low-water"),
        ("skipped", "in-flight"),
    ]
    CLOCK.advance(120)
    deliver(*calls.rechecks)
    assert act(twice.first)["outcome"] == "undone"
    assert not [each for each in calls.announced if each["outcome"] == "failed"]


def test_an_undo_whose_process_ends_before_its_lease_is_given_back_does_not_keep_it(
    world: World, calls: Calls, twice: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(twice, world)
    late, soon = first_is_being_undone(twice, calls)
    CLOCK.advance(120)

    def end(*_: Any, **__: Any) -> Lease:
        raise ProcessEndedError

    with monkeypatch.context() as patch:
        patch.setattr(guards, "free", end)
        with pytest.raises(ProcessEndedError):
            deliver(soon)
    assert act(twice.first)["outcome"] == "undone"

    deliver(late)

    assert ask("undo", twice.second)["outcome"] == "pending"
