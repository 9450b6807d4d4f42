"""Every kind of mistake, each alone in a configuration that is otherwise sound: exactly one line tells it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pydantic
import pytest

from infra.config import Config, ConfigError, validate
from infra.config.problems import related
from tests.infra.configurations import EVERY_KEY, MISTAKES, keys_of, mistaken


def problems_of(document: object) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as failure:
        validate(document)
    return failure.value.problems


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["line"].split(":")[0])
def test_a_mistake_is_told_in_exactly_one_line(mistake: dict[str, Any]) -> None:
    assert problems_of(mistaken(mistake)) == (mistake["line"],)


def test_without_a_mistake_every_key_is_accepted() -> None:
    assert validate(EVERY_KEY).tag_prefix == "poolwarden"


def wrong_by_itself(mistake: dict[str, Any]) -> bool:
    """Tell whether a value is wrong whatever the others are, so that no other mistake may hide it."""
    try:
        Config.model_validate(mistaken(mistake))
    except pydantic.ValidationError:
        return "without" not in mistake
    return False


def test_no_wrong_value_hides_another_or_adds_a_line() -> None:
    wrong = [(keys_of(next(iter(it["change"]))), it) for it in MISTAKES if wrong_by_itself(it)]
    pairs = [
        (one, other) for (place, one), (elsewhere, other) in combinations(wrong, 2) if not related(place, elsewhere)
    ]
    assert len(pairs) > 2000

    for one, other in pairs:
        assert sorted(problems_of(mistaken(one, other))) == sorted([one["line"], other["line"]])


def test_a_misspelt_key_hides_nothing_where_the_right_one_stands_too() -> None:
    document = mistaken({"change": {"release_eips.garce": "3d", "release_eips.warn_before": "31d"}})

    assert problems_of(document) == (
        "release_eips.warn_before: 31d must be less than grace (30d)",
        "release_eips.garce: is no key that is known here: did you mean grace?",
    )


def test_what_follows_from_a_mistake_is_not_told_again() -> None:
    document = mistaken({"change": {"regions": ["eu-wset-1"], "notifications": "net-oncall@example.com"}})

    assert [line.split(":")[0] for line in problems_of(document)] == ["regions[0]", "notifications"]
