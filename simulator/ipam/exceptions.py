"""The errors of IPAM, with AWS's codes.

The wordings of not-found, dependency, tag and size errors were read in public issues that quote AWS; where no
quotation was found the code is EC2's general one and the wording follows its siblings.
"""

from __future__ import annotations

from moto.ec2.exceptions import EC2ClientError


class InvalidIpamResourceIdNotFoundError(EC2ClientError):
    """`InvalidIpamPoolId.NotFound` and its siblings."""

    def __init__(self, kind: str, resource_id: str) -> None:
        name = "".join(word.capitalize() for word in kind.split("-"))
        super().__init__(f"Invalid{name}Id.NotFound", f"The {kind} ID '{resource_id}' does not exist")


class InvalidIpamPoolAllocationIdNotFoundError(EC2ClientError):
    """No such allocation (in that pool, if one was named)."""

    def __init__(self, allocation_id: str) -> None:
        super().__init__(
            "InvalidIpamPoolAllocationId.NotFound",
            f"The IPAM pool allocation ({allocation_id}) does not exist.",
        )


class InvalidParameterValueError(EC2ClientError):
    """A value that cannot be."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValue", message)


class InvalidParameterCombinationError(EC2ClientError):
    """Values that cannot be together."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterCombination", message)


class MissingParameterError(EC2ClientError):
    """A required parameter is not there."""

    def __init__(self, *names: str) -> None:
        super().__init__("MissingParameter", f"The request must contain the parameter {' or '.join(names)}")


class IncorrectStateError(EC2ClientError):
    """The resource is in a state in which this cannot be done."""

    def __init__(self, resource_id: str, state: str) -> None:
        super().__init__("IncorrectState", f"The specified action is not valid for {resource_id} in state {state}.")


class DependencyViolationError(EC2ClientError):
    """Something is still in the way of a deletion."""

    def __init__(self, resource_id: str, reason: str) -> None:
        super().__init__("DependencyViolation", f"The specified action is not valid for {resource_id}. {reason}")


class AllocationTooBigError(EC2ClientError):
    """No free block of that size: AWS has no code of its own for lack of space."""

    def __init__(self) -> None:
        super().__init__("InvalidParameterValue", "The allocation size is too big for the pool.")


class ResourceLimitExceededError(EC2ClientError):
    """A quota is used up."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__("ResourceLimitExceeded", f"The maximum number of {what} ({limit}) has been reached.")


class OperationNotPermittedError(EC2ClientError):
    """What AWS never allows on this resource."""

    def __init__(self, message: str) -> None:
        super().__init__("OperationNotPermitted", message)


class UnauthorizedOperationError(EC2ClientError):
    """What only the owner of a shared resource may do."""

    def __init__(self) -> None:
        super().__init__("UnauthorizedOperation", "You are not authorized to perform this operation.")


class IdempotentParameterMismatchError(EC2ClientError):
    """A client token used again for another request."""

    def __init__(self) -> None:
        super().__init__(
            "IdempotentParameterMismatch",
            "The request uses the same client token as a previous, but non-identical request.",
        )


class ReservedTagKeyError(EC2ClientError):
    """A tag key that only AWS may set."""

    def __init__(self) -> None:
        super().__init__("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")


class UnsupportedIpamOperationError(EC2ClientError):
    """An operation of AWS's that this IPAM does not have."""

    def __init__(self, operation: str) -> None:
        super().__init__("UnsupportedOperation", f"The operation {operation} is not supported.")
