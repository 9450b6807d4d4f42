"""What a call in CloudTrail says about addresses: that somebody uses one, or that one may have become idle.

The names inside `requestParameters` differ from action to action and are documented for few, so that ids and addresses
are found wherever they stand in what was asked and answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lambdas.common.targets import Target

if TYPE_CHECKING:
    from lambdas.common.events import Wakeup

USES = frozenset(
    {"AssociateAddress", "AssociateNatGatewayAddress", "CreateLoadBalancer", "CreateNatGateway", "SetSubnets"}
)
"""Calls that put an address to use, or tried to: one that failed shows as well that somebody needs it."""

STARTS = frozenset({"AllocateAddress", "DisassociateAddress"})
"""Calls after which an address may be idle."""

ALLOCATION_ID = r"eipalloc-[0-9a-f]{1,32}"
PUBLIC_IP = r"\d{1,3}(?:\.\d{1,3}){3}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sign:
    """What a call says: of which addresses, by id or by address, and where; a forged one may be of nowhere."""

    is_use: bool
    target: Target
    allocation_ids: frozenset[str]
    public_ips: frozenset[str]


def read(wakeup: Wakeup) -> Sign | None:
    """Read CloudTrail's record of a call; None where it is none of those that count."""
    call = wakeup.detail
    name = call.get("eventName")
    if not isinstance(name, str) or name not in USES | STARTS:
        return None
    # The record has other addresses too, such as the caller's.
    said = replace(wakeup, detail={part: call.get(part) for part in ("requestParameters", "responseElements")})
    return Sign(
        is_use=name in USES,
        # Who sent an event is EventBridge's word; what is in it is the sender's.
        target=Target(
            account=wakeup.account or str(call.get("recipientAccountId", "")), region=str(call.get("awsRegion", ""))
        ),
        allocation_ids=said.named(ALLOCATION_ID),
        public_ips=said.named(PUBLIC_IP),
    )
