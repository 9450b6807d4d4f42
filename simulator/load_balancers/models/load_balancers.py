"""Load balancers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.elbv2.models import FakeLoadBalancer
from moto.moto_api._internal import mock_random

from simulator.clock import CLOCK
from simulator.ipam import policy_pools, pool_for_new
from simulator.load_balancers.models.families import APPLICATION, GATEWAY, NETWORK
from simulator.load_balancers.models.nodes import Nodes
from simulator.load_balancers.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from simulator.elastic_ips.models.addresses import ElasticIp
    from simulator.load_balancers.models.families import Family
    from simulator.load_balancers.models.placements import Placement, SubnetMapping

INTERNAL = "internal"
INTERNET_FACING = "internet-facing"
SCHEMES = (INTERNET_FACING, INTERNAL)

IPV4 = "ipv4"
DUALSTACK = "dualstack"
WITHOUT_PUBLIC_IPV4 = "dualstack-without-public-ipv4"
IP_ADDRESS_TYPES = (IPV4, DUALSTACK, WITHOUT_PUBLIC_IPV4)


@dataclass(frozen=True, kw_only=True)
class LoadBalancerRequest:
    """What CreateLoadBalancer asks for. Two that are equal are for one load balancer."""

    name: str
    family: Family
    scheme: str
    ip_address_type: str
    mappings: tuple[SubnetMapping, ...]
    security_groups: tuple[str, ...]
    ipv4_ipam_pool_id: str | None
    tags: tuple[tuple[str, str], ...]


class LoadBalancer(FakeLoadBalancer):
    """FakeLoadBalancer of moto's, with a state that takes time, and nodes."""

    def __init__(
        self,
        ec2_backend: Any,  # noqa: ANN401 - moto is untyped
        request: LoadBalancerRequest,
        *,
        placements: Sequence[Placement],
        security_groups: Sequence[str],
    ) -> None:
        identifier = mock_random.get_random_hex(length=16)
        self.family = request.family
        self.interface_description = f"ELB {self.family.short}/{request.name}/{identifier}"
        super().__init__(
            name=request.name,
            security_groups=list(security_groups),
            subnets=[placement.subnet for placement in placements],
            vpc_id=placements[0].subnet.vpc_id,
            arn=f"arn:{ec2_backend.partition}:elasticloadbalancing:{ec2_backend.region_name}:{ec2_backend.account_id}"
            f":loadbalancer/{self.family.short}/{request.name}/{identifier}",
            dns_name=_dns_name(request, identifier, ec2_backend.region_name),
            state="provisioning",
            scheme=request.scheme,
            loadbalancer_type=self.family.name,
            ip_address_type=request.ip_address_type,
        )
        self._ec2 = ec2_backend
        self.request = request
        self.created_time: datetime = CLOCK.now()
        self.ipv4_ipam_pool_id = request.ipv4_ipam_pool_id
        self.placements = list(placements)
        self.nodes = Nodes(self, ec2_backend)
        self.nodes.spread(self.placements)
        CLOCK.after(SETTINGS.provisioning, self.activate, label=f"{self.name} active")

    @property
    def ipam_pools(self) -> dict[str, str] | None:
        """The IPAM pools that are configured; an IPAM policy's do not count."""
        return {"Ipv4IpamPoolId": self.ipv4_ipam_pool_id} if self.ipv4_ipam_pool_id else None

    @property
    def availability_zones(self) -> list[dict[str, Any]]:
        """The zones with their subnets, and the static addresses of a Network Load Balancer there."""
        return [
            {
                "ZoneName": placement.subnet.availability_zone,
                "SubnetId": placement.subnet.id,
                "LoadBalancerAddresses": _static_addresses(placement),
            }
            for placement in self.placements
        ]

    def has_public_ipv4(self) -> bool:
        """Whether its nodes have public IPv4 addresses."""
        return (
            self.family is not GATEWAY
            and self.scheme == INTERNET_FACING
            and self.ip_address_type != WITHOUT_PUBLIC_IPV4
        )

    def has_ipv6(self) -> bool:
        """Whether its nodes have IPv6 addresses."""
        return self.ip_address_type != IPV4

    def pool_for_new_addresses(self) -> str | None:
        """The IPAM pool that new addresses are to come from: the load balancer's, else an IPAM policy's, else none."""
        if self.family is not APPLICATION:
            return None
        return self.ipv4_ipam_pool_id or pool_for_new("alb", self._ec2.account_id, self._ec2.region_name)

    def is_where_policy_has_it(self, address: ElasticIp) -> bool:
        """Whether an address is from a pool of the policy that places this load balancer's, which may be empty now."""
        if self.family is not APPLICATION or self.ipv4_ipam_pool_id:
            return False
        return address.public_ipv4_pool in policy_pools("alb", self._ec2.account_id, self._ec2.region_name)

    def move_to(self, placements: Sequence[Placement]) -> None:
        """Be in these subnets and no others."""
        self.placements = list(placements)
        self.subnets = [placement.subnet for placement in placements]
        self.nodes.spread(self.placements)


def _dns_name(request: LoadBalancerRequest, identifier: str, region: str) -> str:
    if request.family is NETWORK:
        return f"{request.name}-{identifier}.elb.{region}.amazonaws.com"
    prefix = "internal-" if request.scheme == INTERNAL else ""
    return f"{prefix}{request.name}-{int(identifier, 16) % 10**10}.{region}.elb.amazonaws.com"


def _static_addresses(placement: Placement) -> list[dict[str, str]]:
    if placement.elastic_ip:
        return [{"IpAddress": placement.elastic_ip.public_ip, "AllocationId": placement.elastic_ip.id}]
    if placement.private_ipv4_address:
        return [{"PrivateIPv4Address": placement.private_ipv4_address}]
    return []
