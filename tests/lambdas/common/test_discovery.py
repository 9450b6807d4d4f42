"""What the IPAM's discovery says of where there is work, and what is left out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.common import discovery
from lambdas.common.settings import Settings
from lambdas.common.targets import Target
from lambdas.release_eips import planner
from tests.lambdas.account import ACCOUNT, HOME, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST, SECOND = "ipam-res-disco-1", "ipam-res-disco-2"
MEMBER, OTHER, FOREIGN = "111122223333", "222222222222", "999999999999"
AWAY = "eu-west-1"
TAKEN = "2026-03-02T12:00:00Z"


class Ipam:
    """An IPAM's answers, in pages of so many entries; it counts how often it is asked."""

    def __init__(self, *, page: int = 1_000) -> None:
        self.page = page
        self.calls = 0
        self.associations: list[dict[str, Any]] = []
        self.accounts: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.addresses: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def describe_ipam_resource_discovery_associations(self, **paging: Any) -> dict[str, Any]:
        return self._answer("IpamResourceDiscoveryAssociations", self.associations, **paging)

    def get_ipam_discovered_accounts(
        self,
        *,
        IpamResourceDiscoveryId: str,  # noqa: N803
        DiscoveryRegion: str,  # noqa: N803
        **paging: Any,
    ) -> dict[str, Any]:
        found = self.accounts.get((IpamResourceDiscoveryId, DiscoveryRegion), [])
        return self._answer("IpamDiscoveredAccounts", found, **paging)

    def get_ipam_discovered_public_addresses(
        self,
        *,
        IpamResourceDiscoveryId: str,  # noqa: N803
        AddressRegion: str,  # noqa: N803
        **paging: Any,
    ) -> dict[str, Any]:
        found = self.addresses.get((IpamResourceDiscoveryId, AddressRegion), [])
        return self._answer("IpamDiscoveredPublicAddresses", found, **paging)

    def _answer(
        self,
        key: str,
        found: Sequence[dict[str, Any]],
        *,
        MaxResults: int,  # noqa: N803
        NextToken: str = "0",  # noqa: N803
    ) -> dict[str, Any]:
        self.calls += 1
        assert 5 <= MaxResults <= 1_000
        first = int(NextToken)
        until = first + min(self.page, MaxResults)
        return {key: list(found[first:until]), **({"NextToken": str(until)} if until < len(found) else {})}


@pytest.fixture
def ipam(monkeypatch: pytest.MonkeyPatch) -> Ipam:
    made = Ipam()
    monkeypatch.setattr(discovery, "client", lambda _service: made)
    return made


def association(discovery_id: str, state: str = "associate-complete", status: str = "active") -> dict[str, Any]:
    return {"IpamResourceDiscoveryId": discovery_id, "State": state, "ResourceDiscoveryStatus": status}


def account(account_id: str, **more: str) -> dict[str, Any]:
    return {"AccountId": account_id, "LastSuccessfulDiscoveryTime": TAKEN, **more}


def address(owner: str, status: str | None = "disassociated") -> dict[str, Any]:
    return {"AddressOwnerId": owner, **({"AssociationStatus": status} if status else {})}


def at(account_id: str, region: str = HOME) -> Target:
    return Target(account=account_id, region=region)


@pytest.mark.parametrize(
    ("associations", "usable"),
    [
        ([], []),
        ([association(SECOND), association(FIRST)], [FIRST, SECOND]),
        ([association(FIRST), association(FIRST)], [FIRST]),
        ([association(FIRST, state="associate-in-progress")], []),
        ([association(FIRST, state="disassociate-in-progress")], []),
        ([association(FIRST, status="not-found")], []),
        ([association(FIRST), association(SECOND, state="associate-failed")], [FIRST]),
        ([{"IpamResourceDiscoveryId": FIRST}], []),
    ],
)
def test_only_discoveries_that_are_associated_and_active_count(
    ipam: Ipam, associations: list[dict[str, Any]], usable: list[str]
) -> None:
    ipam.associations = associations
    assert discovery.discoveries() == usable


@pytest.mark.parametrize(
    ("seen", "is_covered"),
    [
        (account(MEMBER), True),
        (account(MEMBER, FailureReason={"Code": "assume-role-failure"}), False),  # type: ignore[arg-type] # a structure
        ({"AccountId": MEMBER}, False),
        ({"AccountId": MEMBER, "LastAttemptedDiscoveryTime": TAKEN}, False),
    ],
)
def test_an_account_is_covered_where_it_was_read_when_that_was_last_tried(
    ipam: Ipam, seen: dict[str, Any], *, is_covered: bool
) -> None:
    ipam.accounts[FIRST, HOME] = [seen]
    assert discovery.covered([FIRST], [HOME, AWAY]) == ({at(MEMBER)} if is_covered else set())


@pytest.mark.parametrize(
    ("addresses", "idle"),
    [
        ([], set()),
        ([address(MEMBER, "associated")], set()),
        ([address(MEMBER, None)], set()),
        ([address(MEMBER), address(MEMBER), address(OTHER, "associated")], {at(MEMBER)}),
        ([address(OTHER), address(MEMBER, "associated"), address(MEMBER)], {at(MEMBER), at(OTHER)}),
    ],
)
def test_a_place_with_an_address_that_is_associated_with_nothing_has_work(
    ipam: Ipam, addresses: list[dict[str, Any]], idle: set[Target]
) -> None:
    ipam.addresses[FIRST, HOME] = addresses
    assert discovery.with_idle_addresses([FIRST], [HOME, AWAY]) == idle


@given(page=st.integers(1, 7), entries=st.integers(0, 40))
def test_all_pages_are_read_whatever_their_size(page: int, entries: int) -> None:
    ipam = Ipam(page=page)
    ipam.addresses[SECOND, AWAY] = [address(f"{number:012}") for number in range(entries)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery, "client", lambda _service: ipam)
        found = discovery.with_idle_addresses([FIRST, SECOND], [HOME, AWAY])
    assert found == {at(f"{number:012}", AWAY) for number in range(entries)}
    assert ipam.calls == 3 + max(1, -(-entries // page))


def test_a_list_without_an_end_is_given_up(ipam: Ipam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipam, "_answer", lambda key, _found, **_: {key: [], "NextToken": "again"})
    with pytest.raises(RuntimeError, match="IpamDiscoveredAccounts has more than 1000 pages"):
        discovery.covered([FIRST], [HOME])


def places(covered: set[Target], idle: set[Target], **organization: Any) -> list[str]:
    told = {"id": "o-a1b2c3d4e5", "accounts": "all", "exclude_accounts": [], "modes": {}, **organization}
    conf = Settings.from_document({**SETTINGS, "organization": told, "regions": [HOME, AWAY]})
    return [
        each.name
        for region in (AWAY, HOME)
        for each in planner.chosen(conf, region, covered=covered, idle=idle, own=ACCOUNT)
    ]


EVERYWHERE = {at(each, region) for each in (ACCOUNT, MEMBER) for region in (HOME, AWAY)}


@pytest.mark.parametrize(
    ("covered", "idle", "organization", "expected"),
    [
        (EVERYWHERE, set(), {}, []),
        (EVERYWHERE, {at(MEMBER)}, {}, [f"{MEMBER}/{HOME}"]),
        (EVERYWHERE - {at(MEMBER, AWAY)}, set(), {}, [f"{MEMBER}/{AWAY}"]),
        (EVERYWHERE, set(), {"accounts": [MEMBER, OTHER]}, [f"{OTHER}/{AWAY}", f"{OTHER}/{HOME}"]),
        (EVERYWHERE, {at(FOREIGN)}, {"accounts": [MEMBER]}, []),
        (EVERYWHERE, {at(MEMBER, "ap-south-1")}, {}, []),
        (EVERYWHERE, {at(MEMBER), at(ACCOUNT)}, {"exclude_accounts": [MEMBER]}, [f"{ACCOUNT}/{HOME}"]),
        (EVERYWHERE - {at(MEMBER)}, set(), {"exclude_accounts": [MEMBER]}, []),
    ],
    ids=[
        "nothing idle",
        "something idle",
        "not covered",
        "named but not discovered",
        "idle in a foreign account",
        "idle in a foreign Region",
        "idle in an excluded account",
        "excluded and not covered",
    ],
)
def test_a_place_gets_a_message_where_it_has_idle_addresses_or_nobody_can_say(
    covered: set[Target], idle: set[Target], organization: dict[str, Any], expected: list[str]
) -> None:
    assert places(covered, idle, **organization) == expected
