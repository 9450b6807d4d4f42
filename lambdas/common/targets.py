"""Where remediations work: accounts and Regions, as the configuration lets them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.common.settings import lower_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.common.settings import Mode, Settings


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Target:
    """Where a sweep looks: one Region of one account."""

    account: str
    region: str

    @property
    def name(self) -> str:
        """Its name in records and messages, such as `123456789012/us-east-1`."""
        return f"{self.account}/{self.region}"


def looks_after(conf: Settings, account: str, *, own: str) -> bool:
    """Say whether the configuration has this account looked after; `own` is the hub's, which always is."""
    organization = conf.organization
    if organization is None:
        return account == own
    if account in organization.exclude_accounts:
        return False
    return account == own or organization.accounts == "all" or account in organization.accounts


def is_target(conf: Settings, target: Target, *, own: str, home: str) -> bool:
    """Say whether a place is one of those that are looked after; `home` is the hub's Region."""
    return target.region in (conf.regions or (home,)) and looks_after(conf, target.account, own=own)


def accounts_of(conf: Settings, discovered: Iterable[str], *, own: str) -> list[str]:
    """Give the accounts that are looked after; `discovered` counts where the configuration says `all`."""
    organization = conf.organization
    named = () if organization is None or organization.accounts == "all" else organization.accounts
    return sorted(each for each in {own, *named, *discovered} if looks_after(conf, each, own=own))


def mode_in(conf: Settings, mode: Mode, account: str) -> Mode:
    """Give the mode that a remediation has in an account: its own, or the account's where that is lower."""
    theirs = conf.organization.modes.get(account, mode) if conf.organization else mode
    return lower_of(mode, theirs)
