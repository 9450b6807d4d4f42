"""What people decide about further CIDRs: approve, and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.common import consent, ledger, reversal
from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from lambdas.extend_vpcs import operations
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, items
from tests.lambdas.extend_vpcs.world import entries, extended, schedule, wake
from tests.lambdas.refill_pools.world import ProcessEndedError

if TYPE_CHECKING:
    from lambdas.common.ledger import Record
    from tests.lambdas.extend_vpcs.world import World
    from tests.lambdas.refill_pools.world import Calls

DAY = 86_400
CALL = "DisassociateVpcCidrBlock"
UNDONE = [("associate_cidr", "undone", "nearly-full"), ("disassociate_cidr", "done", "nearly-full")]


def recorded(outcome: str) -> Record:
    """The one ledger item with this outcome."""
    (item,) = [item for item in items(LEDGER) if item["outcome"] == outcome]
    found = ledger.read(str(item["decision_id"]), str(item["record"]))
    assert found is not None
    return found


def undo(done: Record) -> Any:
    return operations.undo(done, lease=reversal.lease_of(done), now=CLOCK.now())


@pytest.fixture
def extension(world: World) -> str:
    """A VPC that got another CIDR; its id."""
    vpc = world.vpc()
    extended()
    return vpc


def test_what_is_proposed_waits_for_a_person_and_is_done_then(world: World, calls: Calls) -> None:
    world.configure(mode="approve")
    vpc = world.vpc()
    extended()
    assert entries() == [("associate_cidr", "proposed", "nearly-full")]
    proposal = recorded("proposed")
    consent.decide(proposal.decision_id, Answer.APPROVED, by={"actor": "somebody"}, now=CLOCK.now())
    operations.approve(proposal, now=CLOCK.now())
    extended()
    assert len(world.blocks(vpc)) == 2
    assert recorded("done").detail["actor"] == "somebody"
    assert calls.counted["AssociateVpcCidrBlock"] == 1


def test_undo_takes_the_cidr_away_and_it_stays_away(world: World, extension: str) -> None:
    done = recorded("done")
    assert undo(done).outcome == "pending"
    assert undo(done).outcome == "undone"
    assert list(world.blocks(extension)) == ["10.64.0.0/24"]
    CLOCK.advance(90_000)
    extended()
    assert list(world.blocks(extension)) == ["10.64.0.0/24"]
    assert entries() == [*UNDONE, ("none", "rejected", "nearly-full")]
    assert world.allocated() == ["10.64.0.0/24"]


def test_a_protected_vpc_keeps_the_cidr_until_its_tag_is_gone(world: World, calls: Calls, extension: str) -> None:
    done = recorded("done")
    world.tag(extension, poolwarden_protect="true")
    record = undo(done)
    assert (record.outcome, record.reason) == ("blocked", "protected")
    assert calls.counted[CALL] == 0
    world.tag(extension, poolwarden_protect="false")
    assert undo(done).outcome == "pending"


def test_what_was_taken_away_after_a_later_proposal_stays_away_too(world: World) -> None:
    world.configure(mode="approve")
    vpc = world.vpc()
    wake(schedule())
    CLOCK.advance(4 * DAY)  # the first proposal is over, and a second takes its place
    wake(schedule())
    second = max((item for item in items(LEDGER) if item["outcome"] == "proposed"), key=lambda item: item["time"])
    proposal = ledger.read(second["decision_id"], second["record"])
    assert proposal is not None
    consent.decide(proposal.decision_id, Answer.APPROVED, by={"actor": "somebody"}, now=CLOCK.now())
    operations.approve(proposal, now=CLOCK.now())
    extended()
    done = recorded("done")
    undo(done)
    extended()
    assert undo(done).outcome == "undone"
    CLOCK.advance(DAY)

    world.configure(mode="enforce")
    extended()

    assert len(world.blocks(vpc)) == 1
    assert recorded("rejected").resource_id == vpc


def test_a_cidr_with_a_subnet_stays_and_the_subnet_is_named(world: World, extension: str) -> None:
    subnet = world.ec2.create_subnet(VpcId=extension, CidrBlock="10.64.1.0/28")["Subnet"]["SubnetId"]
    record = undo(recorded("done"))
    assert (record.outcome, record.reason) == ("blocked", "state-changed")
    assert subnet in record.detail["why"]
    assert len(world.blocks(extension)) == 2


@pytest.mark.usefixtures("extension")
def test_an_undo_that_crashed_is_seen_to_its_end(calls: Calls) -> None:
    done = recorded("done")
    calls.end_process_after(CALL)
    with pytest.raises(ProcessEndedError):
        undo(done)
    assert undo(done).outcome == "undone"
    assert len(calls.sent[CALL]) == 1


@pytest.mark.usefixtures("extension")
def test_an_undo_that_aws_refuses_can_be_asked_for_again(calls: Calls) -> None:
    done = recorded("done")
    calls.refuse(CALL, "UnauthorizedOperation", status=403)
    record = undo(done)
    assert (record.outcome, record.reason) == ("failed", "access-denied")
    undo(done)
    assert undo(done).outcome == "undone"


@pytest.mark.deep
@pytest.mark.usefixtures("extension")
def test_an_undo_without_an_answer_is_found_out_by_looking(calls: Calls) -> None:
    done = recorded("done")
    calls.refuse(CALL, "InternalError")
    with pytest.raises(RunFailedError):
        undo(done)
    assert undo(done).outcome == "pending"
    assert undo(done).outcome == "undone"


def test_an_undo_under_way_ends_where_the_vpc_is_deleted(world: World, calls: Calls, extension: str) -> None:
    done = recorded("done")
    calls.end_process_before(CALL)
    with pytest.raises(ProcessEndedError):
        undo(done)
    world.delete(extension)

    record = undo(done)

    assert (record.action, record.outcome, record.reason) == ("disassociate_cidr", "blocked", "state-changed")
    assert recorded("done").decision_id == done.decision_id


def test_what_somebody_took_away_already_is_nothing_to_undo(world: World, extension: str) -> None:
    world.ec2.disassociate_vpc_cidr_block(AssociationId=world.blocks(extension)["10.64.1.0/24"])
    record = undo(recorded("done"))
    assert (record.outcome, record.reason) == ("blocked", "state-changed")


@pytest.mark.deep
def test_approval_of_what_is_not_needed_any_more_changes_nothing(world: World) -> None:
    world.configure(mode="approve")
    vpc = world.vpc()
    wake(schedule())
    world.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.65.0.0/24")
    proposal = recorded("proposed")
    consent.decide(proposal.decision_id, Answer.APPROVED, by={"actor": "somebody"}, now=CLOCK.now())
    operations.approve(proposal, now=CLOCK.now())
    assert entries() == [("associate_cidr", "proposed", "nearly-full")]
