"""What people decide about addresses, in an account of the simulated EC2: having one back, letting one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.common import consent, ledger, reversal
from lambdas.common.consent import Answer
from lambdas.common.errors import RunFailedError
from lambdas.release_eips import aws as addresses
from lambdas.release_eips import operations
from lambdas.release_eips.model import Address
from simulator.clock import CLOCK
from simulator.elastic_ips import services
from tests.lambdas.account import ACCOUNT, HOME, items
from tests.lambdas.account import LEDGER as LEDGER_TABLE
from tests.lambdas.release_eips.function import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.common.ledger import Record
    from tests.lambdas.release_eips.person import Person

TAGS = [{"Key": "Name", "Value": "build"}, {"Key": "poolwarden:owner", "Value": "team-a"}]


def undo(done: Record, person: Person) -> Record:
    return operations.undo(done, lease=reversal.lease_of(done), now=person.now)


def test_an_undone_release_gives_the_address_back_with_its_tags_but_awss_own(person: Person) -> None:
    done = person.release(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": TAGS}])
    public_ip = done.detail["before"]["public_ip"]
    assert person.has(public_ip) is None

    undone = undo(done, person)

    assert (undone.decision_id, undone.outcome) == (done.decision_id, "undone")
    back = person.has(public_ip)
    assert back is not None
    assert {tag["Key"]: tag["Value"] for tag in back["Tags"]} == {"Name": "build", "poolwarden:owner": "team-a"}
    (act,) = [item for item in items(LEDGER_TABLE) if item["action"] == "allocate_address"]
    assert act["outcome"] == "done"
    assert act["detail"]["undo_of"] == done.decision_id


def test_an_undone_release_has_the_tags_that_the_address_had_last(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = addresses.address

    def tagged_meanwhile(target: Any, allocation_id: str) -> Any:
        person.ec2.create_tags(Resources=[allocation_id], Tags=[{"Key": "Name", "Value": "late"}])
        return look(target, allocation_id)

    with monkeypatch.context() as patch:
        patch.setattr(addresses, "address", tagged_meanwhile)
        done = person.release(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": TAGS}])

    undo(done, person)

    back = person.has(done.detail["before"]["public_ip"])
    assert back is not None
    assert {tag["Key"]: tag["Value"] for tag in back["Tags"]} == {"Name": "late", "poolwarden:owner": "team-a"}


def test_what_somebody_else_has_is_taken(person: Person) -> None:
    done = person.release()
    services.give_away(done.detail["before"]["public_ip"], to_account="444455556666", region=HOME)

    record = undo(done, person)

    assert (record.action, record.outcome, record.reason) == ("allocate_address", "blocked", "taken")
    assert person.act(done.resource_id).outcome == "done"


def test_an_undo_waits_until_ipam_knows_that_the_address_is_free(person: Person) -> None:
    pool = person.contiguous_pool()
    done = person.release(IpamPoolId=pool)
    # The sweep has just released it.
    assert undo(done, person).outcome == "pending"
    assert undo(done, person).outcome == "pending"

    CLOCK.advance(48 * 3600)

    assert undo(done, person).outcome == "undone"
    back = person.has(done.detail["before"]["public_ip"])
    assert back is not None
    assert back["PublicIpv4Pool"] == pool


def test_an_address_that_somebody_allocates_while_its_undo_waits_is_left_as_they_have_it(person: Person) -> None:
    tags = [{"ResourceType": "elastic-ip", "Tags": TAGS}]
    done = person.release(IpamPoolId=person.contiguous_pool(), TagSpecifications=tags)
    public_ip = done.detail["before"]["public_ip"]
    assert undo(done, person).outcome == "pending"
    CLOCK.advance(48 * 3600)
    theirs = [{"Key": "Name", "Value": "theirs"}]
    person.ec2.allocate_address(
        IpamPoolId=done.detail["before"]["pool"],
        Address=public_ip,
        TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": theirs}],
    )

    record = undo(done, person)

    assert (record.action, record.outcome, record.reason) == ("allocate_address", "blocked", "state-changed")
    assert person.act(done.resource_id).outcome == "done"
    address = person.has(public_ip)
    assert address is not None
    assert address["Tags"] == theirs


def test_an_address_that_a_service_got_meanwhile_is_not_had_back(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = person.release()
    public_ip = done.detail["before"]["public_ip"]

    def end(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(addresses, "allocate_again", end)
        with pytest.raises(KeyboardInterrupt):
            undo(done, person)
    theirs = Address(
        allocation_id="eipalloc-1",
        public_ip=public_ip,
        pool="amazon",
        border_group=HOME,
        associated=True,
        service_managed="alb",
        tags={},
    )
    monkeypatch.setattr(addresses, "at", lambda *_: (theirs,))

    record = undo(done, person)

    assert (record.outcome, record.reason) == ("blocked", "state-changed")
    assert "service of AWS's" in record.detail["result"]["message"]
    assert person.act(done.resource_id).outcome == "done"


def test_an_undo_that_was_cut_short_goes_on_with_the_tags(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    done = person.release(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": TAGS}])
    public_ip = done.detail["before"]["public_ip"]
    allocate = addresses.allocate_again

    def allocate_and_end(*where: Any, **asked: Any) -> str:
        allocate(*where, **{**asked, "tags": {}})
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(addresses, "allocate_again", allocate_and_end)
        with pytest.raises(KeyboardInterrupt):
            undo(done, person)
    undone = undo(done, person)

    assert undone.outcome == "undone"
    back = person.has(public_ip)
    assert back is not None
    assert len(back["Tags"]) == 2


def test_an_address_that_its_owner_had_back_before_is_left_alone(person: Person) -> None:
    done = person.release()
    person.ec2.allocate_address(Address=done.detail["before"]["public_ip"])

    record = undo(done, person)

    assert (record.outcome, record.reason) == ("blocked", "state-changed")
    assert "already" in record.detail["why"]


def test_an_undo_that_aws_refuses_is_told_and_can_be_asked_for_again(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = person.release()
    response: Any = {
        "Error": {"Code": "AddressLimitExceeded", "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }

    def refuse(*_: Any, **__: Any) -> str:
        raise ClientError(response, "AllocateAddress")

    with monkeypatch.context() as patch:
        patch.setattr(addresses, "allocate_again", refuse)
        record = undo(done, person)
    assert (record.outcome, record.reason) == ("failed", "api-error")

    assert undo(done, person).outcome == "undone"


@pytest.mark.parametrize("status", [400, 500])
def test_an_undo_whose_pool_is_gone_ends_with_what_aws_says_to_the_allocation(
    person: Person, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    done = person.release(IpamPoolId=person.contiguous_pool())
    monkeypatch.setattr(addresses, "allocate_again", refusing("AllocateAddress", "the pool is gone", status=status))
    monkeypatch.setattr(addresses, "holder_in_pool", refusing("GetIpamPoolAllocations", "no such pool", status=400))

    if status == 400:
        undo(done, person)
    else:
        with pytest.raises(RunFailedError):
            undo(done, person)

    (act,) = [item for item in items(LEDGER_TABLE) if item["action"] == "allocate_address"]
    assert (act["outcome"], act["reason"]) == ("failed", "api-error")
    assert "the pool is gone" in act["detail"]["result"]["message"]


def refusing(operation: str, message: str, *, status: int) -> Callable[..., Any]:
    """Give a call that AWS refuses, or fails to answer."""
    response: Any = {
        "Error": {"Code": "InvalidIpamPoolId.NotFound", "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }

    def refuse(*_: Any, **__: Any) -> Any:
        raise ClientError(response, operation)

    return refuse


def test_what_was_approved_is_released_if_it_still_is_what_was_proposed(
    person: Person, configure: Callable[..., None]
) -> None:
    configure(release_eips={**RELEASES, "mode": "approve"})
    same, changed = (person.ec2.allocate_address() for _ in range(2))
    person.sweep(hours=3)
    proposals = {item["resource_id"]: item for item in items(LEDGER_TABLE) if item["outcome"] == "proposed"}
    assert proposals.keys() == {same["AllocationId"], changed["AllocationId"]}
    person.ec2.create_tags(Resources=[changed["AllocationId"]], Tags=[{"Key": "poolwarden:protect", "Value": "true"}])

    for item in proposals.values():
        proposal = ledger.read(item["decision_id"], item["record"])
        assert proposal is not None
        consent.decide(proposal.decision_id, Answer.APPROVED, by={"actor": "jo"}, now=person.now)
        operations.approve(proposal, now=person.now)

    assert person.has(same["PublicIp"]) is None
    assert person.act(same["AllocationId"]).detail["actor"] == "jo"
    assert person.has(changed["PublicIp"]) is not None
    assert person.act(same["AllocationId"]).account == ACCOUNT
