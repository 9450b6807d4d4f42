"""CreateVpc and AssociateVpcCidrBlock with CIDRs from pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
    from moto.core.responses import ActionResult

    from simulator.ipam.models.allocations import IpamPoolAllocation


class IpamVpcs(IpamBaseResponse):
    """Comes before moto's VPCs in EC2Response's bases: finds the CIDR, then lets moto do the rest."""

    def create_vpc(self) -> ActionResult:
        """CreateVpc."""
        self.error_on_dryrun()
        if self._get_param("Ipv4IpamPoolId") is None:
            return super().create_vpc()
        allocation = self._allocate_ipv4(tags=self._parse_tag_specification("vpc").get("vpc", {}))
        try:
            result = super().create_vpc()
        except Exception:
            allocation.release()
            raise
        allocation.assign_to(result.result["Vpc"].id)
        return result

    def associate_vpc_cidr_block(self) -> ActionResult:
        """AssociateVpcCidrBlock."""
        if self._get_param("Ipv4IpamPoolId") is None:
            return super().associate_vpc_cidr_block()
        vpc = self.ec2_backend.get_vpc(self._required("VpcId"))
        tags = {tag["key"]: tag["value"] for tag in vpc.get_tags()}
        allocation = self._allocate_ipv4(tags=tags)
        try:
            result = super().associate_vpc_cidr_block()
        except Exception:
            allocation.release()
            raise
        allocation.assign_to(vpc.id)
        return result

    def _allocate_ipv4(self, *, tags: dict[str, str]) -> IpamPoolAllocation:
        allocation: IpamPoolAllocation = self.ec2_backend.allocate_for_vpc(
            self._get_param("Ipv4IpamPoolId"),
            cidr=self._get_param("CidrBlock"),
            netmask_length=self._get_int_param("Ipv4NetmaskLength"),
            tags=tags,
        )
        self.params["CidrBlock"] = allocation.cidr
        return allocation
