"""The nodes of a load balancer: what takes its traffic in each subnet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.elastic_ips.models.address_pools import AmazonPool
from simulator.load_balancers.models.interfaces import LoadBalancerInterface
from simulator.load_balancers.models.placements import must_have_free_addresses
from simulator.load_balancers.models.supply import AddressSupply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.elastic_ips.models.addresses import ElasticIp
    from simulator.load_balancers.models.load_balancers import LoadBalancer
    from simulator.load_balancers.models.placements import Placement


@dataclass(eq=False, kw_only=True)
class Node:
    """A network interface in a subnet, with the public IPv4 address on it if it has one."""

    interface: LoadBalancerInterface
    address: ElasticIp | None = None

    @property
    def subnet_id(self) -> str:
        """Where it is."""
        return self.interface.subnet.id


class Nodes:
    """The nodes of one load balancer, the same number in each of its subnets."""

    def __init__(self, load_balancer: LoadBalancer, ec2_backend: Any) -> None:  # noqa: ANN401 - moto is untyped
        self._load_balancer = load_balancer
        self._ec2 = ec2_backend
        self._supply = AddressSupply(ec2_backend, service=load_balancer.family.service or "")
        self._nodes: list[Node] = []
        self._per_subnet = 1

    def __iter__(self) -> Iterator[Node]:
        return iter(list(self._nodes))

    def in_subnet(self, subnet_id: str) -> list[Node]:
        """The nodes in one subnet."""
        return [node for node in self._nodes if node.subnet_id == subnet_id]

    def spread(self, placements: Sequence[Placement]) -> None:
        """Be in these subnets and no others."""
        wanted = {placement.subnet.id for placement in placements}
        for node in self:
            if node.subnet_id not in wanted:
                self._remove(node)
        self._fill(placements)

    def scale(self, per_subnet: int) -> None:
        """Have so many nodes in each subnet; AWS replaces the others meanwhile, so nothing lingers."""
        for placement in self._load_balancer.placements:
            must_have_free_addresses(placement.subnet, per_subnet - len(self.in_subnet(placement.subnet.id)))
        self._per_subnet = per_subnet
        present = Counter[str]()
        for node in self:
            present[node.subnet_id] += 1
            if present[node.subnet_id] > per_subnet:
                self._remove(node)
        self.renew_addresses()
        self._fill(self._load_balancer.placements)

    def renew_addresses(self) -> None:
        """Have every address come from where new ones come from now."""
        for node in self:
            if node.address is not None and node.address.service_managed:
                if self._load_balancer.is_where_policy_has_it(node.address):
                    continue
                address = self._supply.take_instead_of(node.address, self._load_balancer.pool_for_new_addresses())
                if address is not node.address:
                    self._release_address(node)
                    self._give_address(node, address)

    def follow_ip_address_type(self) -> None:
        """Have the addresses that the load balancer's type demands."""
        for node in self:
            node.interface.have_ipv6(self._load_balancer.has_ipv6())
            if node.address is None and self._load_balancer.has_public_ipv4():
                self._give_address(node, self._new_address())
            elif node.address is not None and not self._load_balancer.has_public_ipv4():
                self._release_address(node)

    def join(self, security_groups: Sequence[str]) -> None:
        """Be in these security groups and no others."""
        for node in self:
            node.interface.join(security_groups)

    def remove_all(self) -> None:
        """The load balancer is gone: addresses are released, but for those that users brought."""
        for node in self:
            self._remove(node)

    def _fill(self, placements: Sequence[Placement]) -> None:
        for placement in placements:
            for _ in range(self._per_subnet - len(self.in_subnet(placement.subnet.id))):
                self._add(placement)

    def _add(self, placement: Placement) -> None:
        balancer = self._load_balancer
        private_ip = self._ec2.reserve_private_ip(
            placement.subnet, placement.private_ipv4_address, holder=balancer.interface_description
        )
        interface = LoadBalancerInterface(
            self._ec2,
            placement.subnet,
            description=balancer.interface_description,
            interface_type=balancer.family.interface_type,
            security_groups=balancer.security_groups,
            private_ip=private_ip,
        )
        interface.have_ipv6(balancer.has_ipv6())
        self._ec2.enis[interface.id] = interface
        node = Node(interface=interface)
        self._nodes.append(node)
        if balancer.has_public_ipv4():
            self._give_address(node, placement.elastic_ip or self._new_address())

    def _remove(self, node: Node) -> None:
        self._nodes.remove(node)
        self._release_address(node)
        node.interface.delete()

    def _new_address(self) -> ElasticIp:
        return self._supply.take(self._load_balancer.pool_for_new_addresses())

    def _give_address(self, node: Node, address: ElasticIp) -> None:
        node.address = address
        self._ec2.bind(address, node.interface, node.interface.private_ip_address)
        if address.service_managed and isinstance(address.pool, AmazonPool):
            node.interface.disown_address()

    def _release_address(self, node: Node) -> None:
        """Release the node's address; one that a user brought is only let go of, as its interface is deleted."""
        if node.address is not None and node.address.service_managed:
            self._ec2.let_go(node.address)
        node.address = None
