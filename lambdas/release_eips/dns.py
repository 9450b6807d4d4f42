"""Which DNS records name an address: in all hosted zones, public and private, of some accounts.

A records do, and records that lead to a host name with the address in it, as a CNAME of EC2's own for it does
(`ec2-203-0-113-5.compute-1.amazonaws.com`); so do records of a reverse zone of one's own, by their names. Text says
nothing, but for the hosts that SPF lets send mail (RFC 7208, `ip4:`). Weighted, latency, geolocation and multivalue
records are records of their own; alias records lead to AWS resources, never to an address.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.common import accounts
from lambdas.common.aws_clients import client
from lambdas.common.errors import AwsError, code_of, reason_of
from lambdas.release_eips.model import Unread
from lambdas.release_eips.pace import HOSTED_ZONES, Pace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

ADDRESS = re.compile(r"(?<![0-9])(?=([0-9]{1,3})([.-])([0-9]{1,3})\2([0-9]{1,3})\2([0-9]{1,3})(?![0-9]))")
"""An address in a record's value, also as it stands in host names, whatever number comes before it."""
REVERSE = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)\.in-addr\.arpa\.?", re.IGNORECASE)
SENDERS = re.compile(r"\bip4:([0-9.]+(?:/[0-9]+)?)", re.IGNORECASE)
TEXTS = frozenset({"SPF", "TXT"})

MOST_PAGES = 600
"""300,000 records' worth of pages, at Route 53's rate two minutes: older evidence than that is of no use."""


def records(account_ids: Iterable[str], public_ips: Collection[str], *, region: str) -> dict[str, str] | Unread:
    """Give a record that names each of these addresses, where one does; any account that cannot be read spoils all."""
    found: dict[str, str] = {}
    for account in account_ids:
        try:
            complete = _read(account, public_ips, found, region=region)
        except AwsError as error:
            what = f"DNS (Route 53) of account {account}"
            return Unread(what=what, reason=reason_of(error), message=str(error))
        if not complete:
            what = f"DNS (Route 53) of account {account}"
            return Unread(what=what, reason="api-error", message=f"it has more than {MOST_PAGES} pages of records")
    return found


def _read(account: str, public_ips: Collection[str], found: dict[str, str], *, region: str) -> bool:
    """Add the records of one account to what is found; False where there are too many to read in time."""
    route53 = client("route53", role_arn=accounts.role_in(account, region=region))
    pace = Pace(burst=HOSTED_ZONES[0], per_second=HOSTED_ZONES[1])
    pages = 0
    zones: list[str] = []
    pace.wait()
    for page in route53.get_paginator("list_hosted_zones").paginate():
        zones += [zone["Id"] for zone in page["HostedZones"]]
        pages += 1
        if pages >= MOST_PAGES:
            return False
        pace.wait()
    for zone in zones:
        try:
            for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone):
                for record in page["ResourceRecordSets"]:
                    _note(record, public_ips, found)
                pages += 1
                if pages >= MOST_PAGES:
                    return False
                pace.wait()
        except ClientError as error:
            if code_of(error) != "NoSuchHostedZone":  # deleted since it was listed
                raise
    return True


def _note(record: dict[str, object], public_ips: Collection[str], found: dict[str, str]) -> None:
    name = str(record["Name"])
    if (reverse := REVERSE.fullmatch(name)) and (address := ".".join(reversed(reverse.groups()))) in public_ips:
        found[address] = name
    values = record.get("ResourceRecords", ())
    for value in values if isinstance(values, list) else ():
        named = _senders if record.get("Type") in TEXTS else _in_name
        for address in named(value["Value"], public_ips):
            found[address] = name


def _in_name(value: str, public_ips: Collection[str]) -> Iterator[str]:
    """Give the addresses that stand in a value."""
    for first, _, second, third, fourth in ADDRESS.findall(value):
        address = f"{first}.{second}.{third}.{fourth}"
        if address in public_ips:
            yield address


def _senders(text: str, public_ips: Collection[str]) -> Iterator[str]:
    """Give the addresses that an SPF record lets send mail; a text may be cut into several that are one."""
    for written in SENDERS.findall(text.replace('" "', "")):
        try:
            network = ip_network(written, strict=False)
        except ValueError:
            continue
        yield from (address for address in public_ips if ip_address(address) in network)
