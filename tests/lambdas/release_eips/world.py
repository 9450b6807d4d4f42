"""An account in memory that knows the whole truth about its addresses, and answers as AWS does what the function asks.

Between any two calls something may happen: `on_call` is told of every call beforehand. Each change has a number, so
that what a run could have seen is told from what came too late for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from lambdas.common.dynamo import plain, timestamp
from tests.lambdas.account import ACCOUNT, GUARDS, HOME, LEDGER
from tests.lambdas.release_eips.tables import Tables, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVIDENCE = {
    "describe_addresses_attribute": "ptr",
    "describe_address_transfers": "transfer",
    "list_resource_record_sets": "dns",
}
"""The reads after which a change of that kind comes too late for a run."""


@dataclass(kw_only=True)
class Elastic:
    """An address as it truly is. `since` tells by kind when the present state of a thing came about."""

    allocation_id: str
    public_ip: str
    pool: str = "amazon"
    tags: dict[str, str] = field(default_factory=dict)
    associated: bool = False
    service_managed: str | None = None
    locked: bool = False
    ptr: bool = False
    dns: bool = False
    transfer: bool = False
    stack: bool = False
    default_vpc: bool = True
    since: dict[str, int] = field(default_factory=dict)
    uses: list[tuple[datetime, int]] = field(default_factory=list)


@dataclass(kw_only=True)
class View:
    """What one run has read: the number of the last change that it could see, by kind and by address.

    `heard` is the number of the last change that CloudTrail had told of when it `began`.
    """

    id: str
    heard: int
    began: datetime
    read: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class Release:
    """One address that was released, as it truly was at that moment, and by a run that had read so much.

    `intended_at` is when the run had it in the ledger, by its own time; None where it had not.
    """

    address: Elastic
    at: datetime
    number: int
    view: View
    intended_at: datetime | None


class World:
    """The account, its time, and what happened in it."""

    def __init__(self) -> None:
        self.now = self.begin = BEGIN
        self.number = 0
        self.calls = 0
        self.elastic: dict[str, Elastic] = {}
        self.releases: list[Release] = []
        self.told: list[dict[str, Any]] = []
        self.trail: list[dict[str, Any]] = []
        self.views: list[View] = []
        self.messages: list[dict[str, str]] = []
        self.switch = "deployed"
        self.history: dict[str, list[dict[str, Any]]] = {}
        self.tables = Tables({LEDGER: ("decision_id", "record"), GUARDS: ("guard",)})
        self.on_call: Callable[[int, str], Callable[[], None] | None] = lambda _index, _operation: None
        self._services = {
            "dynamodb": self.tables,
            "ec2": _Ec2(self),
            "route53": _Route53(self),
            "cloudformation": _CloudFormation(self),
            "events": _Events(self),
            "ssm": _Ssm(self),
            "sqs": _Sqs(self),
        }
        self._clients = {name: _Client(self, service) for name, service in self._services.items()}
        self.asked_again: set[str] = set()
        """What was asked by a client with which the SDK asks again by itself."""

    def client(self, service: str, _region: str | None, _role_arn: str | None, once: bool) -> Any:  # noqa: FBT001
        return self._clients[service] if not once else _Client(self, self._services[service], once=True)

    def call(self, operation: str, answer: Callable[[], Any]) -> Any:
        """Make one call, with whatever happens before it and after it."""
        self.calls += 1
        after = self.on_call(self.calls, operation)
        answered = answer()
        if after is not None:
            after()
        if self.views and operation in EVIDENCE:
            self.views[-1].read[EVIDENCE[operation]] = self.number
        return answered

    # What others do

    def allocate(self, **known: Any) -> Elastic:
        made = len(self.elastic) + len(self.releases) + 1
        address = Elastic(allocation_id=f"eipalloc-{made:08x}", public_ip=f"203.0.113.{made}", **known)
        self.elastic[address.allocation_id] = address
        self.number += 1
        self._log("AllocateAddress", {}, {"allocationId": address.allocation_id, "publicIp": address.public_ip})
        return address

    def associate(self, address: Elastic, *, fails: bool = False) -> None:
        self.number += 1
        address.uses.append((self.now, self.number))
        gone = address.allocation_id not in self.elastic
        if not fails and not gone:
            address.associated = True
        error = {"errorCode": "Client.InvalidInstanceID"} if fails or gone else {}
        self._log("AssociateAddress", {"allocationId": address.allocation_id}, None, **error)

    def disassociate(self, address: Elastic) -> None:
        self.number += 1
        if address.associated:
            address.uses.append((self.now, self.number))
            address.associated = False
            self._log("DisassociateAddress", {"associationId": "eipassoc-1"}, None)

    def change(self, address: Elastic, kind: str, value: Any) -> None:
        """Change a property of an address."""
        self.number += 1
        address.since[kind] = self.number
        setattr(address, kind, value)

    def tag(self, address: Elastic, key: str, value: str | None) -> None:
        """Set a tag, or take it away."""
        self.number += 1
        address.since["tags"] = self.number
        address.tags = {name: each for name, each in {**address.tags, key: value}.items() if each is not None}

    # What tests look at

    def ledger(self) -> list[dict[str, Any]]:
        return [plain(item) for item in self.tables.items[LEDGER].values()]

    def acts(self, allocation_id: str) -> list[str]:
        """The outcomes of the releases of an address that were begun."""
        acts = (item for item in self.ledger() if item["record"] == "act")
        return [item["outcome"] for item in acts if item["resource_id"] == allocation_id]

    def outcomes(self, allocation_id: str) -> set[tuple[str, str]]:
        """All that is recorded of an address, as outcomes and reasons."""
        items = (item for item in self.ledger() if item["resource_id"] == allocation_id)
        return {(item["outcome"], item["reason"]) for item in items}

    def _log(self, name: str, asked: Any, answered: Any, **more: str) -> None:
        detail = {
            "eventName": name,
            "recipientAccountId": ACCOUNT,
            "awsRegion": HOME,
            "requestParameters": asked,
            "responseElements": answered,
            **more,
        }
        self.trail.append({"detail-type": "AWS API Call via CloudTrail", "time": timestamp(self.now), "detail": detail})


class _Client:
    """A client, or a paginator, of one service."""

    def __init__(self, world: World, service: Any, *, once: bool = False) -> None:
        self._world, self._service, self._once = world, service, once

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self._service, operation)
        if not self._once:
            self._world.asked_again.add(operation)
        return lambda **asked: self._world.call(operation, lambda: method(**asked))

    def get_paginator(self, operation: str) -> Any:
        return _Paginator(getattr(self, operation))


@dataclass
class _Paginator:
    ask: Callable[..., Any]

    def paginate(self, *, PaginationConfig: object = None, **asked: Any) -> Iterator[Any]:  # noqa: ARG002, N803
        yield self.ask(**asked)


@dataclass
class _Ec2:
    world: World

    def describe_addresses(self, *, Filters: list[Any]) -> Any:  # noqa: N803
        names = {"allocation-id": "allocation_id", "public-ip": "public_ip"}
        found = [
            each
            for each in self.world.elastic.values()
            if all(getattr(each, names[item["Name"]]) in item["Values"] for item in Filters)
        ]
        if self.world.views:
            kinds = ("second look",) if Filters else ("first look",)
            for address in found:
                for kind in kinds:
                    self.world.views[-1].read[f"{kind} {address.allocation_id}"] = self.world.number
        headers = {"date": format_datetime(self.world.now, usegmt=True)}
        addresses = [_described(each) for each in found]
        return {"Addresses": addresses, "ResponseMetadata": {"HTTPHeaders": headers}}

    def describe_addresses_attribute(self, *, Attribute: str) -> Any:  # noqa: N803
        assert Attribute == "domain-name"
        having = (each for each in self.world.elastic.values() if each.ptr)
        return {"Addresses": [{"AllocationId": each.allocation_id, "PtrRecord": "a.example."} for each in having]}

    def describe_address_transfers(self) -> Any:
        offered = (each for each in self.world.elastic.values() if each.transfer)
        pending = {"AddressTransferStatus": "pending", "TransferAccountId": "111122223333"}
        return {"AddressTransfers": [{"AllocationId": each.allocation_id, **pending} for each in offered]}

    def describe_ipams(self) -> Any:
        return {"Ipams": [{"PublicDefaultScopeId": "ipam-scope-1"}] if self.world.history else []}

    def get_ipam_address_history(self, *, Cidr: str, IpamScopeId: str, StartTime: datetime) -> Any:  # noqa: N803
        assert IpamScopeId == "ipam-scope-1"
        assert StartTime <= self.world.now
        return {"HistoryRecords": self.world.history.get(Cidr.removesuffix("/32"), [])}

    def release_address(self, *, AllocationId: str, NetworkBorderGroup: str) -> Any:  # noqa: N803
        assert NetworkBorderGroup == HOME
        world = self.world
        address = world.elastic.get(AllocationId)
        if address is None:
            raise refused("InvalidAllocationID.NotFound", "ReleaseAddress")
        for wrong, code in (
            (address.service_managed, "AuthFailure"),
            (address.locked, "InvalidAddress.Locked"),
            (address.ptr, "InvalidAddress.PtrSet"),
            (address.associated and not address.default_vpc, "InvalidIPAddress.InUse"),
        ):
            if wrong:
                raise refused(code, "ReleaseAddress")
        del world.elastic[AllocationId]
        intents = (
            datetime.fromisoformat(item["last_seen"])
            for item in world.ledger()
            if (item["record"], item["resource_id"], item["outcome"], item["reason"])
            == ("act", AllocationId, "intended", "idle")
        )
        release = Release(
            address=address,
            at=world.now,
            number=world.number,
            view=world.views[-1],
            intended_at=next(intents, None),
        )
        world.releases.append(release)
        return {}


def _described(address: Elastic) -> dict[str, Any]:
    known: dict[str, Any] = {
        "AllocationId": address.allocation_id,
        "PublicIp": address.public_ip,
        "PublicIpv4Pool": address.pool,
        "NetworkBorderGroup": HOME,
        "Tags": [{"Key": key, "Value": value} for key, value in address.tags.items()],
    }
    if address.associated:
        known["AssociationId"] = "eipassoc-1"
    if address.service_managed:
        known["ServiceManaged"] = address.service_managed
    return known


@dataclass
class _Route53:
    world: World

    def list_hosted_zones(self) -> Any:
        return {"HostedZones": [{"Id": "/hostedzone/Z1"}]}

    def list_resource_record_sets(self, *, HostedZoneId: str) -> Any:  # noqa: N803
        assert HostedZoneId == "/hostedzone/Z1"
        named = [{"Value": each.public_ip} for each in self.world.elastic.values() if each.dns]
        return {"ResourceRecordSets": [{"Name": "www.example.", "Type": "A", "ResourceRecords": named}]}


@dataclass
class _CloudFormation:
    world: World

    def describe_stack_resources(self, *, PhysicalResourceId: str) -> Any:  # noqa: N803
        if any(each.stack for each in self.world.elastic.values() if each.public_ip == PhysicalResourceId):
            return {"StackResources": [{"StackName": "web"}]}
        error = refused("ValidationError", "DescribeStackResources")
        error.args = (f"Stack for {PhysicalResourceId} does not exist",)
        raise error


@dataclass
class _Events:
    world: World

    def put_events(self, *, Entries: list[Any]) -> Any:  # noqa: N803
        self.world.told += [json.loads(entry["Detail"]) for entry in Entries]
        return {"FailedEntryCount": 0, "Entries": [{}]}


@dataclass
class _Ssm:
    world: World

    def get_parameter(self, *, Name: str) -> Any:  # noqa: N803
        assert Name
        return {"Parameter": {"Value": self.world.switch}}


@dataclass
class _Sqs:
    world: World

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> Any:  # noqa: N803
        assert QueueUrl
        assert DelaySeconds
        self.world.messages.append(json.loads(MessageBody)["detail"])
        return {}
