"""What people decide about addresses, in an account of the simulated EC2: having one back, letting one go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.common import consent, events, ledger
from lambdas.common.consent import Answer
from lambdas.common.dynamo import timestamp
from lambdas.release_eips import aws as addresses
from lambdas.release_eips import operations
from lambdas.release_eips.evidence import Examiner
from lambdas.release_eips.handler import look_where_hinted
from simulator import elastic_ips
from simulator.clock import CLOCK
from simulator.elastic_ips import services
from tests.lambdas.account import ACCOUNT, HOME, items
from tests.lambdas.account import LEDGER as LEDGER_TABLE
from tests.lambdas.release_eips.function import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.common.ledger import Record

HOUR = timedelta(hours=1)


class Person:
    """Somebody with addresses in an account where the function runs, and time that passes."""

    def __init__(self) -> None:
        self.ec2: Any = boto3.client("ec2")
        self.now = datetime.now(UTC)

    def sweep(self, *, hours: int = 1) -> None:
        for _ in range(hours):
            self.now += HOUR
            CLOCK.advance(HOUR.total_seconds())
            event = {"detail-type": "Scheduled Event", "time": timestamp(self.now), "detail": {}}
            look_where_hinted(events.parse(event), run_id=str(self.now), seconds=600)

    def release(self, **asked: Any) -> Record:
        """Let the function release a new address; the record of it."""
        allocation = self.ec2.allocate_address(**asked)["AllocationId"]
        self.sweep(hours=3)
        return self.act(allocation)

    def act(self, allocation_id: str) -> Record:
        (act,) = (
            ledger.read(item["decision_id"])
            for item in items(LEDGER_TABLE)
            if (item["resource_id"], item["record"]) == (allocation_id, "act") and item["action"] == "release_address"
        )
        assert act is not None
        return act

    def has(self, public_ip: str) -> dict[str, Any] | None:
        found = self.ec2.describe_addresses(Filters=[{"Name": "public-ip", "Values": [public_ip]}])["Addresses"]
        return dict(found[0]) if found else None

    def contiguous_pool(self) -> str:
        scope = self.ec2.create_ipam(OperatingRegions=[{"RegionName": HOME}])["Ipam"]["PublicDefaultScopeId"]
        pool = self.ec2.create_ipam_pool(
            IpamScopeId=scope, AddressFamily="ipv4", Locale=HOME, AwsService="ec2", PublicIpSource="amazon"
        )["IpamPool"]["IpamPoolId"]
        CLOCK.advance(60)
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
        CLOCK.advance(60)
        return str(pool)


@pytest.fixture
def person(aws: None, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Person:  # noqa: ARG001
    elastic_ips.install()
    # moto's CloudFormation needs more than is installed; the scenarios have another one.
    monkeypatch.setattr(Examiner, "_stack", lambda _examiner, _address: None)
    configure(release_eips=RELEASES)
    return Person()


TAGS = [{"Key": "Name", "Value": "build"}, {"Key": "poolwarden:owner", "Value": "team-a"}]


def test_an_undone_release_gives_the_address_back_with_its_tags_but_awss_own(person: Person) -> None:
    done = person.release(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": TAGS}])
    public_ip = done.detail["before"]["public_ip"]
    assert person.has(public_ip) is None

    undone = operations.undo(done, now=person.now)

    assert (undone.decision_id, undone.outcome) == (done.decision_id, "undone")
    back = person.has(public_ip)
    assert back is not None
    assert {tag["Key"]: tag["Value"] for tag in back["Tags"]} == {"Name": "build", "poolwarden:owner": "team-a"}
    (undo,) = [item for item in items(LEDGER_TABLE) if item["action"] == "allocate_address"]
    assert undo["outcome"] == "done"
    assert undo["detail"]["undo_of"] == done.decision_id


def test_what_somebody_else_has_is_taken(person: Person) -> None:
    done = person.release()
    services.give_away(done.detail["before"]["public_ip"], to_account="444455556666", region=HOME)

    record = operations.undo(done, now=person.now)

    assert (record.action, record.outcome, record.reason) == ("allocate_address", "blocked", "taken")
    assert person.act(done.resource_id).outcome == "done"


def test_an_undo_waits_until_ipam_knows_that_the_address_is_free(person: Person) -> None:
    pool = person.contiguous_pool()
    done = person.release(IpamPoolId=pool)
    # The sweep has just released it.
    assert operations.undo(done, now=person.now).outcome == "pending"
    assert operations.undo(done, now=person.now).outcome == "pending"

    CLOCK.advance(48 * 3600)

    assert operations.undo(done, now=person.now).outcome == "undone"
    back = person.has(done.detail["before"]["public_ip"])
    assert back is not None
    assert back["PublicIpv4Pool"] == pool


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
            operations.undo(done, now=person.now)
    undone = operations.undo(done, now=person.now)

    assert undone.outcome == "undone"
    back = person.has(public_ip)
    assert back is not None
    assert len(back["Tags"]) == 2


def test_an_address_that_its_owner_had_back_before_is_left_alone(person: Person) -> None:
    done = person.release()
    person.ec2.allocate_address(Address=done.detail["before"]["public_ip"])

    record = operations.undo(done, now=person.now)

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
        record = operations.undo(done, now=person.now)
    assert (record.outcome, record.reason) == ("failed", "api-error")

    assert operations.undo(done, now=person.now).outcome == "undone"


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
