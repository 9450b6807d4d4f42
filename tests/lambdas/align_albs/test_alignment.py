"""Moving load balancers in a simulated account, to the end of each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from lambdas.align_albs.handler import align_there
from lambdas.align_albs.run import Run
from lambdas.common import needs
from lambdas.common.errors import RunFailedError
from lambdas.common.targets import Target
from simulator.clock import CLOCK
from tests.lambdas.account import ACCOUNT, GUARDS, HOME, LEDGER, MODE, items
from tests.lambdas.align_albs.world import called, entries, refilled, schedule, wake
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from tests.lambdas.align_albs.world import World
    from tests.lambdas.refill_pools.world import Calls

MOVED = [("modify_ip_pools", "done", "off-pool")]


def test_a_load_balancer_off_its_pool_is_moved_to_it_once(world: World, calls: Calls) -> None:
    arn = world.alb()
    before = world.addresses(arn)
    for _ in range(3):
        wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert calls.counted["ModifyIpPools"] == 1
    (item,) = items(LEDGER)
    assert (item["action"], item["outcome"], item["reason"], item["count"]) == (*MOVED[0], 1)
    assert (item["resource_id"], item["account"], item["region"]) == (arn, "123456789012", "us-east-1")
    assert item["detail"]["before"] == {"pool": None, "addresses": sorted(before)}
    assert item["detail"]["result"] == {"pool": world.pool}
    assert [each["outcome"] for each in calls.announced] == ["done"]


def test_the_intent_is_in_the_ledger_before_the_call(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.end_process_before("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    assert entries() == [("modify_ip_pools", "intended", "off-pool")]
    assert world.pool_of(arn) == ""


def test_a_run_that_crashed_after_the_move_is_taken_up_by_the_next(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.end_process_after("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    wake(schedule())
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert entries() == MOVED
    assert len(calls.announced) == 1
    assert len(calls.sent["ModifyIpPools"]) == 1


def test_a_run_that_crashed_before_the_move_is_taken_up_when_it_can_only_have_ended(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.end_process_before("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    wake(schedule())
    assert world.pool_of(arn) == ""  # the other one may be just about to move it
    CLOCK.advance(1000)
    wake(schedule())
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert entries() == [*MOVED, ("modify_ip_pools", "skipped", "state-changed")]
    assert len(calls.sent["ModifyIpPools"]) == 1


def test_a_run_that_comes_just_before_the_call_of_another_moves_nothing(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.on("ModifyIpPools", lambda: wake(schedule()))
    wake(schedule())
    assert world.pool_of(arn) == world.pool
    assert entries() == MOVED
    assert len(calls.sent["ModifyIpPools"]) == 1


def test_a_move_that_crashed_and_is_not_wanted_any_more_is_closed_later(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.end_process_before("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    world.tag(arn, protect="true")
    CLOCK.advance(1000)
    wake(schedule())
    assert ("modify_ip_pools", "skipped", "state-changed") in entries()
    assert world.pool_of(arn) == ""


def test_drift_by_hand_is_corrected_each_time_by_a_decision_of_its_own(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    for _ in range(2):
        world.modify(arn, "")
        wake(called("ModifyIpPools", arn))
    assert world.pool_of(arn) == world.pool
    assert entries() == MOVED * 3
    assert len(calls.announced) == 3


def test_observe_changes_nothing_and_says_what_it_would_do(world: World, calls: Calls) -> None:
    world.configure(mode="observe")
    arn = world.alb()
    wake(schedule())
    wake(schedule())
    assert world.pool_of(arn) == ""
    assert entries() == [("modify_ip_pools", "observed", "off-pool")]
    assert len(calls.announced) == 1
    world.configure()
    wake(schedule())
    assert world.pool_of(arn) == world.pool


def test_the_switch_stops_a_run_between_two_load_balancers(world: World, calls: Calls) -> None:
    first, second = world.alb(), world.alb()
    ssm = boto3.client("ssm")
    calls.on("ModifyIpPools", lambda: ssm.put_parameter(Name=MODE, Value="observe", Overwrite=True))
    wake(schedule())
    assert [world.pool_of(first), world.pool_of(second)] == [world.pool, ""]
    assert entries(second) == [("modify_ip_pools", "blocked", "switched-off")]


def test_one_bad_load_balancer_does_not_stop_the_others_and_a_retry_completes_its_item(
    world: World, calls: Calls
) -> None:
    bad, good = world.alb(), world.alb()
    calls.refuse("ModifyIpPools", "InvalidConfigurationRequest")
    with pytest.raises(RunFailedError):
        wake(schedule())
    assert [world.pool_of(bad), world.pool_of(good)] == ["", world.pool]
    assert entries(bad) == [("modify_ip_pools", "failed", "api-error")]
    (told,) = [each for each in calls.announced if each["resource_id"] == bad]
    assert told["detail"]["result"]["error"] == "InvalidConfigurationRequest"
    wake(schedule())
    assert world.pool_of(bad) == world.pool
    assert entries(bad) == MOVED


def test_what_keeps_failing_is_told_once(world: World, calls: Calls) -> None:
    world.alb()
    for _ in range(3):
        calls.refuse("ModifyIpPools", "InvalidConfigurationRequest")
        with pytest.raises(RunFailedError):
            wake(schedule())
        CLOCK.advance(3600)
    assert entries() == [("modify_ip_pools", "failed", "api-error")]
    assert len(calls.announced) == 1


@pytest.mark.parametrize("operation", ["DescribeTags", "DescribeLoadBalancers", "ModifyIpPools"])
def test_one_that_is_deleted_in_the_middle_of_a_run_is_no_error(world: World, calls: Calls, operation: str) -> None:
    gone, other = world.alb(), world.alb()
    deleting = lambda: world.elb.delete_load_balancer(LoadBalancerArn=gone)  # noqa: E731
    if operation == "DescribeLoadBalancers":
        calls.on("BatchGetItem", deleting)
    else:
        calls.on(operation, deleting)
    wake(schedule())
    assert world.pool_of(other) == world.pool
    assert not [each for each in calls.announced if each["resource_id"] == gone]


def test_protection_that_comes_between_the_two_looks_counts(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.on("GetIpamPoolAllocations", lambda: world.tag(arn, protect="true"))
    wake(schedule())
    assert world.pool_of(arn) == ""
    wake(schedule())
    assert entries() == [("none", "blocked", "protected")]


def test_a_short_pool_is_told_asked_to_grow_and_used_once_it_has(world: World, calls: Calls) -> None:
    arn = world.alb(zones=3)
    world.use_up(world.pool, leave=4)
    wake(schedule())
    assert world.pool_of(arn) == ""
    (item,) = items(LEDGER)
    assert (item["outcome"], item["reason"], item["detail"]["needed"]) == ("blocked", "pool-short", 9)
    assert needs.open_sizes([world.pool], now=CLOCK.now()) == {world.pool: 16 + 5}
    world.grow(world.pool)
    wake(refilled(world.pool))
    assert world.pool_of(arn) == world.pool
    assert [each["reason"] for each in calls.announced] == ["pool-short", "off-pool"]


def test_observing_nothing_is_asked_of_the_pool(world: World) -> None:
    world.configure(mode="observe")
    world.alb()
    world.use_up(world.pool, leave=4)
    wake(schedule())
    assert needs.open_sizes([world.pool], now=CLOCK.now()) == {}


def test_load_balancers_of_one_run_never_overdraw_the_pool(world: World) -> None:
    arns = [world.alb() for _ in range(4)]
    for _ in range(3):
        wake(schedule())
    assert [world.pool_of(arn) for arn in arns].count(world.pool) == 4
    assert world.free(world.pool) == 16 - 8


@pytest.mark.usefixtures("lingering")
def test_old_addresses_that_linger_are_converging_until_aws_replaces_them(world: World) -> None:
    arn = world.alb()
    old = world.addresses(arn)
    wake(schedule())
    wake(schedule())
    assert world.addresses(arn) == old
    assert entries() == [*MOVED, ("none", "skipped", "converging")]
    (item,) = [item for item in items(LEDGER) if item["reason"] == "converging"]
    assert item["detail"]["addresses_off"] == sorted(old)
    world.scale(arn, 1)
    wake(schedule())
    wake(schedule())
    assert entries() == [*MOVED, ("none", "done", "converging"), ("none", "skipped", "converging")]


@pytest.mark.usefixtures("lingering")
def test_a_pool_is_not_promised_twice_while_old_addresses_linger(world: World) -> None:
    arns = [world.alb(zones=3) for _ in range(5)]
    for arn in arns:
        wake(called("CreateLoadBalancer", arn))
    assert [world.pool_of(arn) for arn in arns].count(world.pool) == 3  # each takes 3 of 16, and needs 9 before
    assert world.free(world.pool) == 16


def test_addresses_that_the_pool_could_not_give_are_spilled_and_told_once(world: World, calls: Calls) -> None:
    arn = world.alb()
    wake(schedule())
    taken = world.use_up(world.pool, leave=0)
    world.scale(arn, 2)
    for _ in range(2):
        wake(schedule())
    (item,) = [item for item in items(LEDGER) if item["reason"] == "spilled"]
    assert (item["outcome"], item["count"]) == ("blocked", 2)
    assert len(item["detail"]["addresses_off"]) == 2
    assert set(item["detail"]["addresses_off"]) < world.addresses(arn)
    world.ec2.release_address(AllocationId=taken[0])
    world.scale(arn, 1)
    wake(schedule())
    assert [each["outcome"] for each in calls.announced] == ["done", "blocked", "done"]
    assert ("none", "done", "spilled") in entries()


@pytest.mark.usefixtures("lingering")
def test_of_two_runs_at_the_same_time_the_second_counts_the_room_again(world: World, calls: Calls) -> None:
    first, second = world.alb(), world.alb()
    world.use_up(world.pool, leave=7)
    calls.on("TransactWriteItems", lambda: wake(called("SetSubnets", second)))
    wake(called("SetSubnets", first))
    assert [world.pool_of(first), world.pool_of(second)] == ["", world.pool]
    assert entries(first) == [("none", "blocked", "pool-short")]


def test_a_policy_that_we_may_not_see_keeps_everything_where_it_is(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.refuse("GetEnabledIpamPolicy", "UnauthorizedOperation")
    wake(schedule())
    assert world.pool_of(arn) == ""
    assert entries() == [("none", "blocked", "access-denied")]


@pytest.mark.parametrize("kind", ["empty", "unknown"])
def test_a_pool_that_cannot_be_used_is_told(world: World, kind: str) -> None:
    pool = world.empty_pool() if kind == "empty" else "ipam-pool-0123456789abcdef0"
    world.configure(pools={"us-east-1": pool})
    arn = world.alb()
    wake(schedule())
    assert world.pool_of(arn) == ""
    assert entries() == [("none", "blocked", "pool-not-usable")]


def test_other_kinds_of_load_balancers_are_left_alone(world: World, calls: Calls) -> None:
    world.alb(Type="network")
    world.alb(Scheme="internal")
    wake(schedule())
    assert items(LEDGER) == []
    assert calls.counted["ModifyIpPools"] == 0


def test_what_a_run_has_no_time_for_is_left_to_the_next(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)
    arns = [world.alb(), world.alb()]
    with monkeypatch.context() as hurried:
        hurried.setattr(Run, "over", property(lambda run: bool(run.moved)))
        wake(schedule())
    assert [world.pool_of(arn) for arn in arns] == [world.pool, ""]
    (message,) = calls.rechecks
    assert wake({"Records": [message]}) == {"batchItemFailures": []}
    assert [world.pool_of(arn) for arn in arns] == [world.pool] * 2


def test_a_run_whose_whole_time_is_not_enough_for_a_single_move_fails_and_leaves_nothing_to_another(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    monkeypatch.setattr("lambdas.align_albs.handler.DEFAULT_SECONDS", 0.0)
    world.alb()

    with pytest.raises(RunFailedError):
        wake(schedule())

    assert calls.rechecks == []


def test_a_run_whose_time_others_used_leaves_its_place_to_another(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    world.alb()

    align_there(Target(account=ACCOUNT, region=HOME), None, now=CLOCK.now(), deadline=0.0, alone=False)

    assert len(calls.rechecks) == 1


@pytest.mark.parametrize(("mode", "outcome"), [("observe", "observed"), ("approve", "proposed")])
def test_where_nothing_is_moved_those_that_wait_for_others_are_told_too_and_nobody_waits(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch, mode: str, outcome: str
) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    world.configure(mode=mode)
    for _ in range(3):
        world.alb()
    wake(schedule())
    assert entries() == [("modify_ip_pools", outcome, "off-pool")] * 3
    assert calls.rechecks == []


def test_those_that_wait_for_others_are_looked_at_again_once_these_have_moved(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    arns = [world.alb() for _ in range(3)]
    wake(schedule())
    (message,) = calls.rechecks
    wake({"Records": [message]})
    assert [world.pool_of(arn) for arn in arns] == [world.pool] * 3
    assert len(calls.rechecks) == 1


def test_one_that_is_provisioning_is_looked_at_again_until_it_is_active(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)
    arn = world.alb(wait=False)
    wake(called("CreateLoadBalancer", arn))
    delivered = 0
    for _ in range(10):
        messages = calls.rechecks[delivered:]
        delivered += len(messages)
        CLOCK.advance(60)
        wake({"Records": messages})
    assert world.pool_of(arn) == world.pool
    assert delivered == 2


def leave(world: World, arn: str, how: str) -> None:
    """Have a load balancer be none that is looked after."""
    if how == "deleted":
        world.elb.delete_load_balancer(LoadBalancerArn=arn)
    elif how == "untagged":
        world.elb.remove_tags(ResourceArns=[arn], TagKeys=["poolwarden:ipam-pool"])
    else:
        world.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "left", "Value": "alone"}])


def belonging(world: World, how: str) -> str:
    """A load balancer that is to be moved, and can leave in this way; its ARN."""
    world.configure(
        pools={} if how == "untagged" else {"us-east-1": world.pool},
        allowed_pools="any",
        exclude_tags={"left": "alone"},
    )
    return world.alb(tags={"poolwarden:ipam-pool": world.pool} if how == "untagged" else None)


def held() -> list[str]:
    """What the guards hold or name as under way."""
    return [item["guard"] for item in items(GUARDS) if "decision_id" in item or "acting" in item]


@pytest.mark.parametrize("how", ["deleted", "untagged", "excluded"])
def test_a_move_that_crashed_ends_also_where_its_load_balancer_is_not_looked_after_any_more(
    world: World, calls: Calls, how: str
) -> None:
    arn = belonging(world, how)
    calls.end_process_before("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    leave(world, arn, how)
    wake(schedule())
    assert entries() == [("modify_ip_pools", "intended", "off-pool")]  # whoever intended it may be about to call
    CLOCK.advance(1000)
    wake(schedule())
    wake(schedule())
    assert entries() == [("modify_ip_pools", "blocked", "state-changed")]
    (told,) = calls.announced
    assert told["detail"]["result"]["message"] == (
        f"The load balancer is not {'there' if how == 'deleted' else 'looked after'} any more."
    )
    assert held() == []


@pytest.mark.parametrize("how", ["untagged", "excluded"])
def test_a_move_that_happened_is_done_also_where_its_load_balancer_is_not_looked_after_any_more(
    world: World, calls: Calls, how: str
) -> None:
    arn = belonging(world, how)
    calls.end_process_after("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    leave(world, arn, how)
    wake(schedule())
    assert entries() == MOVED
    assert held() == []


def test_a_move_without_an_answer_ends_also_where_its_load_balancer_is_gone(world: World, calls: Calls) -> None:
    arn = world.alb()
    calls.refuse("ModifyIpPools", "InternalFailure")
    with pytest.raises(RunFailedError):
        wake(schedule())
    leave(world, arn, "deleted")
    CLOCK.advance(1000)
    wake(schedule())
    assert entries() == [("modify_ip_pools", "blocked", "state-changed")]
    assert held() == []


def test_a_look_at_one_load_balancer_ends_no_move_of_another(world: World, calls: Calls) -> None:
    moving, other = world.alb(), world.alb()
    calls.end_process_before("ModifyIpPools")
    with pytest.raises(ProcessEndedError):
        wake(called("SetSubnets", moving))
    CLOCK.advance(1000)
    wake(called("SetSubnets", other))
    assert entries(moving) == [("modify_ip_pools", "intended", "off-pool")]


def test_where_all_is_well_the_guards_are_asked_once_besides_the_clock(world: World, calls: Calls) -> None:
    world.alb()
    for _ in range(2):
        wake(schedule())
    calls.counted.clear()
    wake(schedule())
    asked = [keys for call in calls.sent["BatchGetItem"] for keys in call["RequestItems"].values()]
    assert calls.counted["BatchGetItem"] == 2
    assert [len(each["Keys"]) for each in asked[-2:]] == [1, 2]


def test_the_guards_keep_one_item_for_each_load_balancer_and_one_for_the_pool_and_the_place(world: World) -> None:
    arn = world.alb()
    wake(schedule())
    wake(schedule())
    assert {item["guard"] for item in items(GUARDS)} == {
        "acts#align_albs#123456789012/us-east-1",
        "clock#align_albs",
        f"lease#align_albs#{arn}",
        f"turn#align_albs#{world.pool}",
    }
