"""Where a load balancer's public addresses come from."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError

from simulator.elastic_ips.models.address_pools import AmazonPool

if TYPE_CHECKING:
    from simulator.elastic_ips.models.addresses import ElasticIp


class AddressSupply:
    """The pool that is configured, and Amazon where it has nothing to give.

    "If there are no more assignable IP addresses in the IPAM pool, Elastic Load Balancing uses AWS managed IPv4
    addresses instead" (Application Load Balancers user guide, "IPAM IP address pools"): nobody is told.
    """

    def __init__(self, ec2_backend: Any, *, service: str) -> None:  # noqa: ANN401 - moto is untyped
        self._ec2 = ec2_backend
        self._service = service

    def take(self, ipam_pool_id: str | None) -> ElasticIp:
        """A new address."""
        return self._from_pool(ipam_pool_id) or self._from_amazon()

    def take_instead_of(self, present: ElasticIp, ipam_pool_id: str | None) -> ElasticIp:
        """An address to replace `present`, which may itself be the best there is."""
        if ipam_pool_id and present.public_ipv4_pool == ipam_pool_id:
            return present
        better = self._from_pool(ipam_pool_id)
        if better is None and isinstance(present.pool, AmazonPool):
            return present
        return better or self._from_amazon()

    def _from_pool(self, ipam_pool_id: str | None) -> ElasticIp | None:
        """An address from the pool, if it has one and can still be used."""
        if ipam_pool_id:
            with suppress(EC2ClientError):
                return self._ec2.allocate_address(service_managed=self._service, ipam_pool_id=ipam_pool_id)
        return None

    def _from_amazon(self) -> ElasticIp:
        return self._ec2.allocate_address(service_managed=self._service)
