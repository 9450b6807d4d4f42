"""The IPAM pools of Application Load Balancers.

Application Load Balancers user guide, "IPAM IP address pools": for internet-facing ones, and not with the IP address
type dualstack-without-public-ipv4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.ec2.exceptions import EC2ClientError

from simulator.elastic_ips.models.address_pools import IpamAddressPool
from simulator.load_balancers.exceptions import InvalidConfigurationRequestError
from simulator.load_balancers.models.core import LoadBalancerBackendParts
from simulator.load_balancers.models.families import APPLICATION
from simulator.load_balancers.models.load_balancers import INTERNET_FACING, WITHOUT_PUBLIC_IPV4
from simulator.load_balancers.settings import SETTINGS, PoolChange

if TYPE_CHECKING:
    from simulator.load_balancers.models.families import Family
    from simulator.load_balancers.models.load_balancers import LoadBalancer


class IpPoolsBackend(LoadBalancerBackendParts):
    """ModifyIpPools."""

    def modify_ip_pools(self, arn: str, *, ipv4_ipam_pool_id: str | None) -> LoadBalancer:
        """Let new addresses come from this pool, or with None from Amazon."""
        balancer = self.load_balancer(arn)
        must_take_ipam_pools(balancer.family, balancer.scheme, balancer.ip_address_type)
        if ipv4_ipam_pool_id:
            self.check_ipam_pool(ipv4_ipam_pool_id)
        balancer.ipv4_ipam_pool_id = ipv4_ipam_pool_id
        if SETTINGS.pool_change is PoolChange.REPLACES:
            balancer.nodes.renew_addresses()
        return balancer

    def check_ipam_pool(self, ipam_pool_id: str) -> None:
        """Refuse a pool that can give no public IPv4 addresses in this Region. Whether it has any left is not asked."""
        try:
            pool = self.ec2_backend.usable_ipam_pool(ipam_pool_id)
            pool.must_be_settled()
            IpamAddressPool(self.ec2_backend, ipam_pool_id)
        except EC2ClientError as error:
            raise InvalidConfigurationRequestError(
                f"The IPAM pool '{ipam_pool_id}' cannot be used: {error.message}"
            ) from None
        if pool.address_family != "ipv4" or not pool.serves(self.region_name):
            raise InvalidConfigurationRequestError(
                f"The IPAM pool '{ipam_pool_id}' cannot be used: it is for {pool.address_family} addresses in "
                f"{pool.locale}, not for IPv4 addresses in {self.region_name}"
            )


def must_take_ipam_pools(family: Family, scheme: str, ip_address_type: str) -> None:
    """InvalidConfigurationRequest for a load balancer that can have no IPAM pool."""
    if family is not APPLICATION:
        raise InvalidConfigurationRequestError("IPAM pools are supported only for Application Load Balancers")
    if scheme != INTERNET_FACING:
        raise InvalidConfigurationRequestError("IPAM pools are supported only for internet-facing load balancers")
    if ip_address_type == WITHOUT_PUBLIC_IPV4:
        raise InvalidConfigurationRequestError(
            f"IPAM pools are not supported with the IP address type {WITHOUT_PUBLIC_IPV4}"
        )
