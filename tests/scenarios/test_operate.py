"""What people decide, seen from outside: approve, reject, let expire, undo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.kill_switch import remove_switch, switch
from tests.scenarios.pools import ENFORCE, PoolTree, decisions_told, provisions_by_functions, records
from tests.scenarios.vpcs import cidrs_of, full_vpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

DAY = 86400.0


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(ENFORCE.replace("mode: enforce", "mode: approve") + "extend_vpcs: {}\n")


@pytest.fixture(scope="module")
def tree(account: Simulation) -> PoolTree:
    return PoolTree(account)


@pytest.fixture(autouse=True)
def clean_slate(account: Simulation) -> Iterator[None]:
    account.clear_calls()
    yield
    switch(account, "deployed")


def ask(account: Simulation, action: str, decision_id: str, actor: str = "ada") -> dict[str, Any]:
    """Ask OperateFunction for something, as the command line does; its answer."""
    request = {"action": action, "decision_id": decision_id, "actor": actor}
    answer = account.client("lambda").invoke(
        FunctionName=account.outputs()["OperateFunction"], Payload=json.dumps(request).encode()
    )
    payload: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, payload
    return payload


def items(account: Simulation, pool: str, outcome: str) -> list[dict[str, Any]]:
    """The pool's ledger items that came out so, oldest first."""
    found = [item for item in account.ledger() if (item["resource_id"], item["outcome"]) == (pool, outcome)]
    return sorted(found, key=lambda item: item["time"])


def proposed(account: Simulation, tree: PoolTree) -> tuple[str, str]:
    """A pool that is low, and the id of the refill that is proposed for it."""
    pool = tree.environment()
    tree.fill(pool)
    account.settle()
    (proposal,) = items(account, pool, "proposed")
    return pool, proposal["decision_id"]


def add_by_hand(account: Simulation, tree: PoolTree, pool: str, *, length: int) -> None:
    """Provision the last block of this length from around the pool's own CIDR, as a person does."""
    *_, last = tree.cidrs(pool)[0].supernet(new_prefix=16).subnets(new_prefix=length)
    account.client("ec2").provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=str(last))
    account.settle()


def refilled(account: Simulation, tree: PoolTree) -> tuple[str, str]:
    """A pool that was refilled because somebody approved, and the id of the refill."""
    pool, decision_id = proposed(account, tree)
    ask(account, "approve", decision_id)
    account.settle()
    assert len(tree.cidrs(pool)) == 2
    return pool, decision_id


def test_nothing_happens_until_somebody_approves_and_then_just_that(account: Simulation, tree: PoolTree) -> None:
    pool, decision_id = proposed(account, tree)
    account.advance(3600, step=900)

    assert len(tree.cidrs(pool)) == 1
    assert decisions_told(account, pool) == [("proposed", "low-water")]
    assert decision_id in account.outbox()[-1]["message"]

    answer = ask(account, "approve", decision_id)
    account.settle()

    assert answer["outcome"] == "pending"
    assert len(tree.cidrs(pool)) == 2
    (done,) = items(account, pool, "done")
    assert (done["decision_id"], done["detail"]["actor"]) == (decision_id, "ada")
    assert done["detail"]["request_id"]
    assert decisions_told(account, pool) == [("proposed", "low-water"), ("done", "low-water")]
    assert ask(account, "approve", decision_id)["outcome"] == "refused"
    (call,) = provisions_by_functions(account)
    assert "Operate" in call["principal"]


def test_a_vpc_gets_another_cidr_once_somebody_approves(account: Simulation, tree: PoolTree) -> None:
    vpc = full_vpc(account, tree.pool("10.15.0.0/20", source=tree.region))
    account.settle()
    assert len(cidrs_of(account, vpc)) == 1
    (proposal,) = items(account, vpc, "proposed")

    ask(account, "approve", proposal["decision_id"])
    account.settle()
    account.advance(3600)

    assert len(cidrs_of(account, vpc)) == 2
    assert decisions_told(account, vpc) == [("proposed", "nearly-full"), ("done", "nearly-full")]


def test_what_was_rejected_is_not_proposed_again(account: Simulation, tree: PoolTree) -> None:
    pool, decision_id = proposed(account, tree)

    assert ask(account, "reject", decision_id)["outcome"] == "rejected"
    account.advance(4 * DAY, step=DAY)

    assert len(tree.cidrs(pool)) == 1
    assert sorted(records(account, pool)) == [("proposed", "low-water"), ("rejected", "low-water")]
    assert decisions_told(account, pool) == [("proposed", "low-water"), ("rejected", "low-water")]
    assert ask(account, "approve", decision_id)["outcome"] == "refused"


def test_a_proposal_expires_and_its_id_never_counts_again(account: Simulation, tree: PoolTree) -> None:
    pool, decision_id = proposed(account, tree)

    account.advance(3 * DAY + 3600, step=DAY / 2)

    assert [item["decision_id"] for item in items(account, pool, "expired")] == [decision_id]
    first, second = items(account, pool, "proposed")
    assert first["decision_id"] == decision_id
    refused = ask(account, "approve", decision_id)
    assert (refused["outcome"], "expired" in refused["message"]) == ("refused", True)
    assert len(tree.cidrs(pool)) == 1
    ask(account, "approve", second["decision_id"])
    account.settle()
    assert len(tree.cidrs(pool)) == 2


def test_nobody_needs_to_see_an_expiry_for_it_to_count(account: Simulation, tree: PoolTree) -> None:
    pool, decision_id = proposed(account, tree)
    switch_off_schedules(account)
    account.advance(3 * DAY + 3600)

    assert ask(account, "approve", decision_id)["outcome"] == "refused"
    assert [item["decision_id"] for item in items(account, pool, "expired")] == [decision_id]
    switch_on_schedules(account)


def test_an_approval_of_what_is_not_needed_any_more_changes_nothing_and_says_so(
    account: Simulation, tree: PoolTree
) -> None:
    pool, decision_id = proposed(account, tree)
    add_by_hand(account, tree, pool, length=20)

    answer = ask(account, "approve", decision_id)
    account.settle()

    assert (answer["outcome"], answer["reason"]) == ("skipped", "state-changed")
    assert len(tree.cidrs(pool)) == 2
    assert decisions_told(account, pool)[-1] == ("skipped", "state-changed")


def test_an_approval_of_what_is_needed_otherwise_by_now_asks_anew(account: Simulation, tree: PoolTree) -> None:
    pool, decision_id = proposed(account, tree)
    add_by_hand(account, tree, pool, length=26)

    answer = ask(account, "approve", decision_id)
    account.settle()

    assert (answer["outcome"], answer["reason"]) == ("skipped", "state-changed")
    assert len(tree.cidrs(pool)) == 2
    first, second = items(account, pool, "proposed")
    assert first["decision_id"] == decision_id
    ask(account, "approve", second["decision_id"])
    account.settle()
    assert len(tree.cidrs(pool)) == 3


def test_the_kill_switch_stops_what_was_approved_but_not_an_undo(account: Simulation, tree: PoolTree) -> None:
    old, to_undo = refilled(account, tree)
    pool, decision_id = proposed(account, tree)
    switch(account, "observe")

    answer = ask(account, "approve", decision_id)
    remove_switch(account)
    ask(account, "undo", to_undo)
    account.settle()

    assert (answer["outcome"], answer["reason"]) == ("blocked", "switched-off")
    assert len(tree.cidrs(pool)) == 1
    assert len(tree.cidrs(old)) == 1
    switch(account, "deployed")
    ask(account, "approve", decision_id)
    account.settle()
    assert len(tree.cidrs(pool)) == 2


def test_a_refill_is_undone_and_told_once(account: Simulation, tree: PoolTree) -> None:
    pool, decision_id = refilled(account, tree)
    told = len(decisions_told(account, pool))

    assert ask(account, "undo", decision_id, actor="bob")["outcome"] == "pending"
    account.settle()

    assert len(tree.cidrs(pool)) == 1
    (undone,) = items(account, pool, "undone")
    assert undone["decision_id"] == decision_id
    (reversal,) = [item for item in items(account, pool, "done") if item["action"] == "deprovision_cidr"]
    assert reversal["detail"]["actor"] == "bob"
    assert [each for each in decisions_told(account, pool)[told:] if each[0] == "undone"] == [("undone", "low-water")]
    assert ask(account, "undo", decision_id)["outcome"] == "refused"
    assert ask(account, "undo", reversal["decision_id"])["outcome"] == "refused"


def test_a_block_in_use_stays_and_its_users_are_named(account: Simulation, tree: PoolTree) -> None:
    pool, decision_id = refilled(account, tree)
    vpc = account.client("ec2").create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=21)["Vpc"]["VpcId"]

    answer = ask(account, "undo", decision_id)
    account.settle()

    assert (answer["outcome"], answer["reason"]) == ("blocked", "state-changed")
    assert vpc in answer["message"]
    assert len(tree.cidrs(pool)) == 2


@pytest.mark.parametrize("action", ["approve", "reject", "undo"])
def test_an_id_that_nobody_knows_is_refused_in_words(account: Simulation, action: str) -> None:
    answer = ask(account, action, "0123456789abcdef")

    assert answer["outcome"] == "refused"
    assert "no decision with this id" in answer["message"]


@pytest.mark.parametrize(
    "request_",
    [
        {"action": "delete", "decision_id": "0123456789abcdef", "actor": "ada"},
        {"action": "undo", "decision_id": "all of them", "actor": "ada"},
        {"action": "undo", "decision_id": "0123456789abcdef"},
        {"action": ["undo"], "decision_id": {}, "actor": 7},
    ],
)
def test_what_is_no_request_fails_by_name(account: Simulation, request_: dict[str, object]) -> None:
    answer = account.client("lambda").invoke(
        FunctionName=account.outputs()["OperateFunction"], Payload=json.dumps(request_).encode()
    )

    assert answer["FunctionError"]
    assert json.loads(answer["Payload"].read())["errorType"] == "EventError"


def rules_of(account: Simulation) -> list[str]:
    rules = account.client("events").list_rules()["Rules"]
    return [rule["Name"] for rule in rules if "ScheduleExpression" in rule]


def switch_off_schedules(account: Simulation) -> None:
    for name in rules_of(account):
        account.client("events").disable_rule(Name=name)


def switch_on_schedules(account: Simulation) -> None:
    for name in rules_of(account):
        account.client("events").enable_rule(Name=name)
