"""Where a sweep is worth a message: where the IPAM discovers idle addresses, and where it cannot look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import discovery
from lambdas.common.targets import Target, accounts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lambdas.common.settings import Settings


def places_with_work(conf: Settings, *, own: str, home: str) -> list[Target]:
    """Give all places where there is work, in the order in which they get their messages."""
    work_in = work_by_region(conf, own=own, home=home)
    return [target for region in conf.regions or (home,) for target in work_in(region)]


def work_by_region(conf: Settings, *, own: str, home: str) -> Callable[[str], list[Target]]:
    """Learn which accounts the IPAM covers, and give what then asks it, for one Region, where there is work.

    The IPAM is asked once for each Region and page, however many accounts there are: for all accounts now, for the
    addresses of a Region, which fill far more pages, when that Region is asked for.
    """
    discoveries = discovery.discoveries()
    covered = discovery.covered(discoveries, conf.regions or (home,))

    def work_in(region: str) -> list[Target]:
        idle = discovery.with_idle_addresses(discoveries, (region,))
        return chosen(conf, region, covered=covered, idle=idle, own=own)

    return work_in


def chosen(
    conf: Settings, region: str, *, covered: Collection[Target], idle: Collection[Target], own: str
) -> list[Target]:
    """Choose the targets in a Region: of those that are covered the ones with idle addresses, of the others all."""
    accounts = accounts_of(conf, {each.account for each in covered}, own=own)
    everybody = [Target(account=account, region=region) for account in accounts]
    return [each for each in everybody if each in idle or each not in covered]
