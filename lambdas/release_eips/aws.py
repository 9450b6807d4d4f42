"""What EC2 says about a target's addresses, and the calls that release one and have it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.common import accounts
from lambdas.common.aws_clients import client, date_of
from lambdas.release_eips.model import Address

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import AddressTypeDef, FilterTypeDef, TagTypeDef

    from lambdas.common.targets import Target

POOL_OF_AMAZON = "amazon"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Addresses, and when AWS said so, None where it did not tell.

    An event may come late, and tells when something happened, not when we look.
    """

    addresses: tuple[Address, ...]
    at: datetime | None


def addresses(target: Target, allocation_ids: Collection[str] = ()) -> Listing:
    """Read all addresses, which EC2 gives in one answer without pages, or those of these ids that there are."""
    named: list[FilterTypeDef] = [{"Name": "allocation-id", "Values": sorted(allocation_ids)}]
    return _described(target, named if allocation_ids else [])


def address(target: Target, allocation_id: str) -> Address | None:
    """Read one address as it is now; None where the account has it no more.

    By a filter, because the answer about an id that is gone is an error that others have in common.
    """
    found = addresses(target, [allocation_id]).addresses
    return found[0] if found else None


def at(target: Target, public_ips: Iterable[str]) -> tuple[Address, ...]:
    """Read the addresses that are these IP addresses; those of others are left out."""
    values = sorted(public_ips)
    return _described(target, [{"Name": "public-ip", "Values": values}]).addresses if values else ()


def release(target: Target, address: Address) -> None:
    """Release an address that was looked at immediately before: the SDK makes this call once, whatever AWS answers."""
    _ec2(target, once=True).release_address(AllocationId=address.allocation_id, NetworkBorderGroup=address.border_group)


def allocate_again(target: Target, *, public_ip: str, pool: str, border_group: str, tags: Mapping[str, str]) -> str:
    """Allocate an address that was released, with these tags; its new allocation id."""
    request: dict[str, Any] = {"Domain": "vpc", "Address": public_ip, "NetworkBorderGroup": border_group}
    if tags:
        request["TagSpecifications"] = [{"ResourceType": "elastic-ip", "Tags": _wire(tags)}]
    if pool.startswith("ipam-pool-"):
        request["IpamPoolId"] = pool
    elif pool != POOL_OF_AMAZON:
        request["PublicIpv4Pool"] = pool
    return _ec2(target).allocate_address(**request)["AllocationId"]


def tag(target: Target, allocation_id: str, tags: Mapping[str, str]) -> None:
    """Put tags on an address."""
    if tags:
        _ec2(target).create_tags(Resources=[allocation_id], Tags=_wire(tags))


def holder_in_pool(target: Target, *, pool: str, public_ip: str) -> str | None:
    """Say which resource an IPAM pool gave an address to, as far as IPAM knows; None where it is free."""
    pages = _ec2(target).get_paginator("get_ipam_pool_allocations").paginate(IpamPoolId=pool)
    cidr = f"{public_ip}/32"
    found = (each for page in pages for each in page["IpamPoolAllocations"] if each["Cidr"] == cidr)
    return next((each.get("ResourceId", "") for each in found), None)


def _described(target: Target, filters: list[FilterTypeDef]) -> Listing:
    answer = _ec2(target).describe_addresses(Filters=filters)
    return Listing(
        addresses=tuple(_address(each) for each in answer["Addresses"] if each.get("AllocationId")),
        at=date_of(answer),
    )


def _ec2(target: Target, *, once: bool = False) -> EC2Client:
    return client("ec2", target.region, role_arn=accounts.role_in(target.account, region=target.region), once=once)


def _wire(tags: Mapping[str, str]) -> list[TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _address(described: AddressTypeDef) -> Address:
    holders = ("AssociationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress")
    return Address(
        allocation_id=described["AllocationId"],
        public_ip=described.get("PublicIp", ""),
        pool=described.get("CustomerOwnedIpv4Pool") or described.get("PublicIpv4Pool", ""),
        border_group=described.get("NetworkBorderGroup", ""),
        associated=any(described.get(name) for name in holders),
        service_managed=described.get("ServiceManaged"),
        tags={tag["Key"]: tag["Value"] for tag in described.get("Tags", [])},
    )
