"""Where a remediation works: only in accounts and Regions that the configuration names, and in none higher than set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lambdas.common.settings import Mode, Settings
from lambdas.common.targets import Target, accounts_of, is_target, looks_after, mode_in
from tests.lambdas.account import ACCOUNT, HOME, SETTINGS

MEMBER, OTHER, FOREIGN = "111122223333", "222222222222", "999999999999"
AWAY, ELSEWHERE = "eu-west-1", "ap-south-1"


def settings(**organization: Any) -> Settings:
    """Settings of an organisation, or of one account alone where nothing is said of it."""
    told = {"id": "o-a1b2c3d4e5", "accounts": [], "exclude_accounts": [], "modes": {}, **organization}
    return Settings.from_document({**SETTINGS, "organization": told if organization else None})


@pytest.mark.parametrize(
    ("organization", "looked_after"),
    [
        ({}, {ACCOUNT}),
        ({"accounts": []}, {ACCOUNT}),
        ({"accounts": [MEMBER]}, {ACCOUNT, MEMBER}),
        ({"accounts": [MEMBER, OTHER], "exclude_accounts": [OTHER]}, {ACCOUNT, MEMBER}),
        ({"accounts": "all"}, {ACCOUNT, MEMBER, OTHER, FOREIGN}),
        ({"accounts": "all", "exclude_accounts": [FOREIGN]}, {ACCOUNT, MEMBER, OTHER}),
        ({"accounts": [MEMBER], "exclude_accounts": [ACCOUNT]}, {MEMBER}),
    ],
)
def test_only_the_accounts_of_the_configuration_are_looked_after(
    organization: dict[str, Any], looked_after: set[str]
) -> None:
    conf = settings(**organization)
    assert {each for each in (ACCOUNT, MEMBER, OTHER, FOREIGN) if looks_after(conf, each, own=ACCOUNT)} == looked_after


@pytest.mark.parametrize(
    ("account", "region", "is_one"),
    [
        (ACCOUNT, HOME, True),
        (MEMBER, AWAY, True),
        (MEMBER, ELSEWHERE, False),
        (FOREIGN, HOME, False),
        ("", HOME, False),
        (MEMBER, "", False),
        (f"{MEMBER} ", HOME, False),
        (f"{MEMBER}:role/Administrator", HOME, False),
        (f"{MEMBER}\n", HOME, False),
        ("*", HOME, False),
        ("all", HOME, False),
        (MEMBER, "*", False),
        (MEMBER, f"{HOME}.example.com/", False),
    ],
)
def test_a_place_is_one_only_by_the_very_id_and_region_of_the_configuration(
    account: str,
    region: str,
    is_one: bool,  # noqa: FBT001 - a table
) -> None:
    conf = replace(settings(accounts=[MEMBER]), regions=(HOME, AWAY))
    assert is_target(conf, Target(account=account, region=region), own=ACCOUNT, home=HOME) is is_one


def test_a_place_is_named_by_its_account_and_region() -> None:
    assert Target(account=ACCOUNT, region=HOME).name == "123456789012/us-east-1"


def test_without_regions_the_hubs_own_is_the_one() -> None:
    conf = replace(settings(accounts=[MEMBER]), regions=())
    assert is_target(conf, Target(account=MEMBER, region=HOME), own=ACCOUNT, home=HOME)
    assert not is_target(conf, Target(account=MEMBER, region=AWAY), own=ACCOUNT, home=HOME)


@pytest.mark.parametrize(
    ("organization", "discovered", "accounts"),
    [
        ({}, [MEMBER], [ACCOUNT]),
        ({"accounts": [OTHER]}, [MEMBER], [ACCOUNT, OTHER]),
        ({"accounts": "all"}, [MEMBER, OTHER], [MEMBER, ACCOUNT, OTHER]),
        ({"accounts": "all", "exclude_accounts": [MEMBER]}, [MEMBER, OTHER], [ACCOUNT, OTHER]),
        ({"accounts": [MEMBER, OTHER], "exclude_accounts": [OTHER, ACCOUNT]}, [], [MEMBER]),
    ],
)
def test_what_is_discovered_counts_where_the_configuration_says_all(
    organization: dict[str, Any], discovered: list[str], accounts: list[str]
) -> None:
    assert accounts_of(settings(**organization), discovered, own=ACCOUNT) == sorted(accounts)


@pytest.mark.parametrize(
    ("theirs", "remediations", "mode"),
    [
        ("observe", "enforce", "observe"),
        ("observe", "approve", "observe"),
        ("approve", "enforce", "approve"),
        ("enforce", "approve", "approve"),
        ("enforce", "observe", "observe"),
        (None, "enforce", "enforce"),
    ],
)
def test_an_accounts_mode_lowers_the_remediations_and_never_raises_it(
    theirs: Mode | None, remediations: Mode, mode: Mode
) -> None:
    conf = settings(accounts=[MEMBER], modes={MEMBER: theirs} if theirs else {})
    assert mode_in(conf, remediations, MEMBER) == mode
    assert mode_in(conf, remediations, OTHER) == remediations
