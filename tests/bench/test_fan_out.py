"""How the calls of a sweep with nothing to do grow, at sizes that take no time."""

from __future__ import annotations

import pytest

from bench.fan_out import HOME, Size, account_by_account, calls, organisation, ours, places_with_work
from lambdas.common import discovery


@pytest.mark.parametrize(("accounts", "regions", "expected"), [(2, 1, 3), (5, 1, 3), (2, 3, 7), (5, 3, 7)])
def test_ours_grow_with_regions_and_not_with_accounts(accounts: int, regions: int, expected: int) -> None:
    assert calls(Size(accounts=accounts, regions=regions), ours, in_use=1).total() == expected


@pytest.mark.parametrize(("addresses", "pages"), [(1, 1), (2, 2), (3, 3)])
def test_ours_grow_with_the_pages_of_addresses(addresses: int, pages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "PAGE", 5)
    counted = calls(Size(accounts=5, regions=2), ours, in_use=addresses)
    assert counted["GetIpamDiscoveredPublicAddresses"] == 2 * pages


@pytest.mark.parametrize(("accounts", "regions"), [(2, 1), (5, 1), (2, 3), (5, 3)])
def test_account_by_account_grows_with_both(accounts: int, regions: int) -> None:
    counted = calls(Size(accounts=accounts, regions=regions), account_by_account, in_use=1)
    assert counted == {"AssumeRole": accounts * regions, "DescribeAddresses": accounts * regions}


def test_what_is_counted_would_find_an_idle_address() -> None:
    size = Size(accounts=3, regions=1)
    member = size.members[-1]
    with organisation(size, in_use=2, idle_in=member):
        assert places_with_work(size) == [f"{member}/{HOME}"]
