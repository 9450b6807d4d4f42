"""Changing where a load balancer is, and what addresses it has there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.load_balancers.exceptions import InvalidConfigurationRequestError
from simulator.load_balancers.models.core import LoadBalancerBackendParts
from simulator.load_balancers.models.creation import check_ip_address_type
from simulator.load_balancers.models.families import GATEWAY
from simulator.load_balancers.models.ip_pools import must_take_ipam_pools
from simulator.load_balancers.models.load_balancers import INTERNAL, IPV4
from simulator.load_balancers.models.placements import SubnetMapping, placements_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.load_balancers.models.load_balancers import LoadBalancer
    from simulator.load_balancers.models.placements import Placement


class NetworkMappingBackend(LoadBalancerBackendParts):
    """SetSubnets and SetIpAddressType."""

    def set_subnets(
        self, arn: str, mappings: Sequence[SubnetMapping], *, ip_address_type: str | None = None
    ) -> LoadBalancer:
        """Be in these subnets and no others, with another IP address type if one is named."""
        balancer = self.load_balancer(arn)
        wanted_type = ip_address_type or balancer.ip_address_type
        self._check_type(balancer, wanted_type)
        placements = self._placements(balancer, mappings, wanted_type)
        if placements[0].subnet.vpc_id != balancer.vpc_id:
            raise InvalidConfigurationRequestError("All subnets must belong to the VPC of the load balancer")
        if balancer.family is GATEWAY and not {each.subnet.id for each in balancer.placements} <= {
            each.subnet.id for each in placements
        }:
            raise InvalidConfigurationRequestError("Subnets cannot be removed from Gateway Load Balancers")
        balancer.ip_address_type = wanted_type
        balancer.move_to(placements)
        balancer.nodes.follow_ip_address_type()
        return balancer

    def set_ip_address_type(self, arn: str, ip_type: str) -> None:
        """Give or take the addresses that the type demands."""
        balancer = self.load_balancer(arn)
        self._check_type(balancer, ip_type)
        self._placements(balancer, [SubnetMapping(subnet_id=each.subnet.id) for each in balancer.placements], ip_type)
        balancer.ip_address_type = ip_type
        balancer.nodes.follow_ip_address_type()

    def _check_type(self, balancer: LoadBalancer, ip_address_type: str) -> None:
        check_ip_address_type(ip_address_type, family=balancer.family, scheme=balancer.scheme)
        if balancer.ipv4_ipam_pool_id:
            must_take_ipam_pools(balancer.family, balancer.scheme, ip_address_type)

    def _placements(
        self, balancer: LoadBalancer, mappings: Sequence[SubnetMapping], ip_address_type: str
    ) -> list[Placement]:
        return placements_for(
            self.ec2_backend,
            mappings,
            family=balancer.family,
            internal=balancer.scheme == INTERNAL,
            ipv6=ip_address_type != IPV4,
            present=balancer.placements,
        )
