"""Which further IPv4 CIDRs a VPC may have, and when one may be taken away again.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html, "Manage IPv4 CIDR blocks for a VPC" and the table
under "IPv4 CIDR block association restrictions". Public code that quotes AWS has the code and the wording for
restricted ranges and for a CIDR in use; for what else is refused the code is taken to be the same.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TEN, _LINK_LOCAL, _TWELVE, _SIXTEEN, _RESERVED = map(
    IPv4Network, ("10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16")
)
_TEN_ZERO, _TEN_ZERO_AND_ONE, _DEFAULT = map(IPv4Network, ("10.0.0.0/16", "10.0.0.0/15", "172.31.0.0/16"))
_RESTRICTED: dict[IPv4Network | None, tuple[IPv4Network, ...]] = {
    _TEN: (_TWELVE, _SIXTEEN, _RESERVED),
    _TWELVE: (_TEN, _SIXTEEN, _DEFAULT, _RESERVED),
    _SIXTEEN: (_TEN, _TWELVE, _RESERVED),
    _RESERVED: (_TEN, _TWELVE, _SIXTEEN),
    None: (_TEN, _TWELVE, _SIXTEEN, _RESERVED),
}
"""The range that a VPC's CIDR is from (None: any other) → the ranges from which it can get none besides."""

_NO_PEERING = frozenset({"rejected", "deleted", "expired", "failed"})
_LENGTHS = range(16, 29)


class InvalidVpcRangeError(EC2ClientError):
    """A CIDR that a VPC cannot have."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidVpc.Range", message)


class InvalidCidrBlockInUseError(EC2ClientError):
    """A CIDR in which there is a subnet."""

    def __init__(self, vpc_id: str, cidr: str) -> None:
        super().__init__("InvalidCidrBlock.InUse", f"The vpc {vpc_id} currently has a subnet within CIDR block {cidr}")


def admit(vpc: Any, cidr: str, *, routes: Iterable[str], peerings: Iterable[Any]) -> None:  # noqa: ANN401 - moto's
    """Refuse a CIDR that AWS gives no VPC like this one; `routes` are the destinations of its route tables."""
    block = IPv4Network(cidr, strict=False)
    if block.prefixlen not in _LENGTHS:
        raise InvalidVpcRangeError(f"The CIDR '{cidr}' is invalid.")
    own = _associated(vpc)
    if any(block.overlaps(each) for each in own):
        raise InvalidVpcRangeError(f"The CIDR '{cidr}' conflicts with another CIDR of the VPC.")
    if any(block.overlaps(each) for each in _restricted(own)):
        raise InvalidVpcRangeError(
            f"The CIDR '{cidr}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, "
            "or use a publicly-routable CIDR. For additional restrictions, see "
            "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"
        )
    if any(IPv4Network(route).subnet_of(block) for route in routes):
        raise InvalidVpcRangeError(f"The CIDR '{cidr}' conflicts with a route of the VPC.")
    for peering in peerings:
        _admit_beside(vpc, block, peering)


def admit_removal(vpc: Any, cidr: str, subnets: Iterable[str]) -> None:  # noqa: ANN401 - moto's
    """Refuse to take away a CIDR in which there is a subnet."""
    if any(IPv4Network(subnet).subnet_of(IPv4Network(cidr)) for subnet in subnets):
        raise InvalidCidrBlockInUseError(vpc.id, cidr)


def _associated(vpc: Any) -> list[IPv4Network]:  # noqa: ANN401 - moto's
    return [
        IPv4Network(each["cidr_block"])
        for each in vpc.get_cidr_block_association_set()
        if each["cidr_block_state"]["state"] != "disassociated"
    ]


def _restricted(own: Sequence[IPv4Network]) -> set[IPv4Network]:
    ranges = [next((each for each in _RESTRICTED if each and cidr.subnet_of(each)), None) for cidr in own]
    found = {_LINK_LOCAL, *(restricted for each in ranges for restricted in _RESTRICTED[each])}
    if any(cidr.subnet_of(_TEN_ZERO_AND_ONE) for cidr in own):
        found.add(_TEN_ZERO)
    return found


def _admit_beside(vpc: Any, block: IPv4Network, peering: Any) -> None:  # noqa: ANN401 - moto's
    state = peering.status["Code"]
    if state in _NO_PEERING or vpc.id not in {peering.vpc.id, peering.peer_vpc.id}:
        return
    if state == "pending-acceptance" and peering.vpc.id == vpc.id:
        raise InvalidVpcRangeError(f"The VPC {vpc.id} has asked for {peering.id}, which is not accepted yet.")
    peer = peering.peer_vpc if peering.vpc.id == vpc.id else peering.vpc
    if state == "active" and any(block.overlaps(each) for each in _associated(peer)):
        raise InvalidVpcRangeError(f"The CIDR '{block}' overlaps a CIDR of {peer.id}, a peer of the VPC.")
