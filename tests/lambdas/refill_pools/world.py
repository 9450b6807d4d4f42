"""A small pool tree in an account, what the function calls there, and how that can go wrong."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.common.dynamo import timestamp
from lambdas.refill_pools.handler import handler
from simulator.clock import CLOCK
from tests.lambdas.account import LEDGER, engineers_client, items

if TYPE_CHECKING:
    from collections.abc import Callable

DECISION_EVENT = ("poolwarden", "Poolwarden Decision")


class ProcessEndedError(BaseException):
    """The function's process ends here: nothing of its code can catch it."""


@dataclass
class Calls:
    """The AWS calls of the function: how many of each, what reached AWS, and which are to fail."""

    counted: Counter[str] = field(default_factory=Counter)
    sent: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    before: dict[str, list[BaseException]] = field(default_factory=dict)
    after: dict[str, list[BaseException]] = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)

    def refuse(self, operation: str, code: str, *, status: int = 500, times: int = 1) -> None:
        """Have AWS refuse the next calls of an operation; with a status of 500 it may have done them all the same."""
        error = {"Code": code, "Message": f"{code}, says the test"}
        response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
        self.before[operation] = [ClientError(response, operation) for _ in range(times)]

    def on(self, operation: str, happens: Callable[[], object]) -> None:
        """Have something happen in the account when the function is about to make this call."""
        self.meanwhile[operation] = happens

    def end_process_before(self, operation: str) -> None:
        """End the process when it is about to make this call."""
        self.before[operation] = [ProcessEndedError()]

    def end_process_after(self, operation: str) -> None:
        """End the process when AWS has done what it asked, before it hears so."""
        self.after[operation] = [ProcessEndedError()]

    @property
    def provisions(self) -> int:
        """How often the function asked for a CIDR."""
        return self.counted["ProvisionIpamPoolCidr"]

    @property
    def announced(self) -> list[dict[str, Any]]:
        """The ledger items that the function put on the bus."""
        entries = [entry for call in self.sent["PutEvents"] for entry in call["Entries"]]
        assert {(entry["Source"], entry["DetailType"]) for entry in entries} <= {DECISION_EVENT}
        return [json.loads(entry["Detail"]) for entry in entries]

    @property
    def rechecks(self) -> list[dict[str, Any]]:
        """The messages with which the function has itself woken again, as SQS delivers them."""
        return [
            {
                "messageId": str(number),
                "eventSource": "aws:sqs",
                "body": call["MessageBody"],
                "attributes": {"SentTimestamp": str(int(CLOCK.time() * 1000))},
            }
            for number, call in enumerate(self.sent["SendMessage"])
        ]


def engineers_ec2() -> Any:
    """The engineer's EC2 client, in the function's Region."""
    return engineers_client("ec2")


class World:
    """The account from outside: what an engineer does in it, and what can be seen there."""

    def __init__(self, *, ipam: dict[str, Any] | None = None) -> None:
        self.ec2: Any = engineers_ec2()
        self.published = True
        self.scope = str((ipam or self.ec2.create_ipam()["Ipam"])["PrivateDefaultScopeId"])
        self.source = self.pool("10.0.0.0/16")

    def pool(self, *cidrs: str, source: str | None = None, tags: dict[str, str] | None = None) -> str:
        """A pool with these CIDRs, both ready."""
        tag_list = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        pool = self.ec2.create_ipam_pool(
            IpamScopeId=self.scope,
            AddressFamily="ipv4",
            **({"TagSpecifications": [{"ResourceType": "ipam-pool", "Tags": tag_list}]} if tag_list else {}),
            **({"SourceIpamPoolId": source} if source else {}),
        )["IpamPool"]["IpamPoolId"]
        CLOCK.advance(600)
        for cidr in cidrs:
            self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr)
        CLOCK.advance(600)
        if self.published:
            publish(pool)
        assert set(self.cidrs(pool)) == set(cidrs)
        return str(pool)

    def low_pool(self, cidr: str = "10.0.0.0/20", **tags: str) -> str:
        """A governed pool, seven eighths of it in use: 87.5 %."""
        pool = self.pool(cidr, source=self.source, tags={"refill": "yes", **tags})
        length = int(cidr.rpartition("/")[2])
        for longer in (1, 2, 3):
            self.allocate(pool, length + longer)
        return pool

    def allocate(self, pool: str, length: int) -> str:
        """Take a block of the pool; its CIDR."""
        answer = self.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=length)
        return str(answer["IpamPoolAllocation"]["Cidr"])

    def release_half(self, pool: str) -> None:
        """Give back the largest block that is taken from the pool."""
        taken = self.ec2.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
        largest = max(taken, key=lambda each: ip_network(each["Cidr"]).num_addresses)
        self.ec2.release_ipam_pool_allocation(
            IpamPoolId=pool, Cidr=largest["Cidr"], IpamPoolAllocationId=largest["IpamPoolAllocationId"]
        )

    def available_percent(self, pool: str) -> float:
        """The share of the pool's addresses that is free."""
        size = sum(ip_network(cidr).num_addresses for cidr in self.cidrs(pool))
        taken = self.ec2.get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
        return 100 - 100 * sum(ip_network(each["Cidr"]).num_addresses for each in taken) / size

    def provision(self, pool: str, cidr: str) -> None:
        """Ask for a CIDR by hand."""
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr)

    def tag(self, pool: str, **tags: str) -> None:
        self.ec2.create_tags(Resources=[pool], Tags=[{"Key": key, "Value": tags[key]} for key in tags])

    def cidrs(self, pool: str) -> dict[str, str]:
        """The CIDRs of a pool, by state."""
        listed = self.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"]
        return {cidr["Cidr"]: cidr["State"] for cidr in listed}


def publish(pool: str) -> None:
    """Publish the metric that alarms see, as IPAM does for each pool."""
    datum: Any = {"MetricName": "PercentAvailable", "Dimensions": [{"Name": "PoolID", "Value": pool}], "Value": 50}
    engineers_client("cloudwatch").put_metric_data(Namespace="AWS/IPAM", MetricData=[datum])


def contributor(pool: str) -> dict[str, Any]:
    """What CloudWatch sends when a pool's series of a Metrics Insights alarm goes into ALARM."""
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm Contributor State Change",
        "time": timestamp(CLOCK.now()),
        "detail": {"alarmContributor": {"id": "1", "attributes": {"PoolID": pool}}, "state": {"value": "ALARM"}},
    }


def schedule() -> dict[str, Any]:
    return {
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "time": timestamp(CLOCK.now()),
        "detail": {},
    }


def wake(event: dict[str, Any]) -> dict[str, object] | None:
    return handler(event, None)


def entries() -> list[tuple[str, str, str]]:
    """The ledger's items: action, outcome and reason."""
    return sorted((item["action"], item["outcome"], item["reason"]) for item in items(LEDGER))


def refilled(world: World, pool: str) -> None:
    """Let a refill happen, and its CIDR arrive."""
    wake(contributor(pool))
    CLOCK.advance(120)
    wake(schedule())
    assert set(world.cidrs(pool).values()) - {"failed-provision"} == {"provisioned"}
