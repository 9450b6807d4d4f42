"""Reading CIDRs out of requests."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from simulator.ipam.exceptions import InvalidParameterValueError

if TYPE_CHECKING:
    from simulator.ipam.space import Network

MAX_PREFIX_LENGTH = {"ipv4": 32, "ipv6": 128}


def parse_cidr(cidr: str, *, address_family: str) -> Network:
    """The network that `cidr` writes; InvalidParameterValue for anything else, and for the other family."""
    try:
        network = ip_network(cidr)
    except ValueError:
        raise InvalidParameterValueError(f"The CIDR '{cidr}' is invalid.") from None
    if f"ipv{network.version}" != address_family:
        raise InvalidParameterValueError(f"The CIDR '{cidr}' is not of the address family {address_family}.")
    return network


def check_netmask_length(length: int, *, address_family: str) -> int:
    """The length; InvalidParameterValue if no network of the family has it."""
    if not 0 <= length <= MAX_PREFIX_LENGTH[address_family]:
        raise InvalidParameterValueError(f"The netmask length {length} is invalid for {address_family}.")
    return length
