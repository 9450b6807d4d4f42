"""An organisation as the IPAM asks for it, for tests of what IPAM makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator import ipam

if TYPE_CHECKING:
    from collections.abc import Mapping

ID = "o-a1b2c3d4e5"
ROOT = "r-f6g7"
OUTER = "ou-f6g7-outer111"
INNER = "ou-f6g7-inner111"
MANAGEMENT = "111111111111"
ADMINISTRATOR = "123456789012"
AT_ROOT = "222222222222"
IN_OUTER = "333333333333"
IN_INNER = "444444444444"
STRANGER = "999999999999"


@dataclass(frozen=True, kw_only=True)
class Organization:
    lines: Mapping[str, tuple[str, ...]]
    id: str = ID
    management_account: str = MANAGEMENT

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self.lines)

    def line_of(self, account: str) -> tuple[str, ...]:
        return self.lines[account]


def found() -> None:
    """Let there be an organisation with a unit in a unit, and an account in each."""
    organization = Organization(
        lines={
            MANAGEMENT: (ROOT,),
            ADMINISTRATOR: (OUTER, ROOT),
            AT_ROOT: (ROOT,),
            IN_OUTER: (OUTER, ROOT),
            IN_INNER: (INNER, OUTER, ROOT),
        }
    )
    ipam.use_directory(lambda account: organization if account in organization.lines else None)
