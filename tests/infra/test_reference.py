"""docs/configuration.md is what the schema says."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import pytest
from pydantic import BaseModel, BeforeValidator

from infra.config import reference
from infra.config.values import duration


class Undescribed(BaseModel, use_attribute_docstrings=True):
    """A section."""

    key: str = ""


class Described(BaseModel, use_attribute_docstrings=True):
    """A section."""

    wait: Annotated[timedelta, BeforeValidator(duration)] = timedelta(hours=36)
    """How long."""


def test_the_page_is_current() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "write it anew: make reference"


def test_a_key_has_the_words_of_its_validator_its_default_and_its_description() -> None:
    *_, row, _ = reference.section(Described, "waiting")
    assert (
        row
        == "| `wait` | a duration: a whole number from 1 on and m, h or d, such as 30m, 12h or 7d | `36h` | How long. |"
    )


def test_a_key_without_a_description_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"Undescribed\.key has no description"):
        list(reference.section(Undescribed, ""))
