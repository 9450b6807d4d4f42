"""The errors of load balancers, with AWS's codes.

The codes are those of botocore's model of ELBv2, and `ValidationError` of its common errors. ModifyIpPools documents
one error, LoadBalancerNotFound; what else it refuses has the codes by which CreateLoadBalancer and SetSubnets refuse
the like. Unless a comment says otherwise, wordings were read in public issues that quote AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.elbv2.exceptions import ELBClientError

if TYPE_CHECKING:
    from collections.abc import Iterable


class ValidationError(ELBClientError):
    """A parameter that cannot be."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


class InvalidConfigurationRequestError(ELBClientError):
    """What the load balancer cannot be or have."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidConfigurationRequest", message)


class LoadBalancersNotFoundError(ELBClientError):
    """No such load balancers."""

    def __init__(self, named: Iterable[str]) -> None:
        super().__init__("LoadBalancerNotFound", f"Load balancers '[{', '.join(named)}]' not found")


class DuplicateLoadBalancerNameError(ELBClientError):
    """The name is taken by a load balancer that is not the same."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "DuplicateLoadBalancerName",
            f"A load balancer with the same name '{name}' exists, but with different settings",
        )


class SubnetIdNotFoundError(ELBClientError):
    """No such subnet."""

    def __init__(self, subnet_id: str) -> None:
        super().__init__("SubnetNotFound", f"The subnet ID '{subnet_id}' is not valid")


class SubnetFullError(ELBClientError):
    """Elastic Load Balancing wants room to scale."""

    def __init__(self, subnet_id: str, *, needed: int) -> None:
        super().__init__(
            "InvalidSubnet",
            f"Not enough IP space available in {subnet_id}. ELB requires at least {needed} free IP addresses in "
            "each subnet.",
        )


class InvalidSecurityGroupError(ELBClientError):
    """No such security group."""

    def __init__(self, group_id: str) -> None:
        super().__init__("InvalidSecurityGroup", f"One or more security groups are invalid: {group_id}")


class AllocationIdsNotFoundError(ELBClientError):
    """No such Elastic IP."""

    def __init__(self, allocation_id: str) -> None:
        super().__init__("AllocationIdNotFound", f"The allocation ID '{allocation_id}' does not exist")


class AllocationIdInUseError(ELBClientError):
    """The Elastic IP is associated already."""

    def __init__(self) -> None:
        super().__init__("ResourceInUse", "The allocation IDs are not available for use")


class DeletionProtectedError(ELBClientError):
    """The attribute deletion_protection.enabled is true."""

    def __init__(self, arn: str) -> None:
        super().__init__(
            "OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        )


class DuplicateTagKeyError(ELBClientError):
    """A key twice in one request."""

    def __init__(self, key: str) -> None:
        super().__init__("DuplicateTagKeys", f"Tag key was specified more than once: {key}")


class TooManyTagsError(ELBClientError):
    """A resource would have more tags than it may."""

    def __init__(self, limit: int) -> None:
        super().__init__("TooManyTags", f"The maximum number of tags per resource ({limit}) has been reached")
