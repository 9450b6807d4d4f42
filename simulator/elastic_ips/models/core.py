"""What the mixins of Elastic IPs use of moto's EC2Backend and of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.models.core import EC2BackendParts, all_backends

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.elastic_ips.models.addresses import ElasticIp
    from simulator.elastic_ips.models.transfers import AddressTransfer


class ElasticIpBackendParts(EC2BackendParts):
    """The EC2Backend of one account and Region."""

    addresses: list[ElasticIp]
    released_addresses: dict[str, ElasticIp]
    address_transfers: dict[str, AddressTransfer]
    enis: dict[str, Any]

    if TYPE_CHECKING:

        def get_subnet(self, subnet_id: str) -> Any: ...  # noqa: ANN401, D102 - moto is untyped
        def create_network_interface(self, subnet: Any, private_ip_address: str, *, description: str) -> Any: ...  # noqa: ANN401, D102
        def delete_network_interface(self, eni_id: str) -> None: ...  # noqa: D102
        def get_public_ipv4_pool(self, pool_id: str) -> Any: ...  # noqa: ANN401, D102
        def get_elastic_ip(self, allocation_id: str) -> ElasticIp: ...  # noqa: D102
        def elastic_ip_at(self, public_ip: str) -> ElasticIp: ...  # noqa: D102
        def add_elastic_ip(self, address: ElasticIp, tags: Mapping[str, str]) -> None: ...  # noqa: D102
        def must_be_within_address_quota(self) -> None: ...  # noqa: D102
        def reserve_private_ip(self, subnet: Any, wanted: str | None, *, holder: object) -> str: ...  # noqa: ANN401, D102
        def unassign_private_ip_addresses(  # noqa: D102
            self, eni_id: str, private_ip_address: Sequence[str] | None = None
        ) -> Any: ...  # noqa: ANN401
        def bind(self, address: ElasticIp, interface: Any, private_ip: str) -> None: ...  # noqa: ANN401, D102
        def unbind(self, address: ElasticIp) -> None: ...  # noqa: D102


def holder_of(public_ip: str) -> ElasticIp | None:
    """The Elastic IP, of any account, that is this address now."""
    for backend in all_backends():
        for address in backend.addresses:
            if address.public_ip == public_ip:
                return address
    return None
