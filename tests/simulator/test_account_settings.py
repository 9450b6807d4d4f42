from __future__ import annotations

from typing import Any

import pytest

from simulator.account_settings import AccountSettings, InvalidSetting, Setting, flag, number, places, pools, seconds


@pytest.fixture
def settings() -> AccountSettings:
    return AccountSettings(
        {
            "trails_off": Setting(value=[], check=places),
            "regions_off": Setting(value=[], check=places),
            "lag": Setting(value=0, check=seconds),
            "at_once": Setting(value=False, check=flag),
            "quota": Setting(value=5, check=number),
            "unseen": Setting(value=[], check=pools),
        }
    )


def test_a_place_is_an_account_or_one_of_its_regions(settings: AccountSettings) -> None:
    settings.change({"trails_off": ["111122223333", "444455556666/us-west-2"]})
    assert settings.trail_is_off("111122223333", "us-east-1")
    assert settings.trail_is_off("444455556666", "us-west-2")
    assert not settings.trail_is_off("444455556666", "us-east-1")
    assert not settings.region_is_off("111122223333", "us-east-1")


def test_what_is_not_named_stays_as_it_is_until_all_is_reset(settings: AccountSettings) -> None:
    start = settings.document()
    settings.change({"lag": 30})
    assert settings.change({"at_once": True}) == {**start, "lag": 30, "at_once": True}
    assert settings.reset() == start


def test_a_setting_that_others_hold_is_passed_on() -> None:
    seen: list[float] = []
    AccountSettings({"lag": Setting(value=0, check=seconds, apply=seen.append)}).change({"lag": 2.5})
    assert seen == [2.5]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the body must be a JSON object"),
        ({"trail": []}, "unknown setting 'trail'; there are trails_off, regions_off, lag, at_once, quota, unseen"),
        ({"trails_off": "111122223333"}, "trails_off must be a list"),
        ({"regions_off": [111122223333]}, "regions_off must be a list"),
        ({"regions_off": ["us-east-1"]}, "accounts or ACCOUNT/REGION"),
        ({"lag": -1}, "lag must be a number of seconds"),
        ({"lag": True}, "lag must be a number of seconds"),
        ({"at_once": 1}, "at_once must be true or false"),
        ({"quota": 2.5}, "quota must be a whole number"),
        ({"quota": True}, "quota must be a whole number"),
        ({"unseen": "ipam-pool-0a"}, "unseen must be a list of ids"),
        ({"unseen": ["pool-0a"]}, "unseen must be a list of ids"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_set(settings: AccountSettings, document: Any, message: str) -> None:
    before = settings.document()
    with pytest.raises(InvalidSetting, match=message):
        settings.change({"lag": 7, **document} if isinstance(document, dict) and "lag" not in document else document)
    assert settings.document() == before
