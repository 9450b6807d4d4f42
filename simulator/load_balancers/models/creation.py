"""Creating and deleting load balancers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.load_balancers.exceptions import (
    DeletionProtectedError,
    DuplicateLoadBalancerNameError,
    InvalidConfigurationRequestError,
    InvalidSecurityGroupError,
    ValidationError,
)
from simulator.load_balancers.models.core import LoadBalancerBackendParts, must_be_load_balancer_arn
from simulator.load_balancers.models.families import APPLICATION, GATEWAY
from simulator.load_balancers.models.ip_pools import must_take_ipam_pools
from simulator.load_balancers.models.load_balancers import (
    INTERNAL,
    IPV4,
    WITHOUT_PUBLIC_IPV4,
    LoadBalancer,
    LoadBalancerRequest,
)
from simulator.load_balancers.models.placements import placements_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.load_balancers.models.families import Family

LONGEST_NAME = 32


class CreationBackend(LoadBalancerBackendParts):
    """CreateLoadBalancer and DeleteLoadBalancer."""

    def create_load_balancer(self, request: LoadBalancerRequest) -> LoadBalancer:
        """A new load balancer, `provisioning` at first, or the one that was made by an equal request."""
        _check_name(request.name)
        namesake = next((each for each in self.load_balancers.values() if each.name == request.name), None)
        if namesake is not None:
            if namesake.request != request:
                raise DuplicateLoadBalancerNameError(request.name)
            return namesake
        check_ip_address_type(request.ip_address_type, family=request.family, scheme=request.scheme)
        if request.ipv4_ipam_pool_id:
            must_take_ipam_pools(request.family, request.scheme, request.ip_address_type)
            self.check_ipam_pool(request.ipv4_ipam_pool_id)
        self.check_tags(dict(request.tags))
        placements = placements_for(
            self.ec2_backend,
            request.mappings,
            family=request.family,
            internal=request.scheme == INTERNAL,
            ipv6=request.ip_address_type != IPV4,
        )
        groups = self._security_groups(request, placements[0].subnet.vpc_id)
        balancer = LoadBalancer(self.ec2_backend, request, placements=placements, security_groups=groups)
        self.load_balancers[balancer.arn] = balancer
        self.tagging_service.tag_resource(balancer.arn, [{"Key": key, "Value": value} for key, value in request.tags])
        return balancer

    def delete_load_balancer(self, arn: str) -> None:
        """Delete a load balancer with its nodes; one that is gone already is deleted."""
        must_be_load_balancer_arn(arn)
        balancer = self.load_balancers.get(arn)
        if balancer is None:
            return
        if balancer.attrs.get("deletion_protection.enabled") == "true":
            raise DeletionProtectedError(arn)
        del self.load_balancers[arn]
        balancer.nodes.remove_all()
        self.tagging_service.delete_all_tags_for_resource(arn)

    def set_security_groups(self, arn: str, sec_groups: Sequence[str]) -> None:
        """Be in these security groups and no others."""
        balancer = self.load_balancer(arn)
        self._check_security_groups(sec_groups)
        balancer.security_groups = list(sec_groups)
        balancer.nodes.join(sec_groups)

    def _security_groups(self, request: LoadBalancerRequest, vpc_id: str) -> list[str]:
        """Those that are named; an Application Load Balancer without any is in the VPC's default one."""
        self._check_security_groups(request.security_groups)
        if request.security_groups or request.family is not APPLICATION:
            return list(request.security_groups)
        return [self.ec2_backend.get_default_security_group(vpc_id).id]

    def _check_security_groups(self, groups: Sequence[str]) -> None:
        for group in groups:
            if self.ec2_backend.get_security_group_from_id(group) is None:
                raise InvalidSecurityGroupError(group)


def check_ip_address_type(ip_address_type: str, *, family: Family, scheme: str) -> None:
    """InvalidConfigurationRequest where the API reference allows the type not (CreateLoadBalancer, IpAddressType)."""
    if ip_address_type != IPV4 and scheme == INTERNAL and family is not GATEWAY:
        raise InvalidConfigurationRequestError("Internal load balancers must use the ipv4 IP address type")
    if ip_address_type == WITHOUT_PUBLIC_IPV4 and family is not APPLICATION:
        raise InvalidConfigurationRequestError(
            f"The IP address type {WITHOUT_PUBLIC_IPV4} is supported only for Application Load Balancers"
        )


def _check_name(name: str) -> None:
    """CreateLoadBalancer's rules for names."""
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"The load balancer name '{name}' cannot be longer than '{LONGEST_NAME}' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise ValidationError(
            f"The load balancer name '{name}' can only contain characters that are alphanumeric characters or "
            "hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise ValidationError(f"The load balancer name '{name}' cannot begin or end with a hyphen(-)")
    if name.startswith("internal-"):
        raise ValidationError(f"The load balancer name '{name}' cannot begin with 'internal-'")
