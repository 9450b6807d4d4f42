"""What AWS does to Elastic IPs by itself, on the control plane's order. There is no API for it."""

from __future__ import annotations

import re
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from simulator.elastic_ips import services
from simulator.elastic_ips.models.core import holder_of
from simulator.ipam.models.core import all_backends

_ACCOUNT = re.compile(r"\d{12}")


class InvalidOrder(ValueError):  # noqa: N818 - it answers a control call
    """An order that cannot be carried out; the message says why."""


def lock_address(document: Any) -> dict[str, Any]:  # noqa: ANN401 - parsed JSON
    """Lock an address, so that it cannot be released (`InvalidAddress.Locked`), or unlock it.

    `{"allocation_id": "eipalloc-...", "locked": true}`. Errors: `InvalidOrder`. Whoever calls this beside other
    threads holds `moto_services.exclusively`.
    """
    members = _members(document, {"allocation_id": str, "locked": bool})
    for address in (address for backend in all_backends() for address in backend.addresses):
        if address.id == members["allocation_id"]:
            address.is_locked = members["locked"]
            return members
    raise InvalidOrder(f"no account has an address with the allocation id {members['allocation_id']!r}")


def give_address(document: Any) -> dict[str, Any]:  # noqa: ANN401 - parsed JSON
    """Give one of Amazon's addresses, which somebody released, to another account: nobody recovers it any more.

    `{"public_ip": "54.144.0.1", "account": "111122223333", "region": "us-east-1"}`. Errors and locking as above.
    """
    members = _members(document, {"public_ip": str, "account": str, "region": str})
    if not _ACCOUNT.fullmatch(members["account"]):
        raise InvalidOrder(f"account must be 12 digits, not {members['account']!r}")
    if holder_of(members["public_ip"]) is not None:
        raise InvalidOrder(f"an account has {members['public_ip']}: only a released address can be given to another")
    try:
        given = services.give_away(members["public_ip"], to_account=members["account"], region=members["region"])
    except (EC2ClientError, KeyError) as error:
        raise InvalidOrder(str(error)) from None
    return {**members, "allocation_id": given.allocation_id}


def _members(document: Any, types: dict[str, type]) -> dict[str, Any]:  # noqa: ANN401 - parsed JSON
    names = " and ".join(types)
    if not isinstance(document, dict) or set(document) != set(types):
        raise InvalidOrder(f"the body must be a JSON object with the members {names}")
    for name, wanted in types.items():
        if not isinstance(document[name], wanted):
            allowed = "true or false" if wanted is bool else "a text"
            raise InvalidOrder(f"{name} must be {allowed}, not {document[name]!r}")
    return document
