"""The errors of Elastic IPs and NAT gateways, with AWS's codes.

Unless a comment says otherwise, code and wording were read in the EC2 API reference or in public issues that quote AWS.
"""

from __future__ import annotations

from moto.ec2.exceptions import EC2ClientError


class AddressLimitExceededError(EC2ClientError):
    """The quota of addresses in a Region is used up."""

    def __init__(self) -> None:
        super().__init__("AddressLimitExceeded", "The maximum number of addresses has been reached.")


class InsufficientAddressCapacityError(EC2ClientError):
    """A pool of one's own has no free address."""

    def __init__(self) -> None:
        super().__init__("InsufficientAddressCapacity", "Not enough available addresses to satisfy your request.")


class AllocationIdNotFoundError(EC2ClientError):
    """No address has that allocation id."""

    def __init__(self, allocation_id: str) -> None:
        super().__init__("InvalidAllocationID.NotFound", f"The allocation ID '{allocation_id}' does not exist")


class ElasticIpIdNotFoundError(EC2ClientError):
    """The same, as operations say it that are not about addresses."""

    def __init__(self, allocation_id: str) -> None:
        super().__init__("InvalidElasticIpID.NotFound", f"The elasticIp ID '{allocation_id}' does not exist")


class AssociationIdNotFoundError(EC2ClientError):
    """No address has that association."""

    def __init__(self, association_id: str) -> None:
        super().__init__("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")


class ForeignAddressError(EC2ClientError):
    """Another account has the address."""

    def __init__(self, public_ip: str) -> None:
        super().__init__("AuthFailure", f"The address '{public_ip}' does not belong to you.")


class ServiceOwnedError(EC2ClientError):
    """The address, or the network interface that it is on, is in the hands of a service of AWS's.

    Quoted for the interfaces of NAT gateways and load balancers; that the same is said of service-managed addresses is
    an assumption.
    """

    def __init__(self) -> None:
        super().__init__("AuthFailure", "You do not have permission to access the specified resource.")


class AddressInUseError(EC2ClientError):
    """An address cannot be released while it is associated, except in the default VPC."""

    def __init__(self, public_ip: str) -> None:
        super().__init__("InvalidIPAddress.InUse", f"Address {public_ip} is in use.")


class AddressLockedError(EC2ClientError):
    """AWS Support has locked the address."""

    def __init__(self, allocation_id: str) -> None:
        super().__init__(
            "InvalidAddress.Locked",
            f"The address with allocation id [{allocation_id}] cannot be released because it is locked to your "
            "account. Please contact AWS Support to unlock it.",
        )


class PtrSetError(EC2ClientError):
    """The address has a PTR record, or had one until a while ago."""

    def __init__(self, allocation_id: str) -> None:
        super().__init__(
            "InvalidAddress.PtrSet",
            f"The address with allocation id [{allocation_id}] cannot be released because it has a PTR record set.",
        )


class AlreadyAssociatedError(EC2ClientError):
    """Something is associated already, and AllowReassociation is false."""

    def __init__(self, resource: str, associated_with: str) -> None:
        super().__init__(
            "Resource.AlreadyAssociated", f"resource {resource} is already associated with {associated_with}"
        )


class InstanceNotUsableError(EC2ClientError):
    """An address cannot be associated with this instance."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidInstanceID", message)


class InvalidTransferError(EC2ClientError):
    """A transfer cannot be accepted as things are. The codes are AWS's, the wording follows them."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"InvalidTransfer.{reason}", message)


class NatGatewayNotFoundError(EC2ClientError):
    """No such NAT gateway."""

    def __init__(self, nat_gateway_id: str) -> None:
        super().__init__("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")


class InsufficientFreeAddressesInSubnetError(EC2ClientError):
    """Every address of the subnet is taken."""

    def __init__(self) -> None:
        super().__init__(
            "InsufficientFreeAddressesInSubnet",
            "The specified subnet does not have enough free addresses to satisfy the request.",
        )


class UnsupportedOperationError(EC2ClientError):
    """What AWS has retired, or what is not simulated."""

    def __init__(self, message: str) -> None:
        super().__init__("UnsupportedOperation", message)
