"""Why pools were refilled, or were not, in an account that the CDK deployed: each reason code, and what people heard.

All pools are made together, and run low together: one account and one incident show most reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.kill_switch import switch
from tests.scenarios.pools import Pools, alarm_event, decisions_told, invoke, records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.client import Simulation

pytestmark = pytest.mark.scenario

CONFIG = """
mode: enforce
refill_pools:
  max_provisions_per_day: 50
  pools:
    - match: {scope: public, tags: {env: prod}}
    - match: {family: ipv4, tags: {env: supplied}}
      supply: [10.65.0.0/24]
    - match: {family: ipv4, tags: {env: ready}}
      ready_netmask_length: 22
    - match: {tags: {env: prod}}
notifications:
  email: [net-oncall@example.com]
"""
PROOF = {"Message": "1|aws|123456789012|2605:9cc0:408::/46|20300101|SHA256|RSAPSS", "Signature": "signed"}
QUARTER, HOUR = 900.0, 3600.0


@dataclass
class Incident:
    """Pools of one account by name, made in rounds, so that each waits for the account but once."""

    pools: Pools
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def ec2(self) -> Any:
        return self.pools.ec2

    def make(
        self, wanted: dict[str, tuple[str, str, dict[str, Any]]], cidrs: dict[str, Sequence[dict[str, Any]]]
    ) -> None:
        """Make pools (by name: scope, family, settings, with `env` for the tag) and give them CIDRs."""
        for name, (scope, family, settings) in wanted.items():
            given = dict(settings)
            if env := given.pop("env", ""):
                tags = [{"Key": "env", "Value": env}]
                given["TagSpecifications"] = [{"ResourceType": "ipam-pool", "Tags": tags}]
            if source := given.pop("source", ""):
                given["SourceIpamPoolId"] = self.ids[source]
            answer = self.ec2.create_ipam_pool(IpamScopeId=scope, AddressFamily=family, **given)
            self.ids[name] = answer["IpamPool"]["IpamPoolId"]
        self.pools.simulation.settle()
        for name, each in cidrs.items():
            for cidr in each:
                self.ec2.provision_ipam_pool_cidr(IpamPoolId=self.ids[name], **cidr)
        self.pools.simulation.settle()

    def outcome(self, name: str) -> list[tuple[str, str]]:
        """What the ledger has of a pool."""
        return records(self.pools.simulation, self.ids[name])

    def told(self, name: str) -> str:
        """The e-mail about a pool; there must be one."""
        outbox = self.pools.simulation.outbox()
        pool = self.ids[name]
        (message,) = [
            each["message"]
            for each in outbox
            if each["protocol"] == "email" and each["attributes"].get("kind") == "decision" and pool in each["subject"]
        ]
        return str(message)

    def cidrs(self, name: str) -> list[str]:
        return self.pools.cidrs(self.ids[name])


@pytest.fixture(scope="module")
def account(deploy_account: Callable[[str], Simulation]) -> Simulation:
    return deploy_account(CONFIG)


@pytest.fixture(scope="module")
def incident(account: Simulation) -> Incident:
    """Everything runs low at once, and comes to its end."""
    pools = Pools(account)
    incident = Incident(pools)
    ec2, private, public = pools.ec2, pools.private, pools.public
    ipam = ec2.describe_ipams()["Ipams"][0]["IpamId"]
    ec2.modify_ipam(IpamId=ipam, EnablePrivateGua=True)
    authority = {"Type": "infoblox", "ExternalResourceIdentifier": "1.identity.account.123.realm"}
    scope = ec2.create_ipam_scope(IpamId=ipam, ExternalAuthorityConfiguration=authority)["IpamScope"]["IpamScopeId"]
    vpc = ec2.create_vpc(CidrBlock="10.128.0.0/20")["Vpc"]["VpcId"]
    owner = {"ResourceRegion": account.region, "ResourceOwner": account.account}
    account.settle()
    incident.make(
        {
            "top": (private, "ipv4", {}),
            "full": (private, "ipv4", {}),
            "contested": (private, "ipv4", {}),
            "in the way": (private, "ipv4", {}),
            "supplied": (private, "ipv4", {"env": "supplied"}),
            "alone": (private, "ipv4", {"env": "prod"}),
            "empty": (private, "ipv4", {"env": "prod"}),
            "planning": (
                private,
                "ipv4",
                {"env": "prod", "SourceResource": {"ResourceId": vpc, "ResourceType": "vpc", **owner}},
            ),
            "elsewhere": (scope, "ipv4", {"env": "prod"}),
            "global": (private, "ipv6", {}),
            "brought": (public, "ipv6", {"PubliclyAdvertisable": True}),
        },
        {
            "top": [{"Cidr": "10.0.0.0/16"}],
            "full": [{"Cidr": "10.16.0.0/20"}],
            "contested": [{"Cidr": "10.112.0.0/19"}],
            "in the way": [{"Cidr": "10.65.0.0/24"}],
            "supplied": [{"Cidr": "10.32.0.0/24"}],
            "alone": [{"Cidr": "10.48.0.0/24"}],
            "planning": [{"Cidr": "10.128.0.0/20"}],
            "elsewhere": [{"NetmaskLength": 24}],
            "global": [{"Cidr": "2001:4860::/40"}],
            "brought": [{"Cidr": "2605:9cc0:408::/46", "CidrAuthorizationContext": PROOF}],
        },
    )
    regional = {"source": "brought", "Locale": account.region, "AwsService": "ec2"}
    incident.make(
        {
            "fragmented": (private, "ipv4", {"env": "ready", "source": "top"}),
            "low": (private, "ipv4", {"env": "prod", "source": "top"}),
            "many": (private, "ipv4", {"env": "prod", "source": "top"}),
            "failing": (private, "ipv4", {"env": "prod", "source": "contested"}),
            "rival": (private, "ipv4", {"source": "contested"}),
            "by hand": (private, "ipv4", {"env": "prod", "source": "top"}),
            "starved": (private, "ipv4", {"env": "prod", "source": "full"}),
            "private global": (private, "ipv6", {"env": "prod", "source": "global"}),
            "public ipv6": (public, "ipv6", {"env": "prod", **regional}),
        },
        {
            "fragmented": [{"Cidr": "10.0.0.0/20"}],
            "low": [{"Cidr": "10.0.32.0/20"}],
            "many": [{"Cidr": f"10.0.{64 + number // 16}.{number % 16 * 16}/28"} for number in range(50)],
            "failing": [{"Cidr": "10.112.0.0/20"}],
            "by hand": [{"Cidr": "10.0.128.0/20"}],
            "starved": [{"Cidr": "10.16.0.0/20"}],
            "private global": [{"NetmaskLength": 48}],
            "public ipv6": [{"NetmaskLength": 48}],
        },
    )
    for third in (2, 6, 10, 14):
        ec2.allocate_ipam_pool_cidr(IpamPoolId=incident.ids["fragmented"], Cidr=f"10.0.{third}.0/24")
    for _ in range(45):
        ec2.allocate_ipam_pool_cidr(IpamPoolId=incident.ids["many"], NetmaskLength=28)
    for name in (
        *("supplied", "alone", "planning", "elsewhere", "low", "starved"),
        *("private global", "public ipv6"),
    ):
        pools.fill(incident.ids[name])
    account.advance(QUARTER)  # the schedule sees what no alarm tells
    return incident


# --- Refilled


def test_less_than_the_low_water_mark(incident: Incident) -> None:
    assert incident.outcome("low") == [("done", "low-water")]
    (_, added) = incident.cidrs("low")
    assert IPv4Network(added).prefixlen == 21


def test_enough_space_but_no_block_of_the_size_that_must_be_ready(incident: Incident) -> None:
    assert incident.outcome("fragmented") == [("done", "fragmented")]
    (_, added) = incident.cidrs("fragmented")
    assert IPv4Network(added).prefixlen == 22
    assert "no block of the /22 that must be ready" in incident.told("fragmented")


def test_private_global_ipv6_comes_from_the_source_pool(incident: Incident) -> None:
    assert incident.outcome("private global") == [("done", "low-water")]
    (_, added) = incident.cidrs("private global")
    assert ip_network(added).prefixlen == 49


def test_ipv6_below_a_byoip_pool_comes_in_blocks_that_can_be_advertised(incident: Incident) -> None:
    assert incident.outcome("public ipv6") == [("done", "low-water")]
    assert [ip_network(cidr).prefixlen for cidr in incident.cidrs("public ipv6")] == [48, 48]


# --- Not refilled, and why


@pytest.mark.parametrize(
    ("pool", "reason", "says"),
    [
        (
            "starved",
            "source-exhausted",
            "It needs a /21 (a /28 at the very least), no block is free in its source pool",
        ),
        ("supplied", "supply-exhausted", "no block is free in its rule's supply (10.65.0.0/24)"),
        ("alone", "no-supply", "its rule names no supply of ipv4"),
        ("many", "cidr-quota", "It has 50 CIDRs, and `max_cidrs_per_pool` is 50"),
        ("planning", "vpc-planning-pool", "Add a CIDR to the VPC"),
        ("elsewhere", "external-authority", "Ask there for more"),
    ],
)
def test_what_cannot_be_refilled_is_told_with_what_would_help(
    incident: Incident, pool: str, reason: str, says: str
) -> None:
    before = incident.cidrs(pool)
    assert incident.outcome(pool) == [("blocked", reason)]
    assert says in " ".join(incident.told(pool).split())
    assert incident.cidrs(pool) == before


def test_a_source_without_space_is_critical(account: Simulation, incident: Incident) -> None:
    pool = incident.ids["starved"]
    severities = {each["attributes"]["severity"] for each in account.outbox() if pool in each["message"]}
    assert severities == {"critical"}


def test_a_pool_without_a_cidr_is_left_alone_and_stops_no_run(account: Simulation, incident: Incident) -> None:
    fired = account.advance(QUARTER)["invocations"]
    assert {each["status"] for each in fired if each["trigger"] == "schedule"} == {"ok"}
    assert incident.outcome("empty") == [("skipped", "not-ready")]


def test_what_somebody_else_is_provisioning_counts_as_in_flight_and_bothers_nobody(
    account: Simulation, incident: Incident
) -> None:
    pool = incident.ids["by hand"]
    now = account.settle()["now"]
    incident.pools.fill(pool)
    incident.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.144.0/20")
    invoke(account, alarm_event(account, pool, now=now))
    assert incident.outcome("by hand") == [("skipped", "in-flight")]
    account.settle()
    assert incident.cidrs("by hand") == ["10.0.128.0/20", "10.0.144.0/20"]
    assert decisions_told(account, pool) == []


def test_a_block_that_aws_fails_to_provision_is_told_and_another_one_is_taken(
    account: Simulation, incident: Incident
) -> None:
    """Somebody has taken the block, and no list shows it yet."""
    pool = incident.ids["failing"]
    switch(account, "observe")
    incident.pools.fill(pool)
    now = account.settle()["now"]
    switch(account, "deployed")
    account.change_settings(read_lag_seconds=30)
    incident.ec2.provision_ipam_pool_cidr(IpamPoolId=incident.ids["rival"], Cidr="10.112.16.0/21")
    invoke(account, alarm_event(account, pool, now=now))
    account.reset_settings()
    account.settle()
    account.advance(QUARTER)
    assert ("failed", "provision-failed") in incident.outcome("failing")
    assert ("done", "low-water") in incident.outcome("failing")
    assert ("failed", "provision-failed") in decisions_told(account, pool)
    assert incident.cidrs("failing") == ["10.112.0.0/20", "10.112.24.0/21"]


def test_a_governed_pool_whose_availability_nobody_publishes_is_told_once_and_refilled_by_the_schedule(
    account: Simulation, incident: Incident
) -> None:
    incident.make({"unseen": (incident.pools.private, "ipv4", {"env": "prod", "source": "top"})}, {})
    pool = incident.ids["unseen"]
    account.change_settings(unmeasured_pools=[pool])
    incident.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr="10.0.192.0/20")
    account.advance(QUARTER)
    assert ("skipped", "no-metric") not in incident.outcome("unseen")
    for _ in range(2):
        account.advance(2 * HOUR + QUARTER)
        assert ("skipped", "no-metric") in incident.outcome("unseen")
        assert "only the schedule looks at it" in " ".join(incident.told("unseen").split())

    incident.pools.fill(pool)
    account.advance(QUARTER)

    assert len(incident.cidrs("unseen")) == 2
    account.reset_settings()
