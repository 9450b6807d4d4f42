"""CreateVpc, AssociateVpcCidrBlock and CreateSubnet with CIDRs from pools."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from simulator.ipam.exceptions import InvalidParameterValueError
from simulator.ipam.models.consistency import InState
from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.ipam.models.allocations import IpamPoolAllocation

VPC_IPV6_LENGTHS = range(44, 61, 4)
"""CreateVpc, Ipv6NetmaskLength."""


class IpamVpcs(IpamBaseResponse):
    """Comes before moto's VPCs and Subnets in EC2Response's bases: finds the CIDRs, then lets moto do the rest."""

    def create_vpc(self) -> ActionResult:
        """CreateVpc."""
        self.error_on_dryrun()
        tags = self._parse_tag_specification("vpc").get("vpc", {})
        with self._allocated("vpc", "ipv4", tags) as ipv4, self._allocated("vpc", "ipv6", tags) as ipv6:
            if ipv6 is not None:
                self._required("CidrBlock")
            result = super().create_vpc()
            vpc = result.result["Vpc"]
            if ipv4 is not None:
                ipv4.assign_to(vpc.id)
            if ipv6 is not None:
                self.ec2_backend.associate_ipam_ipv6_cidr(vpc, ipv6)
        return ActionResult({"Vpc": _in_the_making(vpc)})

    def associate_vpc_cidr_block(self) -> ActionResult:
        """AssociateVpcCidrBlock."""
        vpc = self.ec2_backend.get_vpc(self._required("VpcId"))
        tags = {tag["key"]: tag["value"] for tag in vpc.get_tags()}
        with self._allocated("vpc", "ipv4", tags) as ipv4, self._allocated("vpc", "ipv6", tags) as ipv6:
            if ipv6 is not None:
                return _ipv6_associating(vpc.id, self.ec2_backend.associate_ipam_ipv6_cidr(vpc, ipv6))
            result = super().associate_vpc_cidr_block()
            if ipv4 is not None:
                ipv4.assign_to(vpc.id)
        return result

    def create_subnet(self) -> ActionResult:
        """CreateSubnet; a pool for subnets plans the VPC that they are in."""
        self.error_on_dryrun()
        tags = self._parse_tag_specification("subnet").get("subnet", {})
        siblings = self.ec2_backend.describe_subnets(filters={"vpc-id": [self._required("VpcId")]})
        taken = [subnet.cidr_block for subnet in siblings if subnet.cidr_block]
        with (
            self._allocated("subnet", "ipv4", tags, disallowed_cidrs=taken) as ipv4,
            self._allocated("subnet", "ipv6", tags) as ipv6,
        ):
            result = super().create_subnet()
            for allocation in (ipv4, ipv6):
                if allocation is not None:
                    allocation.assign_to(result.result["Subnet"].id)
        return result

    @contextmanager
    def _allocated(
        self, resource_type: str, address_family: str, tags: dict[str, str], *, disallowed_cidrs: Sequence[str] = ()
    ) -> Iterator[IpamPoolAllocation | None]:
        """A block from the pool that the request names, if any, as if the request had named the block itself.

        The block goes back if the resource cannot be made. A subnet's block avoids subnets that have none of the
        pool, as moto, like AWS, would refuse it otherwise.
        """
        prefix, parameter = ("Ipv4", "CidrBlock") if address_family == "ipv4" else ("Ipv6", "Ipv6CidrBlock")
        pool_id = self._get_param(f"{prefix}IpamPoolId")
        if pool_id is None:
            yield None
            return
        cidr, length = self._get_param(parameter), self._get_int_param(f"{prefix}NetmaskLength")
        if resource_type == "subnet":
            self._must_plan_vpc(pool_id)
        allocation: IpamPoolAllocation = self.ec2_backend.allocate_for_resource(
            pool_id,
            resource_type=resource_type,
            address_family=address_family,
            cidr=cidr,
            netmask_length=length,
            tags=tags,
            disallowed_cidrs=() if cidr else disallowed_cidrs,
        )
        try:
            _check_length(resource_type, allocation)
            self.params[parameter] = allocation.cidr
            yield allocation
        except Exception:
            allocation.release()
            raise

    def _must_plan_vpc(self, pool_id: str) -> None:
        """The first message is AWS's (carina-rs/carina#77)."""
        pool = self.ec2_backend.usable_ipam_pool(pool_id)
        if pool.source_resource is None:
            raise InvalidParameterValueError(f"IpamPool '{pool.id}' is missing a source resource")
        if pool.source_resource.resource_id != self._required("VpcId"):
            raise InvalidParameterValueError(f"IpamPool '{pool.id}' has another VPC as its source resource")


def _in_the_making(vpc: Any) -> InState:  # noqa: ANN401 - moto is untyped
    """A VPC as CreateVpc shows it. DescribeVpcs shows it available from the first call on."""
    ipv6 = vpc.ipv6_cidr_block_association_set
    associating = [{**association, "ipv6CidrBlockState": {"state": "associating"}} for association in ipv6]
    return InState(vpc, "pending", ipv6_cidr_block_association_set=associating)


def _check_length(resource_type: str, allocation: IpamPoolAllocation) -> None:
    ipv6_vpc = resource_type == "vpc" and allocation.pool.address_family == "ipv6"
    if ipv6_vpc and allocation.network.prefixlen not in VPC_IPV6_LENGTHS:
        raise InvalidParameterValueError(
            "The netmask length of a VPC's IPv6 CIDR must be between 44 and 60 in increments of 4."
        )


def _ipv6_associating(vpc_id: str, association: dict[str, Any]) -> ActionResult:
    return ActionResult(
        {
            "VpcId": vpc_id,
            "Ipv6CidrBlockAssociation": {
                "AssociationId": association["association_id"],
                "Ipv6CidrBlock": association["cidr_block"],
                "Ipv6CidrBlockState": {"State": "associating"},
                "NetworkBorderGroup": association["network_border_group"],
                "Ipv6Pool": association["ipv6_pool"],
            },
        }
    )
