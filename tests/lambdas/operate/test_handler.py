"""What people decide about refills, as their requests and our own messages reach the function for people."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common import consent
from lambdas.common.consent import Answer
from lambdas.common.events import EventError
from lambdas.common.rechecks import RECHECK_SECONDS
from lambdas.operate.aws import LONGEST_SECONDS
from lambdas.operate.handler import handler
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, MODE, SETTINGS, engineers_client, items
from tests.lambdas.refill_pools.world import ProcessEndedError, contributor, refilled, schedule, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls, World

DAY = 86400.0
CONTEXT = SimpleNamespace(aws_request_id="request-1")


def ask(action: str, decision_id: str, *, actor: str = "ada") -> dict[str, Any]:
    answer: Any = handler({"action": action, "decision_id": decision_id, "actor": actor}, CONTEXT)
    assert (answer["decision_id"], answer["action"]) == (decision_id, action)
    return dict(answer)


def outcomes() -> list[tuple[str, str]]:
    return sorted((item["outcome"], item["reason"]) for item in items(LEDGER))


def the(outcome: str) -> dict[str, Any]:
    (item,) = [item for item in items(LEDGER) if item["outcome"] == outcome]
    return item


@pytest.fixture
def proposed(world: World, configure: Callable[..., None]) -> tuple[str, str]:
    """A pool that is low, and the id of the refill that is proposed for it."""
    configure(refill_pools={**SETTINGS["refill_pools"], "mode": "approve"})
    pool = world.low_pool()
    wake(contributor(pool))
    return pool, the("proposed")["decision_id"]


def test_what_is_approved_is_done_and_says_by_whom(world: World, proposed: tuple[str, str]) -> None:
    pool, decision_id = proposed

    answer = ask("approve", decision_id)

    assert (answer["outcome"], answer["reason"]) == ("pending", "low-water")
    CLOCK.advance(120)
    wake(schedule())
    assert len(world.cidrs(pool)) == 2
    done = the("done")
    assert done["decision_id"] == decision_id
    assert (done["detail"]["actor"], done["detail"]["request_id"]) == ("ada", "request-1")
    assert ask("approve", decision_id)["message"] == f"{decision_id} is left as it is: it is done already (low-water)."
    assert ask("reject", decision_id)["outcome"] == "refused"


def test_what_is_rejected_is_not_done_and_not_proposed_again(world: World, proposed: tuple[str, str]) -> None:
    pool, decision_id = proposed

    assert ask("reject", decision_id)["outcome"] == "rejected"
    wake(schedule())

    assert len(world.cidrs(pool)) == 1
    assert outcomes() == [("proposed", "low-water"), ("rejected", "low-water")]
    assert the("rejected")["detail"]["actor"] == "ada"
    assert "it was rejected" in ask("approve", decision_id)["message"]


@pytest.mark.parametrize(
    ("answered", "said"), [(Answer.REJECTED, "it was rejected"), (Answer.APPROVED, "it was approved already")]
)
def test_who_rejects_what_somebody_else_has_just_answered_is_told_what_holds(
    proposed: tuple[str, str], monkeypatch: pytest.MonkeyPatch, answered: Answer, said: str
) -> None:
    _, decision_id = proposed
    still_open = consent.proposal(decision_id)
    consent.decide(decision_id, answered, by={"actor": "bob"}, now=CLOCK.now())
    stands = consent.proposal(decision_id)
    looks = iter([still_open, stands])
    monkeypatch.setattr(consent, "proposal", lambda _id: next(looks))

    answer = ask("reject", decision_id)

    assert answer["outcome"] == "refused"
    assert said in answer["message"]
    assert outcomes() == [("proposed", "low-water")]


def test_a_proposal_that_expired_is_recorded_so_when_somebody_asks_for_it(
    world: World, proposed: tuple[str, str]
) -> None:
    pool, decision_id = proposed
    CLOCK.advance(3 * DAY + 1)

    answer = ask("approve", decision_id)

    assert answer["outcome"] == "refused"
    assert "it expired" in answer["message"]
    assert the("expired")["decision_id"] == decision_id
    assert len(world.cidrs(pool)) == 1


def test_what_was_approved_but_is_no_longer_needed_is_skipped(world: World, proposed: tuple[str, str]) -> None:
    pool, decision_id = proposed
    world.tag(pool, **{"poolwarden:protect": "true"})

    answer = ask("approve", decision_id)

    assert (answer["outcome"], answer["reason"]) == ("skipped", "state-changed")
    assert answer["message"].startswith("What was proposed is not what is needed now")
    assert len(world.cidrs(pool)) == 1


def test_the_kill_switch_holds_what_was_approved_and_says_so(world: World, proposed: tuple[str, str]) -> None:
    pool, decision_id = proposed
    engineers_client("ssm").put_parameter(Name=MODE, Value="observe", Type="String", Overwrite=True)

    answer = ask("approve", decision_id)

    assert (answer["outcome"], answer["reason"]) == ("blocked", "switched-off")
    assert answer["message"].startswith("The kill switch is on, or cannot be read")
    assert len(world.cidrs(pool)) == 1


def test_what_was_approved_is_looked_at_again_until_its_end(
    world: World, proposed: tuple[str, str], calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    pool, decision_id = proposed
    assert ask("approve", decision_id)["outcome"] == "pending"

    CLOCK.advance(120)
    look_again(calls)
    assert the("done")["decision_id"] == decision_id
    look_again(calls)

    assert len(world.cidrs(pool)) == 2
    assert calls.sent["SendMessage"] == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_what_was_approved_and_killed_is_seen_to_by_a_later_message(
    world: World, proposed: tuple[str, str], calls: Calls, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    pool, decision_id = proposed
    (calls.end_process_after if after else calls.end_process_before)("ProvisionIpamPoolCidr")
    with pytest.raises(ProcessEndedError):
        ask("approve", decision_id)
    assert the("intended")["decision_id"] == decision_id

    CLOCK.advance(60)
    look_again(calls)
    assert the("intended")["decision_id"] == decision_id
    for _ in range(3):
        CLOCK.advance(900)
        look_again(calls)

    assert the("done")["decision_id"] == decision_id
    assert len(world.cidrs(pool)) == 2
    assert calls.sent["SendMessage"] == []


def look_again(calls: Calls) -> None:
    """Deliver the messages that the function has sent itself since the last time."""
    again = calls.rechecks
    calls.sent["SendMessage"].clear()
    assert handler({"Records": again}, CONTEXT) == {"batchItemFailures": []}


@pytest.mark.parametrize("switch", ["observe", "nonsense", None])
def test_whatever_the_kill_switch_is_an_undo_works(world: World, switch: str | None) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    if switch is None:
        engineers_client("ssm").delete_parameter(Name=MODE)
    else:
        engineers_client("ssm").put_parameter(Name=MODE, Value=switch, Type="String", Overwrite=True)

    assert ask("undo", the("done")["decision_id"])["outcome"] == "pending"


def test_an_undo_is_looked_at_again_until_the_block_is_gone(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = engineers_client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)
    pool = world.low_pool()
    refilled(world, pool)
    done = the("done")
    calls.sent.clear()

    assert ask("undo", done["decision_id"])["outcome"] == "pending"
    assert [call["DelaySeconds"] for call in calls.sent["SendMessage"]] == [LONGEST_SECONDS, RECHECK_SECONDS]
    again = calls.rechecks[1:]
    assert handler({"Records": again}, CONTEXT) == {"batchItemFailures": []}
    assert len(calls.rechecks) == 3

    CLOCK.advance(600)
    assert handler({"Records": again}, CONTEXT) == {"batchItemFailures": []}

    assert "provisioned" not in list(world.cidrs(pool).values())[1:]
    assert the("undone")["detail"]["undo_asked"]["actor"] == "ada"
    assert handler({"Records": again}, CONTEXT) == {"batchItemFailures": []}, "what is over is left alone"
    assert len(calls.rechecks) == 3
    assert calls.counted["DeprovisionIpamPoolCidr"] == 1
    assert ask("undo", done["decision_id"])["message"] == (
        f"{done['decision_id']} is left as it is: it is undone already."
    )


def test_a_block_that_is_in_use_is_not_taken_back(world: World) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    added = the("done")["detail"]["result"]["cidr"]
    world.allocate(pool, 21)

    answer = ask("undo", the("done")["decision_id"])

    assert (answer["outcome"], answer["reason"]) == ("blocked", "state-changed")
    assert added in answer["message"]
    assert world.cidrs(pool)[added] == "provisioned"


def test_a_refused_undo_is_told_and_one_without_an_answer_fails(world: World, calls: Calls) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    decision_id = the("done")["decision_id"]
    calls.refuse("DeprovisionIpamPoolCidr", "AccessDenied", status=403)

    assert ask("undo", decision_id)["reason"] == "access-denied"

    calls.refuse("DeprovisionIpamPoolCidr", "InternalError")
    with pytest.raises(Exception, match="was not deprovisioned"):
        ask("undo", decision_id)
    assert ask("undo", decision_id)["outcome"] in {"pending", "undone", "failed"}


def test_a_block_that_somebody_took_away_leaves_nothing_to_undo(world: World) -> None:
    pool = world.low_pool()
    refilled(world, pool)
    done = the("done")
    world.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr=done["detail"]["result"]["cidr"])
    CLOCK.advance(600)

    answer = ask("undo", done["decision_id"])

    assert (answer["outcome"], answer["reason"]) == ("blocked", "state-changed")
    assert "nothing is left to undo" in answer["message"]


@pytest.mark.parametrize("action", ["approve", "reject", "undo"])
def test_an_id_that_is_not_in_the_ledger_is_refused(world: World, action: str) -> None:  # noqa: ARG001 - sets up
    answer = ask(action, "0123456789abcdef")

    assert answer["outcome"] == "refused"
    assert "there is no decision with this id in the ledger" in answer["message"]


def test_what_is_no_request_and_no_message_is_an_error() -> None:
    with pytest.raises(EventError, match="action is one of approve, reject, undo"):
        handler({}, CONTEXT)
    with pytest.raises(EventError):
        handler({"action": "approve"}, CONTEXT)
    with pytest.raises(EventError):
        handler("approve", CONTEXT)
