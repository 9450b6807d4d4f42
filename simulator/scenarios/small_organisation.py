"""A small organisation: one IPAM, a pool tree of three levels, two environments with VPCs of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.client import Simulation

COMPANY_CIDR = "10.0.0.0/8"
REGION_CIDR = "10.0.0.0/12"
ENVIRONMENTS = {"prod": "10.0.0.0/20", "dev": "10.0.16.0/22"}
"""Environment (the `env` tag of its pool) → the pool's first CIDR."""

VPC_NETMASK_LENGTH = 23


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallOrganisation:
    """The ids of what was built. `pools` are the environments' pools by name."""

    scope: str
    company_pool: str
    region_pool: str
    pools: dict[str, str]

    @property
    def tree(self) -> dict[str, str]:
        """Every pool's name and id, from the top down."""
        return {"company": self.company_pool, "region": self.region_pool, **self.pools}


def build(simulation: Simulation) -> SmallOrganisation:
    """Build the organisation in the simulation's own account and Region; its pools are ready when this returns."""
    ec2 = simulation.client("ec2")
    ipam = ec2.create_ipam(
        Description="Example Corp", OperatingRegions=[{"RegionName": simulation.region}], Tier="advanced"
    )["Ipam"]
    scope = ipam["PrivateDefaultScopeId"]
    company = _pool(simulation, scope, name="company", cidr=COMPANY_CIDR)
    region = _pool(simulation, scope, name="region", cidr=REGION_CIDR, source=company, locale=simulation.region)
    pools = {
        name: _pool(simulation, scope, name=name, cidr=cidr, source=region, locale=simulation.region, environment=name)
        for name, cidr in ENVIRONMENTS.items()
    }
    return SmallOrganisation(scope=scope, company_pool=company, region_pool=region, pools=pools)


def create_vpc(simulation: Simulation, pool_id: str, *, name: str, netmask_length: int = VPC_NETMASK_LENGTH) -> str:
    """Create a VPC as a product team would: with a CIDR that the pool chooses."""
    vpc = simulation.client("ec2").create_vpc(
        Ipv4IpamPoolId=pool_id,
        Ipv4NetmaskLength=netmask_length,
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}],
    )
    return str(vpc["Vpc"]["VpcId"])


def _pool(
    simulation: Simulation,
    scope: str,
    *,
    name: str,
    cidr: str,
    source: str | None = None,
    locale: str | None = None,
    environment: str | None = None,
) -> str:
    ec2 = simulation.client("ec2")
    tags = {"Name": name} | ({"env": environment} if environment else {})
    request: dict[str, Any] = {
        "IpamScopeId": scope,
        "AddressFamily": "ipv4",
        "TagSpecifications": [{"ResourceType": "ipam-pool", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}],
    }
    if source:
        request["SourceIpamPoolId"] = source
    if locale:
        request["Locale"] = locale
    pool_id = str(ec2.create_ipam_pool(**request)["IpamPool"]["IpamPoolId"])
    simulation.settle()
    ec2.provision_ipam_pool_cidr(IpamPoolId=pool_id, Cidr=cidr)
    simulation.settle()
    return pool_id
