"""The responses of load balancers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.responses import ELBV2Response

from simulator.load_balancers.exceptions import DuplicateTagKeyError, ValidationError
from simulator.load_balancers.models.families import BY_NAME, GATEWAY
from simulator.load_balancers.models.load_balancers import (
    INTERNET_FACING,
    IP_ADDRESS_TYPES,
    IPV4,
    SCHEMES,
    LoadBalancerRequest,
)
from simulator.load_balancers.models.placements import SubnetMapping

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_PAGE = 400
IPAM_POOL_ID = re.compile(r"ipam-pool-[a-zA-Z0-9]+")

NOT_SIMULATED = ("CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat")
"""Parameters about Outposts and about NAT of UDP over IPv6."""


class AddressedELBV2Response(ELBV2Response):
    """ELBV2Response for load balancers that have nodes."""

    def create_load_balancer(self) -> ActionResult:
        """CreateLoadBalancer."""
        self._refuse_what_is_not_simulated()
        family = BY_NAME[self._one_of("Type", BY_NAME) or "application"]
        if family is GATEWAY and self._get_param("Scheme"):
            raise ValidationError("Scheme cannot be specified for Gateway Load Balancers")
        request = LoadBalancerRequest(
            name=self._required("Name"),
            family=family,
            scheme=self._one_of("Scheme", SCHEMES) or INTERNET_FACING,
            ip_address_type=self._one_of("IpAddressType", IP_ADDRESS_TYPES) or IPV4,
            mappings=self._mappings(),
            security_groups=tuple(self._get_param("SecurityGroups", [])),
            ipv4_ipam_pool_id=self._ipam_pool_id(),
            tags=tuple(self._tags().items()),
        )
        return ActionResult({"LoadBalancers": [self.elbv2_backend.create_load_balancer(request)]})

    def describe_load_balancers(self) -> ActionResult:
        """DescribeLoadBalancers. A marker is the ARN that the page before ended with."""
        balancers = self.elbv2_backend.describe_load_balancers(
            self._get_param("LoadBalancerArns", []), self._get_param("Names", [])
        )
        size = self._get_int_param("PageSize", LARGEST_PAGE)
        if not 1 <= size <= LARGEST_PAGE:
            raise ValidationError(f"PageSize must be between 1 and {LARGEST_PAGE}, not {size}")
        marker, start = self._get_param("Marker"), 0
        if marker:
            arns = [balancer.arn for balancer in balancers]
            if marker not in arns:
                raise ValidationError(f"Invalid marker '{marker}'")
            start = arns.index(marker) + 1
        page = balancers[start : start + size]
        more = len(balancers) > start + size
        return ActionResult({"LoadBalancers": page, "NextMarker": page[-1].arn if more else None})

    def delete_load_balancer(self) -> ActionResult:
        """DeleteLoadBalancer."""
        self.elbv2_backend.delete_load_balancer(self._required("LoadBalancerArn"))
        return EmptyResult()

    def modify_ip_pools(self) -> ActionResult:
        """ModifyIpPools: exactly one of a pool and a removal."""
        arn, pool, removed = self._required("LoadBalancerArn"), self._ipam_pool_id(), self._get_param("RemoveIpamPools")
        for each in removed or ():
            _check_choice("RemoveIpamPools", each, (IPV4,))
        if bool(pool) is bool(removed):
            raise ValidationError("Exactly one of IpamPools and RemoveIpamPools must be specified")
        balancer = self.elbv2_backend.modify_ip_pools(arn, ipv4_ipam_pool_id=pool)
        return ActionResult({"IpamPools": balancer.ipam_pools})

    def set_subnets(self) -> ActionResult:
        """SetSubnets."""
        self._refuse_what_is_not_simulated()
        balancer = self.elbv2_backend.set_subnets(
            self._required("LoadBalancerArn"),
            self._mappings(),
            ip_address_type=self._one_of("IpAddressType", IP_ADDRESS_TYPES),
        )
        return ActionResult(
            {"AvailabilityZones": balancer.availability_zones, "IpAddressType": balancer.ip_address_type}
        )

    def set_ip_address_type(self) -> ActionResult:
        """SetIpAddressType."""
        arn, _ = self._required("LoadBalancerArn"), self._required("IpAddressType")
        ip_address_type = self._one_of("IpAddressType", IP_ADDRESS_TYPES)
        self.elbv2_backend.set_ip_address_type(arn, ip_address_type)
        return ActionResult({"IpAddressType": ip_address_type})

    def add_tags(self) -> ActionResult:
        """AddTags."""
        self._required("Tags")
        self.elbv2_backend.add_tags(self._required("ResourceArns"), self._tags())
        return EmptyResult()

    def _mappings(self) -> tuple[SubnetMapping, ...]:
        subnets, mappings = self._get_param("Subnets", []), self._get_param("SubnetMappings", [])
        if subnets and mappings:
            raise ValidationError("You can specify either subnets or subnet mappings, but not both")
        if any("IPv6Address" in mapping or "SourceNatIpv6Prefix" in mapping for mapping in mappings):
            raise ValidationError("IPv6 addresses of one's own choice are not simulated")
        return tuple(
            SubnetMapping(
                subnet_id=mapping.get("SubnetId", ""),
                allocation_id=mapping.get("AllocationId"),
                private_ipv4_address=mapping.get("PrivateIPv4Address"),
            )
            for mapping in (*({"SubnetId": subnet} for subnet in subnets), *mappings)
        )

    def _ipam_pool_id(self) -> str | None:
        pool: str | None = (self._get_param("IpamPools") or {}).get("Ipv4IpamPoolId")
        if pool is not None and not IPAM_POOL_ID.fullmatch(pool):
            raise ValidationError(
                f"1 validation error detected: Value '{pool}' at 'ipamPools.ipv4IpamPoolId' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: ^(ipam-pool-)[a-zA-Z0-9]+$"
            )
        return pool

    def _tags(self) -> dict[str, str]:
        tags: dict[str, str] = {}
        for tag in self._get_param("Tags") or ():
            if tag["Key"] in tags:
                raise DuplicateTagKeyError(tag["Key"])
            tags[tag["Key"]] = tag.get("Value", "")
        return tags

    def _required(self, name: str) -> Any:  # noqa: ANN401 - a parameter of any type
        value = self._get_param(name)
        if value is None:
            raise ValidationError(
                f"1 validation error detected: Value null at '{name[0].lower()}{name[1:]}' failed to satisfy "
                "constraint: Member must not be null"
            )
        return value

    def _one_of(self, name: str, choices: Iterable[str]) -> str | None:
        value = self._get_param(name)
        if value is not None:
            _check_choice(name, value, choices)
        return value

    def _refuse_what_is_not_simulated(self) -> None:
        for name in NOT_SIMULATED:
            if self._get_param(name) not in (None, "off"):
                raise ValidationError(f"{name} is not simulated")


def _check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ValidationError(
            f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(choices)}]"
        )
