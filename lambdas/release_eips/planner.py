"""Where a sweep is worth a message: where the IPAM discovers idle addresses, and where it cannot look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import discovery
from lambdas.common.targets import Target, accounts_of, looks_after

if TYPE_CHECKING:
    from collections.abc import Collection

    from lambdas.common.settings import Settings


def places_with_work(conf: Settings, *, own: str, home: str) -> list[Target]:
    """Ask the IPAM's discovery, once for each Region and page, however many accounts there are."""
    regions = conf.regions or (home,)
    discoveries = discovery.discoveries()
    covered = discovery.covered(discoveries, regions)
    idle = discovery.with_idle_addresses(discoveries, regions)
    return chosen(conf, covered=covered, idle=idle, own=own, home=home)


def chosen(
    conf: Settings, *, covered: Collection[Target], idle: Collection[Target], own: str, home: str
) -> list[Target]:
    """Choose the targets: of those that are covered the ones with idle addresses, of the others all."""
    accounts = accounts_of(conf, {each.account for each in covered}, own=own)
    everywhere = {Target(account=account, region=region) for account in accounts for region in conf.regions or (home,)}
    with_idle = {each for each in idle if looks_after(conf, each.account, own=own)}
    return sorted(each for each in everywhere if each in with_idle or each not in covered)
