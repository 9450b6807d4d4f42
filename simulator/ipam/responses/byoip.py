"""BYOIP CIDRs and public IPv4 pools: ProvisionByoipCidr, CreatePublicIpv4Pool and their siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.models.consistency import InState
from simulator.ipam.pagination import PageBounds
from simulator.ipam.responses._base_response import IpamBaseResponse

BYOIP_PAGE = PageBounds(least=1, most=100)
PUBLIC_POOLS_PAGE = PageBounds(least=1, most=10)


class ByoipCidrs(IpamBaseResponse):
    """The operations on BYOIP CIDRs."""

    def provision_byoip_cidr(self) -> ActionResult:
        """ProvisionByoipCidr."""
        self.error_on_dryrun()
        byoip = self.ec2_backend.provision_byoip_cidr(
            self._required("Cidr"),
            publicly_advertisable=self._get_bool_param("PubliclyAdvertisable", if_none=True),
            description=self._get_param("Description"),
            authorized=self._get_param("CidrAuthorizationContext") is not None,
        )
        return ActionResult({"ByoipCidr": byoip})

    def describe_byoip_cidrs(self) -> ActionResult:
        """DescribeByoipCidrs, the one listing whose caller must say how long a page may be."""
        self.error_on_dryrun()
        self._required("MaxResults")
        cidrs = self.ec2_backend.describe_byoip_cidrs()
        return self._page("ByoipCidrs", cidrs, bounds=BYOIP_PAGE, key=lambda byoip: byoip.sort_key)

    def advertise_byoip_cidr(self) -> ActionResult:
        """AdvertiseByoipCidr."""
        self.error_on_dryrun()
        return ActionResult(
            {"ByoipCidr": self.ec2_backend.advertise_byoip_cidr(self._required("Cidr"), asn=self._get_param("Asn"))}
        )

    def withdraw_byoip_cidr(self) -> ActionResult:
        """WithdrawByoipCidr."""
        self.error_on_dryrun()
        return ActionResult({"ByoipCidr": self.ec2_backend.withdraw_byoip_cidr(self._required("Cidr"))})

    def deprovision_byoip_cidr(self) -> ActionResult:
        """DeprovisionByoipCidr."""
        self.error_on_dryrun()
        return ActionResult({"ByoipCidr": self.ec2_backend.deprovision_byoip_cidr(self._required("Cidr"))})

    def move_byoip_cidr_to_ipam(self) -> ActionResult:
        """MoveByoipCidrToIpam; its two states are only in the guide, not in the API's model."""
        self.error_on_dryrun()
        byoip: Any = self.ec2_backend.move_byoip_cidr_to_ipam(
            self._required("Cidr"),
            ipam_pool_id=self._required("IpamPoolId"),
            ipam_pool_owner=self._required("IpamPoolOwner"),
        )
        return ActionResult({"ByoipCidr": InState(byoip, byoip.transfer)})


class PublicIpv4Pools(IpamBaseResponse):
    """The operations on public IPv4 pools."""

    def create_public_ipv4_pool(self) -> ActionResult:
        """CreatePublicIpv4Pool."""
        self.error_on_dryrun()
        pool = self.ec2_backend.create_public_ipv4_pool(
            network_border_group=self._get_param("NetworkBorderGroup"), tags=self._tags("ipv4pool-ec2")
        )
        return ActionResult({"PoolId": pool.id})

    def describe_public_ipv4_pools(self) -> ActionResult:
        """DescribePublicIpv4Pools."""
        pools = self.ec2_backend.describe_public_ipv4_pools(
            self._get_param("PoolIds", []), self._filters_from_querystring()
        )
        return self._page("PublicIpv4Pools", pools, bounds=PUBLIC_POOLS_PAGE)

    def provision_public_ipv4_pool_cidr(self) -> ActionResult:
        """ProvisionPublicIpv4PoolCidr."""
        self.error_on_dryrun()
        pool_id = self._required("PoolId")
        added = self.ec2_backend.provision_public_ipv4_pool_cidr(
            pool_id, ipam_pool_id=self._required("IpamPoolId"), netmask_length=self._required("NetmaskLength")
        )
        return ActionResult({"PoolId": pool_id, "PoolAddressRange": added})

    def deprovision_public_ipv4_pool_cidr(self) -> ActionResult:
        """DeprovisionPublicIpv4PoolCidr."""
        self.error_on_dryrun()
        pool_id = self._required("PoolId")
        addresses = self.ec2_backend.deprovision_public_ipv4_pool_cidr(pool_id, cidr=self._required("Cidr"))
        return ActionResult({"PoolId": pool_id, "DeprovisionedAddresses": addresses})

    def delete_public_ipv4_pool(self) -> ActionResult:
        """DeletePublicIpv4Pool."""
        self.error_on_dryrun()
        self.ec2_backend.delete_public_ipv4_pool(self._required("PoolId"))
        return ActionResult({"ReturnValue": True})
