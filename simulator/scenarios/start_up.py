"""A start-up with one account in one Region: a small pool tree, two networks, some addresses, two load balancers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.scenarios import small_organisation
from simulator.scenarios.networks import Network, tagged

if TYPE_CHECKING:
    from simulator.client import Simulation
    from simulator.scenarios.small_organisation import SmallOrganisation

ADDRESSES, USED = 12, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StartUp:
    """What was built: networks and load balancers by environment."""

    tree: SmallOrganisation
    public_pool: str
    region: str
    networks: dict[str, Network]
    addresses: tuple[str, ...]
    load_balancers: dict[str, str]


def build(simulation: Simulation) -> StartUp:
    """Build it in the simulation's own account and Region; everything is settled when this returns."""
    tree = small_organisation.build(simulation)
    public = _public_pool(simulation)
    networks = {
        environment: Network(simulation, account=simulation.account, region=simulation.region, pool=pool)
        for environment, pool in tree.pools.items()
    }
    addresses = networks["prod"].addresses(ADDRESSES, used=USED)
    simulation.client("ec2").create_tags(
        Resources=addresses[-1:], Tags=[{"Key": "poolwarden:protect", "Value": "true"}]
    )
    balancers = {
        "prod": networks["prod"].load_balancer("web", pool=public),
        "dev": networks["dev"].load_balancer("preview"),
    }
    simulation.settle()
    return StartUp(
        tree=tree,
        public_pool=public,
        region=simulation.region,
        networks=networks,
        addresses=tuple(addresses),
        load_balancers=balancers,
    )


def configuration(built: StartUp) -> str:
    """The configuration that suits it: its one account is watched."""
    return (
        "mode: observe\n"
        "refill_pools:\n"
        "  pools:\n"
        "    - {match: {scope: private}, low_water_percent: 20, target_percent: 40}\n"
        "release_eips: {}\n"
        f"align_albs: {{pools: {{{built.region}: {built.public_pool}}}}}\n"
        "notifications: {email: [founders@example.com]}\n"
    )


def _public_pool(simulation: Simulation) -> str:
    """A pool with eight addresses of Amazon's that follow each other."""
    ec2 = simulation.client("ec2")
    scope = ec2.describe_ipams()["Ipams"][0]["PublicDefaultScopeId"]
    pool: str = ec2.create_ipam_pool(
        IpamScopeId=scope,
        AddressFamily="ipv4",
        Locale=simulation.region,
        AwsService="ec2",
        PublicIpSource="amazon",
        TagSpecifications=tagged("ipam-pool", Name="public"),
    )["IpamPool"]["IpamPoolId"]
    simulation.settle()
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=29)
    simulation.settle()
    return pool
