"""The wire between the functions and AWS: every call passes here, is noted, and may meet a hazard."""

from __future__ import annotations

import itertools
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from chaos import tables
from chaos.account import fail_association, without_lag
from chaos.hazards import AFTER, LONGEST_CALL, Hazard, Hazards, ProcessEndedError, as_error
from chaos.log import PERSON, Call, Log, Run
from chaos.sights import sight
from chaos.tables import ledger_items
from simulator.clock import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHANGES = frozenset(
    {
        "AllocateAddress",
        "AssociateVpcCidrBlock",
        "CreateTags",
        "DeprovisionIpamPoolCidr",
        "DisassociateVpcCidrBlock",
        "ModifyIpPools",
        "ProvisionIpamPoolCidr",
        "ReleaseAddress",
    }
)
"""The functions' calls that change something of the user's."""

READ_WITHOUT_CHANGE = ("Describe", "Get", "List", "BatchGet", "Query", "Scan")
ANSWER_IS_LOST = 0.5
FAILS_LATER = 0.15
"""How likely AWS takes the request for a VPC's CIDR, and then cannot add it."""

SDK_WAITS = (0.5, 20)
"""Seconds until the SDK asks again: up to its timeout, where AWS does not answer."""
DURATION = (0.01, 0.4)
"""Seconds that a call takes as a rule."""

TIMEOUT, TIMEOUTS = 120, {"operate": 300, "refill_pools": 600, "release_eips": 600}
"""Seconds after which Lambda ends a process, as a rule and for some functions."""

MEDDLING_AT_STAKE, MEDDLING_ELSEWHERE = 0.4, 0.004
"""How likely somebody does something before a call, which is about one resource that may change next, or is not."""

PAGES = {
    "DescribeAddressTransfers": "AddressTransfers",
    "DescribeAddressesAttribute": "Addresses",
    "DescribeIpamPools": "IpamPools",
    "DescribeNetworkInterfaces": "NetworkInterfaces",
    "DescribeRouteTables": "RouteTables",
    "DescribeSubnets": "Subnets",
    "DescribeVpcPeeringConnections": "VpcPeeringConnections",
    "DescribeVpcs": "Vpcs",
    "GetIpamPoolAllocations": "IpamPoolAllocations",
    "GetIpamPoolCidrs": "IpamPoolCidrs",
    "GetIpamResourceCidrs": "IpamResourceCidrs",
}
"""Which lists AWS may give in pages of any size, down to none."""

AGENT = "poolwarden/"

RESOURCE_OF_ITEM = re.compile(r"resource_id': \{'S': '([^']+)'")
"""The resource that an item of the ledger is about, in what DynamoDB is asked to write."""


def longest_run(function: str) -> int:
    """Give how many seconds a function may run."""
    return TIMEOUTS.get(function, TIMEOUT)


@dataclass
class Wire:
    """One episode's wire.

    `local` answers what is no part of moto, `meanwhile` is what people may do between two calls of a function (with the
    id of what is about to change, or nothing), and `on_trail` gets what CloudTrail tells of a call.
    """

    log: Log
    hazards: Hazards
    local: dict[str, Callable[[dict[str, Any]], dict[str, Any]]]
    meanwhile: Callable[[str], None]
    on_trail: Callable[[str, dict[str, Any], dict[str, Any] | None, str, str], None]
    run: Run | None = None
    looking: bool = False
    rests: dict[str, list[Any]] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def call(self, client: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Make a call for whoever it is."""
        agent: str = getattr(client.meta.config, "user_agent_extra", "") or ""
        if AGENT not in agent:
            return self._call_of_person(client, operation, parameters)
        CLOCK.advance(self.hazards.dice.uniform(*DURATION) * (self.hazards.slowness if self.hazards.on else 1))
        if self.run is not None and self._is_out_of_time(self.run):
            raise ProcessEndedError
        at_stake = _at_stake(operation, parameters)
        meddling = MEDDLING_AT_STAKE if at_stake else MEDDLING_ELSEWHERE
        if self.hazards.on and self.hazards.dice.random() < meddling:
            self._let_people_act(at_stake)
        hazard = self.hazards.draw(operation, parameters, changes=operation in CHANGES)
        if hazard is None:
            return self._made(client, operation, parameters)
        return self._under(hazard, client, operation, parameters)

    def _is_out_of_time(self, run: Run) -> bool:
        return (CLOCK.now() - run.began).total_seconds() > longest_run(run.function)

    def _let_people_act(self, at_stake: str) -> None:
        run, self.run = self.run, None
        try:
            self.meanwhile(at_stake)
        finally:
            self.run = run

    def _under(self, hazard: Hazard, client: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        service = client.meta.service_model.service_name
        match hazard:
            case Hazard.SLOW:
                CLOCK.advance(LONGEST_CALL)
                return self._made(client, operation, parameters)
            case Hazard.PARTIAL:
                return self._in_part(client, operation, parameters)
            case Hazard.ASKED_AGAIN if _is_asked_again(client, operation):
                return self._asked_again(client, operation, parameters)
        if hazard in AFTER:
            self._made(client, operation, parameters, heard=False)
        else:
            self._note(operation, parameters, took_effect=False, answer=None)
        if hazard in {Hazard.NOT_REACHED, Hazard.ANSWER_LOST}:
            CLOCK.advance(LONGEST_CALL)
        raise as_error(hazard, service=service, operation=operation)

    def _asked_again(self, client: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Have the SDK ask a second time by itself: the first time AWS had no time, or its answer was lost."""
        if self.hazards.dice.random() < ANSWER_IS_LOST:
            self._made(client, operation, parameters, heard=False)
        else:
            self._note(operation, parameters, took_effect=False, answer=None)
        CLOCK.advance(self.hazards.dice.uniform(*SDK_WAITS))
        if at_stake := _at_stake(operation, parameters):
            self._let_people_act(at_stake)
        try:
            return self._made(client, operation, parameters)
        except ClientError as refused:
            refused.response["ResponseMetadata"]["RetryAttempts"] = 1
            raise

    def _in_part(self, client: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer with the beginning of a list, or with nothing of it yet, and a token for the rest."""
        if operation == "BatchGetItem":
            return self._some_items(client, parameters)
        answer = self._made(client, operation, parameters)
        name = PAGES.get(operation)
        if name is None or answer.get("NextToken"):
            return answer
        listed = answer[name]
        cut = self.hazards.dice.randrange(len(listed) + 1)
        token = f"rest-{next(self.numbers)}"
        self.rests[token] = listed[cut:]
        return {**answer, name: listed[:cut], "NextToken": token}

    def _some_items(self, client: BaseClient, parameters: dict[str, Any]) -> dict[str, Any]:
        ((table, asked),) = parameters["RequestItems"].items()
        cut = (len(asked["Keys"]) + 1) // 2
        now, later = asked["Keys"][:cut], asked["Keys"][cut:]
        answer = self._made(client, "BatchGetItem", {"RequestItems": {table: {**asked, "Keys": now}}})
        return {**answer, "UnprocessedKeys": {table: {**asked, "Keys": later}} if later else {}}

    def _made(
        self, client: BaseClient, operation: str, parameters: dict[str, Any], *, heard: bool = True
    ) -> dict[str, Any]:
        """Make a call, and note it; `heard` says whether the caller gets the answer."""
        seen = self._seen(operation, parameters)
        ledger = ledger_items() if operation in CHANGES else ()
        answer: dict[str, Any] | None = None
        error = ""
        try:
            answer = self._sent(client, operation, parameters)
            if operation == "AssociateVpcCidrBlock" and self.hazards.on and self.hazards.dice.random() < FAILS_LATER:
                self.hazards.met["a CIDR that AWS took the request for and did not add"] += 1
                fail_association(answer["VpcId"], answer["CidrBlockAssociation"]["AssociationId"])
        except ClientError as refused:
            error = refused.response["Error"]["Code"]
            raise
        finally:
            took_effect = answer is not None
            self._note(
                operation,
                parameters,
                took_effect=took_effect,
                answer=answer if heard else None,
                seen=seen,
                ledger=ledger,
            )
            if operation in CHANGES:
                self.on_trail(operation, parameters, answer, error, AGENT)
        return answer

    def _sent(self, client: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if (rest := self.rests.pop(parameters.get("NextToken", ""), None)) is not None:
            answer: dict[str, Any] = {PAGES[operation]: rest}
        elif operation in self.local:
            answer = self.local[operation](parameters)
        elif client.meta.service_model.service_name == "dynamodb":
            answer = tables.answer(operation, parameters)
        else:
            answer = _make_api_call(client, operation, parameters)
        now = format_datetime(CLOCK.now().replace(microsecond=0), usegmt=True)
        return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"date": now}}}

    def _call_of_person(self, client: BaseClient, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if self.looking or self.run is not None:
            unnoted: dict[str, Any] = _make_api_call(client, operation, parameters)
            return unnoted
        answer: dict[str, Any] | None = None
        error = ""
        try:
            answer = _make_api_call(client, operation, parameters)
        except ClientError as refused:
            error = refused.response["Error"]["Code"]
            raise
        finally:
            if not operation.startswith(READ_WITHOUT_CHANGE):
                self._note(operation, parameters, took_effect=answer is not None, answer=answer)
                self.on_trail(operation, parameters, answer, error, PERSON)
        return answer

    def _seen(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        with self.unseen(), without_lag():
            return sight(operation, parameters)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Look at the account without a trace."""
        before, self.looking = self.looking, True
        try:
            yield
        finally:
            self.looking = before

    def _note(self, operation: str, parameters: dict[str, Any], **rest: Any) -> None:  # noqa: ANN401 - Call's own
        self.log.calls.append(
            Call(
                number=len(self.log.calls),
                time=CLOCK.now(),
                caller=self.run.function if self.run else PERSON,
                run=self.run.number if self.run else -1,
                operation=operation,
                parameters=parameters,
                **rest,
            )
        )


def _is_asked_again(client: BaseClient, operation: str) -> bool:
    """Say whether the SDK would ask again, and AWS not know the second request by a token of the SDK's own."""
    attempts = client.meta.config.retries["total_max_attempts"]  # type: ignore[attr-defined] # botocore sets its members
    return attempts > 1 and not operation.startswith("Transact")


def _at_stake(operation: str, parameters: dict[str, Any]) -> str:
    """Give the id of what a call changes, intends to change, or looks at before that; empty for all other calls.

    What is looked at for one address alone, such as its stack, names it by its IP address.
    """
    if operation == "TransactWriteItems":
        named = RESOURCE_OF_ITEM.search(str(parameters))
        return named[1] if named else ""
    if operation == "DescribeStackResources":
        return str(parameters["PhysicalResourceId"])
    if operation == "DescribeAddresses":
        filters = {each["Name"]: each["Values"] for each in parameters.get("Filters", ())}
        return str(filters.get("allocation-id", [""])[0])
    if operation not in CHANGES:
        return ""
    ids = (parameters.get(name) for name in ("AllocationId", "IpamPoolId", "LoadBalancerArn", "Address", "VpcId"))
    return next(filter(None, ids), operation)


_make_api_call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]


@contextmanager
def laid(wire: Wire) -> Iterator[None]:
    """Have every call of this process go over a wire."""
    # A function, as a bound method would not get the client.
    BaseClient._make_api_call = lambda client, operation, parameters: wire.call(client, operation, parameters)  # type: ignore[attr-defined] # noqa: PLW0108
    try:
        yield
    finally:
        BaseClient._make_api_call = _make_api_call  # type: ignore[attr-defined]
