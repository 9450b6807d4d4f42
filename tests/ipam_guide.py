"""What the tutorials of the IPAM user guide print, for the tests that replay them.

`...` stands for ids and times; every other printed value must be in the answer as printed.
"""

from __future__ import annotations

from typing import Any

OWNER = "123456789012"


def printed(expected: Any, answer: Any) -> bool:
    """Whether the answer has everything that the guide prints."""
    if expected is ...:
        return answer not in (None, "")
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(
            name in answer and printed(value, answer[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return len(expected) == len(answer) and all(map(printed, expected, answer))
    return bool(expected == answer)


def printed_ipam(*, owner: str = OWNER, **details: Any) -> dict[str, Any]:
    return {
        "OwnerId": owner,
        "IpamId": ...,
        "IpamArn": ...,
        "PublicDefaultScopeId": ...,
        "PrivateDefaultScopeId": ...,
        "ScopeCount": 2,
        "Tags": [],
        **details,
    }


def printed_pool(*, owner: str = OWNER, **details: Any) -> dict[str, Any]:
    return {
        "OwnerId": owner,
        "IpamPoolId": ...,
        "IpamPoolArn": ...,
        "IpamScopeArn": ...,
        "IpamArn": ...,
        "Locale": "None",
        "PoolDepth": 1,
        "AutoImport": False,
        "AddressFamily": "ipv4",
        "Tags": [],
        **details,
    }


def printed_allocation(cidr: str, resource_type: str, *, owner: str = OWNER, **details: Any) -> dict[str, Any]:
    return {
        "Cidr": cidr,
        "IpamPoolAllocationId": ...,
        "ResourceId": ...,
        "ResourceType": resource_type,
        "ResourceOwner": owner,
        **details,
    }


def printed_address(public_ip: str, *, pool: str, region: str) -> dict[str, Any]:
    return {
        "PublicIp": public_ip,
        "AllocationId": ...,
        "PublicIpv4Pool": pool,
        "NetworkBorderGroup": region,
        "Domain": "vpc",
    }
