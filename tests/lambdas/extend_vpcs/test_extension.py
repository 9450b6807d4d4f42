"""Extending VPCs in a simulated account, to the end of each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.common import guards, needs
from lambdas.common.errors import RunFailedError
from lambdas.common.guards import LEASE_TIME
from simulator.clock import CLOCK
from tests.lambdas.account import GUARDS, LEDGER, MODE, items
from tests.lambdas.extend_vpcs.world import (
    contributor,
    entries,
    extended,
    held,
    recheck,
    refilled,
    schedule,
    wake,
)
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from tests.lambdas.extend_vpcs.world import World
    from tests.lambdas.refill_pools.world import Calls

DONE = [("associate_cidr", "done", "nearly-full")]
CALL = "AssociateVpcCidrBlock"


def test_a_full_vpc_gets_another_cidr_from_its_pool_once(world: World, calls: Calls) -> None:
    vpc = world.vpc(poolwarden_owner="team-a")
    extended(times=4)
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.1.0/24"]
    assert world.allocated() == ["10.64.0.0/24", "10.64.1.0/24"]
    assert calls.counted[CALL] == 1
    (item,) = items(LEDGER)
    assert (item["action"], item["outcome"], item["reason"], item["count"]) == (*DONE[0], 1)
    assert (item["resource_id"], item["account"], item["region"]) == (vpc, "123456789012", "us-east-1")
    assert item["detail"]["before"] == {"cidrs": ["10.64.0.0/24"]}
    assert item["detail"]["resource"] == {"owner": "team-a"}
    assert item["detail"]["result"] == {
        "cidr": "10.64.1.0/24",
        "association": world.blocks(vpc)["10.64.1.0/24"],
        "state": "associated",
    }
    assert [each["outcome"] for each in calls.announced] == ["done"]


def test_what_is_on_its_way_is_looked_at_again_in_a_minute(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"]
    monkeypatch.setenv("RECHECK_QUEUE_URL", queue)
    vpc = world.vpc()
    wake(contributor(vpc))
    assert entries() == [("associate_cidr", "pending", "nearly-full")]
    wake({"Records": calls.rechecks})
    assert entries() == DONE


def test_a_vpc_with_room_and_one_from_no_pool_are_left_alone(world: World, calls: Calls) -> None:
    world.vpc(full=False)
    other = world.ec2.create_vpc(CidrBlock="10.99.0.0/24")["Vpc"]["VpcId"]
    world.fill(other)
    CLOCK.advance(1200)
    extended()
    assert calls.counted[CALL] == 0
    assert entries() == []


def test_the_intent_is_in_the_ledger_before_the_call(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.end_process_before(CALL)
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    assert entries() == [("associate_cidr", "intended", "nearly-full")]
    assert len(world.blocks(vpc)) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_crashed_is_taken_up_by_the_next_without_a_second_cidr(
    world: World, calls: Calls, moment: str
) -> None:
    vpc = world.vpc()
    end = calls.end_process_before if moment == "before" else calls.end_process_after
    end(CALL)
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    if moment == "before":
        extended()
        assert not calls.sent[CALL]  # whoever intended it may be about to call
        CLOCK.advance(LEASE_TIME.total_seconds())
    extended(times=3)
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.1.0/24"]
    assert entries() == DONE
    assert len(calls.sent[CALL]) == 1
    assert [each["outcome"] for each in calls.announced if each["outcome"] != "skipped"] == ["done"]


def test_an_extension_that_two_runs_want_at_once_is_made_by_the_first(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.on(CALL, lambda: wake(schedule()))
    extended()
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.1.0/24"]
    assert entries() == DONE
    assert len(calls.sent[CALL]) == 1


def test_a_refusal_counts_only_where_aws_was_asked_once(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.after[CALL] = [_refusal(retries=1)]
    with pytest.raises(RunFailedError):
        wake(schedule())
    extended()
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.1.0/24"]
    assert entries() == DONE
    assert len(calls.sent[CALL]) == 1


def test_a_refusal_of_what_aws_may_have_done_before_says_nothing(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.before[CALL] = [_refusal(status=500), _refusal()]
    for _ in range(2):
        with pytest.raises(RunFailedError):
            wake(schedule())
        assert guards.leases("extend_vpcs", [vpc])[vpc].decision_id
    extended()
    assert entries() == DONE


def _refusal(*, status: int = 400, retries: int = 0) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    answer: Any = {"Error": {"Code": "InvalidParameterValue"}, "ResponseMetadata": metadata}
    return ClientError(answer, CALL)


@pytest.mark.parametrize("operation", ["UpdateItem", "PutEvents", "TransactWriteItems"])
def test_who_ends_an_act_late_does_not_end_the_next_one_of_the_same_decision(
    world: World, calls: Calls, operation: str
) -> None:
    vpc = world.vpc()
    calls.end_process_before(CALL)
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    CLOCK.advance(LEASE_TIME.total_seconds())
    calls.on(operation, lambda: wake(schedule()))
    wake(schedule())
    extended()
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.1.0/24"]
    assert entries() == DONE


@pytest.mark.deep
def test_an_act_that_never_happened_and_is_not_wanted_any_more_is_closed_later(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.end_process_before(CALL)
    with pytest.raises(ProcessEndedError):
        wake(schedule())
    world.tag(vpc, poolwarden_protect="true")
    CLOCK.advance(1000)
    wake(schedule())
    assert entries() == [("associate_cidr", "skipped", "state-changed"), ("none", "blocked", "protected")]
    assert len(world.blocks(vpc)) == 1


LOST = [("associate_cidr", "blocked", "state-changed")]


@pytest.mark.parametrize("moment", ["before the call", "after the call", "under way"])
def test_an_extension_ends_also_where_its_vpc_is_gone(world: World, calls: Calls, moment: str) -> None:
    vpc = world.vpc()
    if moment == "under way":
        wake(schedule())
        outcome = "pending"
    else:
        end = calls.end_process_before if moment == "before the call" else calls.end_process_after
        end(CALL)
        with pytest.raises(ProcessEndedError):
            wake(schedule())
        outcome = "intended"
    world.delete(vpc)
    wake(schedule())
    assert entries() == [("associate_cidr", outcome, "nearly-full")]  # AWS's list may not show it yet
    CLOCK.advance(LEASE_TIME.total_seconds())
    wake(schedule())
    wake(schedule())
    assert entries() == LOST
    (told,) = calls.announced
    assert told["detail"]["result"] == {
        "cidr": "10.64.1.0/24",
        "state": "gone",
        "message": f"{vpc} is not there any more.",
    }
    assert held() == []


def test_a_vpc_that_is_gone_is_looked_at_again_until_its_extension_can_be_ended(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", boto3.client("sqs").create_queue(QueueName="rechecks")["QueueUrl"])
    vpc = world.vpc()
    wake(contributor(vpc))
    world.delete(vpc)
    delivered = 0
    while messages := calls.rechecks[delivered:]:
        delivered += len(messages)
        assert delivered < 30
        CLOCK.advance(60)
        wake({"Records": messages})
    assert entries() == LOST
    assert held() == []


def test_a_look_at_one_vpc_ends_no_extension_of_another(world: World) -> None:
    gone, other = world.vpc(), world.vpc(full=False)
    wake(contributor(gone))
    world.delete(gone)
    CLOCK.advance(LEASE_TIME.total_seconds())
    wake(recheck(other))
    assert entries() == [("associate_cidr", "pending", "nearly-full")]


def test_observe_changes_nothing_and_does_not_stand_in_the_way_of_a_later_extension(world: World, calls: Calls) -> None:
    world.configure(mode="observe")
    vpc = world.vpc()
    extended()
    assert entries() == [("associate_cidr", "observed", "nearly-full")]
    assert len(calls.announced) == 1
    world.configure()
    extended()
    assert len(world.blocks(vpc)) == 2


def test_the_switch_stops_a_run_between_two_vpcs(world: World, calls: Calls) -> None:
    first, second = sorted([world.vpc(), world.vpc()])
    calls.on(CALL, lambda: set_switch("observe"))
    wake(schedule())
    assert [len(world.blocks(first)), len(world.blocks(second))] == [2, 1]
    assert entries(second) == [("associate_cidr", "blocked", "switched-off")]


def test_the_switch_is_asked_again_right_before_the_call(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.on("TransactWriteItems", lambda: set_switch("observe"))
    wake(schedule())
    assert calls.counted[CALL] == 0
    assert entries() == [("associate_cidr", "blocked", "switched-off")]
    assert [each["reason"] for each in calls.announced] == ["switched-off"]
    assert held() == []
    set_switch("deployed")
    extended()
    assert len(world.blocks(vpc)) == 2


def test_what_aws_may_have_done_before_the_switch_was_thrown_is_found_out_by_looking(
    world: World, calls: Calls
) -> None:
    vpc = world.vpc()
    calls.refuse(CALL, "InternalError")
    with pytest.raises(RunFailedError):
        wake(schedule())
    calls.on("TransactWriteItems", lambda: set_switch("observe"))
    wake(schedule())
    assert calls.counted[CALL] == 1
    assert guards.leases("extend_vpcs", [vpc])[vpc].decision_id
    world.ec2.associate_vpc_cidr_block(VpcId=vpc, Ipv4IpamPoolId=world.pool, CidrBlock="10.64.1.0/24")
    wake(schedule())
    assert entries() == DONE


def set_switch(value: str) -> None:
    boto3.client("ssm").put_parameter(Name=MODE, Value=value, Overwrite=True)


def test_a_days_caps_hold_over_all_vpcs_and_for_each(world: World) -> None:
    world.configure(max_extensions_per_day=2)
    vpcs = [world.vpc() for _ in range(3)]
    extended()
    assert sorted(len(world.blocks(vpc)) for vpc in vpcs) == [1, 2, 2]
    assert entries().count(("associate_cidr", "blocked", "daily-cap")) == 1
    CLOCK.advance(86_400)
    extended()
    assert [len(world.blocks(vpc)) for vpc in vpcs] == [2, 2, 2]


@pytest.mark.deep
def test_a_vpc_that_fills_up_again_gets_no_more_than_its_own_cap(world: World) -> None:
    vpc = world.vpc()
    extended()
    world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.64.1.0/24")
    CLOCK.advance(1000)
    extended()
    assert len(world.blocks(vpc)) == 2
    assert entries(vpc) == [("associate_cidr", "blocked", "daily-cap"), *DONE]
    CLOCK.advance(86_400)
    extended()
    assert len(world.blocks(vpc)) == 3


def test_one_bad_vpc_does_not_stop_the_others_and_a_retry_completes_its_item(world: World, calls: Calls) -> None:
    bad, good = sorted([world.vpc(), world.vpc()])
    calls.refuse(CALL, "InvalidParameterValue")
    with pytest.raises(RunFailedError):
        wake(schedule())
    assert [len(world.blocks(bad)), len(world.blocks(good))] == [1, 2]
    assert entries(bad) == [("associate_cidr", "failed", "api-error")]
    extended()
    assert len(world.blocks(bad)) == 2
    assert entries(bad) == DONE


def test_a_pool_that_cannot_be_read_does_not_stop_the_vpcs_of_another(world: World, calls: Calls) -> None:
    vpcs = [world.vpc(), world.vpc(pool=world.a_pool("10.96.0.0/16"))]
    calls.refuse("GetIpamPoolCidrs", "InternalError")
    with pytest.raises(RunFailedError):
        wake(schedule())
    assert sorted(len(world.blocks(vpc)) for vpc in vpcs) == [1, 2]
    extended()
    assert [len(world.blocks(vpc)) for vpc in vpcs] == [2, 2]


def test_a_pool_that_we_may_not_read_is_one_finding_and_no_failure(world: World, calls: Calls) -> None:
    world.vpc()
    calls.refuse("GetIpamPoolCidrs", "UnauthorizedOperation", status=403, times=3)
    for _ in range(3):
        wake(schedule())
    assert entries() == [("none", "blocked", "access-denied")]
    assert [each["reason"] for each in calls.announced] == ["access-denied"]


@pytest.mark.parametrize(
    ("code", "reason"), [("CidrLimitExceeded", "cidr-quota"), ("InvalidVpc.Range", "cidr-restricted")]
)
def test_what_aws_refuses_for_good_is_no_failure_and_is_tried_again_later(
    world: World, calls: Calls, code: str, reason: str
) -> None:
    vpc = world.vpc()
    calls.refuse(CALL, code, status=400)
    wake(schedule())
    assert entries(vpc) == [("associate_cidr", "blocked", reason)]
    extended()
    assert entries(vpc) == DONE


def test_an_answer_that_never_came_is_found_out_by_looking(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.refuse(CALL, "InternalError")
    with pytest.raises(RunFailedError):
        wake(schedule())
    world.ec2.associate_vpc_cidr_block(VpcId=vpc, Ipv4IpamPoolId=world.pool, CidrBlock="10.64.1.0/24")
    wake(schedule())
    assert entries() == DONE
    assert len(world.blocks(vpc)) == 2


def test_a_vpc_that_changes_between_the_two_looks_is_looked_at_anew(world: World, calls: Calls) -> None:
    vpc = world.vpc()
    calls.on("GetIpamPoolAllocations", lambda: world.tag(vpc, poolwarden_protect="true"))
    wake(schedule())
    assert len(world.blocks(vpc)) == 1
    wake(schedule())
    assert entries() == [("none", "blocked", "protected")]


def test_a_short_pool_is_told_asked_to_grow_and_used_once_it_has(world: World) -> None:
    small = world.a_pool("10.80.0.0/24")
    vpc = world.vpc(pool=small)
    wake(schedule())
    (item,) = items(LEDGER)
    assert (item["outcome"], item["reason"], item["detail"]["after"]) == ("blocked", "pool-short", {"pool": small})
    assert needs.open_needs([small], now=CLOCK.now()) == {small: 24}
    world.ec2.provision_ipam_pool_cidr(IpamPoolId=small, Cidr="10.80.1.0/24")
    CLOCK.advance(600)
    wake(refilled(small))
    wake(schedule())
    assert list(world.blocks(vpc)) == ["10.80.0.0/24", "10.80.1.0/24"]


@pytest.mark.deep
def test_observing_asks_no_pool_for_anything(world: World) -> None:
    world.configure(mode="observe")
    small = world.a_pool("10.80.0.0/24")
    world.vpc(pool=small)
    wake(schedule())
    assert needs.open_needs([small], now=CLOCK.now()) == {}


def test_a_block_that_a_peer_has_is_passed_over(world: World) -> None:
    vpc = world.vpc()
    peer = world.ec2.create_vpc(CidrBlock="10.64.1.0/28")["Vpc"]["VpcId"]
    asked = world.ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]
    CLOCK.advance(600)
    wake(schedule())
    assert entries() == [("none", "blocked", "peering-pending")]
    world.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=asked["VpcPeeringConnectionId"])
    extended()
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.2.0/24"]


@pytest.mark.deep
def test_what_any_vpc_of_the_scope_has_is_passed_over(world: World) -> None:
    vpc = world.vpc()
    world.ec2.create_vpc(CidrBlock="10.64.1.0/24")
    CLOCK.advance(1200)
    extended()
    assert list(world.blocks(vpc)) == ["10.64.0.0/24", "10.64.2.0/24"]


def test_a_cidr_that_somebody_takes_away_is_not_added_again(world: World) -> None:
    vpc = world.vpc()
    extended()
    world.ec2.disassociate_vpc_cidr_block(AssociationId=world.blocks(vpc)["10.64.1.0/24"])
    CLOCK.advance(90_000)
    extended()
    assert len(world.blocks(vpc)) == 1
    assert entries() == [*DONE, ("none", "rejected", "nearly-full")]


def test_two_runs_at_the_same_time_give_two_vpcs_two_blocks(world: World, calls: Calls) -> None:
    first, second = world.vpc(), world.vpc()
    calls.on(CALL, lambda: wake(contributor(second)))
    wake(contributor(first))
    extended()
    assert [len(world.blocks(vpc)) for vpc in (first, second)] == [2, 2]
    assert len(set(world.allocated())) == 4
    assert not [item for item in items(GUARDS) if item["guard"].startswith("lease#") and "decision_id" in item]
