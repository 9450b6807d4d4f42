"""Which DNS records name an address: in all hosted zones, public and private, of some accounts.

A records do, and records that lead to a host name with the address in it, as a CNAME of EC2's own for it does
(`ec2-203-0-113-5.compute-1.amazonaws.com`); so do records of a reverse zone of one's own, by their names. Text says
nothing, but for the hosts that SPF lets send mail (RFC 7208, `ip4:`). Weighted, latency, geolocation and multivalue
records are records of their own; alias records lead to AWS resources, never to an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.common import accounts
from lambdas.common.aws_clients import client
from lambdas.common.errors import AwsError, code_of, reason_of
from lambdas.release_eips.model import Unread
from lambdas.release_eips.pace import HOSTED_ZONES, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ipaddress import IPv4Network, IPv6Network

ADDRESS = re.compile(r"(?<![0-9])(?=([0-9]{1,3})([.-])([0-9]{1,3})\2([0-9]{1,3})\2([0-9]{1,3})(?![0-9]))")
"""An address in a record's value, also as it stands in host names, whatever number comes before it."""
REVERSE = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)\.in-addr\.arpa\.?", re.IGNORECASE)
SENDERS = re.compile(r"\bip4:([0-9.]+(?:/[0-9]+)?)", re.IGNORECASE)
TEXTS = frozenset({"SPF", "TXT"})

MOST_PAGES = 600
"""300,000 records' worth of pages, at Route 53's rate two minutes: older evidence than that is of no use."""


@dataclass(kw_only=True)
class Names:
    """Records by the addresses that they name; those that name whole networks by these."""

    by_address: dict[str, str] = field(default_factory=dict)
    by_network: dict[IPv4Network | IPv6Network, str] = field(default_factory=dict)

    def get(self, address: str, /) -> str | None:
        """Give a record that names an address, where one does."""
        if (name := self.by_address.get(address)) is not None:
            return name
        if not self.by_network:
            return None
        ip = ip_address(address)
        return next((name for network, name in self.by_network.items() if ip in network), None)


def records(account_ids: Iterable[str], *, region: str, is_late: Callable[[], bool]) -> Names | Unread:
    """Give the records that name addresses; any account that cannot be read, or not in time, spoils all."""
    found = Names()
    for account in account_ids:
        what = f"DNS (Route 53) of account {account}"
        try:
            complete = _read(account, found, region=region, is_late=is_late)
        except AwsError as error:
            return Unread(what=what, reason=reason_of(error), message=str(error))
        if not complete:
            said = f"it has more than {MOST_PAGES} pages of records, or more than can be read in time"
            return Unread(what=what, reason="api-error", message=said)
    return found


def _read(account: str, found: Names, *, region: str, is_late: Callable[[], bool]) -> bool:
    """Add the records of one account to what is found; False where there are too many to read in time."""
    route53 = client("route53", role_arn=accounts.role_in(account, region=region))
    pace = Pace(burst=HOSTED_ZONES[0], per_second=HOSTED_ZONES[1])
    pages = 0
    zones: list[str] = []
    pace.wait()
    for page in route53.get_paginator("list_hosted_zones").paginate():
        zones += [zone["Id"] for zone in page["HostedZones"]]
        pages += 1
        if pages >= MOST_PAGES or is_late():
            return False
        pace.wait()
    for zone in zones:
        try:
            for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone):
                for record in page["ResourceRecordSets"]:
                    _note(record, found)
                pages += 1
                if pages >= MOST_PAGES or is_late():
                    return False
                pace.wait()
        except ClientError as error:
            if code_of(error) != "NoSuchHostedZone":  # deleted since it was listed
                raise
    return True


def _note(record: dict[str, object], found: Names) -> None:
    name = str(record["Name"])
    if reverse := REVERSE.fullmatch(name):
        found.by_address[".".join(reversed(reverse.groups()))] = name
    values = record.get("ResourceRecords", ())
    for value in values if isinstance(values, list) else ():
        if record.get("Type") in TEXTS:
            found.by_network |= dict.fromkeys(_senders(value["Value"]), name)
        else:
            found.by_address |= dict.fromkeys(_in_name(value["Value"]), name)


def _in_name(value: str) -> Iterator[str]:
    """Give the addresses that stand in a value."""
    for first, _, second, third, fourth in ADDRESS.findall(value):
        yield f"{first}.{second}.{third}.{fourth}"


def _senders(text: str) -> Iterator[IPv4Network | IPv6Network]:
    """Give the networks that an SPF record lets send mail; a text may be cut into several that are one."""
    for written in SENDERS.findall(text.replace('" "', "")):
        try:
            yield ip_network(written, strict=False)
        except ValueError:
            continue
