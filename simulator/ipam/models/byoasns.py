"""One's own Autonomous System Numbers (BYOASN), which advertise one's own ranges in Amazon's place.

IPAM user guide, "Tutorial: Bring your ASN to IPAM".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from simulator.clock import CLOCK
from simulator.ipam.exceptions import (
    DependencyViolationError,
    IncorrectStateError,
    InvalidParameterValueError,
    ResourceLimitExceededError,
)
from simulator.ipam.models.consistency import Observed, Register
from simulator.ipam.models.core import EC2BackendParts, in_account
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from simulator.ipam.models.byoip_cidrs import ByoipCidr

AMAZON = "AWS"
"""What AdvertiseByoipCidr is told to go back to Amazon's ASN."""

FORGOTTEN_AFTER = timedelta(days=7).total_seconds()
"""When an ASN that is deprovisioned, or could not be provisioned, is listed no more."""

CHANGED_AT_MOST_EVERY = timedelta(hours=1).total_seconds()
"""How often a range can change to an ASN of one's own; back to Amazon's it can change at any time."""

HELD = frozenset({"pending-provision", "provisioned", "pending-deprovision"})

NOT_PUBLIC = (
    range(1),
    range(23456, 23457),
    range(64496, 131072),
    range(4_200_000_000, 2**32),
)
"""What IANA keeps back or leaves to private use: RFC 7607, RFC 6793, RFC 5398, RFC 6996, RFC 7300."""


class Byoasn(Observed):
    """An ASN of an IPAM."""

    lagging = ("state", "status_message")

    def __init__(self, asn: str, *, ipam_id: str) -> None:
        super().__init__(state="pending-provision")
        self.asn = asn
        self.ipam_id = ipam_id
        self.status_message: str | None = None

    @property
    def sequence(self) -> int:
        """ASNs are listed by number."""
        return int(self.asn)


class AsnAssociation(Observed):
    """An ASN that may advertise a range."""

    lagging = ("state", "status_message")

    def __init__(self, asn: str, cidr: str) -> None:
        super().__init__(state="pending-association")
        self.asn = asn
        self.cidr = cidr
        self.status_message: str | None = None


class ByoasnsBackend(EC2BackendParts):
    """The ASNs of the IPAM whose home is this Region, and what they are associated with in this Region."""

    def __init__(self) -> None:
        self.byoasns: Register[Byoasn] = Register()

    def provision_ipam_byoasn(self, ipam_id: str, asn: str, *, message: str) -> Byoasn:
        """Begin to bring an ASN; the message must name this account and the ASN, and be in force.

        `1|aws|ACCOUNT|ASN|YYYYMMDD|SHA256|RSAPSS`, of which the date is the last day. Its signature is not verified:
        there is no certificate here that could do it.
        """
        ipam, number = self.get_ipam(ipam_id), _public_asn(asn)
        known = self.byoasns.get(number)
        if known is not None and known.state in HELD:
            raise InvalidParameterValueError(f"The ASN {number} is already provisioned.")
        limit = settings().asns
        if sum(byoasn.state in HELD for byoasn in self.byoasns.values()) >= limit:
            raise ResourceLimitExceededError("ASNs", limit)
        byoasn = self.byoasns[number] = Byoasn(number, ipam_id=ipam.id)
        refusal = _objection(message, account=self.account_id, asn=number)

        def finish() -> None:
            if refusal is None:
                byoasn.state = "provisioned"
            else:
                self._end_byoasn(byoasn, "failed-provision", refusal)

        CLOCK.after(settings().cidr_provisioning, finish, label=f"ASN {number} provisioned")
        return byoasn

    def describe_ipam_byoasns(self) -> list[Byoasn]:
        """The ASNs by number."""
        return sorted(self.byoasns.seen(), key=lambda byoasn: byoasn.sequence)

    def deprovision_ipam_byoasn(self, ipam_id: str, asn: str) -> Byoasn:
        """Begin to give up an ASN that is associated with no range."""
        byoasn = self.byoasns.get(_public_asn(asn))
        if byoasn is None or byoasn.ipam_id != self.get_ipam(ipam_id).id:
            raise InvalidParameterValueError(f"The ASN {asn} is not provisioned in {ipam_id}.")
        if byoasn.state != "provisioned":
            raise IncorrectStateError(byoasn.asn, byoasn.state)
        if any(byoasn.asn in range_.asns for range_ in in_account(self.account_id, "byoip_cidrs")):
            raise DependencyViolationError(byoasn.asn, "There are one or more CIDRs associated with the ASN.")
        byoasn.state = "pending-deprovision"
        CLOCK.after(
            settings().cidr_deprovisioning,
            lambda: self._end_byoasn(byoasn, "deprovisioned"),
            label=f"ASN {byoasn.asn} given up",
        )
        return byoasn

    def associate_ipam_byoasn(self, asn: str, cidr: str) -> AsnAssociation:
        """Begin to let an ASN of the account advertise a range of this Region."""
        number, byoip = _public_asn(asn), self.get_byoip_cidr(cidr)
        known = in_account(self.account_id, "byoasns")
        if not any((byoasn.asn, byoasn.state) == (number, "provisioned") for byoasn in known):
            raise InvalidParameterValueError(f"The ASN {number} is not provisioned.")
        if number in byoip.asns:
            raise InvalidParameterValueError(f"The ASN {number} is already associated with {cidr}.")
        association = byoip.asns[number] = AsnAssociation(number, cidr)

        def finish() -> None:
            association.state = "associated"

        CLOCK.after(settings().association, finish, label=f"ASN {number} associated with {cidr}")
        return association

    def disassociate_ipam_byoasn(self, asn: str, cidr: str) -> AsnAssociation:
        """Begin to take a range from an ASN, which must not advertise it."""
        byoip = self.get_byoip_cidr(cidr)
        association = byoip.asns.get(_public_asn(asn))
        if association is None:
            raise InvalidParameterValueError(f"The ASN {asn} is not associated with {cidr}.")
        if association.state != "associated":
            raise IncorrectStateError(association.asn, association.state)
        if byoip.advertised_by == association.asn:
            raise IncorrectStateError(association.asn, "advertised")
        association.state = "pending-disassociation"

        def finish() -> None:
            del byoip.asns[association.asn]

        CLOCK.after(settings().association, finish, label=f"ASN {association.asn} disassociated from {cidr}")
        return association

    def _end_byoasn(self, byoasn: Byoasn, state: str, message: str | None = None) -> None:
        byoasn.state = state
        byoasn.status_message = message

        def forget() -> None:
            if self.byoasns.get(byoasn.asn) is byoasn:
                self.byoasns.remove(byoasn.asn)

        CLOCK.after(FORGOTTEN_AFTER, forget, label=f"ASN {byoasn.asn} listed no more")


def advertise_by(byoip: ByoipCidr, asn: str | None) -> None:
    """Let a range be advertised by an ASN that is associated with it, or by Amazon's."""
    number = None if asn in (None, AMAZON) else _public_asn(str(asn))
    if number is not None and number != byoip.advertised_by:
        association = byoip.asns.get(number)
        if association is None or association.state != "associated":
            raise InvalidParameterValueError(f"The ASN {number} is not associated with {byoip.cidr}.")
        since = byoip.asn_changed_at
        if since is not None and CLOCK.time() < since + CHANGED_AT_MOST_EVERY:
            raise IncorrectStateError(byoip.cidr, "advertised: it can change to your ASN once in an hour")
        byoip.asn_changed_at = CLOCK.time()
    byoip.advertised_by = number


def _public_asn(asn: str) -> str:
    """The number as decimal digits; InvalidParameterValue for what is no public 2-byte or 4-byte ASN."""
    if not asn.isascii() or not asn.isdigit() or int(asn) >= 2**32 or any(int(asn) in kept for kept in NOT_PUBLIC):
        raise InvalidParameterValueError(f"The ASN '{asn}' is not a public 2-byte or 4-byte ASN.")
    return str(int(asn))


def _objection(message: str, *, account: str, asn: str) -> str | None:
    """What is wrong with an authorization message, if anything is."""
    parts = message.split("|")
    if len(parts) != len(["1", "aws", "account", "asn", "date", "SHA256", "RSAPSS"]):
        return "The authorization message is malformed."
    version, provider, for_account, for_asn, last_day, *algorithm = parts
    if (version, provider, *algorithm) != ("1", "aws", "SHA256", "RSAPSS"):
        return "The authorization message is malformed."
    if (for_account, for_asn) != (account, asn):
        return "The authorization message is for another account or ASN."
    return "The authorization message has expired." if last_day < f"{CLOCK.now():%Y%m%d}" else None
