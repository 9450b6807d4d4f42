"""Events as somebody hostile, or something broken, may send them, and an account in which none changes anything.

The tests that use it have no pytest fixtures, so that `make fuzz` can drive them by coverage.
"""

from __future__ import annotations

import copy
import io
import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from hypothesis import strategies as st

from lambdas.common import settings
from lambdas.common.aws_clients import CONFIG
from simulator import elastic_ips, load_balancers
from tests.lambdas.account import GUARDS, HOME, LEDGER, SETTINGS, engineers_client
from tests.lambdas.align_albs.world import ALIGN
from tests.lambdas.align_albs.world import World as LoadBalancers
from tests.lambdas.common.test_events import ALARM, API_CALL, CONTRIBUTOR, DIRECT, RECHECK, SCHEDULE
from tests.lambdas.conftest import in_process
from tests.lambdas.extend_vpcs.world import EXTEND
from tests.lambdas.notify.test_plan import DONE
from tests.lambdas.refill_pools.world import World as Pools
from tests.lambdas.release_eips.function import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "FwoGZXIvYXdzEJr-do-not-log-me"
READS = ("BatchGet", "Describe", "Get", "List", "Query")
TOPICS = {f"arn:aws:sns:{HOME}:123456789012:{name}" for name in ("people", "channel")}
OWN: dict[str, tuple[str, set[str] | None]] = {
    "BatchGetItem": ("RequestItems", {LEDGER, GUARDS}),
    "PutEvents": ("Entries", None),
    "Publish": ("TopicArn", TOPICS),
    "PutItem": ("TableName", {LEDGER, GUARDS}),
    "TransactWriteItems": ("TransactItems", None),
    "UpdateItem": ("TableName", {LEDGER, GUARDS}),
}
"""What a function writes with nothing to do: into its own tables, to its topics, and on the bus."""

ON = {"release_eips": RELEASES, "align_albs": ALIGN, "extend_vpcs": EXTEND}
"""Remediations that the default settings leave off, as they are on here: one that is off changes nothing anyhow."""

LOGGERS = (*settings.REMEDIATIONS, "events", "notify", "operate", "switch")

CREDENTIALS = {"accessKeyId": "ASIAQEXAMPLEEXAMPLE1", "secretAccessKey": SECRET, "sessionToken": SECRET}
ASSUMED = {
    **API_CALL,
    "detail": {
        "eventName": "AssociateAddress",
        "awsRegion": HOME,
        "userIdentity": {"arn": "arn:aws:iam::123456789012:user/eve", "accessKeyId": "ASIAQEXAMPLEEXAMPLE1"},
        "requestParameters": {"allocationId": "eipalloc-0123456789abcdef0", "password": SECRET},
        "responseElements": {"credentials": CREDENTIALS},
    },
}
TOLD = {
    "source": "poolwarden",
    "detail-type": "Poolwarden Decision",
    "time": "2026-03-01T12:01:00Z",
    "detail": DONE,
}
SWEEP = {
    "source": "poolwarden",
    "detail-type": "Poolwarden Sweep",
    "time": "2026-03-01T12:01:00Z",
    "detail": {"account": "123456789012", "region": HOME},
}
REQUEST = {"action": "undo", "decision_id": "0123456789abcdef", "actor": "eve"}
EVENTS = (ALARM, DIRECT, CONTRIBUTOR, SCHEDULE, API_CALL, ASSUMED, RECHECK, TOLD, SWEEP, REQUEST)

TEXTS = st.sampled_from(
    [
        *["123456789012", "999988887777", "us-east-1", "xx-nowhere-9", "", "null", "\x00", "\ud800", "\u202e", "\r\n"],
        *["ipam-pool-0123456789abcdef0", "eipalloc-0123456789abcdef0", "999988887777/us-east-1", "../../etc/passwd"],
        *["2199-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "9999-99-99", "2026-03-01T12:00:00", "0001-01-01T00:00:00Z"],
        *["arn:aws:elasticloadbalancing:us-east-1:999988887777:loadbalancer/app/theirs/0123456789abcdef"],
        *[
            "Poolwarden Decision",
            "Poolwarden Sweep",
            "Scheduled Event",
            "AWS API Call via CloudTrail",
            "ReleaseAddress",
        ],
        *[
            "ReleaseAddress",
            "aws:sqs",
            "ALARM",
            "align_albs",
            "release_address",
            "done",
            "undo",
            "a" * 100_000,
            "{" * 5_000,
        ],
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def changed_events(draw: st.DrawFn) -> Any:
    """Draw an event as AWS sends it, with up to six members replaced, removed, added or buried; or as an SQS batch."""
    event: Any = copy.deepcopy(draw(st.sampled_from(EVENTS)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.sampled_from([*_members(event), ({"": event}, "")]))
        _change(draw, *place)
    if draw(st.integers(0, 3)):
        return event
    body = draw(st.just(json.dumps(event)) | TEXTS)
    record: Any = {"messageId": "1", "eventSource": "aws:sqs", "body": body, "attributes": {"SentTimestamp": "1"}}
    if draw(st.booleans()):
        _change(draw, record, draw(st.sampled_from(sorted(record))))
    good = {"messageId": "2", "eventSource": "aws:sqs", "body": json.dumps(API_CALL), "attributes": {}}
    return {"Records": draw(st.permutations([record, good]))}


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member of a document: what holds it, and its key."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _members(value[key])


def _change(draw: st.DrawFn, holder: Any, key: Any) -> None:
    match draw(st.sampled_from(["replace", "replace", "remove", "add", "bury"])):
        case "remove" if isinstance(holder, dict):
            holder.pop(key, None)
        case "add" if isinstance(holder, dict):
            holder[draw(TEXTS)] = draw(VALUES)
        case "bury":
            for _ in range(draw(st.sampled_from([1, 40, 400]))):
                holder[key] = {"detail": holder[key]}
        case _:
            holder[key] = draw(VALUES)


@dataclass
class Witness:
    """What a function called and logged."""

    calls: list[tuple[str, Any]] = field(default_factory=list)
    log: io.StringIO = field(default_factory=io.StringIO)

    @property
    def changes(self) -> list[tuple[str, Any]]:
        """Calls that change anything but the function's own tables and bus, or that are made as somebody else."""
        return [each for each in self.calls if not _is_harmless(*each)]

    def clear(self) -> None:
        self.calls.clear()
        self.log.seek(0)
        self.log.truncate()


def _is_harmless(operation: str, parameters: Any) -> bool:
    if operation in OWN:
        name, allowed = OWN[operation]
        value = parameters[name]
        return allowed is None or (set(value) if isinstance(value, dict) else {value}) <= allowed
    return operation.startswith(READS)


@contextmanager
def quiet_account() -> Iterator[Witness]:
    """An account in `enforce` in which nothing is due: what there is to change is protected, or as it should be."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        path.write_text(
            json.dumps({**SETTINGS, **ON}),
            encoding="utf-8",
        )
        patch.setenv("POOLWARDEN_SETTINGS", str(path))
        settings.load.cache_clear()
        elastic_ips.install()
        load_balancers.install()
        with in_process(patch):
            patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
            patch.setenv("AWS_SESSION_TOKEN", SECRET)
            for name, topic in zip(("TOPIC_ARN", "SLACK_TOPIC_ARN"), sorted(TOPICS, reverse=True), strict=True):
                engineers_client("sns").create_topic(Name=topic.rpartition(":")[2])
                patch.setenv(name, topic)
            _furnish()
            witness = Witness()
            patch.setattr(BaseClient, "_make_api_call", _witnessed(witness, BaseClient._make_api_call))  # type: ignore[attr-defined]
            with _logged_to(witness.log):
                yield witness
        settings.load.cache_clear()


def _furnish() -> None:
    """A pool that runs low, an address that is idle, a load balancer off its pool: all protected."""
    protect = [{"Key": "poolwarden:protect", "Value": "true"}]
    fleet = LoadBalancers()
    ec2 = engineers_client("ec2")
    Pools(ipam=ec2.describe_ipams()["Ipams"][0]).low_pool(**{"poolwarden:protect": "true"})
    ec2.allocate_address(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": protect}])
    fleet.tag(fleet.alb(), **{"ipam-pool": fleet.pool, "protect": "true"})


def _witnessed(witness: Witness, call: Callable[..., Any]) -> Callable[..., Any]:
    def calling(self: BaseClient, operation: str, parameters: Any) -> Any:
        if self.meta.config.user_agent_extra == CONFIG.user_agent_extra:  # type: ignore[attr-defined]
            witness.calls.append((operation, parameters))
        return call(self, operation, parameters)

    return calling


@contextmanager
def _logged_to(stream: io.StringIO) -> Iterator[None]:
    handlers = [
        each for name in LOGGERS for each in logging.getLogger(name).handlers if isinstance(each, logging.StreamHandler)
    ]
    before = [each.setStream(stream) for each in handlers]
    try:
        yield
    finally:
        for each, was in zip(handlers, before, strict=True):
            each.setStream(was)
