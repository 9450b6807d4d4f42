"""One message for each place; what messages may say, and alarms that come right after a fan-out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.align_albs import handler as align
from lambdas.common import fanout
from lambdas.common.dynamo import timestamp
from lambdas.common.events import Kind, Wakeup, parse
from lambdas.common.targets import Target
from lambdas.release_eips import handler, planner
from tests.lambdas.account import ACCOUNT, HOME
from tests.lambdas.align_albs.world import ALIGN
from tests.lambdas.release_eips.function import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MEMBER, FOREIGN = "111122223333", "999999999999"
ORGANIZATION = {"id": "o-a1b2c3d4e5", "accounts": [MEMBER], "exclude_accounts": [], "modes": {}}
REMEDIATION = "release_eips"
THERE = Target(account=MEMBER, region=HOME)
KINDS = {
    Kind.ALARM: "CloudWatch Alarm State Change",
    Kind.CONTRIBUTOR: "CloudWatch Alarm Contributor State Change",
    Kind.SCHEDULE: "Scheduled Event",
}


class Queue:
    """An SQS queue that refuses some messages of each batch, by their numbers there."""

    def __init__(self, *, refuses: tuple[int, ...] = ()) -> None:
        self.refuses = refuses
        self.batches: list[list[dict[str, Any]]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "https://queue"
        assert len({each["Id"] for each in Entries}) == len(Entries) <= 10
        self.batches.append([json.loads(each["MessageBody"]) for each in Entries])
        failed = [each for number, each in enumerate(Entries) if number in self.refuses]
        return {"Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in failed]} if failed else {}

    @property
    def places(self) -> list[str]:
        """What the messages name, in order."""
        details = [each["detail"] for batch in self.batches for each in batch]
        return [f"{each['account']}/{each['region']}" for each in details]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr(fanout, "client", lambda _service: made)
    monkeypatch.setenv("RECHECK_QUEUE_URL", "https://queue")
    return made


@pytest.mark.parametrize(("places", "batches"), [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])])
def test_each_place_gets_one_message_in_as_few_batches_as_can_be(queue: Queue, places: int, batches: list[int]) -> None:
    targets = [Target(account=f"{number:012}", region=HOME) for number in range(places)]
    fanout.send(reversed(targets), now=NOON)
    assert [len(batch) for batch in queue.batches] == batches
    assert queue.places == [target.name for target in targets]


def test_a_message_is_read_as_the_place_that_it_was_sent_for(queue: Queue) -> None:
    fanout.send([THERE], now=NOON)
    ((message,),) = queue.batches
    wakeup = parse(message)
    assert (wakeup.kind, wakeup.time, fanout.target_of(wakeup)) == (Kind.SWEEP, NOON, THERE)


def test_what_the_queue_refuses_is_told_after_the_rest_was_sent(queue: Queue) -> None:
    queue.refuses = (2, 3)
    with pytest.raises(fanout.NotSentError, match="4 messages: InternalError"):
        fanout.send([Target(account=f"{number:012}", region=HOME) for number in range(15)], now=NOON)
    assert len(queue.places) == 15


class Hours:
    """A monotonic clock on which each batch takes a second, and each look at a Region so many."""

    def __init__(self, queue: Queue, monkeypatch: pytest.MonkeyPatch, *, look: int) -> None:
        self.now, self.look = 0, look
        send = queue.send_message_batch
        monkeypatch.setattr(fanout.time, "monotonic", lambda: self.now)  # type: ignore[attr-defined]

        def sent(**asked: Any) -> Any:
            self.now += 1
            return send(**asked)

        monkeypatch.setattr(queue, "send_message_batch", sent)

    def look_at(self, region: str, accounts: int) -> list[Target]:
        self.now += self.look
        return [Target(account=f"{number:012}", region=region) for number in range(accounts)]


@given(
    accounts=st.dictionaries(st.sampled_from(["eu-west-1", "us-east-1", "us-west-2"]), st.integers(0, 64)),
    seconds=st.integers(-1, 12),
    begun=st.integers(-1, 12),
    look=st.integers(0, 4),
)
def test_runs_that_have_no_time_for_all_send_each_place_its_message_once_between_them(
    accounts: dict[str, int], seconds: int, begun: int, look: int
) -> None:
    queue = Queue()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fanout, "client", lambda _service: queue)
        patch.setenv("RECHECK_QUEUE_URL", "https://queue")
        clock = Hours(queue, patch, look=look)
        rest, runs = fanout.Rest(regions=tuple(accounts)), 0
        while not fanout.fan_out(
            rest,
            lambda region: clock.look_at(region, accounts[region]),
            now=NOON,
            until=clock.now + seconds,
            regions_until=clock.now + begun,
        ):
            runs += 1
            rest = fanout.rest_of(parse(queue.batches.pop()[0]), tuple(accounts))
    assert queue.places == [f"{number:012}/{region}" for region, count in accounts.items() for number in range(count)]
    assert runs <= len(accounts) + sum(count // 10 for count in accounts.values())
    assert runs == 0 or min(seconds, begun) <= len(queue.batches) + look * len(accounts)


def test_what_was_refused_is_sent_again_by_the_same_run_before_anything_is_left_to_another(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Hours(queue, monkeypatch, look=0)
    queue.refuses = (2,)
    with pytest.raises(fanout.NotSentError):
        fanout.fan_out(fanout.Rest(regions=(HOME,)), lambda _: clock.look_at(HOME, 25), now=NOON, until=2)
    assert queue.places == [f"{number:012}/{HOME}" for number in range(20)]


@pytest.mark.parametrize(
    ("detail", "left"),
    [
        ({"regions": [HOME], "after": MEMBER}, fanout.Rest(regions=(HOME,), after=MEMBER)),
        ({"regions": ["ap-south-1", HOME], "after": MEMBER}, fanout.Rest(regions=(HOME,))),
        ({"regions": ["ap-south-1"], "after": MEMBER}, fanout.Rest(regions=())),
        ({"regions": HOME, "after": 12}, fanout.Rest(regions=())),
        ({}, fanout.Rest(regions=())),
    ],
)
def test_of_what_an_earlier_run_left_only_regions_that_are_looked_after_count(
    detail: dict[str, Any], left: fanout.Rest
) -> None:
    assert fanout.rest_of(Wakeup(time=NOON, kind=Kind.FAN_OUT, detail=detail), (HOME, "eu-west-1")) == left


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"account": MEMBER},
        {"region": HOME},
        {"account": int(MEMBER), "region": HOME},
        {"account": [MEMBER], "region": HOME},
        {"account": MEMBER, "region": None},
        {"detail": {"account": MEMBER, "region": HOME}},
    ],
)
def test_a_message_that_names_no_place_properly_names_none(detail: dict[str, Any]) -> None:
    assert fanout.target_of(Wakeup(time=NOON, kind=Kind.SWEEP, detail=detail)) is None


@pytest.mark.parametrize("kind", [Kind.ALARM, Kind.CONTRIBUTOR])
@pytest.mark.parametrize(("minutes", "due"), [(-60, False), (0, False), (9, False), (10, True), (60, True)])
@pytest.mark.usefixtures("aws")
def test_an_alarm_is_not_fanned_out_within_ten_minutes_of_a_fan_out(kind: Kind, minutes: int, *, due: bool) -> None:
    wakeup = Wakeup(time=NOON + timedelta(minutes=minutes), kind=kind, detail={})
    assert fanout.is_due(REMEDIATION, wakeup)
    fanout.remember(REMEDIATION, now=NOON)
    assert fanout.is_due(REMEDIATION, wakeup) is due
    assert fanout.is_due("align_albs", wakeup)


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.ALARM, Kind.CONTRIBUTOR}))
@pytest.mark.usefixtures("aws")
def test_whatever_is_no_alarm_is_always_fanned_out(kind: Kind) -> None:
    fanout.remember(REMEDIATION, now=NOON)
    assert fanout.is_due(REMEDIATION, Wakeup(time=NOON, kind=kind, detail={}))


@pytest.fixture
def hub(aws: None, configure: Callable[..., None], queue: Queue, monkeypatch: pytest.MonkeyPatch) -> Queue:  # noqa: ARG001
    """The hub of an organisation in which each place has work."""
    configure(organization=ORGANIZATION, release_eips=RELEASES)
    monkeypatch.setattr(
        planner, "work_by_region", lambda *_, **__: lambda region: [Target(account=MEMBER, region=region)]
    )
    return queue


def wake(kind: Kind, *, minutes: int) -> None:
    time = timestamp(NOON + timedelta(minutes=minutes))
    handler.handler({"detail-type": KINDS[kind], "time": time, "detail": {}}, None)


def test_an_hour_with_a_schedule_and_alarms_right_after_it_is_fanned_out_once(hub: Queue) -> None:
    wake(Kind.SCHEDULE, minutes=0)
    for minute in (1, 2, 2, 3, 9):
        wake(Kind.CONTRIBUTOR, minutes=minute)
    assert len(hub.places) == 1
    wake(Kind.ALARM, minutes=20)
    wake(Kind.CONTRIBUTOR, minutes=25)
    assert len(hub.places) == 2
    wake(Kind.SCHEDULE, minutes=26)
    assert len(hub.places) == 3


def test_alarms_are_fanned_out_until_the_last_of_several_runs_is_done(
    hub: Queue, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(organization=ORGANIZATION, release_eips=RELEASES, regions=[HOME, "eu-west-1"])
    monkeypatch.setattr(handler, "PLANNING_SHARE", 0.0)
    wake(Kind.SCHEDULE, minutes=0)
    ((place,), (left,)) = hub.batches
    assert place["detail"] == {"account": MEMBER, "region": HOME}
    assert fanout.is_due(REMEDIATION, Wakeup(time=NOON, kind=Kind.ALARM, detail={}))
    handler.handler({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": json.dumps(left)}]}, None)
    assert hub.batches[2][0]["detail"] == {"account": MEMBER, "region": "eu-west-1"}
    assert len(hub.batches) == 3
    assert not fanout.is_due(REMEDIATION, Wakeup(time=NOON, kind=Kind.ALARM, detail={}))


def test_an_alarm_after_messages_that_were_refused_is_fanned_out_again(hub: Queue) -> None:
    hub.refuses = (0,)
    with pytest.raises(fanout.NotSentError):
        wake(Kind.SCHEDULE, minutes=0)
    hub.refuses = ()
    wake(Kind.CONTRIBUTOR, minutes=1)
    assert len(hub.places) == 2


@pytest.mark.parametrize(
    ("account", "region"),
    [
        (FOREIGN, HOME),
        (MEMBER, "ap-south-1"),
        ("", ""),
        (f"{MEMBER}:role/Administrator", HOME),
        (f"arn:aws:iam::{FOREIGN}:role/PoolwardenSpoke-ReleaseEips", HOME),
    ],
)
@pytest.mark.usefixtures("hub")
def test_a_message_about_a_foreign_account_region_or_role_has_no_call_made(
    account: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_in: list[str] = []
    monkeypatch.setattr(handler, "_at", lambda target, *_, **__: worked_in.append(target.name))
    detail = {"account": account, "region": region, "role": "Administrator", "role_arn": f"arn:aws:iam::{FOREIGN}:r"}
    message = {"detail-type": "Poolwarden Sweep", "time": timestamp(NOON), "detail": detail}
    record = {"eventSource": "aws:sqs", "messageId": "1", "body": json.dumps(message)}
    assert handler.handler({"Records": [record]}, None) == {"batchItemFailures": []}
    assert worked_in == []
    record["body"] = json.dumps({**message, "detail": {**detail, "account": MEMBER, "region": HOME}})
    handler.handler({"Records": [record]}, None)
    assert worked_in == [THERE.name]


ROLE = f"arn:aws:iam::{FOREIGN}:role/PoolwardenSpoke-ReleaseEips"


@pytest.mark.parametrize(
    ("sender", "recipient", "region", "worked_in"),
    [
        (MEMBER, MEMBER, HOME, [f"{MEMBER}/{HOME}"]),
        (MEMBER, ACCOUNT, HOME, [f"{MEMBER}/{HOME}"]),
        (MEMBER, FOREIGN, HOME, [f"{MEMBER}/{HOME}"]),
        (FOREIGN, MEMBER, HOME, []),
        (FOREIGN, ACCOUNT, HOME, []),
        (ROLE, MEMBER, HOME, []),
        (None, FOREIGN, HOME, []),
        (None, ROLE, HOME, []),
        (MEMBER, MEMBER, "ap-south-1", []),
    ],
)
@pytest.mark.usefixtures("hub")
def test_a_call_is_looked_at_where_eventbridge_says_it_was_made_whatever_the_sender_wrote(
    sender: str | None, recipient: str, region: str, worked_in: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    monkeypatch.setattr(handler, "_at", lambda target, *_, **__: found.append(target.name))
    detail = {
        "eventName": "AllocateAddress",
        "recipientAccountId": recipient,
        "awsRegion": region,
        "userIdentity": {"arn": ROLE, "accountId": FOREIGN},
        "responseElements": {"allocationId": "eipalloc-1", "role": ROLE},
    }
    event = {"detail-type": "AWS API Call via CloudTrail", "time": timestamp(NOON), "detail": detail}
    handler.handler({**event, **({"account": sender} if sender else {})}, None)
    assert found == worked_in


@pytest.mark.parametrize("account", [FOREIGN, MEMBER])
@pytest.mark.usefixtures("hub")
def test_a_load_balancer_of_a_foreign_account_is_not_looked_at(
    account: str, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(organization=ORGANIZATION, align_albs={**ALIGN, "pools": {HOME: "ipam-pool-1"}})
    found: list[str] = []
    monkeypatch.setattr(align, "align_there", lambda target, *_, **__: found.append(target.name))
    arn = f"arn:aws:elasticloadbalancing:{HOME}:{account}:loadbalancer/app/web/0123456789abcdef"
    detail = {"eventName": "SetSubnets", "requestParameters": {"loadBalancerArn": arn, "role": ROLE}}
    event = {"detail-type": "AWS API Call via CloudTrail", "time": timestamp(NOON), "account": MEMBER, "detail": detail}
    align.handler(event, None)
    assert found == ([THERE.name] if account == MEMBER else [])
