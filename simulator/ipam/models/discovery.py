"""What IPAM finds in a Region of an account: the CIDRs of VPCs, subnets, Elastic IPs and instances' interfaces."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.ipam.space import Network


HISTORY_ONLY = frozenset({"network-interface", "instance"})
"""What IPAM does not monitor, but remembers the addresses of (user guide, "View IP address history")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscoveredCidr:
    """One CIDR of one resource, as it was when the sample was taken."""

    resource_owner_id: str
    resource_region: str
    resource_type: str
    resource_id: str | None
    network: Network
    resource_name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    vpc_id: str | None = None
    subnet_id: str | None = None
    availability_zone_id: str | None = None
    ip_source: str = "none"
    """`amazon` or `byoip` for public addresses, by whose they are; `none` for private ones."""
    ip_usage: float | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells this CIDR from every other; lists of discovered CIDRs are in this order."""
        return self.resource_region, self.resource_id or "", str(self.network), self.resource_type

    @property
    def resource_cidr(self) -> str:
        """The CIDR as answers write it."""
        return str(self.network)

    @property
    def resource_tags(self) -> list[dict[str, str]]:
        """The resource's tags as answers list them."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    @property
    def tag_map(self) -> Mapping[str, str]:
        """The resource's tags by key."""
        return self.tags

    @property
    def address_family(self) -> str:
        """`ipv4` or `ipv6`."""
        return f"ipv{self.network.version}"

    @property
    def network_interface_attachment_status(self) -> None:
        """Only network interfaces have one."""

    def is_history_only(self) -> bool:
        """Whether IPAM does not monitor the resource, but only remembers who had its addresses."""
        return self.resource_type in HISTORY_ONLY

    def is_public(self) -> bool:
        """Whether the CIDR belongs to the internet's address space, and so to the public scope.

        That a VPC's IPv6 CIDR comes from a private pool is known only from its allocation.
        """
        if self.resource_type in ("eip", "public-ipv4-pool"):
            return True
        return self.network.version == 6 and self.network.is_global  # noqa: PLR2004 - IP versions


def discover(backend: Any) -> Iterator[DiscoveredCidr]:  # noqa: ANN401 - moto is untyped
    """Everything in one Region of one account."""
    subnets = [subnet for by_id in backend.subnets.values() for subnet in by_id.values()]
    networks_by_vpc: dict[str, list[Network]] = defaultdict(list)
    for subnet in subnets:
        networks_by_vpc[subnet.vpc_id].extend(_networks(subnet))
    for vpc in backend.vpcs.values():
        yield from _of_vpc(vpc, networks_by_vpc[vpc.id])
    for subnet in subnets:
        yield from _of_subnet(subnet)
    for address in backend.addresses:
        network, subnet = ip_network(address.public_ip), address.eni.subnet if address.eni else None
        yield _discovered(
            address,
            "eip",
            network,
            vpc_id=subnet.vpc_id if subnet else None,
            subnet_id=subnet.id if subnet else None,
            ip_source=getattr(address, "ip_source", "amazon"),
        )
    for pool in backend.public_ipv4_pools.values():
        for part in pool.pool_address_ranges:
            used = 1 - part.available_address_count / part.address_count
            yield _discovered(pool, "public-ipv4-pool", part.network, ip_usage=used, ip_source="byoip")
    for interface in backend.enis.values():
        yield from _of_interface(interface)


def _of_vpc(vpc: Any, subnets: list[Network]) -> Iterator[DiscoveredCidr]:  # noqa: ANN401 - moto is untyped
    for network in vpc_networks(vpc):
        taken = sum(subnet.num_addresses for subnet in subnets if _contains(network, subnet))
        yield _discovered(vpc, "vpc", network, vpc_id=vpc.id, ip_usage=taken / network.num_addresses)


def vpc_networks(vpc: Any) -> list[Network]:  # noqa: ANN401 - moto is untyped
    """The CIDRs that are associated with a VPC."""
    return [
        ip_network(association["cidr_block"])
        for family in (False, True)
        for association in vpc.get_cidr_block_association_set(ipv6=family)
        if association["cidr_block_state"]["state"] == "associated"
    ]


def _of_subnet(subnet: Any) -> Iterator[DiscoveredCidr]:  # noqa: ANN401 - moto is untyped
    for network in _networks(subnet):
        used = None
        if isinstance(network, IPv4Network):
            used = 1 - subnet.available_ip_address_count / network.num_addresses
        yield _discovered(
            subnet,
            "subnet",
            network,
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            availability_zone_id=subnet.availability_zone_id,
            ip_usage=used,
        )


def _of_interface(interface: Any) -> Iterator[DiscoveredCidr]:  # noqa: ANN401 - moto is untyped
    if interface.instance is None:
        return
    for address in interface.private_ip_addresses:
        network = ip_network(address["PrivateIpAddress"])
        yield _discovered(interface, "network-interface", network, vpc_id=interface.subnet.vpc_id)
        yield _discovered(interface.instance, "instance", network, vpc_id=interface.subnet.vpc_id)


def _discovered(resource: Any, resource_type: str, network: Network, **details: Any) -> DiscoveredCidr:  # noqa: ANN401
    tags = dict(resource.ec2_backend.tags.get(resource.id, {}))
    usage = details.pop("ip_usage", None)
    return DiscoveredCidr(
        resource_owner_id=resource.ec2_backend.account_id,
        resource_region=resource.ec2_backend.region_name,
        resource_type=resource_type,
        resource_id=resource.id,
        network=network,
        resource_name=tags.get("Name"),
        tags=tags,
        ip_usage=None if usage is None else round(usage, 4),
        **details,
    )


def _networks(subnet: Any) -> list[Network]:  # noqa: ANN401 - moto is untyped
    ipv4 = [subnet.cidr_block] if subnet.cidr_block else []
    ipv6 = [
        association["ipv6CidrBlock"]
        for association in subnet.ipv6_cidr_block_associations.values()
        if association["ipv6CidrBlockState"]["State"] == "associated"
    ]
    return [ip_network(cidr) for cidr in (*ipv4, *ipv6)]


def _contains(outer: Network, inner: Network) -> bool:
    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network):
        return inner.subnet_of(outer)
    return False
