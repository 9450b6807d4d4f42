"""IPAM operations that AWS has and this IPAM has not: they say so, in AWS's form of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from botocore import xform_name
from moto.core.utils import get_service_model

from simulator.ipam.exceptions import UnsupportedIpamOperationError

if TYPE_CHECKING:
    from collections.abc import Callable


def unsupported_operations(supported: type) -> type:
    """A class that refuses every operation of EC2 with Ipam in its name which `supported` lacks."""
    names = [name for name in get_service_model("ec2").operation_names if "Ipam" in name]
    methods = {xform_name(name): _refuse(name) for name in names if not hasattr(supported, xform_name(name))}
    return type("UnsupportedIpamOperations", (), methods)


def _refuse(operation: str) -> Callable[[object], NoReturn]:
    def refuse(_: object) -> NoReturn:
        raise UnsupportedIpamOperationError(operation)

    return refuse
