"""What an episode begins with: a random configuration, and an account with pools, addresses and load balancers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from chaos.account import HOME, client
from simulator.clock import CLOCK

if TYPE_CHECKING:
    import random

HOUR, DAY = 3600, 86400
PERIODS = {"refill_pools": HOUR // 2, "release_eips": HOUR, "align_albs": HOUR, "extend_vpcs": HOUR}
"""How often each remediation's schedule fires, in seconds."""

SUPPLY = "10.64.0.0/18"
READY_AFTER = 600
EXCLUDING = ("team", "network")
"""The tag of load balancers that nobody is to look after."""

_MODES = ("enforce", "enforce", "enforce", "approve", "observe")


@dataclass(frozen=True, kw_only=True)
class Estate:
    """The ids of what people go on to work with."""

    source: str
    pools: tuple[str, ...]
    public_pool: str
    zone: str
    subnets: tuple[str, ...]
    interfaces: tuple[str, ...]
    vpc_pool: str
    vpcs: tuple[str, ...]
    """VPCs whose CIDRs come from `vpc_pool`."""


def random_settings(dice: random.Random, *, public_pool: str) -> dict[str, Any]:
    """Draw the functions' settings, as the configuration gives them at synth."""
    grace = dice.choice([1, 2, 3]) * HOUR
    modes = {name: dice.choice(_MODES) for name in PERIODS}
    return {
        "mode": "enforce",
        "tag_prefix": "poolwarden",
        "regions": [HOME],
        "organization": None,
        "change_calendar": None,
        "refill_pools": {
            "mode": modes["refill_pools"],
            "max_provisions_per_day": dice.choice([1, 3, 10]),
            "rules": [_rule(dice, "yes"), _rule(dice, "supplied", supply=[SUPPLY])],
        },
        "release_eips": {
            "mode": modes["release_eips"],
            "grace": grace,
            "warn_before": min(grace, dice.choice([1, 2]) * HOUR),
            "max_releases_per_run": dice.choice([1, 2, 25, 25]),
            "breaker": {"share": dice.choice([0.2, 0.5, 1.0]), "at_least": dice.choice([2, 3, 100, 100])},
            "include": ["amazon", "ipam"],
            "dns_accounts": [],
            "keep_tags": {"keep": "true"},
            "sweep_period": PERIODS["release_eips"],
        },
        "align_albs": {
            "mode": modes["align_albs"],
            "pools": {HOME: public_pool},
            "allowed_pools": [],
            "headroom_addresses": dice.choice([0, 2]),
            "exclude_tags": dict([EXCLUDING]),
            "sweep_period": PERIODS["align_albs"],
        },
        "extend_vpcs": {
            "mode": modes["extend_vpcs"],
            "high_water_percent": dice.choice([50, 75, 100]),
            "netmask_length": dice.choice([None, 27]),
            "max_cidrs_per_vpc": dice.choice([2, 5]),
            "max_extensions_per_day": dice.choice([1, 5]),
            "max_extensions_per_vpc_per_day": dice.choice([1, 2]),
            "exclude_tags": {},
        },
        "notifications": {"minimum_severity": "info"},
        "contacts": {},
        "ledger_retention": 400 * DAY,
        "approval_expires": dice.choice([2 * HOUR, 3 * DAY]),
    }


def build(dice: random.Random) -> Estate:
    """Build the account: pools of each kind, some nearly full, addresses, a hosted zone, load balancers."""
    ec2 = client("ec2")
    ipam = ec2.create_ipam(OperatingRegions=[{"RegionName": HOME}])["Ipam"]
    private, public = ipam["PrivateDefaultScopeId"], ipam["PublicDefaultScopeId"]
    source = _pool(private, "10.16.0.0/20")
    children = tuple(
        _pool(private, f"10.16.{8 + number}.0/24", source=source, refill="yes") for number in range(dice.randint(1, 3))
    )
    local = _pool(private, "10.16.6.0/24", source=source, refill="yes", locale=HOME)
    vpcs = tuple(_vpc_of(local, subnets=dice.randint(1, 4)) for _ in range(dice.randint(1, 2)))
    supplied = _pool(private, "10.128.0.0/24", refill="supplied")
    for pool in (*children, supplied):
        for _ in range(dice.randint(3, 7)):
            ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=27)
    company = _pool(public, "130.137.0.0/16", proof=True)
    region = _pool(public, "130.137.0.0/17", source=company, service="ec2")
    public_pool = _pool(public, "130.137.0.0/28", source=region, service="ec2")
    for supply in ("10.16.0.0/24", "10.64.0.0/24"):
        if dice.random() < 0.5:  # where the next block would come from, and IPAM knows of it by discovery alone
            ec2.create_vpc(CidrBlock=supply)
    subnets = sorted(each["SubnetId"] for each in ec2.describe_subnets()["Subnets"] if each["DefaultForAz"])[:3]
    vpc = ec2.create_vpc(CidrBlock="172.20.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="172.20.0.0/24")["Subnet"]["SubnetId"]
    interfaces = tuple(
        ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        for subnet in (subnets[0], subnets[0], other, other)
    )
    zone = client("route53").create_hosted_zone(Name="example.com", CallerReference="chaos")["HostedZone"]["Id"]
    for _ in range(dice.randint(3, 9)):
        _address(dice, public_pool)
    for number in range(dice.randint(0, 2)):
        client("elbv2").create_load_balancer(Name=f"first-{number}", Subnets=subnets[:2])
    CLOCK.advance(READY_AFTER)
    return Estate(
        source=source,
        pools=(*children, local, supplied),
        public_pool=public_pool,
        zone=zone,
        subnets=tuple(subnets),
        interfaces=interfaces,
        vpc_pool=local,
        vpcs=vpcs,
    )


def keeping_tag(dice: random.Random) -> tuple[str, str]:
    """Draw a tag, key and value, that keeps an address; a day up to which it is kept may be over."""
    day = (CLOCK.now() + timedelta(days=dice.randint(-1, 2))).date().isoformat()
    return dice.choice([("poolwarden:protect", "true"), ("keep", "true"), ("poolwarden:keep-until", day)])


def _address(dice: random.Random, public_pool: str) -> None:
    """Allocate an address: Amazon's or from the pool, and now and then with a tag that keeps it."""
    key, value = keeping_tag(dice)
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": key, "Value": value}]}]
    client("ec2").allocate_address(
        **({"IpamPoolId": public_pool} if dice.random() < 0.2 else {}),
        **({"TagSpecifications": tags} if dice.random() < 0.3 else {}),
    )


def _rule(dice: random.Random, tag: str, *, supply: list[str] | None = None) -> dict[str, Any]:
    low = dice.choice([10, 30, 50])
    return {
        "match": {"id": None, "tags": {"refill": tag}, "scope": None, "family": None},
        "low_water_percent": low,
        "target_percent": low + dice.choice([10, 30]),
        "min_netmask_length": None,
        "max_netmask_length": dice.choice([None, 26]),
        "ready_netmask_length": dice.choice([None, 26]),
        "max_provisions_per_day": dice.choice([1, 2, 4]),
        "max_cidrs_per_pool": 50,
        "max_contiguous_blocks": 2,
        "supply": supply or [],
    }


def _vpc_of(pool: str, *, subnets: int) -> str:
    """Create a VPC of 64 addresses from a pool, with so many subnets of 16 each."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=26)["Vpc"]
    for block in list(ip_network(vpc["CidrBlock"]).subnets(new_prefix=28))[:subnets]:
        ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=str(block))
    return str(vpc["VpcId"])


def _pool(
    scope: str,
    cidr: str,
    *,
    source: str = "",
    locale: str = "",
    service: str = "",
    refill: str = "",
    proof: bool = False,
) -> str:
    ec2 = client("ec2")
    tags = [{"ResourceType": "ipam-pool", "Tags": [{"Key": "refill", "Value": refill}]}] if refill else []
    pool = ec2.create_ipam_pool(
        IpamScopeId=scope,
        AddressFamily="ipv4",
        **({"SourceIpamPoolId": source} if source else {}),
        **({"Locale": locale or HOME} if locale or service else {}),
        **({"AwsService": service} if service else {}),
        **({"TagSpecifications": tags} if tags else {}),
    )["IpamPool"]["IpamPoolId"]
    CLOCK.advance(READY_AFTER)
    authorized = {"CidrAuthorizationContext": {"Message": "m", "Signature": "s"}} if proof else {}
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr, **authorized)
    CLOCK.advance(READY_AFTER)
    return str(pool)
