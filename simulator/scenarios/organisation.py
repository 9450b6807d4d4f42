"""An organisation of 25 accounts in 3 Regions: 60 pools, 75 VPCs, 2,000 addresses and 150 load balancers.

Or a smaller one of the same kind. The hub is the simulation's own account: it administers IPAM for the organisation and
shares its pools with everybody.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from simulator.scenarios.networks import Network, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.client import Simulation

MANAGER = "999999999999"
"""The management account, which can be neither the IPAM's nor a member that is looked after."""

FURTHER_REGIONS = ("us-west-2", "eu-west-1")
TEAMS = ("checkout", "data", "identity", "mobile", "platform", "search")
ENVIRONMENTS = ("prod", "dev")
USED_EACH = 5
"""Of the addresses of one account in one Region, those that something uses."""

COMPANY, ACQUIRED = IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12")
PUBLIC = ("130.137.245.0/24", "130.137.246.0/24", "130.137.247.0/24")
"""One's own public range for each Region, like those of the IPAM user guide's tutorials."""

FULL_TEAM = "data"
"""The team whose pools are nearly used up."""

WORKERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large an organisation is: members besides the hub, Regions besides the hub's, addresses in all places."""

    members: int
    further_regions: int
    addresses: int

    @property
    def member_accounts(self) -> tuple[str, ...]:
        """The ids of the members."""
        return tuple(f"2000000000{number:02d}" for number in range(1, self.members + 1))

    @property
    def places(self) -> int:
        """Accounts in Regions."""
        return (self.members + 1) * (self.further_regions + 1)


WHOLE = Size(members=24, further_regions=2, addresses=2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What was built. Pools by name, such as `checkout-prod-us-east-1`; `public_pools` by Region.

    `unit` is the organizational unit of the members.
    """

    id: str
    unit: str
    hub: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    pools: Mapping[str, str]
    public_pools: Mapping[str, str]
    networks: tuple[Network, ...]


def build(simulation: Simulation, size: Size = WHOLE) -> Organisation:
    """Build it; everything is settled when this returns."""
    hub, regions = simulation.account, (simulation.region, *FURTHER_REGIONS[: size.further_regions])
    organization, unit = _organization(simulation, hub, size.member_accounts)
    pools, public_pools = _Pools(simulation, regions).build()
    _share(simulation, hub, organization["Arn"])
    accounts = (hub, *size.member_accounts)
    with ThreadPoolExecutor(WORKERS) as workers:
        jobs = [
            workers.submit(_network, simulation, account, region, pools, public_pools, number, _share_of(size, number))
            for number, (account, region) in enumerate(itertools.product(accounts, regions))
        ]
        networks = tuple(job.result() for job in jobs)
    simulation.settle()
    return Organisation(
        id=organization["Id"],
        unit=unit,
        hub=hub,
        accounts=accounts,
        regions=regions,
        pools=pools,
        public_pools=public_pools,
        networks=networks,
    )


def configuration(built: Organisation) -> str:
    """The configuration that suits it: everything is watched, in every account."""
    pools = "".join(f"    {region}: {pool}\n" for region, pool in built.public_pools.items())
    return (
        "mode: observe\n"
        f"regions: [{', '.join(built.regions)}]\n"
        f"organization: {{id: {built.id}, accounts: all}}\n"
        "refill_pools:\n"
        "  pools:\n"
        "    - {match: {tags: {env: prod}}, low_water_percent: 20, target_percent: 40}\n"
        "    - {match: {tags: {env: dev}}, low_water_percent: 10, target_percent: 30}\n"
        "release_eips: {}\n"
        f"align_albs:\n  pools:\n{pools}"
        "notifications: {email: [net-oncall@example.com]}\n"
    )


def _organization(simulation: Simulation, hub: str, members: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The organisation, with the hub as the administrator of IPAM; the id of the unit that the members are in."""
    organizations = simulation.client("organizations", account=MANAGER)
    organization: dict[str, Any] = organizations.create_organization()["Organization"]
    (root,) = organizations.list_roots()["Roots"]
    workloads = organizations.create_organizational_unit(ParentId=root["Id"], Name="Workloads")["OrganizationalUnit"]
    for account in (hub, *members):
        target = {"Id": account, "Type": "ACCOUNT"}
        invited = organizations.invite_account_to_organization(Target=target)["Handshake"]["Id"]
        simulation.client("organizations", account=account).accept_handshake(HandshakeId=invited)
        if account != hub:
            organizations.move_account(
                AccountId=account, SourceParentId=root["Id"], DestinationParentId=workloads["Id"]
            )
    for service in ("ipam.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com"):
        organizations.enable_aws_service_access(ServicePrincipal=service)
        organizations.register_delegated_administrator(AccountId=hub, ServicePrincipal=service)
    manager = simulation.client("ec2", account=MANAGER)
    manager.enable_ipam_organization_admin_account(DelegatedAdminAccountId=hub)
    simulation.client("ram", account=MANAGER).enable_sharing_with_aws_organization()
    return organization, str(workloads["Id"])


class _Pools:
    """The hub's pools: two private trees of three levels, and public ranges of one's own."""

    def __init__(self, simulation: Simulation, regions: tuple[str, ...]) -> None:
        self._simulation, self._regions = simulation, regions
        self._ec2 = simulation.client("ec2")
        self.private: dict[str, str] = {}

    def build(self) -> tuple[dict[str, str], dict[str, str]]:
        """The private pools by name, and the public ones by Region."""
        operating = [{"RegionName": region} for region in self._regions]
        ipam = self._ec2.create_ipam(Description="Example Corp", OperatingRegions=operating, Tier="advanced")["Ipam"]
        acquired = self._ec2.create_ipam_scope(IpamId=ipam["IpamId"], Description="acquired")["IpamScope"]
        self._simulation.settle()
        roots = {"company": COMPANY, "acquired": ACQUIRED}
        scopes = {"company": ipam["PrivateDefaultScopeId"], "acquired": acquired["IpamScopeId"]}
        for name, block in roots.items():
            self._pool(name, scope=scopes[name], block=block)
        public = self._public(ipam["PublicDefaultScopeId"])
        self._simulation.settle()
        self._provision(roots)
        regional = {
            f"{name}-{region}": (name, region, block)
            for name, root in roots.items()
            for region, block in zip(self._regions, root.subnets(prefixlen_diff=4), strict=False)
        }
        for name, (parent, region, block) in regional.items():
            self._pool(name, scope=scopes[parent], source=parent, locale=region, block=block)
        self._simulation.settle()
        self._provision({name: block for name, (_, _, block) in regional.items()})
        leaves = dict(self._leaves(regional))
        for name, (parent, region, block, tags) in leaves.items():
            scope = scopes[parent.partition("-")[0]]
            self._pool(name, scope=scope, source=parent, locale=region, block=block, **tags)
        self._simulation.settle()
        self._provision({name: block for name, (_, _, block, _) in leaves.items()})
        return self.private, public

    def _leaves(
        self, regional: Mapping[str, tuple[str, str, IPv4Network]]
    ) -> Iterator[tuple[str, tuple[str, str, IPv4Network, dict[str, str]]]]:
        """Name → parent, Region, first block and tags: each team's and environment's pool, and four of the acquired."""
        for parent, (root, region, block) in regional.items():
            areas = block.subnets(new_prefix=block.prefixlen + 4)
            teams = TEAMS if root == "company" else ("legacy", "retail")
            for team, environment in itertools.product(teams, ENVIRONMENTS):
                length = 22 if team == FULL_TEAM else 20
                area = next(next(areas).subnets(new_prefix=length))
                yield f"{team}-{environment}-{region}", (parent, region, area, {"env": environment, "team": team})

    def _pool(
        self,
        name: str,
        *,
        scope: str,
        block: IPv4Network,
        source: str | None = None,
        locale: str | None = None,
        **tags: str,
    ) -> None:
        request: dict[str, Any] = {"IpamScopeId": scope, "AddressFamily": f"ipv{block.version}"}
        if source:
            request["SourceIpamPoolId"] = self.private[source]
        if locale:
            request["Locale"] = locale
        specification = tagged("ipam-pool", Name=name, **tags)
        made = self._ec2.create_ipam_pool(**request, TagSpecifications=specification)
        self.private[name] = made["IpamPool"]["IpamPoolId"]

    def _provision(self, blocks: Mapping[str, IPv4Network]) -> None:
        for name, block in blocks.items():
            self._ec2.provision_ipam_pool_cidr(IpamPoolId=self.private[name], Cidr=str(block))
        self._simulation.settle()

    def _public(self, scope: str) -> dict[str, str]:
        """A top-level pool for each Region with a range of one's own, and one of Amazon's beside it in the first."""
        pools = {region: self._public_pool(scope, region, source="byoip") for region in self._regions}
        contiguous = self._public_pool(scope, self._regions[0], source="amazon")
        self._simulation.settle()
        proof = {"Message": "1|aws|example|20301231|SHA256|RSAPSS", "Signature": "simulated"}
        for pool, block in zip(pools.values(), PUBLIC, strict=False):
            self._ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=block, CidrAuthorizationContext=proof)
        self._ec2.provision_ipam_pool_cidr(IpamPoolId=contiguous, NetmaskLength=29)
        return pools

    def _public_pool(self, scope: str, region: str, *, source: str) -> str:
        made = self._ec2.create_ipam_pool(
            IpamScopeId=scope,
            AddressFamily="ipv4",
            Locale=region,
            AwsService="ec2",
            PublicIpSource=source,
            TagSpecifications=tagged("ipam-pool", Name=f"{source}-{region}"),
        )
        return str(made["IpamPool"]["IpamPoolId"])


def _share(simulation: Simulation, hub: str, organization: str) -> None:
    """Let every account use every pool that has a locale."""
    pools = simulation.client("ec2").describe_ipam_pools()["IpamPools"]
    simulation.client("ram", account=hub).create_resource_share(
        name="pools",
        resourceArns=[pool["IpamPoolArn"] for pool in pools if pool["Locale"] != "None"],
        principals=[organization],
    )


def _share_of(size: Size, number: int) -> int:
    """How many of the addresses are in the place of this number."""
    return size.addresses // size.places + (number < size.addresses % size.places)


def _network(
    simulation: Simulation,
    account: str,
    region: str,
    pools: Mapping[str, str],
    public_pools: Mapping[str, str],
    number: int,
    addresses: int,
) -> Network:
    """What the account has in the Region: its team's VPC, addresses, a load balancer on the pool and one beside it."""
    team, environment = TEAMS[number // 3 % len(TEAMS)], ENVIRONMENTS[number // 18 % len(ENVIRONMENTS)]
    network = Network(simulation, account=account, region=region, pool=pools[f"{team}-{environment}-{region}"])
    network.addresses(addresses, used=USED_EACH, team=team)
    network.load_balancer(f"{team}-public", pool=public_pools[region], team=team)
    network.load_balancer(f"{team}-web", internal=number % 5 == 0, team=team)
    return network
