"""The network interfaces that load balancers have in a user's subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.utils import random_id, random_private_ip

if TYPE_CHECKING:
    from collections.abc import Sequence

OWNER = "amazon-elb"
"""Who made the interface, has it attached, and owns the public addresses that are not of the user's account."""


class LoadBalancerInterface(NetworkInterface):
    """Requester-managed, attached to what the user does not see, and in the load balancer's security groups."""

    def __init__(
        self,
        ec2_backend: Any,  # noqa: ANN401 - moto is untyped
        subnet: Any,  # noqa: ANN401 - moto is untyped
        *,
        description: str,
        interface_type: str,
        security_groups: Sequence[str],
        private_ip: str,
    ) -> None:
        super().__init__(ec2_backend, subnet, private_ip, description=description, group_ids=list(security_groups))
        self.interface_type = interface_type
        self.requester_id = OWNER
        self.requester_managed = True
        self.source_dest_check = False
        self.status = "in-use"
        self._attachment = {
            "AttachmentId": random_id(prefix="ela-attach", size=17),
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": OWNER,
            "Status": "attached",
        }

    @property
    def attachment(self) -> dict[str, Any]:
        """What the interface is attached to: a machine of Elastic Load Balancing's."""
        return self._attachment

    @property
    def association(self) -> dict[str, Any]:
        """The public address on it, without moto's search through all addresses of the account."""
        return dict(self.private_ip_addresses[0].get("Association", {}))

    def disown_address(self) -> None:
        """Show the public address on the interface as Elastic Load Balancing's own."""
        association = self.private_ip_addresses[0]["Association"]
        self.private_ip_addresses[0]["Association"] = {"IpOwnerId": OWNER, "PublicIp": association["PublicIp"]}

    def have_ipv6(self, wanted: bool) -> None:  # noqa: FBT001 - read as a sentence
        """Have an IPv6 address of the subnet's, or none."""
        if not wanted:
            self.ipv6_addresses: list[str] = []
        elif not self.ipv6_addresses:
            block = next(iter(self.subnet.ipv6_cidr_block_associations.values()))["ipv6CidrBlock"]
            self.ipv6_addresses = [random_private_ip(block, ipv6=True)]

    def join(self, security_groups: Sequence[str]) -> None:
        """Be in these security groups and no others."""
        self._group_set = [self.ec2_backend.get_security_group_from_id(group) for group in security_groups]
