"""The configurations that tests start from, and ways to change them."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml


def _read(name: str) -> Any:
    return yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))


EVERY_KEY: dict[str, Any] = _read("every_key.yaml")
"""A configuration in which every key stands."""

MISTAKES: list[dict[str, Any]] = _read("mistakes.yaml")
"""What can be wrong in it: `change` and `without` by place, and the `line` that tells it."""


def mistaken(*mistakes: dict[str, Any]) -> dict[str, Any]:
    """Give the configuration with every key, with some mistakes made in it."""
    document = copy.deepcopy(EVERY_KEY)
    for mistake in mistakes:
        for place in mistake.get("without", []):
            section, key = _section(document, place)
            del section[key]
        for place, value in mistake.get("change", {}).items():
            section, key = _section(document, place)
            section[key] = copy.deepcopy(value)
    return document


def keys_of(place: str) -> tuple[str | int, ...]:
    """Split `refill_pools.pools[0].match` into its keys and indices."""
    return tuple(int(key) if len(key) == 1 else key for key in re.findall(r"[^.\[\]]+", place))


def _section(document: Any, place: str) -> tuple[Any, Any]:
    *way, last = keys_of(place)
    for key in way:
        document = document[key]
    return document, last
