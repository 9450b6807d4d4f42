"""What was approved and given up, by the function for people: once its cause is mended it can be approved again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.common import clock
from lambdas.common.errors import RunFailedError
from lambdas.release_eips import aws as addresses
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, MODE, SETTINGS, engineers_client, items
from tests.lambdas.align_albs import world as align_albs
from tests.lambdas.extend_vpcs import world as extend_vpcs
from tests.lambdas.operate.test_handler import ask, the
from tests.lambdas.refill_pools.world import contributor, schedule, wake
from tests.lambdas.release_eips.function import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.align_albs.world import World as LoadBalancers
    from tests.lambdas.extend_vpcs.world import World as Vpcs
    from tests.lambdas.refill_pools.world import Calls, World
    from tests.lambdas.release_eips.person import Person


@pytest.fixture
def held(person: Person, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An address whose release is proposed, in a world whose time is the person's."""
    monkeypatch.setattr(clock, "by_aws", lambda: person.now)
    configure(release_eips={**RELEASES, "mode": "approve"})
    address = person.ec2.allocate_address()
    person.sweep(hours=3)
    return dict(address)


def refuse(patch: pytest.MonkeyPatch, code: str) -> None:
    """Have EC2 refuse each release."""
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}

    def refusing(*_: Any) -> None:
        raise ClientError(response, "ReleaseAddress")

    patch.setattr(addresses, "release", refusing)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("InvalidAddress.PtrSet", "ptr-record"),
        ("InvalidAddress.Locked", "locked"),
        ("AuthFailure", "service-managed"),
        ("UnauthorizedOperation", "access-denied"),
    ],
)
def test_a_release_that_was_given_up_can_be_approved_again(
    person: Person, held: dict[str, Any], monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    decision_id = the("proposed")["decision_id"]
    with monkeypatch.context() as patch:
        refuse(patch, code)
        if code == "UnauthorizedOperation":
            with pytest.raises(RunFailedError):
                ask("approve", decision_id)
        else:
            assert ask("approve", decision_id)["reason"] == reason
    assert person.act(held["AllocationId"]).reason == reason
    person.sweep()
    assert the("proposed")["decision_id"] == decision_id

    answer = ask("approve", decision_id, actor="bob")

    assert (answer["outcome"], answer["reason"]) == ("done", "idle")
    assert person.has(held["PublicIp"]) is None
    assert person.act(held["AllocationId"]).detail["actor"] == "bob"


def test_who_approves_again_is_told_what_holds_now_and_not_why_it_was_given_up(
    person: Person, held: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    decision_id = the("proposed")["decision_id"]
    with monkeypatch.context() as patch:
        refuse(patch, "InvalidAddress.Locked")
        assert ask("approve", decision_id)["reason"] == "locked"
    person.sweep()
    engineers_client("ssm").put_parameter(Name=MODE, Value="observe", Type="String", Overwrite=True)

    answer = ask("approve", decision_id)

    assert (answer["outcome"], answer["reason"]) == ("blocked", "switched-off")
    assert person.has(held["PublicIp"]) is not None


@pytest.fixture
def failed(world: World, calls: Calls, configure: Callable[..., None], request: pytest.FixtureRequest) -> str:
    """A pool whose refill was approved, and failed with the status that the test asks for."""
    configure(refill_pools={**SETTINGS["refill_pools"], "mode": "approve"})
    pool = world.low_pool()
    wake(contributor(pool))
    calls.refuse("ProvisionIpamPoolCidr", "No", status=request.param)
    with pytest.raises(RunFailedError):
        ask("approve", the("proposed")["decision_id"])
    CLOCK.advance(60)
    return pool


@pytest.mark.parametrize("failed", [400, 500], indirect=True)
def test_a_refill_that_failed_can_be_approved_again(world: World, failed: str) -> None:
    decision_id = the("failed")["decision_id"]
    wake(schedule())
    assert the("proposed")["decision_id"] == decision_id

    assert ask("approve", decision_id)["outcome"] == "pending"

    CLOCK.advance(120)
    wake(schedule())
    assert the("done")["decision_id"] == decision_id
    assert len(world.cidrs(failed)) == 2


@pytest.mark.parametrize("failed", [400], indirect=True)
def test_a_refill_that_is_proposed_under_another_id_by_now_is_not_made_under_the_one_that_failed(
    world: World, failed: str
) -> None:
    decision_id = the("failed")["decision_id"]
    CLOCK.advance(900)
    wake(schedule())
    wake(schedule())
    (again,) = {item["decision_id"] for item in items(LEDGER) if item["outcome"] == "proposed"} - {decision_id}
    CLOCK.advance(60)

    answer = ask("approve", decision_id)

    assert (answer["outcome"], answer["reason"]) == ("skipped", "state-changed")
    assert "judged anew" in answer["message"]
    assert len(world.cidrs(failed)) == 1
    assert ask("approve", again)["outcome"] == "pending"


def test_an_extension_that_failed_can_be_approved_again(extensible: Vpcs, calls: Calls) -> None:
    extensible.configure(mode="approve")
    vpc = extensible.vpc()
    extend_vpcs.wake(extend_vpcs.schedule())
    decision_id = refused_once(calls, "AssociateVpcCidrBlock")
    CLOCK.advance(3600)
    extend_vpcs.wake(extend_vpcs.schedule())
    assert the("proposed")["decision_id"] == decision_id

    assert ask("approve", decision_id)["outcome"] == "pending"

    assert len(extensible.blocks(vpc)) == 2


def test_a_move_that_failed_can_be_approved_again(balanced: LoadBalancers, calls: Calls) -> None:
    balanced.configure(mode="approve")
    arn = balanced.alb()
    align_albs.wake(align_albs.schedule())
    decision_id = refused_once(calls, "ModifyIpPools")
    CLOCK.advance(60)
    align_albs.wake(align_albs.schedule())
    assert the("proposed")["decision_id"] == decision_id

    assert ask("approve", decision_id)["outcome"] == "done"

    assert balanced.pool_of(arn) == balanced.pool


def refused_once(calls: Calls, operation: str) -> str:
    """Have the one proposal approved and its call refused; its id."""
    decision_id = str(the("proposed")["decision_id"])
    calls.refuse(operation, "AccessDenied", status=403)
    with pytest.raises(RunFailedError):
        ask("approve", decision_id)
    assert the("failed")["decision_id"] == decision_id
    return decision_id
