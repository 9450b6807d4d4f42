"""What a judgement of Elastic IPs rests on: plain values, as AWS and our own memory tell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lambdas.common.decision import Lease
    from lambdas.common.settings import AddressKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """An Elastic IP as DescribeAddresses tells it.

    `pool` is `amazon`, or the id of a pool of one's own or of IPAM's. `associated` says that AWS names anything that
    it is on: an association, an instance, an interface or a private address.
    """

    allocation_id: str
    public_ip: str
    pool: str
    border_group: str
    associated: bool
    service_managed: str | None
    tags: Mapping[str, str]

    @property
    def kind(self) -> AddressKind:
        """Where it comes from, in the words of the configuration."""
        if self.pool == "amazon":
            return "amazon"
        return "ipam" if self.pool.startswith("ipam-pool-") else "byoip"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """What is remembered of an address between sweeps; `lease` is the right to release it.

    `idle_since` is since when it is known to be idle, unless `stopped` says that it was used since; `used_at` is the
    last sign of use, `warned_at` when people heard that it will be released. `tried_at` is when its release was last
    tried in vain, `said` the last thing that was recorded of it, `released` the decision by which it was released.
    """

    lease: Lease
    idle_since: datetime | None = None
    stopped: bool = False
    used_at: datetime | None = None
    warned_at: datetime | None = None
    tried_at: datetime | None = None
    said: str = ""
    released: str = ""

    @property
    def last_reason(self) -> str:
        """The reason code of the last thing that was recorded of it."""
        return self.said.rpartition("#")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """Something that could not be read, and so proves nothing: the reason code, and what AWS said."""

    what: str
    reason: str
    message: str


Finding = str | Unread | None
"""What was found against a release, what could not be read, or nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What DescribeAddresses does not tell; what is not looked at yet is None as what was not found.

    `transfer` is the account that the address is offered to, `ptr` the name of its PTR record, `dns` an A record that
    names it, `stack` the CloudFormation stack that it belongs to, `used_at` the last use in IPAM's address history.
    `read` says when each of them was read.
    """

    transfer: Finding = None
    ptr: Finding = None
    dns: Finding = None
    stack: Finding = None
    used_at: datetime | Unread | None = None
    read: Mapping[str, str] = field(default_factory=dict)

    @property
    def unread(self) -> list[Unread]:
        """What could not be read."""
        found = (self.transfer, self.ptr, self.dns, self.stack, self.used_at)
        return [each for each in found if isinstance(each, Unread)]
