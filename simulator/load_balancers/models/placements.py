"""The subnets that a load balancer is in, and what users choose in each."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError, InvalidSubnetIdError

from simulator.load_balancers.exceptions import (
    AllocationIdInUseError,
    AllocationIdsNotFoundError,
    InvalidConfigurationRequestError,
    SubnetFullError,
    SubnetIdNotFoundError,
    ValidationError,
)
from simulator.load_balancers.models.families import NETWORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.elastic_ips.models.addresses import ElasticIp
    from simulator.load_balancers.models.families import Family

RESERVED_BY_SUBNET = 5
FREE_ADDRESSES_NEEDED = 8
"""Application Load Balancers user guide, "Subnets for your load balancer"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetMapping:
    """A subnet as a request names it."""

    subnet_id: str
    allocation_id: str | None = None
    private_ipv4_address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A subnet that the load balancer is in, with the user's Elastic IP or choice of private address there."""

    subnet: Any
    elastic_ip: ElasticIp | None = None
    private_ipv4_address: str | None = None


def placements_for(
    ec2_backend: Any,  # noqa: ANN401 - moto is untyped
    mappings: Sequence[SubnetMapping],
    *,
    family: Family,
    internal: bool,
    ipv6: bool,
    present: Sequence[Placement] = (),
) -> list[Placement]:
    """Where a load balancer with these mappings is; `present` is where it is already. AWS's refusal if it cannot be."""
    if not mappings:
        raise ValidationError("At least one subnet must be specified")
    subnets = [_subnet(ec2_backend, mapping.subnet_id) for mapping in mappings]
    _check_zones(subnets, family)
    if ipv6 and not all(subnet.ipv6_cidr_block_associations for subnet in subnets):
        raise InvalidConfigurationRequestError("You must specify subnets with an associated IPv6 CIDR block.")
    _check_choices(mappings, family=family, internal=internal)
    before = {placement.subnet.id: placement for placement in present}
    return [
        _kept(before[subnet.id], mapping) if subnet.id in before else _new(ec2_backend, subnet, mapping)
        for subnet, mapping in zip(subnets, mappings, strict=True)
    ]


def must_have_free_addresses(subnet: Any, needed: int) -> None:  # noqa: ANN401 - moto is untyped
    """InvalidSubnet where fewer private addresses are free."""
    if subnet.cidr.num_addresses - RESERVED_BY_SUBNET - len(subnet._subnet_ips) < needed:
        raise SubnetFullError(subnet.id, needed=needed)


def _subnet(ec2_backend: Any, subnet_id: str) -> Any:  # noqa: ANN401 - moto is untyped
    try:
        return ec2_backend.get_subnet(subnet_id)
    except InvalidSubnetIdError:
        raise SubnetIdNotFoundError(subnet_id) from None


def _check_zones(subnets: Sequence[Any], family: Family) -> None:
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < len(subnets):
        raise InvalidConfigurationRequestError(
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        )
    if len(zones) < family.least_zones:
        raise ValidationError("At least two subnets in two different Availability Zones must be specified")
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise InvalidConfigurationRequestError("All subnets must belong to the same VPC")


def _check_choices(mappings: Sequence[SubnetMapping], *, family: Family, internal: bool) -> None:
    allocation_ids = [mapping.allocation_id for mapping in mappings if mapping.allocation_id]
    if allocation_ids and (family is not NETWORK or internal):
        raise InvalidConfigurationRequestError(
            "Elastic IP addresses can be specified only for internet-facing Network Load Balancers"
        )
    if len(set(allocation_ids)) < len(allocation_ids):
        raise AllocationIdInUseError
    if any(mapping.private_ipv4_address for mapping in mappings) and not (family is NETWORK and internal):
        raise InvalidConfigurationRequestError(
            "Private IPv4 addresses can be specified only for internal Network Load Balancers"
        )


def _kept(present: Placement, mapping: SubnetMapping) -> Placement:
    """The placement as it was: what was chosen for a subnet cannot be chosen again."""
    allocation_id = present.elastic_ip.id if present.elastic_ip else None
    if mapping.allocation_id not in (None, allocation_id) or (
        mapping.private_ipv4_address not in (None, present.private_ipv4_address)
    ):
        raise InvalidConfigurationRequestError(
            f"The addresses of the subnet {present.subnet.id}, which is enabled already, cannot be modified"
        )
    return present


def _new(ec2_backend: Any, subnet: Any, mapping: SubnetMapping) -> Placement:  # noqa: ANN401 - moto is untyped
    must_have_free_addresses(subnet, FREE_ADDRESSES_NEEDED)
    _check_private_address(subnet, mapping.private_ipv4_address)
    return Placement(
        subnet=subnet,
        elastic_ip=_elastic_ip(ec2_backend, mapping.allocation_id) if mapping.allocation_id else None,
        private_ipv4_address=mapping.private_ipv4_address,
    )


def _check_private_address(subnet: Any, address: str | None) -> None:  # noqa: ANN401 - moto is untyped
    if address is None:
        return
    try:
        available = ip_address(address) in subnet.cidr and address not in subnet._subnet_ips
    except ValueError:
        available = False
    if not available:
        raise InvalidConfigurationRequestError(f"The address {address} is not available in {subnet.id}")


def _elastic_ip(ec2_backend: Any, allocation_id: str) -> ElasticIp:  # noqa: ANN401 - moto is untyped
    try:
        address: ElasticIp = ec2_backend.get_elastic_ip(allocation_id)
    except EC2ClientError:
        raise AllocationIdsNotFoundError(allocation_id) from None
    if address.is_associated() or address.is_in_service_hands():
        raise AllocationIdInUseError
    return address
