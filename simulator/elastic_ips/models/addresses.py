"""Elastic IPs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models.elastic_ip_addresses import ElasticAddress

from simulator.elastic_ips.models.address_pools import Origin
from simulator.elastic_ips.models.reverse_dns import ReverseDns

if TYPE_CHECKING:
    from simulator.elastic_ips.models.address_pools import AddressPool


class ElasticIp(ElasticAddress):
    """moto's ElasticAddress, which knows where it comes from and whether anybody but its owner has a say in it."""

    filter_names = {  # noqa: RUF012 - read only
        "allocation-id": "allocation_id",
        "association-id": "association_id",
        "domain": "domain",
        "instance-id": "instance_id",
        "network-border-group": "network_border_group",
        "network-interface-id": "network_interface_id",
        "network-interface-owner-id": "network_interface_owner_id",
        "private-ip-address": "private_ip_address",
        "public-ip": "public_ip",
    }
    """DescribeAddresses' filters; `domain` is no longer documented, but the CLI reference's examples have it."""

    def __init__(  # moto's would draw an address and an id
        self,
        ec2_backend: Any,  # noqa: ANN401 - moto is untyped
        *,
        pool: AddressPool,
        public_ip: str,
        allocation_id: str,
        service_managed: str | None = None,
    ) -> None:
        self.ec2_backend = ec2_backend
        self.pool = pool
        self.public_ip = public_ip
        self.allocation_id = self.id = allocation_id
        self.domain = "vpc"
        self.service_managed = service_managed
        self.is_locked = False
        self.reverse_dns = ReverseDns()
        self.eni: Any = None
        self.association_id: str | None = None
        self.private_ip: str | None = None

    @property
    def public_ipv4_pool(self) -> str:
        """`amazon`, or the id of the pool that the address comes from."""
        return self.pool.pool_id

    @property
    def ip_source(self) -> str:
        """Whose address it is, as IPAM says it: `amazon` or `byoip`."""
        return "byoip" if self.pool.origin is Origin.BRING_YOUR_OWN else "amazon"

    @property
    def network_border_group(self) -> str:
        """Where the address is advertised: a Region, or a group of Local Zones."""
        return self.pool.network_border_group

    @property
    def instance(self) -> Any:  # noqa: ANN401 - moto is untyped
        """The instance that has the network interface."""
        return self.eni.instance if self.eni else None

    @property
    def instance_id(self) -> str | None:
        """Its id; answers leave out what there is not, where moto writes an empty string."""
        return self.instance.id if self.instance else None

    @property
    def network_interface_id(self) -> str | None:
        """The id of the network interface that the address is associated with."""
        return self.eni.id if self.eni else None

    @property
    def private_ip_address(self) -> str | None:
        """The private address that it is associated with, which may be a secondary one of the interface."""
        return self.private_ip

    @property
    def ptr_record(self) -> str | None:
        """The PTR record."""
        return self.reverse_dns.record

    @property
    def ptr_record_update(self) -> dict[str, str] | None:
        """The change of the PTR record that is under way."""
        return self.reverse_dns.update

    @property
    def tag_map(self) -> dict[str, str]:
        """The tags by key."""
        return dict(self.ec2_backend.tags.get(self.id, {}))

    @property
    def tag_set(self) -> list[dict[str, str]] | None:
        """The tags as answers list them, if there are any."""
        return self.get_tags() or None

    def get_tags(self) -> list[dict[str, str]]:
        """The tags as moto lists them, without its search through those of every other resource."""
        return [
            {"resource_id": self.id, "resource_type": "elastic-ip", "key": key, "value": value}
            for key, value in self.tag_map.items()
        ]

    def is_associated(self) -> bool:
        """Whether the address is on a network interface."""
        return self.association_id is not None

    def is_in_service_hands(self) -> bool:
        """Whether a service manages the address, or the interface that it is on, so that users may not touch it."""
        return self.service_managed is not None or bool(self.eni and self.eni.requester_managed)

    def is_in_default_vpc(self) -> bool:
        """Whether it is associated with an interface in the default VPC."""
        return bool(self.eni) and self.ec2_backend.get_vpc(self.eni.vpc_id).is_default
