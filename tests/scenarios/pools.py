"""An IPAM with a pool tree for scenarios: a company pool, a Region pool, and environments' pools on demand."""

from __future__ import annotations

import itertools
import json
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.client import Simulation

ENFORCE = """
mode: enforce
refill_pools:
  max_provisions_per_day: 50
  pools:
    - match: {tags: {env: prod}}
      low_water_percent: 20
      target_percent: 40
    - match: {tags: {env: capped}}
      low_water_percent: 20
      target_percent: 40
      max_provisions_per_day: 1
notifications:
  email: [net-oncall@example.com]
"""

ALARM = "Poolwarden-PoolsBelow20Percent"


class PoolTree:
    """One IPAM's pools in one account; each environment's pool starts with a /20 of its own."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.ec2 = simulation.client("ec2")
        ipam = self.ec2.create_ipam(OperatingRegions=[{"RegionName": simulation.region}])["Ipam"]
        self.scope = ipam["PrivateDefaultScopeId"]
        self.company = self.pool("10.0.0.0/8")
        self.region = self.pool("10.0.0.0/12", source=self.company)
        self._blocks = itertools.islice(IPv4Network("10.0.0.0/12").subnets(new_prefix=16), 16)

    def environment(self, env: str = "prod", **tags: str) -> str:
        """A new pool with the first /20 of a /16 that no other environment uses."""
        block = next(next(self._blocks).subnets(new_prefix=20))
        return self.pool(str(block), source=self.region, env=env, **tags)

    def pool(self, cidr: str, *, source: str | None = None, **tags: str) -> str:
        request: dict[str, Any] = {"IpamScopeId": self.scope, "AddressFamily": "ipv4"}
        if source:
            request |= {"SourceIpamPoolId": source, "Locale": self.simulation.region}
        if tags:
            wire = [{"Key": key.replace("_", ":"), "Value": value} for key, value in tags.items()]
            request["TagSpecifications"] = [{"ResourceType": "ipam-pool", "Tags": wire}]
        pool_id = str(self.ec2.create_ipam_pool(**request)["IpamPool"]["IpamPoolId"])
        self.simulation.settle()
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool_id, Cidr=cidr)
        self.simulation.settle()
        return pool_id

    def fill(self, pool_id: str, vpcs: int = 7) -> None:
        """Take a /23 for each VPC: seven of them are 87.5 % of a /20."""
        for _ in range(vpcs):
            self.ec2.create_vpc(Ipv4IpamPoolId=pool_id, Ipv4NetmaskLength=23)

    def cidrs(self, pool_id: str) -> list[IPv4Network]:
        pages = self.ec2.get_paginator("get_ipam_pool_cidrs").paginate(IpamPoolId=pool_id)
        listed = [entry for page in pages for entry in page["IpamPoolCidrs"]]
        found = [entry for entry in listed if entry["State"] != "deprovisioned"]  # stays listed for a while
        assert all(entry["State"] == "provisioned" for entry in found)
        return sorted(IPv4Network(entry["Cidr"]) for entry in found)

    def children_of_region(self) -> list[IPv4Network]:
        pages = self.ec2.get_paginator("get_ipam_pool_allocations").paginate(IpamPoolId=self.region)
        return [IPv4Network(entry["Cidr"]) for page in pages for entry in page["IpamPoolAllocations"]]


class Pools:
    """One IPAM in one account; its pools are made as each test needs them."""

    def __init__(self, simulation: Simulation, *further_regions: str) -> None:
        self.simulation = simulation
        self.ec2 = simulation.client("ec2")
        regions = [{"RegionName": each} for each in (simulation.region, *further_regions)]
        ipam = self.ec2.create_ipam(OperatingRegions=regions)["Ipam"]
        self.private, self.public = ipam["PrivateDefaultScopeId"], ipam["PublicDefaultScopeId"]

    def make(self, scope: str, cidr: dict[str, Any], *, family: str = "ipv4", env: str = "", **settings: Any) -> str:
        """A pool with one CIDR; with `env` a rule governs it."""
        if env:
            tags = [{"Key": "env", "Value": env}]
            settings["TagSpecifications"] = [{"ResourceType": "ipam-pool", "Tags": tags}]
        pool = self.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily=family, **settings)["IpamPool"]["IpamPoolId"]
        self.simulation.settle()
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, **cidr)
        self.simulation.settle()
        return str(pool)

    def fill(self, pool: str) -> None:
        """Use seven eighths of the pool's only CIDR."""
        (cidr,) = self.cidrs(pool)
        length = ip_network(cidr).prefixlen
        for longer in (1, 2, 3):
            self.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=length + longer)

    def cidrs(self, pool: str) -> list[str]:
        """The CIDRs that the pool has, in the order in which it got them."""
        listed = self.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"]
        return [cidr["Cidr"] for cidr in listed if cidr["State"] == "provisioned"]


def records(simulation: Simulation, pool_id: str) -> list[tuple[str, str]]:
    """Outcome and reason of each of the pool's ledger items, oldest first."""
    items = [item for item in simulation.ledger() if item["resource_id"] == pool_id]
    return [(item["outcome"], item["reason"]) for item in items]


def decisions_told(simulation: Simulation, pool_id: str) -> list[tuple[str, str]]:
    """Outcome and reason of each message of kind decision that named the pool."""
    return [
        (entry["attributes"]["outcome"], entry["attributes"]["reason"])
        for entry in simulation.outbox()
        if entry["attributes"].get("kind") == "decision" and pool_id in entry["message"]
    ]


def now(account: Simulation) -> str:
    """The account's time, without moving it: AWS dates its answers."""
    answer = account.client("sts").get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
    return parsedate_to_datetime(answer["date"]).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def alarm_event(simulation: Simulation, pool_id: str, *, now: str) -> dict[str, Any]:
    """The direct payload that CloudWatch sends for one pool below the mark."""
    time = now.replace("Z", "+0000")
    return {
        "source": "aws.cloudwatch",
        "alarmArn": f"arn:aws:cloudwatch:{simulation.region}:{simulation.account}:alarm:{ALARM}",
        "accountId": simulation.account,
        "time": time,
        "region": simulation.region,
        "alarmData": {
            "alarmName": ALARM,
            "alarmContributor": {"id": "0123456789abcdef", "attributes": {"PoolID": pool_id}},
            "state": {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": time},
            "configuration": {"metrics": []},
        },
    }


def invoke(simulation: Simulation, event: dict[str, Any]) -> dict[str, Any]:
    """Invoke the deployed refill function as an administrator; Lambda's answer."""
    function = simulation.outputs()["RefillPoolsFunction"]
    answer: dict[str, Any] = simulation.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event).encode()
    )
    return answer


def alarm_states(simulation: Simulation) -> dict[str, str]:
    """Each alarm's state by its name."""
    pages = simulation.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]}


def provisions_by_functions(simulation: Simulation) -> list[dict[str, Any]]:
    """Each ProvisionIpamPoolCidr that a deployed function made."""
    return [
        call
        for call in simulation.calls()
        if call["operation"] == "ProvisionIpamPoolCidr" and "assumed-role" in call["principal"]
    ]
